"""Pay codes: a person shows one at a counter, and the merchant that reads it charges the wallet.

A code works once and for a minute. Up to a small amount it is the person's word; above it the order
is kept for that person, who confirms it with the PIN. A small one takes a subsidy that is there and
is never refused for one that is not: nobody pays more than the till said. A coupon is its person's
to spend, and is not taken (docs/decisions/0093). A refusal changes nothing: the code still
works. Source: wechatpay-v3.md §8.5 and §12.5; alipay-openapi.md §8.3.
Refuses: a code that is unknown, used or over, and what any payment refuses.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import HOUR, MINUTE, Instant
from changliao.core.ids import MerchantId, OrderId, PaymentId, UserId
from changliao.core.ledger import Account, Transfer
from changliao.core.money import Money
from changliao.core.orders import (
    Discount,
    Order,
    PayOrder,
    PlaceOrder,
    decide_payment,
    decide_placing,
)
from changliao.core.outcome import Reason, Refused

LIVES: Final = 1 * MINUTE
# A used or expired code is told from an unknown one for this long.
REMEMBERED: Final = 1 * HOUR
FIRST: Final = 13 * 10**16
PLACES: Final = 10**16
# Units: whole yuan, dollars, yen. More than this needs the PIN.
SMALL: Final = 1_000


class PayCode(Struct, frozen=True):
    """`number` is shown as 18 digits; `order_id` is what it was used for, 0 for nothing yet."""

    number: int
    user_id: UserId
    expires_at: Instant
    merchant_id: MerchantId = MerchantId(0)
    order_id: OrderId = OrderId(0)


class ChargeCode(Struct, frozen=True):
    """A merchant has read a code. The order's reference names the charge: it happens once.

    `discount` is the subsidy that the person had coming when the code was read.
    """

    placing: PlaceOrder
    code: int
    payment_id: PaymentId
    discount: Discount | None = None


class Charge(Struct, frozen=True):
    """The used code, and the order: paid with these transfers, or open and waiting for the PIN."""

    code: PayCode
    order: Order
    transfers: tuple[Transfer, ...] = ()


def is_small(amount: Money) -> bool:
    """May a code alone pay this?"""
    return amount.amount <= SMALL * int(10**amount.currency.decimals)


def taking(command: ChargeCode, code: PayCode | None) -> PayOrder | None:
    """The payment that asks for the charge's subsidy; None: it takes none."""
    order, wanted = command.placing.order, command.discount
    if code is None or wanted is None or wanted.coupon_id or not is_small(order.amount):
        return None
    return _payment(command, code, wanted)


def decide_charge(
    command: ChargeCode, code: PayCode | None, wallet: Account | None, now: Instant
) -> Charge | Refused:
    """Use a code for an order: pay it, or keep it for the person who showed the code.

    `wallet` is with what a budget gives of the discount, which is None when it gives nothing.
    """
    if code is None or wallet is None:
        return Refused(Reason.PAY_CODE_UNKNOWN)
    if code.order_id:
        return Refused(Reason.PAY_CODE_USED)
    if now >= code.expires_at:
        return Refused(Reason.PAY_CODE_EXPIRED)
    refused = decide_placing(command.placing.order, now)
    if refused is not None:
        return refused
    order = replace(command.placing.order, payer_id=code.user_id)
    used = replace(code, merchant_id=order.merchant_id, order_id=order.id)
    if not is_small(order.amount):
        return Charge(used, order)
    payment = decide_payment(_payment(command, code, command.discount), order, wallet, now)
    if isinstance(payment, Refused):
        return payment
    return Charge(used, payment.order, payment.transfers)


def _payment(command: ChargeCode, code: PayCode, discount: Discount | None) -> PayOrder:
    order = command.placing.order
    return PayOrder(
        payment_id=command.payment_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        payer_id=code.user_id,
        amount=order.amount,
        discount=discount,
    )
