"""Refunding and asking about refunds.

What a bank has yet to take is REFUND_PROCESSING; that it declined only `deposit_back_info` can say.

A refund is named by its trade and the merchant's request number together, so both are kept as one
reference (docs/decisions/0017). Source: alipay-openapi.md §8.7 and §8.8.
"""

import hashlib
from typing import Final

from changliao.core.ids import RefundId
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundOrder, RefundState
from changliao.doors.alipay import royalties, trades, words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import refusal
from changliao.doors.alipay.forms import Refunding, RefundNaming
from changliao.operations.refunds import REFUND
from changliao.store.views import orders
from changliao.store.views.orders import Placed

CANCELLATION: Final = "/cancel"
_DIGEST_BYTES: Final = 16
# An abnormal refund has not failed for good: its merchant says where it goes. Told as failed it
# would be paid a second time.
_STATUS: Final = {
    RefundState.PROCESSING: "REFUND_PROCESSING",
    RefundState.ABNORMAL: "REFUND_PROCESSING",
    RefundState.SUCCEEDED: "REFUND_SUCCESS",
    RefundState.CLOSED: "REFUND_FAIL",
}
_AT_BANK: Final = {
    RefundState.PROCESSING: "P",
    RefundState.ABNORMAL: "F",
    RefundState.SUCCEEDED: "S",
    RefundState.CLOSED: "F",
}


async def refund(door: Door, call: Call) -> Node:
    """alipay.trade.refund: `refund_fee` is all that went back so far; a bank may take its time."""
    form = read_form(call, Refunding)
    outcome, placed, is_new = await _made(door, call, form)
    options = form.query_options or ()
    items = _items(outcome, placed.order)
    return {
        **await trades.payer(door.network, placed.order, placed.order.payer_id),
        "fund_change": "Y" if is_new else "N",
        "gmt_refund_pay": words.moment(outcome.finished_at),
        "out_trade_no": placed.order.reference,
        "refund_detail_item_list": items if "refund_detail_item_list" in options else [],
        "refund_fee": words.yuan(placed.order.refunded),
        "send_back_fee": words.yuan(outcome.amount),
        "trade_no": words.trade_no(placed.order.id),
    }


async def apply(door: Door, call: Call) -> Node:
    """alipay.trade.refund.apply: the same, answered by where the refund stands."""
    outcome, placed, _ = await _made(door, call, read_form(call, Refunding))
    return {
        "out_request_no": request_number(outcome),
        "out_trade_no": placed.order.reference,
        "refund_amount": words.yuan(outcome.amount),
        "refund_status": _STATUS[outcome.state],
        "trade_no": words.trade_no(placed.order.id),
    }


async def _made(door: Door, call: Call, form: Refunding) -> tuple[Refund, Placed, bool]:
    """The refund, its trade afterwards, and whether it is new. Raises AlipayError."""
    amount = words.fen(form.refund_amount, "refund_amount")
    if form.refund_currency not in ("", "CNY"):
        raise refusal(Refused(Reason.CURRENCY_MISMATCH))
    placed = await trades.find(door, call.caller, form.out_trade_no, form.trade_no)
    order = placed.order
    wanted = Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=kept_number(order.reference, form.out_request_no or order.reference),
        amount=amount,
        digest=digest(amount, royalties.terms(form.refund_royalty_parameters)),
        partner_id=order.partner_id,
        notify_url=call.given("notify_url") or placed.terms.notify_url,
        reason=form.refund_reason,
    )
    known = await door.network.read(
        orders.refund_by_reference, order.merchant_id, order.partner_id, wanted.reference
    )
    # What was given back once is not looked for again when the same request comes again.
    asked = form.refund_royalty_parameters if known is None else []
    takes = await royalties.takes(door, call, order, asked)
    command = RefundOrder(wanted, order.amount.amount, order.amount.currency.code, takes)
    outcome = await door.network.perform(REFUND, command)
    placed = await trades.find(door, call.caller, order.reference, "")
    if isinstance(outcome, Refused):
        raise refusal(_explained(outcome, placed.order))
    return outcome, placed, outcome.id == wanted.id


async def query(door: Door, call: Call) -> Node:
    """alipay.trade.fastpay.refund.query: of an unknown refund only the trade is told."""
    form = read_form(call, RefundNaming)
    placed = await trades.find(door, call.caller, form.out_trade_no, form.trade_no)
    order = placed.order
    reference = kept_number(order.reference, form.out_request_no)
    known = await door.network.read(
        orders.refund_by_reference, order.merchant_id, order.partner_id, reference
    )
    fields: Node = {"out_trade_no": order.reference, "trade_no": words.trade_no(order.id)}
    if known is None:
        return fields
    options = form.query_options or ()
    back = words.yuan(known.amount)
    items = _items(known, order)
    asked_time = "gmt_refund_pay" in options
    return fields | {
        "deposit_back_info": _at_bank(known, order) if "deposit_back_info" in options else "",
        "gmt_refund_pay": words.moment(known.finished_at) if asked_time else "",
        "out_request_no": form.out_request_no,
        "refund_amount": back,
        "refund_detail_item_list": items if "refund_detail_item_list" in options else [],
        "refund_royaltys": await royalties.given_back(door, known),
        "refund_status": _STATUS[known.state],
        "send_back_fee": back,
        "total_amount": words.yuan(order.amount.amount),
    }


def _at_bank(known: Refund, order: Order) -> Node:
    """Where the part is that goes back to a bank; what a wallet paid goes to none."""
    if not order.method:
        return {"has_deposit_back": "false"}
    return {
        "has_deposit_back": "true",
        "dback_status": _AT_BANK[known.state],
        "dback_amount": words.yuan(known.amount),
        "bank_ack_time": words.moment(known.finished_at),
    }


def _items(known: Refund, order: Order) -> list[Node]:
    """Back to the buyer, and to the budget that had paid its part."""
    parts = trades.funds(known.amount, known.discount, order.method)
    return [{**part, "real_amount": part["amount"]} for part in parts]


async def of_order(door: Door, placed: Placed) -> list[Refund]:
    """Every refund of an order, the oldest first."""
    order = placed.order
    return await door.network.read(orders.refunds_of_order, order.merchant_id, order.id)


def kept_number(out_trade_no: str, out_request_no: str) -> str:
    """The reference under which a refund is kept."""
    return f"{out_trade_no}/{out_request_no}"


def request_number(known: Refund) -> str:
    """The merchant's own number of a refund."""
    return own_number(known.reference)


def own_number(reference: str) -> str:
    """The merchant's own number in the reference under which a refund is kept."""
    return reference.partition("/")[2] or reference


def digest(amount: int, royalties_back: bytes = b"") -> bytes:
    """What must be the same when a number comes again: the amount, and who gives what back."""
    return hashlib.sha256(b"%d" % amount + royalties_back).digest()[:_DIGEST_BYTES]


def _explained(refused: Refused, order: Order) -> Refused:
    """Nothing is left of a trade that went back whole: here such a trade is closed."""
    if refused.reason is Reason.RETURN_EXCEEDS_SHARE:
        return Refused(Reason.SHARE_EXCEEDS_HOLD, refused.detail)
    whole = order.refunded == order.amount.amount
    if refused.reason is Reason.REFUND_EXCEEDS_PAYMENT and whole:
        return Refused(Reason.ORDER_CLOSED)
    return refused
