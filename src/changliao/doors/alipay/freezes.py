"""Pre-authorisation: freezing a payer's money, giving parts back, and asking what became of it.

What is frozen is turned into a payment by alipay.trade.pay with `auth_no` (doors/alipay/counter).
Codes here have no prefix. Source: alipay-openapi.md §13.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from changliao.core.authorizations import (
    Authorization,
    AuthorizationState,
    EndAuthorization,
    FreezeByCode,
    Release,
    RequestAuthorization,
    Step,
    StepKind,
)
from changliao.core.clock import DAY, MINUTE, Instant
from changliao.core.ids import AuthorizationId, AuthorizationStepId, made_at
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason, Refused
from changliao.doors.alipay import trades, words
from changliao.doors.alipay.call import Call, Caller, Door, Node, read_form
from changliao.doors.alipay.errors import AlipayError, business
from changliao.doors.alipay.freeze_forms import Freezing, Naming, Unfreezing
from changliao.doors.alipay.frozen import INVALID, STATES, number, refused, sums
from changliao.doors.alipay.frozen import operation as operation_shown
from changliao.operations import packages
from changliao.operations.authorizations import END, FREEZE_BY_CODE, RELEASE, REQUEST
from changliao.operations.numbers import number_of
from changliao.operations.operation import Operation
from changliao.store.views import authorizations
from changliao.web.addresses import is_address

C = TypeVar("C")
F = TypeVar("F")
APP: Final = "alipay.fund.auth.order.app.freeze"
_WAITING: Final = "10003"
_CONFIRM_WITHIN: Final = 15 * MINUTE
_LASTS: Final = 30 * DAY
_DIGEST_BYTES: Final = 16
_PRODUCTS: Final = ("PRE_AUTH", "PRE_AUTH_ONLINE", "PREAUTH_PAY")
_KINDS: Final[Mapping[str, StepKind]] = {
    "FREEZE": StepKind.FREEZE,
    "UNFREEZE": StepKind.RELEASE,
    "PAY": StepKind.CAPTURE,
}


async def freeze(door: Door, call: Call) -> Node:
    """alipay.fund.auth.order.freeze: by the code a payer shows; a large one waits for the PIN."""
    form = _read(call, Freezing)
    code = words.pay_code(form.auth_code)
    if not code:
        raise business("PAYMENT_AUTH_CODE_INVALID", "付款码无效")
    asked = await _wanted(door, call, form, form.auth_code)
    step_id = AuthorizationStepId(door.network.ids.new())
    known = await _done(door, FREEZE_BY_CODE, FreezeByCode(asked, code, step_id))
    fields = await operation_shown(door, call.caller, known, await _freezing(door, known))
    waits = known.state is AuthorizationState.OPEN
    return fields | ({"code": _WAITING} if waits else {})


async def voucher(door: Door, call: Call) -> Node:
    """alipay.fund.auth.order.voucher.create: a QR code for whoever scans it first."""
    known = await requested(door, call)
    address = page_of(door, known)
    return {
        "code_type": "qrcode",
        "code_url": address,
        "code_value": address,
        "out_order_no": known.reference,
        "out_request_no": known.freeze_reference,
    }


async def requested(door: Door, call: Call) -> Authorization:
    """Keep what is asked for, or find the one with this number. Raises AlipayError."""
    asked = await _wanted(door, call, _read(call, Freezing), "")
    return await _done(door, REQUEST, RequestAuthorization(asked))


def page_of(door: Door, known: Authorization) -> str:
    """Where the payer confirms."""
    return f"{door.public_url}/w/freeze?package={packages.of_authorization(known)}"


async def unfreeze(door: Door, call: Call) -> Node:
    """alipay.fund.auth.order.unfreeze: once for each request number."""
    form = _read(call, Unfreezing)
    known = await find(door, call.caller, form.auth_no, "")
    command = Release(
        known.merchant_id,
        known.id,
        AuthorizationStepId(door.network.ids.new()),
        form.out_request_no,
        Money(_fen(form.amount), CNY),
    )
    after = await _done(door, RELEASE, command)
    step = await _step(door, after, StepKind.RELEASE, form.out_request_no, "")
    return await operation_shown(door, call.caller, after, step)


async def query(door: Door, call: Call) -> Node:
    """alipay.fund.auth.operation.detail.query."""
    form = _read(call, Naming)
    known = await find(door, call.caller, form.auth_no, form.out_order_no)
    kind = _KINDS.get(form.operation_type)
    if kind is None:
        raise business(INVALID, f"operation_type 支持 {'、'.join(_KINDS)}")
    step = await _step(door, known, kind, form.out_request_no, form.operation_id)
    waiting = kind is StepKind.FREEZE and known.state is AuthorizationState.OPEN
    if step is None and not waiting and kind is not StepKind.FREEZE:
        raise business("AUTH_OPERATION_NOT_EXIST", "操作不存在")
    fields = await operation_shown(door, call.caller, known, step)
    return fields | {
        "gmt_create": words.moment(made_at(known.id)),
        "operation_type": form.operation_type,
        "order_status": STATES[known.state],
        "order_title": known.title,
        **sums(known),
    }


async def cancel(door: Door, call: Call) -> Node:
    """alipay.fund.auth.operation.cancel: nothing is frozen afterwards, unless a part was paid."""
    form = _read(call, Naming)
    known = await find(door, call.caller, form.auth_no, form.out_order_no)
    step_id = AuthorizationStepId(door.network.ids.new())
    await _done(door, END, EndAuthorization(known.merchant_id, known.id, step_id))
    frozen = await _freezing(door, known)
    return {
        "action": "unfreeze" if frozen else "close",
        "auth_no": number(known.id),
        "operation_id": number(frozen.id) if frozen else "",
        "out_order_no": known.reference,
        "out_request_no": known.freeze_reference,
    }


async def find(door: Door, caller: Caller, auth_no: str, reference: str) -> Authorization:
    """An authorization of the seller's. Raises AlipayError, also for anybody else's."""
    seller, found = caller.seller.id, None
    if auth_no:
        authorization_id = words.order_id_of(auth_no)
        if authorization_id:
            found = await door.network.read(authorizations.authorization, seller, authorization_id)
    elif reference:
        read = door.network.read
        found = await read(authorizations.authorization_by_reference, seller, reference)
    else:
        raise business(INVALID, "auth_no 与 out_order_no 不能同时为空")
    if found is None or found.door != trades.DOOR:
        raise refused(Refused(Reason.AUTHORIZATION_NOT_FOUND))
    return found


async def _wanted(door: Door, call: Call, form: Freezing, code: str) -> Authorization:
    if form.product_code not in _PRODUCTS:
        raise business(INVALID, f"product_code 支持 {'、'.join(_PRODUCTS)}")
    seller = call.caller.seller
    if form.payee_user_id and form.payee_user_id != await number_of(door.network, seller.id):
        raise business("ACCESS_FORBIDDEN", "payee_user_id 不是应用所属的商户")
    amount, now = _fen(form.amount), door.network.clock()
    express = form.pay_timeout or form.timeout_express
    try:
        lives = words.express_length(express, "pay_timeout", _CONFIRM_WITHIN)
    except AlipayError as error:
        raise business(INVALID, error.message) from error
    terms = [call.method, amount, form.out_request_no, form.order_title, code]
    notify_url = call.given("notify_url")
    if notify_url and not is_address(notify_url):
        raise business(INVALID, "notify_url 必须是 http:// 或 https:// 开头的地址")
    details = trades.Details(
        app_id=call.caller.app.number,
        method=call.method,
        charset=call.given("charset") or "utf-8",
        sign_type=call.given("sign_type") or "RSA2",
        auth_app_id=call.caller.seller_app.number,
    )
    return Authorization(
        id=AuthorizationId(door.network.ids.new()),
        merchant_id=seller.id,
        app_id=call.caller.app.id,
        reference=form.out_order_no,
        freeze_reference=form.out_request_no,
        amount=Money(amount, CNY),
        digest=hashlib.sha256(msgspec.json.encode(terms)).digest()[:_DIGEST_BYTES],
        door=trades.DOOR,
        confirm_by=Instant(now + lives),
        ends_at=Instant(now + lives + _LASTS),
        title=form.order_title,
        notify_url=notify_url,
        details=msgspec.json.encode(details),
    )


async def _freezing(door: Door, known: Authorization) -> Step | None:
    return await _step(door, known, StepKind.FREEZE, "", "")


async def _step(
    door: Door, known: Authorization, kind: StepKind, reference: str, operation_id: str
) -> Step | None:
    steps = await door.network.read(authorizations.steps, known.merchant_id, known.id)
    for step in steps:
        named = operation_id == number(step.id) if operation_id else step.reference == reference
        if step.kind is kind and (named or not (operation_id or reference)):
            return step
    return None


async def _done(
    door: Door, operation: Operation[C, Authorization | Refused], command: C
) -> Authorization:
    outcome = await door.network.perform(operation, command)
    if isinstance(outcome, Refused):
        raise refused(outcome)
    return outcome


def _read(call: Call, form: type[F]) -> F:
    try:
        return read_form(call, form)
    except AlipayError as error:
        raise business(INVALID, error.message) from error


def _fen(text: str) -> int:
    try:
        return words.fen(text, "amount")
    except AlipayError as error:
        raise business(INVALID, error.message) from error
