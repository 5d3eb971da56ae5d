"""Orders: a list with filters, and one order with everything that hangs on it."""

from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from changliao.core import clock, ids
from changliao.core.bills import Day, day_of, starts_at
from changliao.core.clock import BEIJING, DAY, SECOND, Instant
from changliao.core.disputes import Dispute
from changliao.core.events import Event
from changliao.core.members import Right
from changliao.core.orders import Order, OrderState
from changliao.core.refunds import Refund
from changliao.doors.console import naming, requests
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.store.views import disputes, events, ledger, orders, parties, search, splits
from changliao.store.views.events import Delivery
from changliao.store.views.ledger import Movement
from changliao.store.views.orders import Placed, Wanted
from changliao.store.views.search import Looked

_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_STATES: Final = {"open": OrderState.OPEN, "paid": OrderState.PAID, "closed": OrderState.CLOSED}
# Legs are made in the commit, a little after the fact they belong to.
_COMMITTED_WITHIN: Final = 30 * SECOND
# What the forms for refunds and their repairs ask.
_TYPED: Final = ("amount", "reason", "bank", "number", "holder")
_RANGES: Final = (1, 7, 30)


class Told(Struct, frozen=True):
    """A notification and its attempts."""

    id: str
    event: Event
    deliveries: list[Delivery]


async def listed(visit: Visit) -> Response:
    """The newest first; filters are in the address."""
    query, network = visit.query, visit.network
    merchant_id, unknown = naming.scope(visit), False
    if query.get("merchant") and not merchant_id:
        found = await network.read(parties.merchant_by_number, query["merchant"].strip())
        merchant_id, unknown = (found.id, False) if found else (0, True)
    wanted = Wanted(
        merchant_id=merchant_id,
        before=ids.parse("ord", query.get("before", "")) or _NEWEST,
        made_from=_first(query.get("from", ""), 0),
        made_before=_first(query.get("to", ""), _NEWEST, DAY),
        state=int(_STATES.get(query.get("state", ""), 0)),
    )
    # A state that few orders have is looked for long: beside the loop, not in it.
    read = network.report if wanted.state else network.read
    looked = Looked([]) if unknown else await read(search.orders_of_anybody, wanted, _PAGE + 1)
    placed = looked.placed
    shown = [(ids.show("ord", one.order.id), one) for one in placed[:_PAGE]]
    names = {one.order.merchant_id: "" for one in placed}
    for owner in names:
        names[owner] = (await naming.party(network, owner)).name
    filters = {name: query[name] for name in ("state", "merchant", "from", "to") if query.get(name)}
    older = shown[-1][0] if len(placed) > _PAGE else ""
    unseen = looked.until if not older else 0
    before = older or (ids.show("ord", unseen) if unseen else "")
    return visit.render(
        "console/orders.html",
        unseen=ids.made_at(unseen) if unseen else 0,
        orders=shown,
        names=names,
        older=urlencode(filters | {"before": before}) if before else "",
        given={"state": "", "merchant": "", "from": "", "to": ""} | filters,
        tags={name: urlencode({n: v for n, v in filters.items() if n != name}) for name in filters},
        ranges=_ranges(visit, filters),
        first=not filters and "before" not in query,
        base=naming.prefix(visit),
        here_nav="orders",
    )


async def one(visit: Visit) -> Response:
    """What was agreed, what happened, where the money went, and who was told."""
    placed = await naming.order_named(visit)
    return visit.missing() if placed is None else await page(visit, placed, {}, "")


async def page(visit: Visit, placed: Placed, given: dict[str, str], problem: str) -> Response:
    """The order, with what was typed into its forms and what was wrong with that."""
    order, network = placed.order, visit.network
    refunds = await network.read(orders.refunds_of_order, order.merchant_id, order.id)
    moves = await _movements(visit, order, refunds)
    shown = [
        (one, await naming.account(network, one.debit), await naming.account(network, one.credit))
        for one in moves
    ]
    holding = await network.read(splits.holding, order.merchant_id, order.id)
    disputed = await network.read(
        disputes.disputes, order.merchant_id, order_id=order.id, state=0, before=_NEWEST, most=10
    )
    return visit.render(
        "console/order.html",
        UNPROCESSABLE if problem else 200,
        problem_text=problem,
        given={**dict.fromkeys(_TYPED, ""), **given},
        order_id=ids.show("ord", order.id),
        steps=_steps(order, refunds, disputed),
        order=order,
        terms=placed.terms,
        merchant=await naming.party(network, order.merchant_id),
        partner=await naming.party(network, order.partner_id) if order.partner_id else None,
        payer=ids.show("usr", order.payer_id) if order.payer_id else "",
        payer_name=(await naming.party(network, order.payer_id)).name if order.payer_id else "",
        payment=ids.show("pay", order.payment_id) if order.payment_id else "",
        refunds=[(ids.show("rfd", one.id), ids.made_at(one.id), one) for one in refunds],
        may_refund=visit.may(naming.refunding(visit)) and naming.sells(visit, order),
        movements=shown,
        holding=holding,
        told=await _told(visit, order, refunds),
        placing=await requests.placing(visit, order),
        base=naming.prefix(visit),
        here_nav="orders",
    )


def _steps(
    order: Order, refunds: list[Refund], disputed: list[Dispute]
) -> list[tuple[Instant, str, Refund | Dispute | None]]:
    """What happened, in order."""
    steps: list[tuple[Instant, str, Refund | Dispute | None]] = [
        (ids.made_at(order.id), "placed", None),
        *((ids.made_at(one.id), "refund", one) for one in refunds),
        *((ids.made_at(one.id), "dispute", one) for one in disputed),
    ]
    if order.paid_at:
        steps.append((order.paid_at, "paid", None))
    return sorted(steps, key=lambda step: step[0])


async def _movements(visit: Visit, order: Order, refunds: list[Refund]) -> list[Movement]:
    facts: list[tuple[int, int]] = []
    if order.payment_id:
        facts.append((order.payment_id, order.paid_at))
    facts += [(one.id, one.finished_at or ids.made_at(one.id)) for one in refunds]
    moves = []
    for fact, at in facts:
        last = ids.first_id(0, Instant(at + _COMMITTED_WITHIN))
        moves += await visit.network.read(ledger.movements, fact, fact, last)
    return moves


async def _told(visit: Visit, order: Order, refunds: list[Refund]) -> list[Told]:
    told = []
    for event_id in (order.payment_id, *(one.id for one in refunds)):
        event = await visit.network.read(events.event, event_id) if event_id else None
        if event is not None:
            tries = await visit.network.read(events.deliveries, event.id, event.merchant_id)
            told.append(Told(ids.show("evt", event.id), event, tries))
    return told


def _ranges(visit: Visit, filters: dict[str, str]) -> list[tuple[int, str]]:
    """Days up to today as links: what a date field looks like is the browser's business."""
    now = visit.network.clock()
    kept = {name: text for name, text in filters.items() if name not in ("from", "to")}
    begins = {days: clock.to_datetime(Instant(now - (days - 1) * DAY), BEIJING) for days in _RANGES}
    return [
        (days, urlencode(kept | {"from": first.date().isoformat()}))
        for days, first in begins.items()
    ]


def _first(text: str, otherwise: int, later: int = 0) -> int:
    """The first id of a day in Beijing; `otherwise` for what is no day."""
    try:
        moment = clock.from_rfc3339(f"{text}T00:00:00+08:00")
    except (ValueError, OverflowError):
        return otherwise
    first = ids.first_id(0, Instant(starts_at(Day(day_of(moment))) + later))
    return min(max(0, first), _NEWEST)


ENTRIES: Final = (
    Entry("GET", "/console/orders", Right.LOOK, listed),
    Entry("GET", "/console/orders/{id}", Right.LOOK, one),
)
