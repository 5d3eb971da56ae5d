"""Reversing an order: close it, or give back what is left of its payment, in one commit."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.orders import CloseOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import RefundOrder
from changliao.core.reversals import Reversed, ReverseOrder, left_to_refund
from changliao.core.thresholds import NETWORK
from changliao.operations import thresholds
from changliao.operations.operation import Operation, Place
from changliao.operations.orders import close_order
from changliao.operations.refunds import refund_order
from changliao.store.orders import ORDERS
from changliao.store.unit import UnitOfWork


def _by_key(tx: UnitOfWork, command: ReverseOrder, now: Instant) -> Reversed | Refused:
    """A reversal by the merchant's program: of a paid order it is a refund by its key."""
    return _reverse(tx, command.merchant_id, command, now)


def _by_operator(tx: UnitOfWork, command: ReverseOrder, now: Instant) -> Reversed | Refused:
    """A reversal by one operator: of a paid order it is a refund."""
    return _reverse(tx, NETWORK, command, now)


def _reverse(
    tx: UnitOfWork, organisation: MerchantId, command: ReverseOrder, now: Instant
) -> Reversed | Refused:
    """The same two decisions that close and refund make on their own."""
    closed = close_order(tx, CloseOrder(command.merchant_id, command.order_id), now)
    if not isinstance(closed, Refused):
        return Reversed(closed)
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is None or closed.reason is not Reason.ORDER_ALREADY_PAID:
        return closed
    left = left_to_refund(order)
    if not left:
        return Reversed(order)
    asked = replace(command.refund, amount=left)
    wanted = RefundOrder(asked, order.amount.amount, order.amount.currency.code)
    refused = thresholds.alone(tx, organisation, wanted, by_key=organisation != NETWORK)
    refund = refused or refund_order(tx, wanted, now)
    if isinstance(refund, Refused):
        return refund
    return Reversed(tx.find(ORDERS, (command.merchant_id, command.order_id)) or order, refund)


def _keys(command: ReverseOrder) -> Iterable[Place]:
    yield ORDERS, (command.merchant_id, command.order_id)


REVERSE: Final = Operation("orders.reverse", _by_key, _keys)
REVERSE_ALONE: Final = Operation("orders.reverse", _by_operator, _keys)
