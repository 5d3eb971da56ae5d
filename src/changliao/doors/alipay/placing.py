"""Placing orders: by QR code, for one buyer, and from a payer's browser or phone.

Source: alipay-openapi.md §7, §8.1, §8.2 and §17.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from changliao.core import orders
from changliao.core.clock import DAY, HOUR, MINUTE, Instant
from changliao.core.ids import OrderId, UserId
from changliao.core.money import CNY, Money
from changliao.core.orders import Hold, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.doors.alipay import royalties, words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import bad_content, business, refusal
from changliao.doors.alipay.forms import Placing
from changliao.doors.alipay.trades import DOOR, Details
from changliao.operations.numbers import number_of
from changliao.operations.orders import PLACE
from changliao.store.views import numbers, parties
from changliao.web.addresses import is_address

_ANYBODY: Final = UserId(0)
LINK_LIVES: Final = 2 * HOUR
_FACE_TO_FACE: Final = 3 * HOUR
_AT_THE_COUNTER: Final = 5 * MINUTE
_ONLINE: Final = 15 * DAY
_MOST_GOODS: Final = 150
_LONGEST_ADDRESS: Final = 256
_DIGEST_BYTES: Final = 16
_MOST_HELD_DAYS: Final = 365


class Way(Struct, frozen=True):
    """How a payer comes to an order, and how long it stays open unless the merchant says so."""

    scene: Scene
    lives: int


WAYS: Final[Mapping[str, Way]] = {
    "alipay.trade.precreate": Way(Scene.NATIVE, _FACE_TO_FACE),
    "alipay.trade.create": Way(Scene.JSAPI, _ONLINE),
    "alipay.trade.pay": Way(Scene.COUNTER, _AT_THE_COUNTER),
    "alipay.trade.page.pay": Way(Scene.PC, _ONLINE),
    "alipay.trade.wap.pay": Way(Scene.H5, _ONLINE),
    "alipay.trade.app.pay": Way(Scene.APP, _ONLINE),
}


async def precreate(door: Door, call: Call) -> Node:
    """alipay.trade.precreate: a QR code for whoever scans it first."""
    form = read_form(call, Placing)
    placed = await place(door, call, form)
    lives = words.express_length(
        form.qr_code_timeout_express, "qr_code_timeout_express", LINK_LIVES
    )
    link = door.network.links.make(placed, Instant(door.network.clock() + lives))
    return {"out_trade_no": placed.reference, "qr_code": f"{door.public_url}/c/{link}"}


async def create(door: Door, call: Call) -> Node:
    """alipay.trade.create: an order that one buyer pays inside an app."""
    form = read_form(call, Placing)
    buyer = await _buyer(door, call, form)
    placed = await place(door, call, form, buyer)
    return {"out_trade_no": placed.reference, "trade_no": words.trade_no(placed.id)}


async def place(door: Door, call: Call, form: Placing, buyer: UserId = _ANYBODY) -> orders.Order:
    """Keep the order, or find the one with this number. Raises AlipayError."""
    outcome = await door.network.perform(PLACE, await wanted(door, call, form, buyer))
    if isinstance(outcome, Refused):
        raise royalties.refused(form, outcome)
    return outcome


async def wanted(door: Door, call: Call, form: Placing, buyer: UserId = _ANYBODY) -> PlaceOrder:
    """The order a merchant asks for, once nothing is wrong with it. Raises AlipayError."""
    network, now, way = door.network, door.network.clock(), WAYS[call.method]
    amount = await _checked(door, call, form)
    order_id = OrderId(network.ids.new())
    notify_url = _address(call, "notify_url")
    order = orders.Order(
        id=order_id,
        merchant_id=call.caller.seller.id,
        app_id=call.caller.app.id,
        reference=form.out_trade_no,
        amount=Money(amount, CNY),
        scene=way.scene,
        expires_at=words.expires_at(form.time_expire, form.timeout_express, way.lives, now),
        fee_bps=call.caller.seller.fee_bps,
        digest=_digest(call, form, amount, buyer),
        partner_id=call.caller.partner_id,
        notifies=bool(notify_url),
        payer_id=buyer,
        hold=_hold(form),
    )
    terms = Terms(
        order_id=order_id,
        merchant_id=order.merchant_id,
        title=form.subject,
        attach=form.passback_params,
        notify_url=notify_url,
        door=DOOR,
        details=msgspec.json.encode(_details(call, form)),
    )
    shares = await royalties.intended(door, call, form, amount)
    return PlaceOrder(order, terms, held_days(form), shares, keeps=_freezes(form))


def _digest(call: Call, form: Placing, amount: int, buyer: UserId) -> bytes:
    """The terms of §17: the same number with others is another order."""
    terms = f"{call.method}\n{amount}\n{buyer}\n{form.subject}"
    terms += f"\n{form.auth_code}" if form.auth_code else ""
    terms += f"\n{form.auth_no}" if form.auth_no else ""
    terms += f"\n{_hold(form).name}" if _hold(form) is not Hold.NONE else ""
    terms += f"\n{held_days(form)}d" if form.settle_info else ""
    if form.royalty_info:
        terms += f"\n{msgspec.json.encode(form.royalty_info).decode()}"
    return hashlib.sha256(terms.encode()).digest()[:_DIGEST_BYTES]


def _hold(form: Placing) -> Hold:
    """What the money waits for after payment: to be shared, or to be confirmed."""
    waits = _freezes(form) or form.settle_info is not None or form.royalty_info is not None
    return Hold.SPLIT if waits else Hold.NONE


def _freezes(form: Placing) -> bool:
    return form.extend_params is not None and form.extend_params.royalty_freeze == "true"


def held_days(form: Placing) -> int:
    """For how long an escrow waits at most; 0: as long as usual, or no escrow."""
    period = form.settle_info.settle_period_time if form.settle_info else ""
    return int(period[:-1]) if period else 0


def _details(call: Call, form: Placing) -> Details:
    return Details(
        app_id=call.caller.app.number,
        method=call.method,
        charset=call.given("charset") or "utf-8",
        sign_type=call.given("sign_type") or "RSA2",
        auth_app_id=call.caller.seller_app.number,
        return_url=_address(call, "return_url"),
        quit_url=form.quit_url or form.request_from_url,
        body=form.body,
        store_id=form.store_id,
        escrow=form.settle_info is not None,
    )


async def _checked(door: Door, call: Call, form: Placing) -> int:
    """The order's amount in fen, once nothing is wrong with the rest. Raises AlipayError."""
    amount = words.fen(form.total_amount, "total_amount")
    if form.discountable_amount and form.undiscountable_amount:
        parts = (form.discountable_amount, form.undiscountable_amount)
        if sum(_part(one) for one in parts) != amount:
            raise bad_content(
                "discountable_amount 与 undiscountable_amount 之和不等于 total_amount"
            )
    if form.enable_pay_channels and form.disable_pay_channels:
        raise bad_content("enable_pay_channels 与 disable_pay_channels 不能同时使用")
    if len(form.goods_detail or ()) > _MOST_GOODS:
        raise business("ACQ.SUB_GOODS_SIZE_MAX_COUNT", "商品明细超过150条")
    if form.royalty_info and form.settle_info:
        raise business("ACQ.TRADE_SETTLE_ERROR", "royalty_info 与 settle_info 不能同时使用")
    _check_escrow(form, amount, call.method)
    own = form.seller_id and await number_of(door.network, call.caller.seller.id)
    if own and form.seller_id != own:
        raise business("ACQ.ACCESS_FORBIDDEN", "seller_id 不是应用所属的商户")
    return amount


def _check_escrow(form: Placing, amount: int, method: str) -> None:
    """An escrow is of the whole order and goes to the seller. Raises AlipayError."""
    if form.settle_info is None:
        return
    if method == "alipay.trade.pay":
        raise business("ACQ.TRADE_SETTLE_ERROR", "条码支付不支持 settle_info")
    detail = form.settle_info.settle_detail_infos[0]
    if detail.trans_in_type != "defaultSettle" or detail.trans_in:
        raise bad_content("settle_info 的 trans_in_type 只支持 defaultSettle")
    if words.fen(detail.amount, "settle_info.amount") != amount:
        raise bad_content("settle_info 的 amount 必须等于 total_amount")
    if held_days(form) > _MOST_HELD_DAYS:
        raise bad_content(f"settle_period_time 支持 1d 至 {_MOST_HELD_DAYS}d")


def _part(text: str) -> int:
    return 0 if text.strip("0.") == "" else words.fen(text, "discountable_amount")


def _address(call: Call, name: str) -> str:
    address = call.given(name)
    if address and not is_address(address):
        raise bad_content(f"{name} 必须是 http:// 或 https:// 开头的地址")
    if len(address) > _LONGEST_ADDRESS:
        raise bad_content(f"{name} 不能超过 {_LONGEST_ADDRESS} 个字符")
    return address


async def _buyer(door: Door, call: Call, form: Placing) -> UserId:
    """Who must pay. Raises AlipayError."""
    network = door.network
    open_id = form.buyer_open_id or form.op_buyer_open_id
    party: int | None = None
    if form.buyer_id:
        digits = form.buyer_id.isascii() and form.buyer_id.isdigit()
        party = await network.read(numbers.party_of, int(form.buyer_id)) if digits else None
    elif open_id:
        party = network.openids.read(call.caller.app.id, open_id)
    elif form.buyer_logon_id:
        person = await network.read(parties.user_by_phone, form.buyer_logon_id)
        party = person.id if person else None
    else:
        raise bad_content("buyer_id、buyer_open_id 和 buyer_logon_id 不能同时为空")
    user: User | None = await network.read(parties.user, party) if party else None
    if user is None:
        raise refusal(Refused(Reason.USER_NOT_FOUND))
    return user.id
