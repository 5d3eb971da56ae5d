"""Authorizations over REST: freeze a user's money, capture it in parts, release the rest."""

import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.authorizations import (
    Authorization,
    AuthorizationState,
    Capture,
    EndAuthorization,
    Freeze,
    Release,
    RequestAuthorization,
)
from changliao.core.clock import NEVER, SECOND, Instant
from changliao.core.ids import (
    AppId,
    AuthorizationId,
    AuthorizationStepId,
    MerchantId,
    OrderId,
    PaymentId,
    UserId,
    made_at,
)
from changliao.core.money import Money
from changliao.core.orders import Order, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    AuthorizationIdText,
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    Minor,
    Moment,
    Nothing,
    Page,
    Reference,
    Url,
    UserIdText,
    moment,
    page,
)
from changliao.doors.rest.orders import DOOR, OrderShown, WhoseQuery, show_order, whose
from changliao.operations import packages
from changliao.operations.authorizations import CAPTURE, END, FREEZE, RELEASE, REQUEST
from changliao.store.views import authorizations, parties

_DIGEST_BYTES: Final = 16
StateName = Literal["open", "frozen", "finished", "closed"]
Title = Annotated[str, Meta(min_length=1, max_length=127, examples=["Deposit for two nights"])]


class NewAuthorization(Struct, frozen=True, forbid_unknown_fields=True):
    """What to freeze: the payer has `confirm_within_s` to agree, then it lasts `lasts_s`."""

    reference: Reference
    title: Title
    amount: Minor
    currency: CurrencyCode = "CNY"
    confirm_within_s: Annotated[int, Meta(ge=60, le=1_296_000)] = 900
    lasts_s: Annotated[int, Meta(ge=60, le=31_104_000)] = 2_592_000
    notify_url: Url | None = None


class AuthorizationShown(Struct, frozen=True):
    """An authorization. The payer opens `package` in the wallet (/w/freeze?package=) to agree."""

    id: AuthorizationIdText
    merchant_id: MerchantIdText
    reference: str
    title: str
    amount: Minor
    currency: CurrencyCode
    state: StateName
    frozen: Count
    captured: Count
    released: Count
    created_at: Moment
    confirm_by: Moment
    ends_at: Moment
    package: str | UnsetType = UNSET
    payer_id: UserIdText | UnsetType = UNSET
    finished_at: Moment | UnsetType = UNSET


class Agreement(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose money is frozen. `amount` repeats the authorization's."""

    payer_id: UserIdText
    amount: Minor
    currency: CurrencyCode = "CNY"


class NewCapture(Struct, frozen=True, forbid_unknown_fields=True):
    """A part that becomes a paid order. `finishes` gives what is left back to the payer."""

    reference: Reference
    title: Title
    amount: Minor
    currency: CurrencyCode = "CNY"
    finishes: bool = False
    notify_url: Url | None = None


class NewRelease(Struct, frozen=True, forbid_unknown_fields=True):
    """A part that goes back to the payer."""

    reference: Reference
    amount: Minor
    currency: CurrencyCode = "CNY"


class AuthorizationsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`reference` finds the one authorization with the merchant's own number."""

    merchant_id: MerchantIdText | None = None
    reference: Reference | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def request(door: Door, call: Call[NewAuthorization, Nothing]) -> Any:
    """Ask a payer to agree to a freeze.

    The same reference with the same fields finds the authorization.
    """
    form, network = call.form, door.network
    confirm_by = Instant(network.clock() + form.confirm_within_s * SECOND)
    asked = Authorization(
        id=AuthorizationId(network.ids.new()),
        merchant_id=call.caller.key.merchant_id,
        app_id=AppId(0),
        reference=form.reference,
        freeze_reference=form.reference,
        amount=read_money(form.amount, form.currency),
        digest=_digest(form),
        door=DOOR,
        confirm_by=confirm_by,
        ends_at=Instant(confirm_by + form.lasts_s * SECOND),
        title=form.title,
        notify_url=form.notify_url or "",
    )
    return await perform(door, call, REQUEST, RequestAuthorization(asked), show_authorization)


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> AuthorizationShown:
    """Show an authorization."""
    return show_authorization(await _find(door, call))


async def search(door: Door, call: Call[Nothing, AuthorizationsQuery]) -> Page[AuthorizationShown]:
    """List a merchant's authorizations, newest first."""
    asked, merchant_id = call.query, whose(call, call.query.merchant_id)
    read = door.network.read
    if asked.reference is not None:
        one = await read(authorizations.authorization_by_reference, merchant_id, asked.reference)
        return Page([show_authorization(one)] if one else [])
    start = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await read(authorizations.of_merchant, merchant_id, start, asked.limit + 1)
    shown = [show_authorization(one) for one in found]
    return page(shown, [one.id for one in found], asked.limit)


async def freeze(door: Door, call: Call[Agreement, WhoseQuery]) -> Any:
    """Agree for the payer.

    The operator answers for the payer: no PIN is asked.
    """
    form, known = call.form, await _find(door, call)
    command = Freeze(
        known.merchant_id,
        known.id,
        UserId(read_id("usr", form.payer_id)),
        read_money(form.amount, form.currency),
        AuthorizationStepId(door.network.ids.new()),
    )
    return await perform(door, call, FREEZE, command, show_authorization)


async def capture(door: Door, call: Call[NewCapture, WhoseQuery]) -> Any:
    """Take a part of what is frozen: a paid order is the answer.

    The same reference with the same fields finds the order.
    """
    form, known, network = call.form, await _find(door, call), door.network
    merchant = await network.look_up(parties.merchant, known.merchant_id)
    if merchant is None:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    order_id = OrderId(network.ids.new())
    order = Order(
        id=order_id,
        merchant_id=MerchantId(known.merchant_id),
        app_id=AppId(0),
        reference=form.reference,
        amount=read_money(form.amount, form.currency),
        scene=Scene.NATIVE,
        expires_at=known.ends_at,
        fee_bps=merchant.fee_bps,
        digest=_digest((known.id, form)),
        notifies=form.notify_url is not None,
    )
    terms = Terms(order_id, merchant.id, form.title, "", form.notify_url or "", DOOR, b"{}")
    command = Capture(
        known.merchant_id,
        known.id,
        PlaceOrder(order, terms),
        PaymentId(network.ids.new()),
        AuthorizationStepId(network.ids.new()),
        AuthorizationStepId(network.ids.new()),
        finishes=form.finishes,
    )
    return await perform(door, call, CAPTURE, command, lambda paid: show_order(paid, terms))


async def release(door: Door, call: Call[NewRelease, WhoseQuery]) -> Any:
    """Give a part of what is frozen back, once for each reference."""
    form, known = call.form, await _find(door, call)
    amount: Money = read_money(form.amount, form.currency)
    step_id = AuthorizationStepId(door.network.ids.new())
    command = Release(known.merchant_id, known.id, step_id, form.reference, amount)
    return await perform(door, call, RELEASE, command, show_authorization)


async def cancel(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """Give everything back, if nothing was captured.

    Cancelling again is no change. The body is not read.
    """
    known = await _find(door, call)
    step_id = AuthorizationStepId(door.network.ids.new())
    command = EndAuthorization(known.merchant_id, known.id, step_id)
    return await perform(door, call, END, command, show_authorization)


def show_authorization(known: Authorization) -> AuthorizationShown:
    """An authorization as this API shows it."""
    is_open = known.state is AuthorizationState.OPEN
    return AuthorizationShown(
        id=ids.show("ath", known.id),
        merchant_id=ids.show("mch", known.merchant_id),
        reference=known.reference,
        title=known.title,
        amount=known.amount.amount,
        currency=known.amount.currency.code,
        state=_STATES[known.state],
        frozen=known.frozen,
        captured=known.captured,
        released=known.released,
        created_at=moment(made_at(known.id)),
        confirm_by=moment(known.confirm_by),
        ends_at=moment(known.ends_at),
        package=packages.of_authorization(known) if is_open else UNSET,
        payer_id=ids.show("usr", known.payer_id) if known.payer_id else UNSET,
        finished_at=moment(known.finished_at) if known.finished_at != NEVER else UNSET,
    )


def _digest(terms: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(terms)).digest()[:_DIGEST_BYTES]


async def _find(door: Door, call: Call[Any, WhoseQuery]) -> Authorization:
    """An authorization of the merchant's. Raises Problem."""
    merchant_id = whose(call, call.query.merchant_id)
    number = read_id("ath", call.path["authorization_id"])
    found = await door.network.read(authorizations.authorization, merchant_id, number)
    if found is None:
        raise refusal(Refused(Reason.AUTHORIZATION_NOT_FOUND))
    return found


_STATES: Final[dict[AuthorizationState, StateName]] = {
    AuthorizationState.OPEN: "open",
    AuthorizationState.FROZEN: "frozen",
    AuthorizationState.FINISHED: "finished",
    AuthorizationState.CLOSED: "closed",
}
_MISSING: Final = ("merchant_missing", Reason.AUTHORIZATION_NOT_FOUND)
_ENDED: Final = (
    Reason.AUTHORIZATION_CLOSED, Reason.AUTHORIZATION_EXPIRED, Reason.AUTHORIZATION_FINISHED,
)  # fmt: skip
_USED: Final = (
    *_MISSING, *_ENDED, "currency_unknown", Reason.AUTHORIZATION_EXCEEDED,
    Reason.AUTHORIZATION_NOT_FROZEN, Reason.CURRENCY_MISMATCH,
)  # fmt: skip
_ONE: Final = "/authorizations/{authorization_id}"
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/authorizations", request, Who.MERCHANT, NewAuthorization, Nothing,
        AuthorizationShown, 201,
        ("currency_unknown", Reason.AUTHORIZATION_REFERENCE_REUSED),
    ),
    Endpoint(
        "GET", "/authorizations", search, Who.EITHER, Nothing, AuthorizationsQuery,
        Page[AuthorizationShown], 200, ("merchant_missing",),
    ),
    Endpoint(
        "GET", _ONE, show, Who.EITHER, Nothing, WhoseQuery, AuthorizationShown, 200, _MISSING,
    ),
    Endpoint(
        "POST", f"{_ONE}/freeze", freeze, Who.OPERATOR, Agreement, WhoseQuery,
        AuthorizationShown, 200,
        (*BEYOND_LIMITS, *RISKY, *_MISSING, *_ENDED, "currency_unknown", Reason.AMOUNT_CHANGED,
         Reason.AUTHORIZATION_FROZEN, Reason.INSUFFICIENT_FUNDS, Reason.PAYER_MISMATCH),
    ),
    Endpoint(
        "POST", f"{_ONE}/captures", capture, Who.EITHER, NewCapture, WhoseQuery, OrderShown, 201,
        (*_USED, Reason.MERCHANT_NOT_FOUND, Reason.REFERENCE_REUSED),
    ),
    Endpoint(
        "POST", f"{_ONE}/releases", release, Who.EITHER, NewRelease, WhoseQuery,
        AuthorizationShown, 201,
        (*_USED, Reason.AUTHORIZATION_REFERENCE_REUSED),
    ),
    Endpoint(
        "POST", f"{_ONE}/cancel", cancel, Who.EITHER, Nothing, WhoseQuery, AuthorizationShown,
        200,
        (*_MISSING, Reason.AUTHORIZATION_CAPTURED, Reason.AUTHORIZATION_FINISHED),
        repeats=True,
    ),
)  # fmt: skip
