"""Sharing a held payment: receivers are bound first, then shares are settled from the order.

Source: alipay-openapi.md §9. Codes of relations have no prefix.
"""

import hashlib
import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from changliao.core.ids import ShareId
from changliao.core.money import portion
from changliao.core.orders import OrderState
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import (
    Part,
    PartyKind,
    Receiver,
    RemoveReceiver,
    Share,
    ShareOrder,
)
from changliao.doors.alipay import settled, trades, words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import AlipayError, bad_content, business, refusal
from changliao.doors.alipay.forms import (
    RequestNo,
    RoyaltyDetail,
    Text32,
    Text64,
    Text128,
    Text256,
    TradeNo,
)
from changliao.operations.numbers import number_of
from changliao.operations.splits import ADD_RECEIVER, REMOVE_RECEIVER, SHARE
from changliao.store.views import numbers, parties, splits

MOST_BOUND: Final = 20
# Source: alipay-openapi.md §9.1: how many receivers a call of each mode may name.
MOST_RECEIVERS: Final = {"sync": 5, "async": 50}
_PERCENT_BPS: Final = 100
_PERCENT: Final = re.compile(r"100|[1-9][0-9]?", re.ASCII)
_DIGEST_BYTES: Final = 16
_BY_LOGIN: Final = "loginName"


class BoundReceiver(Struct):
    """Somebody to share with, by account number, login name or open id."""

    type: Text32
    account: Text128
    name: Text64 = ""
    memo: Text256 = ""


class Relation(Struct):
    """alipay.trade.royalty.relation.bind and .unbind."""

    out_request_no: RequestNo
    receiver_list: list[BoundReceiver] = []


class Royalty(Struct):
    """One receiver of a share: an amount, or a percentage of the order.

    A name, when given, must be the receiver's. `trans_out` can only be the seller.
    """

    trans_in: Text128
    trans_in_type: Text32 = "userId"
    trans_in_name: Text64 = ""
    trans_out: Text32 = ""
    royalty_type: Text32 = settled.TRANSFER
    amount: str = ""
    amount_percentage: str = ""
    desc: Text128 = ""


class Finishing(Struct):
    """Whether what is left is released, or only an amount of it."""

    royalty_finish: str = ""
    royalty_finish_amount: str = ""


class Settling(Struct):
    """alipay.trade.order.settle."""

    out_request_no: Annotated[str, Meta(max_length=64, pattern=r"^[0-9A-Za-z_]+\Z")]
    trade_no: TradeNo
    royalty_parameters: list[Royalty] = []
    royalty_mode: Text32 = "sync"
    extend_params: Finishing | None = None


class Named(Struct):
    """alipay.trade.order.onsettle.query."""

    trade_no: TradeNo


async def bind(door: Door, call: Call) -> Node:
    """alipay.trade.royalty.relation.bind: binding again is no change."""
    seller = call.caller.seller.id
    for one, (kind, party) in await _receivers(door, call):
        if one.type == _BY_LOGIN and not one.name:
            raise business("INVALID_PARAMETER", "按登录号绑定时 name 必填")
        if one.name and not await _is_named(door, kind, party, one.name):
            raise business("USERNAME_NOT_MATCH", "分账收入方姓名不匹配")
        receiver = Receiver(seller, kind, party, one.memo or "ROYALTY")
        outcome = await door.network.perform(ADD_RECEIVER, receiver)
        if isinstance(outcome, Refused):
            raise business("INVALID_RECEIVER_TYPE", "分账收入方不能是商户自己")
    return {"result_code": "SUCCESS"}


async def unbind(door: Door, call: Call) -> Node:
    """alipay.trade.royalty.relation.unbind: unbinding again is no change."""
    seller = call.caller.seller.id
    for _, (kind, party) in await _receivers(door, call):
        outcome = await door.network.perform(REMOVE_RECEIVER, RemoveReceiver(seller, kind, party))
        if isinstance(outcome, Refused) and outcome.reason is not Reason.RECEIVER_NOT_FOUND:
            raise refusal(outcome)
    return {"result_code": "SUCCESS"}


async def rate(door: Door, call: Call) -> Node:
    """alipay.trade.royalty.rate.query: how much of an order may be shared, in percent."""
    seller = call.caller.seller.id
    agreed = await door.network.read(splits.sharing, seller)
    user_id = await number_of(door.network, seller)
    return {"max_ratio": agreed.ratio_bps // _PERCENT_BPS, "user_id": user_id}


async def unsettled(door: Door, call: Call) -> Node:
    """alipay.trade.order.onsettle.query: what of a payment may still be shared."""
    form = read_form(call, Named)
    placed = await trades.find(door, call.caller, "", form.trade_no)
    left = await settled.unsettled(door.network, placed.order)
    return {"unsettled_amount": words.yuan(left)}


async def settle(door: Door, call: Call) -> Node:
    """alipay.trade.order.settle: all receivers or none; with `royalty_finish` the rest is freed."""
    form = read_form(call, Settling)
    rest, release = _freed(form.extend_params)
    _check(form, rest or release > 0)
    placed = await trades.find(door, call.caller, "", form.trade_no)
    order = placed.order
    if order.state is not OrderState.PAID:
        raise refusal(Refused(Reason.ORDER_NOT_PAID))
    share_id = ShareId(door.network.ids.new())
    parts = []
    for place, one in enumerate(form.royalty_parameters):
        kind, party = await _paid_to(door, call, one)
        amount = part_of(one, order.amount.amount)
        parts.append(
            Part(share_id, order.merchant_id, kind, party, place, amount, one.trans_in, one.desc)
        )
    share = Share(
        id=share_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=form.out_request_no,
        digest=hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
        partner_id=order.partner_id,
    )
    outcome = await door.network.perform(SHARE, ShareOrder(share, tuple(parts), rest, release))
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return {"settle_no": settle_no(outcome.id), "trade_no": words.trade_no(order.id)}


def settle_no(share_id: ShareId) -> str:
    """The network's number of a share: 28 digits, told from trades by its beginning."""
    return f"{share_id:028d}"


def _freed(finishing: Finishing | None) -> tuple[bool, int]:
    """Is all that is left released, and if not, how much of it."""
    if finishing is None or finishing.royalty_finish != "true":
        return False, 0
    if not finishing.royalty_finish_amount:
        return True, 0
    return False, words.fen(finishing.royalty_finish_amount, "royalty_finish_amount")


def _check(form: Settling, frees: bool) -> None:
    most = MOST_RECEIVERS.get(form.royalty_mode)
    if most is None:
        raise bad_content(f"royalty_mode 支持 {'、'.join(MOST_RECEIVERS)}")
    if len(form.royalty_parameters) > most:
        raise bad_content(f"royalty_parameters 一次最多 {most} 个")
    if not form.royalty_parameters and not frees:
        raise bad_content("royalty_parameters 缺失")


async def _paid_to(door: Door, call: Call, one: Royalty) -> tuple[PartyKind, int]:
    """Who is paid out of the order. Raises AlipayError for what no order can pay."""
    if one.royalty_type != settled.TRANSFER:
        raise business("ACQ.REPLENISH_ACCOUNT_INVALID", "不支持营销补差")
    if one.trans_out:
        payer = await party_of(door, call, "userId", one.trans_out)
        if payer != (PartyKind.MERCHANT, call.caller.seller.id):
            raise business("ACQ.MUST_ALLOC_FROM_ROOT_ACCOUNT", "分账支出方必须是收款商户")
    kind, party = await party_of(door, call, one.trans_in_type, one.trans_in)
    if one.trans_in_name and not await _is_named(door, kind, party, one.trans_in_name):
        raise business("ACQ.ROYALTY_ACCOUNT_NAME_NOT_MATCH", "分账账户姓名不匹配")
    return kind, party


async def _is_named(door: Door, kind: PartyKind, party: int, name: str) -> bool:
    known = parties.merchant if kind is PartyKind.MERCHANT else parties.user
    named = await door.network.read(known, party)
    return named is not None and named.name == name


def part_of(one: Royalty | RoyaltyDetail, total: int) -> int:
    """An amount, or whole percents of the order. Raises AlipayError."""
    if one.amount:
        return words.fen(one.amount, "amount")
    if not _PERCENT.fullmatch(one.amount_percentage):
        raise bad_content("amount 与 amount_percentage 必须有一个")
    return portion(total, int(one.amount_percentage) * _PERCENT_BPS)


async def _receivers(door: Door, call: Call) -> list[tuple[BoundReceiver, tuple[PartyKind, int]]]:
    try:
        form = read_form(call, Relation)
    except AlipayError as error:
        raise business("INVALID_PARAMETER", error.message) from error
    if not form.receiver_list:
        raise business("RECEIVER_LIST_EMPTY", "分账收入方列表为空")
    if len(form.receiver_list) > MOST_BOUND:
        raise business("RECEIVER_LIST_OVERLOAD", f"分账收入方最多 {MOST_BOUND} 个")
    found = []
    for one in form.receiver_list:
        try:
            found.append((one, await party_of(door, call, one.type, one.account)))
        except AlipayError as error:
            raise business("USER_NOT_EXIST", error.message) from error
    return found


async def party_of(door: Door, call: Call, kind: str, account: str) -> tuple[PartyKind, int]:
    """The merchant or user that an account names. Raises AlipayError."""
    network = door.network
    party: int | None = None
    if kind == "userId" and account.isascii() and account.isdigit() and len(account) == 16:
        party = await network.read(numbers.party_of, int(account))
    elif kind == _BY_LOGIN:
        person = await network.read(parties.user_by_phone, account)
        party = person.id if person else None
    elif kind == "openId":
        party = network.openids.read(call.caller.app.id, account)
    if party:
        if await network.read(parties.merchant, party) is not None:
            return PartyKind.MERCHANT, party
        if await network.read(parties.user, party) is not None:
            return PartyKind.USER, party
    raise business("ACQ.ROYALTY_ACCOUNT_NOT_EXIST", "分账账户不存在")
