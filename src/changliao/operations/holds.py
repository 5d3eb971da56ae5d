"""Beginning and keeping holds. How they end: operations/settling.py and operations/splits.py."""

from changliao.core.events import EventKind
from changliao.core.holds import Holding, HoldingState, hold_of
from changliao.core.orders import Hold, Order
from changliao.operations import notices
from changliao.store import deadlines
from changliao.store.holds import HOLDINGS
from changliao.store.unit import UnitOfWork


def begin(tx: UnitOfWork, order: Order, days: int) -> None:
    """Remember what a paid order holds, for so many days at most. Nothing for other orders."""
    if order.hold is Hold.NONE:
        return
    holding = hold_of(order, days)
    tx.insert(HOLDINGS, holding)
    kind = deadlines.DeadlineKind.HOLDING
    deadlines.add(tx, holding.until, order.id, order.merchant_id, kind)


def move(tx: UnitOfWork, before: Holding, after: Holding) -> None:
    """A holding that waits until another time."""
    kind = deadlines.DeadlineKind.HOLDING
    deadlines.drop(tx, before.until, before.order_id, before.merchant_id)
    deadlines.add(tx, after.until, after.order_id, after.merchant_id, kind)
    tx.update(HOLDINGS, after)


def of_order(tx: UnitOfWork, order: Order) -> Holding | None:
    """An order's held money; None when it never held any."""
    return None if order.hold is Hold.NONE else tx.find(HOLDINGS, (order.id, order.merchant_id))


def keep(tx: UnitOfWork, holding: Holding) -> None:
    """A changed holding; one that has ended need not be looked at again."""
    tx.update(HOLDINGS, holding)
    if holding.state is HoldingState.RELEASED:
        deadlines.drop(tx, holding.until, holding.order_id, holding.merchant_id)
        notices.tell(tx, holding.merchant_id, EventKind.ESCROW_RELEASED, holding.order_id)
