"""Combined orders: placing, querying and closing several merchants' orders as one.

Source: wechatpay-v3.md §8.7.
"""

import hashlib
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from changliao.core import orders
from changliao.core.baskets import Basket, CloseBasket, Filled, PlaceBasket
from changliao.core.ids import BasketId, OrderId, UserId
from changliao.core.money import CNY, Money
from changliao.core.orders import PlaceOrder, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App
from changliao.doors.wechatpay import combined
from changliao.doors.wechatpay.acting import Acting, bound_app, direct
from changliao.doors.wechatpay.call import NO_CONTENT, Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import param_error, refusal
from changliao.doors.wechatpay.forms import (
    Fen,
    NotifyUrl,
    Number,
    Object,
    Openid,
    Reference,
    SceneInfo,
    SettleInfo,
    Text127,
    Text128,
)
from changliao.doors.wechatpay.orders import (
    SCENES,
    check_scene,
    credential,
    expires_at,
    hold_of,
)
from changliao.doors.wechatpay.transactions import DOOR, Details
from changliao.operations.baskets import CLOSE, PLACE
from changliao.store.views import parties
from changliao.store.views.baskets import basket_by_reference, members

_DIGEST_BYTES: Final = 16
# Source: wechatpay-v3.md §8.7: ordinary merchants combine 2 to 10, service providers 1 to 50.
LEAST, MOST = 2, 10
MOST_OF_PROVIDERS: Final = 50


# Source: wechatpay-v3.md §7: shorter than an order's own number may be, and with an @.
Whole = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z_\-|*@]+\Z")]


class PartAmount(Struct, omit_defaults=True):
    """What one part costs."""

    total_amount: Fen
    currency: Annotated[str, Meta(max_length=8)]


class Part(Struct, omit_defaults=True):
    """One merchant's order in the whole."""

    mchid: Number
    attach: Text128
    amount: PartAmount
    out_trade_no: Reference
    description: Text127
    sub_mchid: Number | None = None
    sub_appid: Number | None = None
    detail: Object | str | None = None
    goods_tag: str | None = None
    settle_info: SettleInfo | None = None


class PayerInfo(Struct, omit_defaults=True):
    """Who must pay, for jsapi."""

    openid: Openid | None = None
    sub_openid: Openid | None = None


class Combined(Struct, omit_defaults=True):
    """POST /v3/combine-transactions/{jsapi|native|app|h5}."""

    combine_appid: Number
    combine_mchid: Number
    combine_out_trade_no: Whole
    sub_orders: Annotated[list[Part], Meta(min_length=1, max_length=MOST_OF_PROVIDERS)]
    notify_url: NotifyUrl
    scene_info: SceneInfo | None = None
    combine_payer_info: PayerInfo | None = None
    time_start: Annotated[str, Meta(max_length=64)] | None = None
    time_expire: Annotated[str, Meta(max_length=64)] | None = None


class ClosedPart(Struct):
    """A part as it was placed."""

    mchid: Number
    out_trade_no: Number
    sub_mchid: Number | None = None


class Closing(Struct):
    """POST /v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close."""

    combine_appid: Number
    sub_orders: list[ClosedPart]


async def place(door: Door, call: Call) -> Answer:
    """POST /v3/combine-transactions/{jsapi|native|app|h5}."""
    form = read_form(call.body, Combined)
    _check_number(form.sub_orders)
    acting = direct(call, form.combine_mchid)
    app = await bound_app(door, acting.merchant, form.combine_appid, "combine_appid")
    command = await _asked(door, call, form, app)
    outcome = await door.network.perform(PLACE, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(credential(door, outcome.orders[0], door.network.clock()))


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/combine-transactions/out-trade-no/{combine_out_trade_no}."""
    return ok(await combined.describe(door.network, await _find(door, call)))


async def close(door: Door, call: Call) -> Answer:
    """POST …/close: every part must be listed as it was placed."""
    form = read_form(call.body, Closing)
    await bound_app(door, call.merchant, form.combine_appid, "combine_appid")
    basket = await _find(door, call)
    listed = {(one.mchid, one.sub_mchid or "", one.out_trade_no) for one in form.sub_orders}
    named = set()
    for placed in await door.network.read(members, basket):
        order = placed.order
        merchant = await door.network.look_up(parties.merchant, order.merchant_id)
        number = merchant.number if merchant else ""
        provider = await door.network.look_up(parties.merchant, order.partner_id)
        whose = (provider.number, number) if provider else (number, "")
        if (*whose, order.reference) in listed:
            named.add((order.merchant_id, order.id))
    if len(listed) != len(named):
        raise refusal(Refused(Reason.BASKET_INCOMPLETE))
    command = CloseBasket(basket.id, basket.merchant_id, frozenset(named))
    outcome: Filled | Refused = await door.network.perform(CLOSE, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return NO_CONTENT


async def _asked(door: Door, call: Call, form: Combined, app: App) -> PlaceBasket:
    network, scene = door.network, SCENES[call.path["scene"]]
    check_scene(form.scene_info, scene)
    now = network.clock()
    basket_id = BasketId(network.ids.new())
    ends = expires_at(form.time_expire, scene, now)
    payer_id = _payer(door, call, app, form)
    asked = msgspec.json.encode(form, order="sorted")
    digest = hashlib.sha256(call.path["scene"].encode() + asked).digest()[:_DIGEST_BYTES]
    details = Details(
        appid=app.number, device_id=(form.scene_info and form.scene_info.device_id) or ""
    )
    placings = []
    for place, part in enumerate(form.sub_orders):
        acting = await _whose(door, call, part, place)
        order = orders.Order(
            id=OrderId(network.ids.new()),
            merchant_id=acting.merchant.id,
            app_id=app.id,
            reference=part.out_trade_no,
            amount=Money(part.amount.total_amount, CNY),
            scene=scene,
            expires_at=ends,
            fee_bps=acting.merchant.fee_bps,
            digest=digest,
            partner_id=acting.partner_id,
            payer_id=payer_id,
            basket_id=basket_id,
            hold=hold_of(part.settle_info),
        )
        placings.append(PlaceOrder(order, _terms(order, part, form.notify_url, details)))
    basket = Basket(
        id=basket_id,
        merchant_id=call.merchant.id,
        reference=form.combine_out_trade_no,
        amount=Money(sum(one.order.amount.amount for one in placings), CNY),
        digest=digest,
        members=tuple((one.order.merchant_id, one.order.id) for one in placings),
    )
    return PlaceBasket(basket, tuple(placings))


def _check_number(parts: list[Part]) -> None:
    """Raises WechatError 400 for too few or too many."""
    if all(part.sub_mchid for part in parts):
        return
    if not LEAST <= len(parts) <= MOST:
        said = f"must have {LEAST} to {MOST} items, or up to {MOST_OF_PROVIDERS} of sub-merchants"
        raise param_error("/sub_orders", said)


def _terms(order: orders.Order, part: Part, notify_url: str, details: Details) -> Terms:
    return Terms(
        order_id=order.id,
        merchant_id=order.merchant_id,
        title=part.description,
        attach=part.attach,
        notify_url=notify_url,
        door=DOOR,
        details=msgspec.json.encode(details),
    )


async def _whose(door: Door, call: Call, part: Part, place: int) -> Acting:
    """Whose order a part is: the caller's own, or of a merchant that works with the caller."""
    if part.amount.currency != CNY.code:
        raise param_error(f"/sub_orders/{place}/amount/currency", "only CNY is supported")
    network = door.network
    numbers = [number for number in (part.mchid, part.sub_mchid) if number]
    found = [await network.look_up(parties.merchant_by_number, number) for number in numbers]
    merchants = [one for one in found if one is not None]
    if len(merchants) < len(numbers):
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    parents = [call.merchant, *merchants]
    for provider, merchant in zip(parents, merchants, strict=False):
        if provider.id == merchant.id:
            continue
        if await network.look_up(parties.partnership, provider.id, merchant.id) is None:
            raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    if len(merchants) == 1:
        return Acting(merchants[0])
    return Acting(merchants[1], merchants[0])


def _payer(door: Door, call: Call, app: App, form: Combined) -> UserId:
    if call.path["scene"] != "jsapi":
        return UserId(0)
    openid = form.combine_payer_info.openid if form.combine_payer_info else None
    if not openid:
        raise param_error("/combine_payer_info/openid", "JSAPI支付必须传openid")
    user_id = door.network.openids.read(app.id, openid)
    if user_id is None:
        raise param_error("/combine_payer_info/openid", "appid与openid不匹配")
    return user_id


async def _find(door: Door, call: Call) -> Basket:
    number = call.path["combine_out_trade_no"]
    basket = await door.network.read(basket_by_reference, call.merchant.id, number)
    if basket is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return basket
