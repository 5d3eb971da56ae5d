"""Refunding and querying refunds.

Source: wechatpay-v3.md §8.6 and §10. A wallet is refunded in the same commit, so the answer says
SUCCESS at once; the callback follows as with any refund. What a bank paid is PROCESSING until the
bank has it.
"""

import hashlib
from typing import Any, Final

import msgspec

from changliao.core import clock, refunds
from changliao.core.ids import ChannelRequestId, RefundId, made_at
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import RefundOrder, RefundState
from changliao.core.repairs import Goal, Repair, RepairRefund
from changliao.doors.wechatpay import orders, transactions
from changliao.doors.wechatpay.acting import Acting, direct, partner
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.doors.wechatpay.forms import AbnormalRefund, EcommerceRefund, Refund
from changliao.doors.wechatpay.sensitive import reveal
from changliao.operations.refunds import REFUND
from changliao.operations.repairs import REPAIR
from changliao.store.views.orders import Placed, order, refund_by_reference
from changliao.store.views.orders import refund as refund_by_id

STATES: Final = {
    RefundState.PROCESSING: "PROCESSING",
    RefundState.SUCCEEDED: "SUCCESS",
    RefundState.CLOSED: "CLOSED",
    RefundState.ABNORMAL: "ABNORMAL",
}
ACCOUNT: Final = "支付用户零钱"
_DIGEST_BYTES: Final = 16
_USER_CARD: Final = "USER_BANK_CARD"


async def refund(door: Door, call: Call) -> Answer:
    """POST /v3/refund/domestic/refunds."""
    form = read_form(call.body, Refund)
    acting = await _acting(door, call, form.sub_mchid)
    return ok(describe(*await made(door, acting, form)))


async def made(
    door: Door, acting: Acting, form: Refund | EcommerceRefund
) -> tuple[refunds.Refund, Placed]:
    """Send back what a form asks for, once. Raises WechatError."""
    accounts = form.amount.accounts
    if accounts is not None and sum(one.amount for one in accounts) != form.amount.refund:
        raise param_error("/amount/from", "must add up to amount.refund")
    placed = await _order(door, acting, form)
    asked = msgspec.json.encode(form, order="sorted")
    wanted = refunds.Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=placed.order.merchant_id,
        order_id=placed.order.id,
        reference=form.out_refund_no,
        amount=form.amount.refund,
        digest=hashlib.sha256(asked).digest()[:_DIGEST_BYTES],
        partner_id=acting.partner_id,
        notify_url=form.notify_url or "",
        reason=form.reason or "",
    )
    command = RefundOrder(wanted, form.amount.total, form.amount.currency)
    outcome = await door.network.perform(REFUND, command)
    if isinstance(outcome, Refused):
        whole = placed.order.refunded == placed.order.amount.amount
        if outcome.reason is Reason.REFUND_EXCEEDS_PAYMENT and whole:
            raise WechatError(400, "INVALID_REQUEST", "订单已全额退款")
        raise refusal(outcome)
    return outcome, placed


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/refund/domestic/refunds/{out_refund_no}[?sub_mchid=]."""
    acting = await _acting(door, call, call.query.get("sub_mchid"))
    merchant_id, partner_id = acting.merchant.id, acting.partner_id
    reference = call.path["out_refund_no"]
    known = await door.network.read(refund_by_reference, merchant_id, partner_id, reference)
    return ok(describe(*await with_order(door, known)))


async def repair(door: Door, call: Call) -> Answer:
    """POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund.

    Wallets always take what comes back; a refund of what a bank paid is abnormal when that
    declined. It goes to a card by the same bank, or back to the merchant.
    """
    form = read_form(call.body, AbnormalRefund)
    acting = await _acting(door, call, form.sub_mchid)
    known, placed = await find(door, acting, call.path["refund_id"])
    if known.reference != form.out_refund_no:
        raise refusal(Refused(Reason.REFUND_NOT_FOUND))
    if form.type == _USER_CARD and not (form.bank_type and form.bank_account and form.real_name):
        raise param_error("/bank_account", "bank_type, bank_account and real_name are required")
    secrets = (form.bank_account, form.real_name)
    plain = [reveal(door, call, secret) for secret in secrets if secret]
    to_card = form.type == _USER_CARD
    account = " ".join([form.bank_type or "", *plain]) if to_card else ""
    wanted = Repair(
        ChannelRequestId(door.network.ids.new()),
        known.merchant_id,
        known.id,
        Goal.CARD if to_card else Goal.MERCHANT,
        hashlib.sha256(f"{form.type} {account}".encode()).digest()[:_DIGEST_BYTES],
    )
    outcome = await door.network.perform(REPAIR, RepairRefund(wanted, account))
    if isinstance(outcome, Refused) and outcome.reason is Reason.REFUND_FINAL:
        raise WechatError(400, "INVALID_REQUEST", "退款单不是退款异常状态，不能发起异常退款")
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(describe(outcome, placed))


async def find(door: Door, acting: Acting, number: str) -> tuple[refunds.Refund, Placed]:
    """A refund by the network's number, with its order. Raises WechatError 404."""
    refund_id = transactions.refund_id(number)
    known = None
    if refund_id is not None:
        known = await door.network.read(refund_by_id, acting.merchant.id, refund_id)
    if known is not None and known.partner_id != acting.partner_id:
        known = None
    return await with_order(door, known)


async def with_order(door: Door, known: refunds.Refund | None) -> tuple[refunds.Refund, Placed]:
    """A refund and its order. Raises WechatError 404 when there is none."""
    placed = await door.network.read(order, known.merchant_id, known.order_id) if known else None
    if known is None or placed is None:
        raise refusal(Refused(Reason.REFUND_NOT_FOUND))
    return known, placed


def describe(known: refunds.Refund, placed: Placed) -> dict[str, Any]:
    """The refund object of answers."""
    total = placed.order.amount.amount
    fields: dict[str, Any] = {
        "refund_id": transactions.refund_number(known.id),
        "out_refund_no": known.reference,
        "transaction_id": transactions.transaction_id(placed.order.payment_id),
        "out_trade_no": placed.order.reference,
        "channel": "ORIGINAL",
        "user_received_account": placed.order.method.upper() or ACCOUNT,
        "create_time": clock.to_rfc3339(made_at(known.id)),
        "status": STATES[known.state],
        "funds_account": "UNSETTLED",
        "amount": {
            "total": total,
            "refund": known.amount,
            "from": [],
            "payer_total": total - placed.order.discount,
            "payer_refund": known.amount - known.discount,
            "settlement_refund": known.amount,
            "settlement_total": total,
            "discount_refund": known.discount,
            "currency": placed.order.amount.currency.code,
            "refund_fee": 0,
        },
        "promotion_detail": [],
    }
    if known.state is RefundState.SUCCEEDED:
        fields["success_time"] = clock.to_rfc3339(known.finished_at)
    return fields


async def _acting(door: Door, call: Call, sub_mchid: str | None) -> Acting:
    """A provider names the sub-merchant; a merchant names nobody."""
    if not sub_mchid:
        return direct(call, call.merchant.number)
    return await partner(door, call, call.merchant.number, sub_mchid)


async def _order(door: Door, acting: Acting, form: Refund | EcommerceRefund) -> Placed:
    try:
        if form.transaction_id:
            return await orders.find_by_id(door, acting, form.transaction_id)
        if form.out_trade_no:
            return await orders.find(door, acting, form.out_trade_no)
    except WechatError as error:
        # This call names no code for an unknown order but the one for an unpaid one.
        raise refusal(Refused(Reason.ORDER_NOT_PAID)) from error
    raise param_error("/transaction_id", "transaction_id or out_trade_no is required")
