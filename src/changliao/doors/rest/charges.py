"""Charging the pay code on a payer's phone, over REST, and undoing such a charge."""

import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import AppId, OrderId, PaymentId, RefundId
from changliao.core.members import Right
from changliao.core.orders import Order, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.paycodes import ChargeCode
from changliao.core.refunds import Refund
from changliao.core.reversals import ReverseOrder
from changliao.doors.rest.call import Call, Door, perform, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import CurrencyCode, Minor, Nothing, Reference, Text128
from changliao.doors.rest.orders import DOOR, OrderShown, WhoseQuery, find, show_order
from changliao.operations.paycodes import CHARGE, with_subsidy
from changliao.operations.reversals import REVERSE, REVERSE_ALONE
from changliao.store.views import parties

# A large payment waits so long for its payer.
_WAITS: Final = 5 * MINUTE
_REVERSAL: Final = "reverse@"
_DIGEST_BYTES: Final = 16


class NewCharge(Struct, frozen=True, forbid_unknown_fields=True):
    """What a till asks for. `pay_code` is the 18 digits that the payer shows."""

    reference: Reference
    title: Annotated[str, Meta(min_length=1, max_length=127, examples=["Two coffees"])]
    amount: Minor
    pay_code: Annotated[str, Meta(pattern=r"^[0-9]{18}\Z", examples=["134567890123456789"])]
    currency: CurrencyCode = "CNY"
    attach: Text128 = ""


async def charge(door: Door, call: Call[NewCharge, Nothing]) -> Any:
    """Charge the pay code that a payer shows.

    A small amount is paid at once, less the subsidy that the payer has coming (`discount`). Above
    it the order is `open` for five minutes and the payer is asked for the PIN: look again, or
    reverse it. The same reference with the same fields finds the charge. Nobody is told but by this
    answer.
    """
    form, network = call.form, door.network
    merchant = await network.look_up(parties.merchant, call.caller.key.merchant_id)
    if merchant is None:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    order_id = OrderId(network.ids.new())
    asked = msgspec.json.encode(form)
    order = Order(
        id=order_id,
        merchant_id=merchant.id,
        app_id=AppId(0),
        reference=form.reference,
        amount=read_money(form.amount, form.currency),
        scene=Scene.COUNTER,
        expires_at=Instant(network.clock() + _WAITS),
        fee_bps=merchant.fee_bps,
        digest=hashlib.sha256(b"charge" + asked).digest()[:_DIGEST_BYTES],
    )
    terms = Terms(order_id, merchant.id, form.title, form.attach, "", DOOR, b"{}")
    command = ChargeCode(PlaceOrder(order, terms), int(form.pay_code), PaymentId(network.ids.new()))
    command = await with_subsidy(network, command)
    return await perform(door, call, CHARGE, command, lambda made: show_order(made, terms))


async def reverse(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """Undo a charge: what nobody has paid never will be, what was paid goes back whole.

    Only for charges of a pay code. Again is no change. What was paid and is large needs two, as
    with refunds. The body is not read.
    """
    placed = await find(door, call)
    order = placed.order
    if order.scene is not Scene.COUNTER:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    refund = Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=f"{_REVERSAL}{order.id}",
        amount=0,
        digest=b"reverse",
        partner_id=order.partner_id,
    )
    command = ReverseOrder(order.merchant_id, order.id, refund)
    operation = REVERSE_ALONE if call.caller.is_operator else REVERSE
    return await perform(
        door, call, operation, command, lambda made: show_order(made.order, placed.terms)
    )


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/charges", charge, Who.MERCHANT, NewCharge, Nothing, OrderShown, 201,
        (*BEYOND_LIMITS, *RISKY, "currency_unknown", Reason.AMOUNT_TOO_LARGE,
         Reason.INSUFFICIENT_FUNDS,
         Reason.MERCHANT_NOT_FOUND, Reason.METHOD_BANNED, Reason.METHOD_NOT_CONNECTED,
         Reason.METHOD_SUSPENDED, Reason.PAY_CODE_EXPIRED, Reason.PAY_CODE_UNKNOWN,
         Reason.PAY_CODE_USED, Reason.REFERENCE_REUSED, Reason.STORE_NOT_OPEN),
    ),
    Endpoint(
        "POST", "/orders/{order_id}/reversal", reverse, Who.EITHER, Nothing, WhoseQuery,
        OrderShown, 200,
        ("merchant_missing", Reason.MERCHANT_FUNDS_INSUFFICIENT, Reason.ORDER_NOT_FOUND,
         Reason.REFUND_NEEDS_SECOND, Reason.REFUND_TOO_LATE, Reason.REFUNDS_TOO_MANY),
        right=Right.REFUND_ORDERS,
    ),
)  # fmt: skip
