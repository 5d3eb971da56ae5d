"""Reversals: whatever became of an order, in the end nobody has paid for it.

An open order is closed; of a paid one everything that has not gone back yet is refunded. Reversing
again is no change.
"""

from msgspec import Struct

from changliao.core.ids import MerchantId, OrderId
from changliao.core.orders import Order
from changliao.core.refunds import Refund


class ReverseOrder(Struct, frozen=True):
    """`refund` is how a refund would be called; its amount is whatever is left."""

    merchant_id: MerchantId
    order_id: OrderId
    refund: Refund


class Reversed(Struct, frozen=True):
    """The order afterwards, and the refund if this made one."""

    order: Order
    refund: Refund | None = None


def left_to_refund(order: Order) -> int:
    """What of a payment has not gone back. Units: minor."""
    return order.amount.amount - order.refunded
