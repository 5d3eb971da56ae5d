"""The search: by any id that people see, or by a number, straight to the page of what has it.

Of ids that operators find, a merchant's member is led to the merchant's own only; of all others it
hears what it hears of an id that nothing has.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from changliao.core import clock, ids
from changliao.core.clock import Instant
from changliao.core.members import Right
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import (
    channels,
    differences,
    funds,
    ledger,
    members,
    parties,
    proposals,
    risk,
    settlements,
)
from changliao.store.views import search as views
from changliao.store.views.orders import Placed
from changliao.store.views.risk import HitsOf

_LONGEST: Final = 128
_LONG_NUMBER: Final = 27
_DAY_DIGITS: Final = 8
# A form has its movement's id before somebody has read it and typed a PIN.
_MOVED_WITHIN: Final = 2 * clock.MINUTE

# Pages with the id in their address: they say themselves that nothing has it.
_PAGES: Final = {
    "drf": "/console/acceptance/drafts/",
    "dsp": "/console/disputes/",
    "evt": "/console/events/",
    "leg": "/console/ledger/transfers/",
    "mbr": "/console/members/",
    "mch": "/console/merchants/",
    "mrg": "/console/mergers/",
    "ord": "/console/orders/",
    "rqs": "/console/requests/",
    "usr": "/console/ledger/",
}
_PAGES_OF_MERCHANTS: Final = {
    "evt": "/portal/events/",
    "ord": "/portal/orders/",
    "rqs": "/portal/requests/",
    "stl": "/portal/settlements/",
}
# Lists by id that begin with the one thing: page, view, and what else the view is asked.
_LISTS: Final[Mapping[str, tuple[str, Callable[..., Any], Mapping[str, Any]]]] = {
    "bdg": ("/console/budgets", funds.budgets, {}),
    "dif": ("/console/differences", differences.cases, {"channel_id": 0, "state": 0}),
    "hit": ("/console/risk/hits", risk.hits, {"wanted": HitsOf()}),
    "pot": ("/console/payouts", funds.payouts, {"waiting": False}),
}
NO_PAGE: Final[Mapping[str, str]] = {
    "ath": "an authorization: only its merchant and its payer see it",
    "aut": "an authorization, as the audit names it",
    "cpn": "a coupon: its budget has a page, and counts it",
    "cur": "a place in a list, not a thing",
    "gbl": "a shared bill: only its people see it; what they paid is found by its part",
    "key": "a key's name: an operator's is on its merchant's page",
    "pbt": "a batch of payouts, each of which is found",
    "ses": "a session: on its member's page while it is open",
    "stp": "a step of an authorization",
}


async def find(visit: Visit) -> Response:
    """By any id or number: straight to the one thing found, or a list of several."""
    text = visit.query.get("q", "").strip()[:_LONGEST]
    kind, _, _ = text.partition("_")
    number = ids.parse(kind, text)
    place = await _place(visit, kind, number) if number is not None else ""
    if place:
        return RedirectResponse(place, 303)
    found = [one for one in await _found(visit, kind, text) if naming.belongs(visit, one.order)]
    if not found and not naming.scope(visit):
        merchant = await visit.network.read(parties.merchant_by_number, text)
        if merchant is not None:
            return RedirectResponse(_PAGES["mch"] + ids.show("mch", merchant.id), 303)
    shown = [(ids.show("ord", one.order.id), one) for one in found]
    if len(shown) == 1:
        return RedirectResponse(f"{naming.prefix(visit)}/orders/{shown[0][0]}", 303)
    names = {
        one.order.merchant_id: (await naming.party(visit.network, one.order.merchant_id)).name
        for _, one in shown
    }
    return visit.render(
        "console/found.html",
        orders=shown,
        names=names,
        asked=text,
        base=naming.prefix(visit),
        here_nav="orders",
    )


async def _place(visit: Visit, kind: str, number: int) -> str:
    """The address of the page of an id; empty when orders are to be looked through instead."""
    if naming.scope(visit):
        path = _PAGES_OF_MERCHANTS.get(kind)
        return path + ids.show(kind, number) if path else ""
    if kind in _PAGES:
        return _PAGES[kind] + ids.show(kind, number)
    if kind in _LISTS:
        path, view, asked = _LISTS[kind]
        found = await visit.network.read(view, before=number + 1, most=1, **asked)
        listed = bool(found) and found[0].id == number
        return f"{path}?before={ids.show(kind, number + 1)}" if listed else ""
    return await _LOOKED_UP[kind](visit, number) if kind in _LOOKED_UP else ""


async def _movement(visit: Visit, number: int) -> str:
    """What money did for it, first."""
    last = ids.first_id(0, Instant(ids.made_at(number) + _MOVED_WITHIN))
    moves = await visit.network.report(ledger.movements, number, number, last)
    return _PAGES["leg"] + ids.show("leg", moves[0].leg_id) if moves else ""


async def _entry(_: Visit, leg_id: int) -> str:
    return _PAGES["leg"] + ids.show("leg", leg_id)


async def _request(visit: Visit, number: int) -> str:
    """What a channel was asked, in its list; or what moved without one."""
    read = visit.network.read
    owner = await read(views.owner_of_cause, number)
    known = await read(channels.request, owner, number) if owner else None
    if known is None:
        return await _movement(visit, number)
    every = await read(channels.channels)
    code = next(one.code for one in every if one.id == known.channel_id)
    return f"/console/channels/{code}?before={ids.show('chr', number + 1)}"


async def _act(visit: Visit, number: int) -> str:
    known = await visit.network.read(members.act, number)
    return f"/console/audit?from={ids.show('act', number)}" if known else ""


async def _packet(visit: Visit, number: int) -> str:
    giver = await visit.network.read(views.owner_of_cause, number)
    return _PAGES["usr"] + ids.show("usr", giver) if giver else ""


async def _proposal(visit: Visit, number: int) -> str:
    known = await visit.network.read(proposals.proposal, number)
    return _PAGES["ord"] + ids.show("ord", known.refund.order_id) if known else ""


async def _rule(visit: Visit, number: int) -> str:
    known = await visit.network.read(risk.rule, number)
    return f"/console/risk/hits?rule={ids.show('rsk', number)}" if known else ""


async def _settlement(visit: Visit, number: int) -> str:
    found = await visit.network.read(settlements.settlements, 0, number + 1, 1)
    if not found or found[0].id != number:
        return ""
    merchant = ids.show("mch", found[0].merchant_id)
    return f"{_PAGES['mch']}{merchant}/settlements/{ids.show('stl', number)}"


_LOOKED_UP: Final[Mapping[str, Callable[[Visit, int], Awaitable[str]]]] = {
    "act": _act,
    "bil": _entry,
    "chr": _request,
    "fact": _movement,
    "gsh": _movement,
    "pcl": _movement,
    "pkt": _packet,
    "rfp": _proposal,
    "rsk": _rule,
    "shr": _movement,
    "srt": _movement,
    "stl": _settlement,
    "top": _request,
    "trf": _movement,
    "tur": _request,
    "wdl": _request,
}


async def _found(visit: Visit, kind: str, text: str) -> list[Placed]:
    """Orders by what hangs on them, or by somebody's number."""
    read, number = visit.network.read, ids.parse(kind, text)
    if number is not None and kind in _OF_ORDERS:
        return await read(_OF_ORDERS[kind], number)
    if len(text) > _LONG_NUMBER and text.isascii() and text.isdigit():
        # Both protocols' long numbers end with an id: an order's, or a payment's.
        number = int(text[_DAY_DIGITS:])
        order = await read(views.order_by_id, number) if number < 1 << 63 else None
        if order is not None:
            return [order]
        paid = await read(views.by_payment, int(text[-19:]) % (1 << 63))
        if paid:
            return paid
    return await read(views.by_reference, text) if text else []


_OF_ORDERS: Final = {
    "bsk": views.by_basket,
    "pay": views.by_payment,
    "rfd": views.by_refund,
}
FOUND: Final = frozenset((*_PAGES, *_LISTS, *_LOOKED_UP, *_OF_ORDERS))

ENTRIES: Final = (
    Entry("GET", "/console/search", Right.LOOK, find),
    Entry("GET", "/portal/search", Right.PORTAL_LOOK, find),
)
