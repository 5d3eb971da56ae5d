"""Keeping a payment that was decided: the money, the order, the attempt, the hold, the news."""

from collections.abc import Sequence

from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.clock import Instant
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId
from changliao.core.ledger import Transfer
from changliao.core.orders import Attempt, Hold, Order
from changliao.operations import holds, splits, stores
from changliao.store import ledger
from changliao.store.events import EVENTS
from changliao.store.orders import ATTEMPTS, ORDERS
from changliao.store.unit import UnitOfWork


def keep_payment(
    tx: UnitOfWork,
    order: Order,
    transfers: Sequence[Transfer],
    now: Instant,
    *,
    alone: bool = True,
    method_id: int = OWN_METHOD,
) -> None:
    """`order` is the one as paid. A part of a basket (`alone` False) is told with the whole."""
    ledger.post(tx, transfers)
    tx.update(ORDERS, order)
    tx.insert(ATTEMPTS, attempt_of(order, method_id))
    holds.begin(tx, order, stores.days_held(tx, order))
    if order.hold is Hold.SPLIT:
        splits.share_planned(tx, order, now)
    if alone and order.notifies:
        event_id = EventId(order.payment_id)
        tx.insert(EVENTS, Event(event_id, order.merchant_id, EventKind.ORDER_PAID, order.id, now))


def attempt_of(order: Order, method_id: int = OWN_METHOD) -> Attempt:
    """The payer's try that paid an order."""
    return Attempt(
        order.payment_id,
        order.merchant_id,
        order.id,
        order.payer_id,
        "",
        method_id,
        TERMINAL_OF[order.scene],
    )
