"""Beginning and ending holds. Sharing and requested releases are in operations/splits.py."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.holds import ExpireHold, Holding, HoldingState, decide_expiry, hold_of
from changliao.core.money import CNY
from changliao.core.orders import Hold, Order
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.holds import HOLDINGS
from changliao.store.unit import UnitOfWork


def begin(tx: UnitOfWork, order: Order) -> None:
    """Remember what a paid order holds, and when that ends. Nothing for other orders."""
    if order.hold is Hold.NONE:
        return
    holding = hold_of(order)
    tx.insert(HOLDINGS, holding)
    kind = deadlines.DeadlineKind.HOLDING
    deadlines.add(tx, holding.until, order.id, order.merchant_id, kind)


def of_order(tx: UnitOfWork, order: Order) -> Holding | None:
    """An order's held money; None when it never held any."""
    return None if order.hold is Hold.NONE else tx.find(HOLDINGS, (order.id, order.merchant_id))


def keep(tx: UnitOfWork, holding: Holding) -> None:
    """A changed holding; one that has ended need not be looked at again."""
    tx.update(HOLDINGS, holding)
    if holding.state is HoldingState.RELEASED:
        deadlines.drop(tx, holding.until, holding.order_id, holding.merchant_id)


def _expire(tx: UnitOfWork, command: ExpireHold, now: Instant) -> Holding | Refused:
    """Release what is held when its time has come, once."""
    holding = tx.find(HOLDINGS, (command.order_id, command.merchant_id))
    if holding is None:
        return Refused(Reason.HOLD_MISSING)
    released = decide_expiry(holding, now)
    if isinstance(released, Refused):
        return released
    ledger.post(tx, released.transfers)
    keep(tx, released.holding)
    return released.holding


def _expiry_keys(command: ExpireHold) -> Iterable[Place]:
    yield HOLDINGS, (command.order_id, command.merchant_id)
    yield ledger.ACCOUNTS, chart.escrow(command.merchant_id, CNY)
    yield ledger.ACCOUNTS, chart.payable(command.merchant_id, CNY)


EXPIRE: Final = Operation("holds.expire", _expire, _expiry_keys)
