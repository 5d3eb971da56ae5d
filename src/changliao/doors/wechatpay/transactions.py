"""An order as WeChat Pay describes it, in answers and in notifications.

Source: wechatpay-v3.md §8.3, §9 and §11.3. After any successful refund the state is REFUND.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from changliao.core import clock
from changliao.core.ids import PaymentId, RefundId
from changliao.core.orders import Order, OrderState, Scene
from changliao.operations.network import Network
from changliao.store.views import budgets, parties
from changliao.store.views.orders import Placed

DOOR: Final = "wechatpay"
TRADE_TYPES: Final = {
    Scene.NATIVE: "NATIVE",
    Scene.JSAPI: "JSAPI",
    Scene.APP: "APP",
    Scene.H5: "MWEB",
    Scene.PC: "NATIVE",
    Scene.COUNTER: "MICROPAY",
}
_STATES: Final = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "CLOSED": "订单已关闭",
    "REVOKED": "已撤销",
    "USERPAYING": "用户支付中",
}
_PAYMENT_PREFIX: Final = "42000"
_PAYMENT_DIGITS: Final = 23
_REFUND_PREFIX: Final = "50"
_REFUND_DIGITS: Final = 27


class Details(Struct, frozen=True, omit_defaults=True):
    """What this door keeps of an order beyond the network's own terms."""

    appid: str = ""
    sub_appid: str = ""
    device_id: str = ""


def transaction_id(payment: PaymentId) -> str:
    """28 digits."""
    return f"{_PAYMENT_PREFIX}{payment:0{_PAYMENT_DIGITS}d}"


def refund_id(text: str) -> RefundId | None:
    """The refund behind such a number; None when it is not one of ours."""
    digits = text.removeprefix(_REFUND_PREFIX)
    known = len(digits) == _REFUND_DIGITS and len(text) > len(digits)
    if not known or not digits.isascii() or not digits.isdigit():
        return None
    return RefundId(int(digits)) if int(digits) < 1 << 63 else None


def payment_id(text: str) -> PaymentId | None:
    """The payment behind a transaction id; None when it is not one of ours."""
    digits = text.removeprefix(_PAYMENT_PREFIX)
    known = len(digits) == _PAYMENT_DIGITS and len(text) > len(digits)
    if not known or not digits.isascii() or not digits.isdigit():
        return None
    number = int(digits)
    return PaymentId(number) if number < 1 << 63 else None


def refund_number(refund: RefundId) -> str:
    """29 digits."""
    return f"{_REFUND_PREFIX}{refund:0{_REFUND_DIGITS}d}"


def trade_type(order: Order) -> str:
    """Where the payer met the order, in this protocol's words."""
    return TRADE_TYPES[order.scene]


def bank_type(order: Order) -> str:
    """By what it was paid: OTHERS is a wallet of the network."""
    return order.method.upper() or "OTHERS"


def trade_state(order: Order) -> str:
    """Where an order stands, in this protocol's words. One charged at a counter is never idle."""
    counter = order.scene is Scene.COUNTER
    match order.state:
        case OrderState.OPEN:
            return "USERPAYING" if counter else "NOTPAY"
        case OrderState.CLOSED:
            return "REVOKED" if counter else "CLOSED"
        case OrderState.PAID:
            return "REFUND" if order.refunded else "SUCCESS"


async def describe(network: Network, placed: Placed, state: str = "") -> dict[str, Any]:
    """The Transaction object. `state` is given where a fact is told, not where things stand."""
    order, terms = placed.order, placed.terms
    currency = order.amount.currency.code
    details = msgspec.json.decode(terms.details, type=Details)
    state = state or trade_state(order)
    fields = await _identity(network, order, details)
    fields |= {"out_trade_no": order.reference}
    if order.payment_id:
        fields |= {
            "transaction_id": transaction_id(order.payment_id),
            "trade_type": TRADE_TYPES[order.scene],
        }
    fields |= {"trade_state": state, "trade_state_desc": _STATES[state], "attach": terms.attach}
    if not order.payment_id:
        return fields | {"amount": {"total": order.amount.amount, "currency": currency}}
    fields |= {
        "bank_type": bank_type(order),
        "success_time": clock.to_rfc3339(order.paid_at),
        "payer": await _payer(network, order, details),
        "amount": {
            "total": order.amount.amount,
            "payer_total": order.amount.amount - order.discount,
            "currency": currency,
            "payer_currency": currency,
        },
        "promotion_detail": await promotions(network, order),
    }
    if details.device_id:
        fields["scene_info"] = {"device_id": details.device_id}
    return fields


async def promotions(network: Network, order: Order) -> list[dict[str, Any]]:
    """What a budget paid: the merchant's money or its platform's, set aside before (CASH)."""
    if not order.discount:
        return []
    known = await network.read(budgets.of_order, order.merchant_id, order.id)
    if known is None:
        return []
    budget = await network.read(budgets.budget, known.owner_id, known.budget_id)
    own = known.owner_id == order.merchant_id
    return [
        {
            "coupon_id": str(known.coupon_id or known.budget_id),
            "name": budget.name if budget else "",
            "scope": "GLOBAL",
            "type": "CASH",
            "amount": known.amount,
            "stock_id": str(known.budget_id),
            "wechatpay_contribute": 0,
            "merchant_contribute": known.amount if own else 0,
            "other_contribute": 0 if own else known.amount,
            "currency": order.amount.currency.code,
        }
    ]


async def _identity(network: Network, order: Order, details: Details) -> dict[str, Any]:
    merchant = await network.look_up(parties.merchant, order.merchant_id)
    number = merchant.number if merchant else ""
    if not order.partner_id:
        return {"appid": details.appid, "mchid": number}
    provider = await network.look_up(parties.merchant, order.partner_id)
    fields = {
        "sp_appid": details.appid,
        "sp_mchid": provider.number if provider else "",
        "sub_mchid": number,
    }
    return fields | ({"sub_appid": details.sub_appid} if details.sub_appid else {})


async def _payer(network: Network, order: Order, details: Details) -> dict[str, str]:
    openid = network.openids.of(order.app_id, order.payer_id)
    if not order.partner_id:
        return {"openid": openid}
    payer = {"sp_openid": openid}
    if details.sub_appid:
        sub_app = await network.look_up(parties.app_by_number, details.sub_appid)
        if sub_app is not None:
            payer["sub_openid"] = network.openids.of(sub_app.id, order.payer_id)
    return payer
