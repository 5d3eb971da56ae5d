"""Charging the code a person shows at a counter.

The person's word pays a small amount at once; above it the answer says that the payer must confirm,
and the caller asks again or cancels. Source: alipay-openapi.md §8.3.
"""

from typing import Final

from changliao.core.authorizations import Capture
from changliao.core.ids import AuthorizationStepId, PaymentId
from changliao.core.orders import Order, OrderState
from changliao.core.outcome import Reason, Refused
from changliao.core.paycodes import ChargeCode
from changliao.doors.alipay import freezes, royalties, trades, words
from changliao.doors.alipay.answers import harmless
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import AlipayError, bad_content, refusal
from changliao.doors.alipay.forms import Placing
from changliao.doors.alipay.placing import wanted
from changliao.operations.authorizations import CAPTURE
from changliao.operations.numbers import number_of
from changliao.operations.paycodes import CHARGE, with_subsidy
from changliao.store.views import orders, parties
from changliao.store.views.orders import Placed

WAITING: Final = "10003"
_COMPLETE: Final = "COMPLETE"
_CONFIRM_MODES: Final = ("", _COMPLETE, "NOT_COMPLETE")
_SCENES: Final = ("", "bar_code", "wave_code", "security_code")


async def pay(door: Door, call: Call) -> Node:
    """alipay.trade.pay: with `code` 10003 the payer has yet to confirm."""
    form = read_form(call, Placing)
    if form.auth_no:
        return await _captured(door, call, form)
    if form.scene not in _SCENES:
        raise bad_content("scene 不支持，支持 bar_code")
    if not form.auth_code:
        raise bad_content("auth_code 缺失")
    placing = await wanted(door, call, form)
    number = words.pay_code(form.auth_code)
    command = ChargeCode(placing, number, PaymentId(door.network.ids.new()))
    outcome = await door.network.perform(CHARGE, await with_subsidy(door.network, command))
    if isinstance(outcome, Refused):
        outcome = await _explained(door, call, form, outcome)
    elif outcome.state is OrderState.CLOSED:
        outcome = Refused(Reason.ORDER_CLOSED)
    if isinstance(outcome, Refused):
        said = royalties.refused(form, outcome)
        raise AlipayError(said.code, said.sub_code, said.message, trades.amounts(0))
    return await _describe(door, Placed(outcome, placing.terms))


async def _captured(door: Door, call: Call, form: Placing) -> Node:
    """Pay from what a payer's authorization has frozen; `COMPLETE` gives the rest back."""
    if not form.buyer_id or not form.seller_id:
        raise bad_content("buyer_id 和 seller_id 在 auth_no 支付时必填")
    if form.auth_confirm_mode not in _CONFIRM_MODES:
        raise bad_content(f"auth_confirm_mode 支持 {'、'.join(_CONFIRM_MODES[1:])}")
    placing = await wanted(door, call, form)
    try:
        known = await freezes.find(door, call.caller, form.auth_no, "")
    except AlipayError as error:
        raise refusal(Refused(Reason.AUTHORIZATION_NOT_FOUND)) from error
    if form.buyer_id != await number_of(door.network, known.payer_id):
        raise refusal(Refused(Reason.PAYER_MISMATCH))
    new = door.network.ids.new
    command = Capture(
        known.merchant_id,
        known.id,
        placing,
        PaymentId(new()),
        AuthorizationStepId(new()),
        AuthorizationStepId(new()),
        finishes=form.auth_confirm_mode == _COMPLETE,
    )
    outcome = await door.network.perform(CAPTURE, command)
    if isinstance(outcome, Refused):
        raise royalties.refused(form, outcome)
    return await _describe(door, Placed(outcome, placing.terms))


async def _describe(door: Door, placed: Placed) -> Node:
    order = placed.order
    paid = order.amount.amount if order.payment_id else 0
    fields: Node = {
        **await trades.payer(door.network, order, order.payer_id),
        **trades.amounts(paid, order.discount),
        "out_trade_no": order.reference,
        "total_amount": words.yuan(order.amount.amount),
        "trade_no": words.trade_no(order.id),
    }
    if not order.payment_id:
        return fields | {"code": WAITING}
    merchant = await door.network.look_up(parties.merchant, order.merchant_id)
    return fields | {
        "fund_bill_list": trades.funds(paid, order.discount, order.method),
        "gmt_payment": words.moment(order.paid_at),
        "store_name": harmless(merchant.name) if merchant else "",
    }


async def _explained(door: Door, call: Call, form: Placing, refused: Refused) -> Order | Refused:
    """Another code for a number that was paid: it was, and nothing more is charged."""
    if refused.reason is not Reason.REFERENCE_REUSED:
        return refused
    caller = call.caller
    placed = await door.network.read(
        orders.order_by_reference, caller.seller.id, caller.partner_id, form.out_trade_no
    )
    paid = placed is not None and placed.order.state is OrderState.PAID
    return Refused(Reason.ORDER_ALREADY_PAID) if paid else refused
