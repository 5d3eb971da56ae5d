"""Sharing at the payment (`royalty_info`), and taking shares back with a refund.

Source: alipay-openapi.md §6, §8.7 and §9.1.
"""

from typing import Final

import msgspec

from changliao.core.ids import MerchantId
from changliao.core.orders import Intended, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund
from changliao.core.splits import PartyKind, Take
from changliao.doors.alipay import words
from changliao.doors.alipay.call import Call, Door, Node
from changliao.doors.alipay.errors import AlipayError, business, refusal
from changliao.doors.alipay.forms import Placing, RoyaltyBack, RoyaltyDetail
from changliao.doors.alipay.splits import part_of, party_of
from changliao.operations.numbers import number_of
from changliao.operations.settling import BY_REFUND
from changliao.store.views import splits

_AT_PAYMENT: Final = "ROYALTY"
_REFUSED: Final = {
    Reason.HOLD_OF_STORE: "店铺的货款由平台结算，不支持 royalty_info",
    Reason.RECEIVER_NOT_FOUND: "分账收入方没有绑定",
    Reason.RECEIVER_REPEATED: "分账收入方重复",
    Reason.SHARE_EXCEEDS_HOLD: "分账金额超过扣除手续费后的金额",
    Reason.SHARE_EXCEEDS_RATIO: "分账金额超过约定比例",
    Reason.TRANSFER_TO_SELF: "分账收入方不能是商户自己",
}


async def intended(door: Door, call: Call, form: Placing, total: int) -> tuple[Intended, ...]:
    """What an order shares by itself when it is paid. Raises AlipayError."""
    if form.royalty_info is None:
        return ()
    if form.royalty_info.royalty_type != _AT_PAYMENT:
        raise business("ACQ.TRADE_SETTLE_ERROR", "royalty_type 支持 ROYALTY")
    return tuple(
        [await _one(door, call, one, total) for one in form.royalty_info.royalty_detail_infos]
    )


def refused(form: Placing, outcome: Refused) -> AlipayError:
    """Why no such order: what its shares make impossible has one code when an order is placed."""
    said = _REFUSED.get(outcome.reason) if form.royalty_info is not None else None
    return business("ACQ.TRADE_SETTLE_ERROR", said) if said else refusal(outcome)


def terms(asked: list[RoyaltyBack]) -> bytes:
    """What must be the same when a refund's number comes again; nothing where nobody gives back."""
    return msgspec.json.encode(asked) if asked else b""


async def takes(door: Door, call: Call, order: Order, asked: list[RoyaltyBack]) -> tuple[Take, ...]:
    """Which shares give back, the oldest first. Raises AlipayError."""
    seller, read = order.merchant_id, door.network.read
    found: list[Take] = []
    for one in asked:
        party = await _payer(door, call, one)
        left = words.fen(one.amount, "amount")
        for share in await read(splits.shares_of_order, seller, order.id):
            for part in await read(splits.parts, seller, share.id):
                amount = min(left, part.amount - part.returned)
                if (part.kind, part.party_id) == (PartyKind.MERCHANT, party) and amount:
                    found.append(Take(share.id, party, amount))
                    left -= amount
        if left:
            raise business("ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "退分账金额超过分账金额")
    return tuple(found)


async def given_back(door: Door, known: Refund) -> list[Node]:
    """What receivers gave back with a refund."""
    seller, read = known.merchant_id, door.network.read
    shown: list[Node] = []
    for share in await read(splits.shares_of_order, seller, known.order_id):
        for part in await read(splits.parts, seller, share.id):
            reference = f"{BY_REFUND}{known.id}@{share.id}.{part.place}"
            one = await read(splits.return_by_reference, seller, known.partner_id, reference)
            if one is not None:
                shown.append(
                    {
                        "refund_amount": words.yuan(one.amount),
                        "royalty_type": "transfer",
                        "result_code": "SUCCESS",
                        "trans_out": await number_of(door.network, one.receiver_id),
                        "trans_in": await number_of(door.network, seller),
                    }
                )
    return shown


async def _one(door: Door, call: Call, one: RoyaltyDetail, total: int) -> Intended:
    if one.trans_out and one.trans_out != await number_of(door.network, call.caller.seller.id):
        raise business("ACQ.TRADE_SETTLE_ERROR", "分账支出方必须是收款商户")
    try:
        kind, party = await party_of(door, call, one.trans_in_type, one.trans_in)
    except AlipayError as error:
        raise business("ACQ.TRADE_SETTLE_ERROR", error.message) from error
    return Intended(int(kind), party, part_of(one, total), one.trans_in, one.desc)


async def _payer(door: Door, call: Call, one: RoyaltyBack) -> MerchantId:
    """A merchant that received. Raises AlipayError."""
    try:
        kind, party = await party_of(door, call, one.trans_out_type, one.trans_out)
    except AlipayError as error:
        code = "ACQ.REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST"
        raise business(code, error.message) from error
    own = await number_of(door.network, call.caller.seller.id)
    if kind is not PartyKind.MERCHANT or one.trans_in not in ("", own):
        raise business("ACQ.REFUNDALLOC_UNAUTH_LIMIT", "只能由商户收入方退回收款商户")
    return MerchantId(party)
