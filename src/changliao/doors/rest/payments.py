"""Payments over REST, on the word of an operator that has confirmed the payer in its own way."""

from typing import Any, Final

from msgspec import Struct

from changliao.core.ids import MerchantId, OrderId, PaymentId, UserId
from changliao.core.orders import PayOrder
from changliao.core.outcome import Reason
from changliao.doors.rest.budgets import DiscountAsked
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.fields import (
    CurrencyCode,
    MerchantIdText,
    Minor,
    Nothing,
    OrderIdText,
    PaymentIdText,
    UserIdText,
)
from changliao.doors.rest.orders import OrderShown, show_order
from changliao.operations.orders import PAY


class NewPayment(Struct, frozen=True, forbid_unknown_fields=True):
    """A payment from a wallet without a PIN. `amount` repeats the order's, discount included.

    `id` names the payment: the same id again gets the same answer. Left out, one is made.
    """

    merchant_id: MerchantIdText
    order_id: OrderIdText
    payer_id: UserIdText
    amount: Minor
    currency: CurrencyCode = "CNY"
    id: PaymentIdText | None = None
    discount: DiscountAsked | None = None


async def pay(door: Door, call: Call[NewPayment, Nothing]) -> Any:
    """Pay an order from a wallet.

    The operator answers for the payer: no PIN is asked.
    """
    form = call.form
    given = read_id("pay", form.id) if form.id else door.network.ids.new()
    command = PayOrder(
        payment_id=PaymentId(given),
        merchant_id=MerchantId(read_id("mch", form.merchant_id)),
        order_id=OrderId(read_id("ord", form.order_id)),
        payer_id=UserId(read_id("usr", form.payer_id)),
        amount=read_money(form.amount, form.currency),
        discount=form.discount.read() if form.discount else None,
    )
    return await perform(door, call, PAY, command, show_order)


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/payments", pay, Who.OPERATOR, NewPayment, Nothing, OrderShown, 201,
        (*BEYOND_LIMITS, *RISKY, "currency_unknown", Reason.AMOUNT_CHANGED, Reason.BUDGET_CLOSED,
         Reason.BUDGET_NOT_FOUND, Reason.BUDGET_PAUSED, Reason.BUDGET_SPENT, Reason.BUDGET_TAKEN,
         Reason.BUDGET_UNSUITED,
         Reason.COUPON_EXPIRED, Reason.COUPON_NOT_FOUND, Reason.COUPON_USED,
         Reason.CURRENCY_MISMATCH,
         Reason.INSUFFICIENT_FUNDS, Reason.ORDER_ALREADY_PAID, Reason.ORDER_CLOSED,
         Reason.ORDER_EXPIRED, Reason.ORDER_NOT_FOUND, Reason.PAYER_MISMATCH,
         Reason.PAYMENT_ID_REUSED),
    ),
)  # fmt: skip
