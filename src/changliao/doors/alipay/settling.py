"""Escrow: confirming that the seller may have the money; asking what became of shares; fulfilment.

Source: alipay-openapi.md §9.2, §9.3 and §10.
"""

import hashlib
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from changliao.core import fulfilments
from changliao.core.ids import ShareId, made_at
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import PartyKind, Share, ShareOrder
from changliao.doors.alipay import trades, words
from changliao.doors.alipay.answers import harmless
from changliao.doors.alipay.call import Call, Door, Node, read_content, read_form
from changliao.doors.alipay.errors import AlipayError, bad_content, business, refusal
from changliao.doors.alipay.forms import RequestNo, SettleInfo, Text32, Text64, Text512, TradeNo
from changliao.doors.alipay.settled import TRANSFER, detail_id
from changliao.operations.fulfilments import KEEP
from changliao.operations.numbers import number_of
from changliao.operations.splits import SHARE
from changliao.store.views import parties, splits

USUAL_PAGE, MOST_IN_PAGE = 20, 100
_BIZ_TYPES: Final = ("CREDIT_AUTH", "CREDIT_DEDUCT")
_STATES: Final = ("COMPLETE", "CANCEL", "CLOSE", "VIOLATED")
_DIGEST_BYTES: Final = 16
_SETTLE_DIGITS: Final = 28


class Confirming(Struct):
    """alipay.trade.settle.confirm."""

    out_request_no: RequestNo
    trade_no: TradeNo
    settle_info: SettleInfo


class SettleNaming(Struct):
    """alipay.trade.order.settle.query: by our number, or by the merchant's with its trade."""

    settle_no: Text64 = ""
    out_request_no: Text64 = ""
    trade_no: Text64 = ""


class Paging(Struct):
    """alipay.trade.royalty.relation.batchquery."""

    out_request_no: Text32 = ""
    page_num: int | str = 1
    page_size: int | str = USUAL_PAGE


class Syncing(Struct):
    """alipay.trade.orderinfo.sync."""

    trade_no: TradeNo
    out_request_no: Annotated[str, Meta(min_length=1, max_length=64)]
    biz_type: Text32
    orig_request_no: Text64 = ""
    order_biz_info: Text512 = ""


class Fulfilment(Struct):
    """What a merchant says became of an order."""

    status: str


async def confirm(door: Door, call: Call) -> Node:
    """alipay.trade.settle.confirm: the seller has all that waits, or `actual_amount` of it."""
    form = read_form(call, Confirming)
    placed = await trades.find(door, call.caller, "", form.trade_no)
    order = placed.order
    if not trades.details_of(placed).escrow:
        raise business("ACQ.ILLEGAL_SETTLE_STATE", "交易没有约定确认结算")
    if order.payment_id and order.refunded == order.amount.amount:
        raise business("ACQ.CONFIRM_REFUSE_AFTER_REFUND", "交易已全额退款，不能确认结算")
    detail = form.settle_info.settle_detail_infos[0]
    part = words.fen(detail.actual_amount, "actual_amount") if detail.actual_amount else 0
    asked = Share(
        id=ShareId(door.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=form.out_request_no,
        digest=hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
        partner_id=order.partner_id,
    )
    known = await door.network.read(
        splits.share_by_reference, order.merchant_id, order.partner_id, form.out_request_no
    )
    left = order.amount.amount - order.refunded
    if known is None and not part and words.fen(detail.amount, "amount") != left:
        raise business("ACQ.INVALID_SETTLE_AMOUNT_PARAMETER", f"amount 必须是 {words.yuan(left)}")
    outcome = await door.network.perform(SHARE, ShareOrder(asked, (), rest=not part, release=part))
    if isinstance(outcome, Refused):
        raise _refused(outcome)
    return {
        "out_request_no": outcome.reference,
        "settle_amount": words.yuan(outcome.released),
        "trade_no": words.trade_no(order.id),
    }


async def query(door: Door, call: Call) -> Node:
    """alipay.trade.order.settle.query: what a share's receivers got."""
    form = read_form(call, SettleNaming)
    seller, read = call.caller.seller.id, door.network.read
    known: Share | None = None
    if form.settle_no:
        number = form.settle_no
        digits = len(number) == _SETTLE_DIGITS and number.isascii() and number.isdigit()
        if digits and int(number) < 1 << 63:
            known = await read(splits.share, seller, int(number))
    elif form.out_request_no and form.trade_no:
        keys = seller, call.caller.partner_id, form.out_request_no
        known = await read(splits.share_by_reference, *keys)
        if known is not None and words.trade_no(known.order_id) != form.trade_no:
            known = None
    else:
        raise business("INVALID_PARAMETER", "settle_no 与 out_request_no、trade_no 不能同时为空")
    if known is None or known.partner_id != call.caller.partner_id:
        raise business("MERCHANT_TRADE_NOT_MATCH", "分账不存在或不属于该商户")
    at, payer = words.moment(made_at(known.id)), await number_of(door.network, seller)
    details = [
        {
            "operation_type": TRANSFER,
            "execute_dt": at,
            "trans_out": payer,
            "trans_out_type": "userId",
            "trans_in": await number_of(door.network, part.party_id),
            "trans_in_type": "userId",
            "amount": words.yuan(part.amount),
            "state": "SUCCESS",
            "detail_id": detail_id(known, part),
        }
        for part in await read(splits.parts, seller, known.id)
    ]
    return {
        "operation_dt": at,
        "out_request_no": known.reference,
        "royalty_detail_list": details,
    }


async def relations(door: Door, call: Call) -> Node:
    """alipay.trade.royalty.relation.batchquery: who may receive, a page at a time."""
    try:
        form = read_form(call, Paging)
        page, size = _whole(form.page_num, 10**6), _whole(form.page_size, MOST_IN_PAGE)
    except AlipayError as error:
        raise business("INVALID_PARAMETER", error.message) from error
    network, seller = door.network, call.caller.seller.id
    count = await network.read(splits.receivers_count, seller)
    found = await network.read(splits.receivers, seller, (page - 1) * size, size)
    shown = []
    for one in found:
        known = parties.merchant if one.kind is PartyKind.MERCHANT else parties.user
        party = await network.read(known, one.party_id)
        shown.append(
            {
                "type": "userId",
                "account": await number_of(network, one.party_id),
                "name": harmless(party.name) if party else "",
                "memo": harmless(one.relation),
            }
        )
    return {
        "result_code": "SUCCESS",
        "current_page_num": page,
        "current_page_size": len(shown),
        "total_page_num": -(-count // size),
        "total_record_num": count,
        "receiver_list": shown,
    }


async def sync(door: Door, call: Call) -> Node:
    """alipay.trade.orderinfo.sync: kept for both sides to read. Said again it changes nothing."""
    form = read_form(call, Syncing)
    if form.biz_type not in _BIZ_TYPES:
        raise bad_content(f"biz_type 支持 {'、'.join(_BIZ_TYPES)}")
    status = ""
    if form.order_biz_info:
        try:
            told = msgspec.convert(read_content(form.order_biz_info), Fulfilment)
        except (AlipayError, msgspec.ValidationError) as error:
            raise bad_content("order_biz_info 必须是含 status 的JSON") from error
        if told.status not in _STATES:
            raise business("ACQ.NOTIFY_STATUS_INVALID", f"status 支持 {'、'.join(_STATES)}")
        status = told.status
    placed = await trades.find(door, call.caller, "", form.trade_no)
    said = fulfilments.Fulfilment(
        placed.order.merchant_id,
        placed.order.id,
        form.out_request_no,
        form.biz_type,
        status,
        door.network.clock(),
    )
    outcome = await door.network.perform(KEEP, said)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    fields: Node = {
        "trade_no": words.trade_no(placed.order.id),
        "out_trade_no": placed.order.reference,
    }
    if placed.order.payer_id:
        payer = await trades.payer(door.network, placed.order, placed.order.payer_id)
        fields |= {name: payer[name] for name in ("buyer_user_id", "buyer_open_id")}
    return fields


def _whole(given: int | str, most: int) -> int:
    text = str(given)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise bad_content(f"分页参数支持 1 至 {most}")
    return int(text)


def _refused(outcome: Refused) -> AlipayError:
    """The codes that this method has of its own."""
    match outcome.reason:
        case Reason.HOLD_RELEASED:
            return business("ACQ.ALREADY_CONFIRM_SETTLE", "交易已确认结算")
        case Reason.SHARE_EXCEEDS_HOLD:
            return business("ACQ.INVALID_SETTLE_AMOUNT_PARAMETER", "结算金额超过待结算金额")
        case Reason.ORDER_NOT_PAID:
            return business("ACQ.REASON_TRADE_STATUS_INVALID", "交易未付款")
        case _:
            return refusal(outcome)
