"""Transfers from a merchant to a user, at once. Codes here have no prefix.

A refused transfer is not kept: its number may be used again. Source: alipay-openapi.md §11.1 to
§11.3.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from changliao.core.ids import OrderId, PayoutId, UserId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.payouts import PayOut, Payout
from changliao.doors.alipay import words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import AlipayError, business, refusal
from changliao.doors.alipay.forms import Object, Text32, Text64, Text128, Text256
from changliao.operations.payouts import PAY_OUT
from changliao.store.views import numbers, parties, payouts

F = TypeVar("F")
_LEAST: Final[Mapping[str, int]] = {"TRANS_ACCOUNT_NO_PWD": 10, "STD_RED_PACKET": 1}
_AT_ONCE: Final = "DIRECT_TRANSFER"
_DIGEST_BYTES: Final = 16
_INVALID: Final = "INVALID_PARAMETER"
_CODES: Final[Mapping[Reason, str]] = {
    Reason.MERCHANT_FUNDS_INSUFFICIENT: "PAYER_BALANCE_NOT_ENOUGH",
    Reason.PAYEE_NAME_MISMATCH: "PAYEE_USERINFO_ERROR",
    Reason.PAYOUT_NOT_FOUND: "ORDER_NOT_EXIST",
    Reason.PAYOUT_REFERENCE_REUSED: "PAYMENT_INFO_INCONSISTENCY",
    Reason.USER_NOT_FOUND: "PAYEE_NOT_EXIST",
}
# What the older method calls the kinds of names.
_KINDS: Final[Mapping[str, str]] = {
    "ALIPAY_USERID": "ALIPAY_USER_ID",
    "ALIPAY_LOGONID": "ALIPAY_LOGON_ID",
}
BizNo = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_\-]+\Z")]


class Named(Struct):
    """Whom the merchant pays."""

    identity: Text128
    identity_type: Text32
    name: Text128 = ""


class Transferring(Struct):
    """alipay.fund.trans.uni.transfer."""

    out_biz_no: BizNo
    trans_amount: str
    product_code: Text64
    payee_info: Named
    biz_scene: Text64 = _AT_ONCE
    order_title: Text128 = ""
    remark: Annotated[str, Meta(max_length=200)] = ""
    original_order_id: Text64 = ""
    transfer_scene_name: Text64 = ""
    transfer_scene_report_infos: list[Object] | None = None


class ToAccount(Struct):
    """alipay.fund.trans.toaccount.transfer."""

    out_biz_no: BizNo
    payee_type: Text32
    payee_account: Text128
    amount: str
    payee_real_name: Text128 = ""
    payer_show_name: Text128 = ""
    remark: Text256 = ""


class Naming(Struct):
    """Which transfer is meant, by the merchant's number or by ours."""

    out_biz_no: Text64 = ""
    order_id: Text64 = ""
    pay_fund_order_id: Text64 = ""
    product_code: Text64 = ""
    biz_scene: Text64 = ""


class Wanted(Struct):
    """A transfer as either form asks for it. Units: fen."""

    asked: Transferring | ToAccount
    payee: Named
    amount: int
    remark: str


async def transfer(door: Door, call: Call) -> Node:
    """alipay.fund.trans.uni.transfer: the payee has the money when this is answered."""
    form = _read(call, Transferring)
    least = _LEAST.get(form.product_code)
    if least is None or form.biz_scene != _AT_ONCE:
        supported = "、".join(_LEAST)
        raise business("PRODUCT_NOT_SIGN", f"支持 {supported}，场景 {_AT_ONCE}")
    amount = _fen(form.trans_amount, "trans_amount")
    if amount < least:
        raise business("EXCEED_LIMIT_SM_MIN_AMOUNT", f"最低 {words.yuan(least)}")
    note = form.remark or form.order_title
    paid = await _paid(door, call, Wanted(form, form.payee_info, amount, note))
    number = _number(paid)
    return {
        "order_id": number,
        "out_biz_no": paid.reference,
        "pay_fund_order_id": number,
        "status": "SUCCESS",
        "trans_date": words.moment(paid.finished_at),
    }


async def to_account(door: Door, call: Call) -> Node:
    """alipay.fund.trans.toaccount.transfer: the older form."""
    form = _read(call, ToAccount)
    kind = _KINDS.get(form.payee_type, form.payee_type)
    named = Named(form.payee_account, kind, form.payee_real_name)
    amount = _fen(form.amount, "amount")
    paid = await _paid(door, call, Wanted(form, named, amount, form.remark))
    return {
        "order_id": _number(paid),
        "out_biz_no": paid.reference,
        "pay_date": words.moment(paid.finished_at),
    }


async def query(door: Door, call: Call) -> Node:
    """alipay.fund.trans.common.query."""
    known = await _known(door, call)
    return {
        "order_id": _number(known),
        "out_biz_no": known.reference,
        "pay_date": words.moment(known.finished_at),
        "pay_fund_order_id": _number(known),
        "status": "SUCCESS",
        "trans_amount": words.yuan(known.amount.amount),
    }


async def query_order(door: Door, call: Call) -> Node:
    """alipay.fund.trans.order.query: the older form."""
    known = await _known(door, call)
    paid_at = words.moment(known.finished_at)
    return {
        "arrival_time_end": paid_at,
        "order_fee": "0.00",
        "order_id": _number(known),
        "out_biz_no": known.reference,
        "pay_date": paid_at,
        "status": "SUCCESS",
    }


async def _paid(door: Door, call: Call, wanted: Wanted) -> Payout:
    """Pay once for each number of the merchant's. Raises AlipayError."""
    payout = Payout(
        id=PayoutId(door.network.ids.new()),
        merchant_id=call.caller.seller.id,
        app_id=call.caller.seller_app.id,
        reference=wanted.asked.out_biz_no,
        payee_id=await _payee(door, call, wanted.payee),
        amount=Money(wanted.amount, CNY),
        digest=hashlib.sha256(msgspec.json.encode(wanted.asked)).digest()[:_DIGEST_BYTES],
        door="alipay",
        remark=wanted.remark,
    )
    outcome = await door.network.perform(PAY_OUT, PayOut(payout, wanted.payee.name))
    if isinstance(outcome, Refused):
        raise _refusal(outcome)
    return outcome


async def _payee(door: Door, call: Call, named: Named) -> UserId:
    """The user that is named; 0 for nobody, which the network refuses. Raises AlipayError."""
    network, identity = door.network, named.identity
    match named.identity_type:
        case "ALIPAY_USER_ID":
            digits = identity.isascii() and identity.isdigit() and len(identity) == 16
            party = await network.read(numbers.party_of, int(identity)) if digits else None
            if party == call.caller.seller.id:
                raise business("PAYER_PAYEE_CANNOT_SAME", "收款方不能是付款商户自己")
            return UserId(party or 0)
        case "ALIPAY_LOGON_ID":
            if not named.name:
                raise business(_INVALID, "identity_type 为 ALIPAY_LOGON_ID 时 name 必填")
            user = await network.read(parties.user_by_phone, identity)
            return user.id if user else UserId(0)
        case "ALIPAY_OPEN_ID":
            return network.openids.read(call.caller.app.id, identity) or UserId(0)
    kinds = "ALIPAY_USER_ID、ALIPAY_LOGON_ID、ALIPAY_OPEN_ID"
    raise business(_INVALID, f"identity_type 支持 {kinds}")


async def _known(door: Door, call: Call) -> Payout:
    """A transfer of this seller's. Raises AlipayError."""
    form, seller = _read(call, Naming), call.caller.seller.id
    number = form.order_id or form.pay_fund_order_id
    if not number and not form.out_biz_no:
        raise business(_INVALID, "out_biz_no、order_id 与 pay_fund_order_id 必须有一个")
    found = None
    if number:
        payout_id = words.order_id_of(number)
        found = await door.network.read(payouts.payout, seller, payout_id) if payout_id else None
    else:
        found = await door.network.read(payouts.payout_by_reference, seller, 0, form.out_biz_no)
    if found is None or found.door != "alipay":
        raise _refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    return found


def _number(payout: Payout) -> str:
    """28 digits, made as a trade's are."""
    return words.trade_no(OrderId(payout.id))


def _read(call: Call, form: type[F]) -> F:
    try:
        return read_form(call, form)
    except AlipayError as error:
        raise business(_INVALID, error.message) from error


def _fen(text: str, name: str) -> int:
    try:
        return words.fen(text, name)
    except AlipayError as error:
        raise business(_INVALID, error.message) from error


def _refusal(refused: Refused) -> AlipayError:
    code = _CODES.get(refused.reason)
    said = refusal(refused)
    return business(code, said.message) if code else said
