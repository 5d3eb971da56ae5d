"""A trade as this protocol describes it: the order behind a number, its state, its payer.

Source: alipay-openapi.md §8.4 and §16.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.holds import HoldingState
from changliao.core.ids import UserId
from changliao.core.orders import Order, OrderState, Scene
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import WINDOW
from changliao.doors.alipay import settled, words
from changliao.doors.alipay.answers import harmless
from changliao.doors.alipay.call import Call, Caller, Door, Node, read_form
from changliao.doors.alipay.errors import AlipayError, bad_content, refusal
from changliao.doors.alipay.forms import Naming
from changliao.operations.network import Network
from changliao.operations.numbers import number_of
from changliao.store.views import orders, parties, splits
from changliao.store.views.orders import Placed

DOOR: Final = "alipay"
WAITING, SUCCESS, FINISHED, CLOSED = (
    "WAIT_BUYER_PAY",
    "TRADE_SUCCESS",
    "TRADE_FINISHED",
    "TRADE_CLOSED",
)


# Out of which money, by this protocol's names; other methods go by their own code.
_FUNDS: Final = {"": "ALIPAYACCOUNT", "alipay": "ALIPAYACCOUNT", "netbank": "BANKCARD"}


class Details(Struct, frozen=True, omit_defaults=True):
    """What this door keeps of an order beyond the network's own terms."""

    app_id: str
    method: str = ""
    charset: str = "utf-8"
    sign_type: str = "RSA2"
    auth_app_id: str = ""
    return_url: str = ""
    quit_url: str = ""
    body: str = ""
    store_id: str = ""
    escrow: bool = False


def details_of(placed: Placed) -> Details:
    """This door's part of the terms; orders of other doors have the defaults."""
    if placed.terms.door != DOOR:
        return Details("")
    return msgspec.json.decode(placed.terms.details, type=Details)


def exists(order: Order) -> bool:
    """A QR code alone is no trade: it becomes one when a payer scans it."""
    return order.scene is not Scene.NATIVE or bool(order.payer_id)


def state_of(order: Order, now: Instant) -> str:
    """Where a trade stands."""
    match order.state:
        case OrderState.OPEN:
            return WAITING
        case OrderState.CLOSED:
            return CLOSED
        case OrderState.PAID:
            if order.refunded == order.amount.amount:
                return CLOSED
            return FINISHED if now >= order.paid_at + WINDOW else SUCCESS


async def query(door: Door, call: Call) -> Node:
    """alipay.trade.query. A missing trade is told with the zeros that merchants' code reads."""
    form = read_form(call, Naming)
    try:
        placed = await find(door, call.caller, form.out_trade_no, form.trade_no)
    except AlipayError as error:
        named = {"out_trade_no": form.out_trade_no, "trade_no": form.trade_no}
        fields = {**amounts(0), **named} if error.sub_code == "ACQ.TRADE_NOT_EXIST" else {}
        raise AlipayError(error.code, error.sub_code, error.message, fields) from error
    return await describe(door.network, placed, form.query_options or ())


async def known(door: Door, caller: Caller, out_trade_no: str, trade_no: str) -> Placed | None:
    """An order of the seller, also one that is no trade yet. Raises AlipayError: no number."""
    seller, partner_id = caller.seller.id, caller.partner_id
    if trade_no:
        order_id = words.order_id_of(trade_no)
        if order_id is None:
            return None
        placed = await door.network.read(orders.order, seller, order_id)
        return placed if placed and placed.order.partner_id == partner_id else None
    if out_trade_no:
        return await door.network.read(orders.order_by_reference, seller, partner_id, out_trade_no)
    raise bad_content("out_trade_no 和 trade_no 不能同时为空")


async def find(door: Door, caller: Caller, out_trade_no: str, trade_no: str) -> Placed:
    """A trade of the seller. Raises AlipayError ACQ.TRADE_NOT_EXIST, also for anybody else's."""
    placed = await known(door, caller, out_trade_no, trade_no)
    if placed is None or not exists(placed.order):
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return placed


async def describe(network: Network, placed: Placed, options: Sequence[str] = ()) -> Node:
    """The answer to a query."""
    order = placed.order
    paid = order.amount.amount if order.payment_id else 0
    fields: Node = {
        "out_trade_no": order.reference,
        "trade_no": words.trade_no(order.id),
        "trade_status": state_of(order, network.clock()),
        "total_amount": words.yuan(order.amount.amount),
        "store_id": harmless(details_of(placed).store_id),
        **amounts(paid, order.discount),
    }
    if order.payer_id:
        fields |= await payer(network, order, order.payer_id) | {"buyer_user_type": "PRIVATE"}
    if order.payment_id:
        fields["send_pay_date"] = words.moment(order.paid_at)
    if order.payment_id and details_of(placed).escrow:
        holding = await network.read(splits.holding, order.merchant_id, order.id)
        waits = holding is not None and holding.state is not HoldingState.RELEASED
        fields["additional_status"] = "SELLER_NOT_RECEIVED" if waits else ""
    if order.payment_id and "fund_bill_list" in options:
        fields["fund_bill_list"] = funds(paid, order.discount, order.method)
    if order.discount and "mdiscount_amount" in options:
        fields["mdiscount_amount"] = words.yuan(order.discount)
    if order.payment_id and "trade_settle_info" in options:
        fields["trade_settle_info"] = await settled.told(network, order)
    if "passback_params" in options:
        fields["passback_params"] = harmless(placed.terms.attach)
    return fields


def funds(paid: int, discount: int, method: str) -> list[dict[str, str]]:
    """Out of which money: the buyer's wallet or method, and what a budget gave."""
    own = _FUNDS.get(method, method.upper())
    parts = ((paid - discount, own), (discount, "MDISCOUNT"))
    return [{"amount": words.yuan(part), "fund_channel": name} for part, name in parts if part]


def amounts(paid: int, discount: int = 0) -> dict[str, str]:
    """What was paid and received; nobody pays in points here."""
    text, by_buyer = words.yuan(paid), words.yuan(paid - discount)
    return {
        "buyer_pay_amount": by_buyer,
        "invoice_amount": by_buyer,
        "point_amount": "0.00",
        "receipt_amount": text,
    }


async def payer(network: Network, order: Order, payer_id: UserId) -> dict[str, str]:
    """Who pays, by the two names merchants know people by."""
    user = await network.read(parties.user, payer_id)
    return {
        "buyer_user_id": await number_of(network, payer_id),
        "buyer_open_id": network.openids.of(order.app_id, payer_id),
        "buyer_logon_id": words.masked(user.phone) if user else "",
    }
