"""Placing, querying and closing orders, for merchants and for their service providers.

Source: wechatpay-v3.md §8.1 to §8.4 and §10.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from changliao.core import clock, orders
from changliao.core.clock import DAY, HOUR, MINUTE, Instant
from changliao.core.ids import AppId, OrderId, UserId
from changliao.core.money import CNY, Money
from changliao.core.orders import CloseOrder, Hold, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.doors.wechatpay import transactions
from changliao.doors.wechatpay.acting import Acting, bound_app, direct, partner
from changliao.doors.wechatpay.call import NO_CONTENT, Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.doors.wechatpay.forms import Close, Order, SceneInfo, SettleInfo
from changliao.doors.wechatpay.transactions import DOOR, Details
from changliao.operations.orders import CLOSE, PLACE
from changliao.store.views.orders import Placed, attempt, order, order_by_reference

SCENES: Final[Mapping[str, Scene]] = {
    "native": Scene.NATIVE,
    "jsapi": Scene.JSAPI,
    "app": Scene.APP,
    "h5": Scene.H5,
}
_LONGEST: Final = {Scene.NATIVE: 7 * DAY}
_LONGEST_OTHER: Final = 15 * DAY
_SHORTEST: Final = 1 * MINUTE
_UNTIL_CLOSED: Final = 7 * DAY
_LINK_LIVES: Final = {Scene.H5: 5 * MINUTE}
_LINK_LIVES_OTHER: Final = 2 * HOUR
_DIGEST_BYTES: Final = 16


async def place(door: Door, call: Call) -> Answer:
    """POST /v3/pay/transactions/{native|jsapi|app|h5}."""
    form = read_form(call.body, Order)
    acting = direct(call, form.mchid)
    app = await bound_app(door, acting.merchant, form.appid, "appid")
    payer = form.payer.openid if form.payer else None
    payer_id = _payer(door, call, app.id, payer)
    return await _place(door, call, form, acting, app_id=app.id, payer_id=payer_id)


async def place_for_partner(door: Door, call: Call) -> Answer:
    """POST /v3/pay/partner/transactions/{native|jsapi|app|h5}."""
    form = read_form(call.body, Order)
    acting = await partner(door, call, form.sp_mchid, form.sub_mchid)
    app = await bound_app(door, call.merchant, form.sp_appid, "sp_appid")
    payer, payer_app = (form.payer.sp_openid if form.payer else None), app.id
    if form.sub_appid:
        sub_app = await bound_app(door, acting.merchant, form.sub_appid, "sub_appid")
        if form.payer and form.payer.sub_openid:
            payer, payer_app = form.payer.sub_openid, sub_app.id
    payer_id = _payer(door, call, payer_app, payer)
    return await _place(door, call, form, acting, app_id=app.id, payer_id=payer_id)


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid=."""
    acting = direct(call, required(call.query, "mchid"))
    return await _answer(door, await find(door, acting, call.path["out_trade_no"]))


async def query_for_partner(door: Door, call: Call) -> Answer:
    """GET /v3/pay/partner/transactions/out-trade-no/{out_trade_no}?sp_mchid=&sub_mchid=."""
    acting = await _partner_in_query(door, call)
    return await _answer(door, await find(door, acting, call.path["out_trade_no"]))


async def query_by_id(door: Door, call: Call) -> Answer:
    """GET /v3/pay/transactions/id/{transaction_id}?mchid=."""
    acting = direct(call, required(call.query, "mchid"))
    return await _answer(door, await find_by_id(door, acting, call.path["transaction_id"]))


async def query_by_id_for_partner(door: Door, call: Call) -> Answer:
    """GET /v3/pay/partner/transactions/id/{transaction_id}?sp_mchid=&sub_mchid=."""
    acting = await _partner_in_query(door, call)
    return await _answer(door, await find_by_id(door, acting, call.path["transaction_id"]))


async def close(door: Door, call: Call) -> Answer:
    """POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close."""
    return await _close(door, call, direct(call, read_form(call.body, Close).mchid))


async def close_for_partner(door: Door, call: Call) -> Answer:
    """POST /v3/pay/partner/transactions/out-trade-no/{out_trade_no}/close."""
    form = read_form(call.body, Close)
    return await _close(door, call, await partner(door, call, form.sp_mchid, form.sub_mchid))


async def find(door: Door, acting: Acting, reference: str) -> Placed:
    """An order by its number. Raises WechatError 404, also for another merchant's order."""
    merchant_id, partner_id = acting.merchant.id, acting.partner_id
    placed = await door.network.read(order_by_reference, merchant_id, partner_id, reference)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return placed


async def find_by_id(door: Door, acting: Acting, transaction_id: str) -> Placed:
    """An order by its payment's number. Raises WechatError 404."""
    payment_id = transactions.payment_id(transaction_id)
    tried = None
    if payment_id is not None:
        tried = await door.network.read(attempt, payment_id, acting.merchant.id)
    if tried is None or tried.reason:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    placed = await door.network.read(order, tried.merchant_id, tried.order_id)
    if placed is None or placed.order.partner_id != acting.partner_id:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return placed


async def _place(
    door: Door, call: Call, form: Order, acting: Acting, *, app_id: AppId, payer_id: UserId
) -> Answer:
    network = door.network
    scene = SCENES[call.path["scene"]]
    _check(form, scene)
    now = network.clock()
    order_id = OrderId(network.ids.new())
    asked = msgspec.json.encode(form, order="sorted")
    placing = PlaceOrder(
        orders.Order(
            id=order_id,
            merchant_id=acting.merchant.id,
            app_id=app_id,
            reference=form.out_trade_no,
            amount=Money(form.amount.total, CNY),
            scene=scene,
            expires_at=expires_at(form.time_expire, scene, now),
            fee_bps=acting.merchant.fee_bps,
            digest=hashlib.sha256(call.path["scene"].encode() + asked).digest()[:_DIGEST_BYTES],
            partner_id=acting.partner_id,
            notifies=True,
            payer_id=payer_id,
            hold=hold_of(form.settle_info),
        ),
        Terms(
            order_id=order_id,
            merchant_id=acting.merchant.id,
            title=form.description,
            attach=form.attach or "",
            notify_url=form.notify_url,
            door=DOOR,
            details=msgspec.json.encode(_details(form)),
        ),
    )
    outcome = await network.perform(PLACE, placing)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(credential(door, outcome, now))


def credential(door: Door, placed: orders.Order, now: Instant) -> dict[str, str]:
    """What the merchant passes on to the payer; a repeated call gets a new one."""
    lives = _LINK_LIVES.get(placed.scene, _LINK_LIVES_OTHER)
    link = door.network.links.make(placed, Instant(now + lives))
    match placed.scene:
        case Scene.NATIVE:
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={link}"}
        case Scene.H5:
            return {"h5_url": f"{door.public_url}/h5pay?prepay_id=wx{link}&package={placed.id}"}
        case _:
            return {"prepay_id": f"wx{link}"}


def _check(form: Order, scene: Scene) -> None:
    if form.amount.currency not in (None, CNY.code):
        issue = "only CNY is supported"
        raise param_error("/amount/currency", issue)
    check_scene(form.scene_info, scene)


def check_scene(scene_info: SceneInfo | None, scene: Scene) -> None:
    """Raises WechatError 400 for a browser that is not told, or an address that is none."""
    if scene is Scene.H5 and (scene_info is None or not scene_info.h5_info):
        raise param_error("/scene_info/h5_info", "is required for h5")
    if scene_info is not None:
        check_address(scene_info.payer_client_ip, "/scene_info/payer_client_ip")


def check_address(text: str, field: str) -> None:
    """Raises WechatError 400 for what is no IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise param_error(field, "must be an IPv4 or IPv6 address") from error


def _payer(door: Door, call: Call, app_id: AppId, openid: str | None) -> UserId:
    """Who must pay a jsapi order; anybody may pay the others."""
    if call.path["scene"] != "jsapi":
        return UserId(0)
    if not openid:
        raise param_error("/payer/openid", "JSAPI支付必须传openid")
    user_id = door.network.openids.read(app_id, openid)
    if user_id is None:
        raise param_error("/payer/openid", "appid与openid不匹配")
    return user_id


def expires_at(text: str | None, scene: Scene, now: Instant) -> Instant:
    """When an order ends, within what the scene allows. Raises WechatError."""
    if text is None:
        return Instant(now + _UNTIL_CLOSED)
    try:
        asked = clock.from_rfc3339(text)
    except (ValueError, OverflowError) as error:
        issue = "must be RFC 3339, for example 2026-11-24T10:34:56+08:00"
        raise param_error("/time_expire", issue) from error
    if asked <= now:
        raise param_error("/time_expire", "must be later than now")
    return Instant(min(max(asked, now + _SHORTEST), now + _LONGEST.get(scene, _LONGEST_OTHER)))


def hold_of(settle_info: SettleInfo | None) -> Hold:
    """What `settle_info.profit_sharing` asks for; the digest covers it."""
    return Hold.SPLIT if settle_info and settle_info.profit_sharing else Hold.NONE


def _details(form: Order) -> Details:
    device = form.scene_info.device_id if form.scene_info else None
    if form.sp_mchid is None:
        return Details(appid=form.appid or "", device_id=device or "")
    return Details(
        appid=form.sp_appid or "",
        sub_appid=form.sub_appid or "",
        device_id=device or "",
    )


async def _partner_in_query(door: Door, call: Call) -> Acting:
    sp_mchid, sub_mchid = required(call.query, "sp_mchid"), required(call.query, "sub_mchid")
    return await partner(door, call, sp_mchid, sub_mchid)


async def _answer(door: Door, placed: Placed) -> Answer:
    _by_itself(placed)
    fields: Mapping[str, Any] = await transactions.describe(door.network, placed)
    return ok(fields)


async def _close(door: Door, call: Call, acting: Acting) -> Answer:
    placed = await find(door, acting, call.path["out_trade_no"])
    _by_itself(placed)
    if placed.order.scene is Scene.COUNTER:
        raise WechatError(400, "INVALID_REQUEST", "当前交易不允许进行普通关单（只能撤销）")
    command = CloseOrder(placed.order.merchant_id, placed.order.id)
    outcome = await door.network.perform(CLOSE, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return NO_CONTENT


def _by_itself(placed: Placed) -> None:
    """Raises WechatError 404 for a part of a combined order: it is asked for as a whole."""
    if placed.order.basket_id:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
