"""Ending trades that should not be paid, or should not have been: close and cancel.

Source: alipay-openapi.md §8.5 and §8.6.
"""

import hashlib
from typing import Final

import msgspec

from changliao.core import orders
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.ids import OrderId, RefundId, made_at
from changliao.core.money import CNY, Money
from changliao.core.orders import CloseOrder, OrderState, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund
from changliao.core.reversals import Reversed, ReverseOrder
from changliao.doors.alipay import refunds, trades, words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import business, refusal
from changliao.doors.alipay.forms import Naming
from changliao.doors.alipay.trades import DOOR, Details
from changliao.operations.orders import CLOSE, PLACE
from changliao.operations.reversals import REVERSE
from changliao.store.views.orders import Placed

WITHIN: Final = 1 * DAY
_RESERVED: Final = b"cancelled unknown"


async def close(door: Door, call: Call) -> Node:
    """alipay.trade.close: a trade that waits for its payer ends; ending it again is no change."""
    form = read_form(call, Naming)
    placed = await trades.find(door, call.caller, form.out_trade_no, form.trade_no)
    outcome = await _closed(door, placed)
    if isinstance(outcome, Refused):
        raise business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法：已支付")
    return {"out_trade_no": placed.order.reference, "trade_no": words.trade_no(placed.order.id)}


async def cancel(door: Door, call: Call) -> Node:
    """alipay.trade.cancel: whatever became of the trade, in the end nobody has paid."""
    form = read_form(call, Naming)
    placed = await trades.known(door, call.caller, form.out_trade_no, form.trade_no)
    if placed is None:
        if not form.trade_no:
            await _reserve(door, call, form.out_trade_no)
        named = {"out_trade_no": form.out_trade_no, "trade_no": form.trade_no}
        return named | {"retry_flag": "N"}
    if door.network.clock() >= made_at(placed.order.id) + WITHIN:
        raise business("ACQ.TRADE_CANCEL_TIME_OUT", "超过撤销时间，请使用退款")
    outcome = await _reversed(door, placed)
    fields = {
        "out_trade_no": placed.order.reference,
        "trade_no": words.trade_no(placed.order.id) if trades.exists(placed.order) else "",
        "retry_flag": "N",
    }
    if outcome.order.state is OrderState.CLOSED:
        return fields | {"action": "close" if trades.exists(placed.order) else ""}
    done = await refunds.of_order(door, Placed(outcome.order, placed.terms))
    finished_at = done[-1].finished_at if done else NEVER
    return fields | {"action": "refund", "gmt_refund_pay": words.moment(finished_at)}


async def _closed(door: Door, placed: Placed) -> orders.Order | Refused:
    command = CloseOrder(placed.order.merchant_id, placed.order.id)
    outcome = await door.network.perform(CLOSE, command)
    if isinstance(outcome, Refused) and outcome.reason is not Reason.ORDER_ALREADY_PAID:
        raise refusal(outcome)
    return outcome


async def _reversed(door: Door, placed: Placed) -> Reversed:
    """Close, or give back what is left. Raises AlipayError."""
    order = placed.order
    refund = Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=refunds.kept_number(order.reference, refunds.CANCELLATION),
        amount=0,
        digest=b"cancel",
        partner_id=order.partner_id,
        notify_url=placed.terms.notify_url,
    )
    command = ReverseOrder(order.merchant_id, order.id, refund)
    outcome = await door.network.perform(REVERSE, command)
    if isinstance(outcome, Refused) and outcome.reason is Reason.REFUNDS_TOO_MANY:
        raise business("ACQ.CANCEL_NOT_ALLOWED", "一笔交易最多退款50次，不能再撤销")
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return outcome


async def _reserve(door: Door, call: Call, reference: str) -> None:
    """A late order under a cancelled number must not be taken: the number is used up."""
    network, caller = door.network, call.caller
    now, order_id = network.clock(), OrderId(network.ids.new())
    order = orders.Order(
        id=order_id,
        merchant_id=caller.seller.id,
        app_id=caller.app.id,
        reference=reference,
        amount=Money(1, CNY),
        scene=Scene.NATIVE,
        expires_at=Instant(now + WITHIN),
        fee_bps=0,
        digest=hashlib.sha256(_RESERVED).digest()[:16],
        partner_id=caller.partner_id,
    )
    details = Details(caller.app.number, call.method)
    terms = Terms(order_id, order.merchant_id, "撤销", "", "", DOOR, msgspec.json.encode(details))
    outcome = await network.perform(PLACE, PlaceOrder(order, terms))
    if not isinstance(outcome, Refused):
        outcome = await network.perform(CLOSE, CloseOrder(order.merchant_id, outcome.id))
    if isinstance(outcome, Refused) and outcome.reason is not Reason.ORDER_CLOSED:
        raise refusal(outcome)
