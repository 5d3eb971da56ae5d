"""Charging a payer's code at a counter, and reversing such a charge.

Source: wechatpay-v3.md §8.5. Nobody is notified: the answer or a query says what became of it.
"""

import hashlib
from typing import Final

import msgspec

from changliao.core import orders
from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import AppId, OrderId, PaymentId, RefundId
from changliao.core.money import CNY, Money
from changliao.core.orders import PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.paycodes import ChargeCode
from changliao.core.refunds import Refund
from changliao.core.reversals import ReverseOrder
from changliao.doors.wechatpay import transactions
from changliao.doors.wechatpay.acting import Acting, bound_app, direct, partner
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import param_error, refusal
from changliao.doors.wechatpay.forms import Counter, Reverse
from changliao.doors.wechatpay.orders import check_address, find, hold_of
from changliao.doors.wechatpay.transactions import DOOR, Details
from changliao.operations.paycodes import CHARGE, with_subsidy
from changliao.operations.reversals import REVERSE
from changliao.store.views.orders import Placed

# A large payment waits so long for its payer; the documents have merchants reverse it earlier.
_WAITS: Final = 5 * MINUTE
REVERSAL: Final = "reverse@"
_DIGEST_BYTES: Final = 16


async def charge(door: Door, call: Call) -> Answer:
    """POST /v3/pay/transactions/codepay."""
    form = read_form(call.body, Counter)
    acting = direct(call, form.mchid)
    app = await bound_app(door, acting.merchant, form.appid, "appid")
    return await _charge(door, form, acting, app.id, Details(appid=app.number))


async def charge_for_partner(door: Door, call: Call) -> Answer:
    """POST /v3/pay/partner/transactions/codepay."""
    form = read_form(call.body, Counter)
    acting = await partner(door, call, form.sp_mchid, form.sub_mchid)
    app = await bound_app(door, call.merchant, form.sp_appid, "sp_appid")
    if form.sub_appid:
        await bound_app(door, acting.merchant, form.sub_appid, "sub_appid")
    details = Details(appid=app.number, sub_appid=form.sub_appid or "")
    return await _charge(door, form, acting, app.id, details)


async def reverse(door: Door, call: Call) -> Answer:
    """POST /v3/pay/transactions/out-trade-no/{out_trade_no}/reverse."""
    form = read_form(call.body, Reverse)
    acting = direct(call, form.mchid)
    await _reverse(door, await find(door, acting, call.path["out_trade_no"]))
    number = call.path["out_trade_no"]
    return ok({"appid": form.appid, "mchid": form.mchid, "out_trade_no": number})


async def reverse_for_partner(door: Door, call: Call) -> Answer:
    """POST /v3/pay/partner/transactions/out-trade-no/{out_trade_no}/reverse."""
    form = read_form(call.body, Reverse)
    acting = await partner(door, call, form.sp_mchid, form.sub_mchid)
    await _reverse(door, await find(door, acting, call.path["out_trade_no"]))
    fields = {"sp_mchid": form.sp_mchid, "sub_mchid": form.sub_mchid}
    return ok(fields | {"out_trade_no": call.path["out_trade_no"]})


async def _charge(
    door: Door, form: Counter, acting: Acting, app_id: AppId, details: Details
) -> Answer:
    if form.amount.currency not in (None, CNY.code):
        raise param_error("/amount/currency", "only CNY is supported")
    store, address = form.scene_info.store_info, form.scene_info.device_ip
    if not (store.id or store.out_id):
        raise param_error("/scene_info/store_info", "id or out_id is required")
    if address is not None:
        check_address(address, "/scene_info/device_ip")
    network = door.network
    now, order_id = network.clock(), OrderId(network.ids.new())
    asked = msgspec.json.encode(form, order="sorted")
    order = orders.Order(
        id=order_id,
        merchant_id=acting.merchant.id,
        app_id=app_id,
        reference=form.out_trade_no,
        amount=Money(form.amount.total, CNY),
        scene=Scene.COUNTER,
        expires_at=Instant(now + _WAITS),
        fee_bps=acting.merchant.fee_bps,
        digest=hashlib.sha256(b"codepay" + asked).digest()[:_DIGEST_BYTES],
        partner_id=acting.partner_id,
        hold=hold_of(form.settle_info),
    )
    terms = Terms(
        order_id=order_id,
        merchant_id=acting.merchant.id,
        title=form.description,
        attach=form.attach or "",
        notify_url="",
        door=DOOR,
        details=msgspec.json.encode(details),
    )
    code = int(form.payer.auth_code) if len(form.payer.auth_code) == 18 else 0
    command = ChargeCode(PlaceOrder(order, terms), code, PaymentId(network.ids.new()))
    outcome = await network.perform(CHARGE, await with_subsidy(network, command))
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(await transactions.describe(network, Placed(outcome, terms)))


async def _reverse(door: Door, placed: Placed) -> None:
    """See that nobody has paid in the end. Only a charge at a counter is reversed."""
    order = placed.order
    if order.scene is not Scene.COUNTER:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    refund = Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=f"{REVERSAL}{order.id}",
        amount=0,
        digest=b"reverse",
        partner_id=order.partner_id,
    )
    command = ReverseOrder(order.merchant_id, order.id, refund)
    outcome = await door.network.perform(REVERSE, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
