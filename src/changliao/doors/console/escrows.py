"""Escrows: what buyers paid and sellers do not have yet, by how far it has come."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from changliao.core import clock, ids
from changliao.core.clock import Instant
from changliao.core.holds import Stage
from changliao.core.members import Right
from changliao.core.orders import Hold
from changliao.doors.console import naming
from changliao.doors.console.naming import Party
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import escrows, parties
from changliao.store.views.escrows import EscrowsOf, Looked, Place

_PAGE: Final = 30
# What is released within so long by itself is released soon.
_SOON: Final = 3 * clock.DAY
_SOON_NAMED: Final = "soon"
_STATES: Final = {
    "receipt": EscrowsOf(Stage.WAITING, int(Hold.RECEIPT)),
    "split": EscrowsOf(Stage.WAITING, int(Hold.SPLIT)),
    _SOON_NAMED: EscrowsOf(Stage.WAITING),
    "disputed": EscrowsOf(Stage.DISPUTED),
    "released": EscrowsOf(Stage.RELEASED),
    "refunded": EscrowsOf(Stage.REFUNDED),
}
_FILTERS: Final = ("state", "platform", "merchant")


async def listed(visit: Visit) -> Response:
    """Those that wait in the order in which their time comes, all others the newest first."""
    query, network = visit.query, visit.network
    filters = {name: query[name].strip() for name in _FILTERS if query.get(name, "").strip()}
    if filters.get("state") not in _STATES:
        filters.pop("state", None)
    wanted = await _wanted(visit, filters)
    place = _place(query.get("after", ""))
    looked = Looked([])
    if wanted is not None:
        looked = await network.report(escrows.escrows, wanted, place, _PAGE + 1)
    found, names = looked.escrows[:_PAGE], dict[int, Party]()
    for one in found:
        for owner in (one.holding.merchant_id, one.platform_id):
            if owner and owner not in names:
                names[owner] = await naming.party(network, owner)
    further = looked.until
    if wanted is not None and len(looked.escrows) > _PAGE:
        further = escrows.place_of(wanted, found[-1])
    return visit.render(
        "console/escrows.html",
        escrows=[(ids.show("ord", one.holding.order_id), one) for one in found],
        names=names,
        further=urlencode(filters | {"after": _shown(further)}) if further else "",
        unseen=further is not None and len(looked.escrows) <= _PAGE,
        given=dict.fromkeys(_FILTERS, "") | filters,
        tags={name: urlencode({n: v for n, v in filters.items() if n != name}) for name in filters},
        days=_SOON // clock.DAY,
        now=network.clock(),
        here_nav="escrows",
    )


async def _wanted(visit: Visit, filters: dict[str, str]) -> EscrowsOf | None:
    """What the filters ask for; None when nobody has such a number."""
    base = _STATES.get(filters.get("state", ""), EscrowsOf())
    owners = {"platform": 0, "merchant": 0}
    for name in owners:
        if name in filters:
            found = await visit.network.read(parties.merchant_by_number, filters[name])
            if found is None:
                return None
            owners[name] = found.id
    due_before = ids.NEWEST
    if filters.get("state") == _SOON_NAMED:
        due_before = visit.network.clock() + _SOON
    return EscrowsOf(base.stage, base.hold, owners["platform"], owners["merchant"], due_before)


def _place(text: str) -> Place | None:
    due, _, order = text.partition(".")
    order_id = ids.parse("ord", order)
    if order_id is None or not (due.isascii() and due.isdigit() and len(due) <= 18):
        return None
    return Place(Instant(int(due)), order_id)


def _shown(place: Place) -> str:
    return f"{place.due}.{ids.show('ord', place.order_id)}"


ENTRIES: Final = (Entry("GET", "/console/escrows", Right.LOOK, listed),)
