"""Payouts over REST: a merchant pays a user, at once or when the user says yes."""

import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.clock import NEVER, SECOND, Instant
from changliao.core.ids import AppId, PayoutId, UserId, made_at
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.payouts import ConfirmPayout, EndPayout, PayOut, Payout, PayoutState
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    Minor,
    Moment,
    Nothing,
    Page,
    PayoutIdText,
    Reference,
    Text128,
    Url,
    UserIdText,
    moment,
    page,
)
from changliao.doors.rest.orders import WhoseQuery, whose
from changliao.operations import packages
from changliao.operations.payouts import CONFIRM, END, PAY_OUT
from changliao.store.views import payouts

DOOR: Final = "rest"
_DIGEST_BYTES: Final = 16
StateName = Literal["waiting", "paid", "cancelled", "expired", "failed"]


class NewPayout(Struct, frozen=True, forbid_unknown_fields=True):
    """A payout. With `confirm_within_s` the payee has so long to say yes; else it is paid at once.

    `payee_name`, when given, must be the payee's.
    """

    reference: Reference
    payee_id: UserIdText
    amount: Minor
    currency: CurrencyCode = "CNY"
    payee_name: Annotated[str, Meta(max_length=64)] = ""
    confirm_within_s: Annotated[int, Meta(ge=60, le=2_592_000)] | None = None
    remark: Text128 = ""
    notify_url: Url | None = None


class PayoutShown(Struct, frozen=True):
    """A payout. The payee opens `package` in the wallet (/w/receive?package=) while it waits."""

    id: PayoutIdText
    merchant_id: MerchantIdText
    reference: str
    payee_id: UserIdText
    amount: Minor
    currency: CurrencyCode
    state: StateName
    remark: str
    created_at: Moment
    confirm_by: Moment | UnsetType = UNSET
    package: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    finished_at: Moment | UnsetType = UNSET


class PayoutsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`reference` finds the one payout with the merchant's own number."""

    merchant_id: MerchantIdText | None = None
    reference: Reference | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def pay(door: Door, call: Call[NewPayout, Nothing]) -> Any:
    """Pay a user.

    The same reference with the same fields finds the payout. A refused one is not kept: its
    reference may be used again.
    """
    form, network = call.form, door.network
    waits = form.confirm_within_s
    payout = Payout(
        id=PayoutId(network.ids.new()),
        merchant_id=call.caller.key.merchant_id,
        app_id=AppId(0),
        reference=form.reference,
        payee_id=UserId(read_id("usr", form.payee_id)),
        amount=read_money(form.amount, form.currency),
        digest=hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
        door=DOOR,
        confirm_by=Instant(network.clock() + waits * SECOND) if waits else NEVER,
        remark=form.remark,
        notify_url=form.notify_url or "",
    )
    return await perform(door, call, PAY_OUT, PayOut(payout, form.payee_name), show_payout)


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> PayoutShown:
    """Show a payout."""
    return show_payout(await _find(door, call))


async def search(door: Door, call: Call[Nothing, PayoutsQuery]) -> Page[PayoutShown]:
    """List a merchant's payouts, newest first."""
    asked, merchant_id = call.query, whose(call, call.query.merchant_id)
    read = door.network.read
    if asked.reference is not None:
        one = await read(payouts.payout_by_reference, merchant_id, 0, asked.reference)
        return Page([show_payout(one)] if one else [])
    start = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await read(payouts.of_merchant, merchant_id, start, asked.limit + 1)
    return page([show_payout(one) for one in found], [one.id for one in found], asked.limit)


async def cancel(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """Take a waiting payout back.

    Cancelling again is no change. The body is not read.
    """
    known = await _find(door, call)
    return await perform(door, call, END, EndPayout(known.merchant_id, known.id), show_payout)


async def confirm(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """Say yes for the payee.

    The operator answers for the payee. The body is not read.
    """
    known = await _find(door, call)
    command = ConfirmPayout(known.merchant_id, known.id, known.payee_id)
    return await perform(door, call, CONFIRM, command, show_payout)


def show_payout(known: Payout) -> PayoutShown:
    """A payout as this API shows it."""
    waiting = known.state is PayoutState.WAITING
    return PayoutShown(
        id=ids.show("pot", known.id),
        merchant_id=ids.show("mch", known.merchant_id),
        reference=known.reference,
        payee_id=ids.show("usr", known.payee_id),
        amount=known.amount.amount,
        currency=known.amount.currency.code,
        state=_STATES[known.state],
        remark=known.remark,
        created_at=moment(made_at(known.id)),
        confirm_by=moment(known.confirm_by) if known.confirm_by != NEVER else UNSET,
        package=packages.of_payout(known) if waiting else UNSET,
        reason=known.reason or UNSET,
        finished_at=moment(known.finished_at) if known.finished_at != NEVER else UNSET,
    )


async def _find(door: Door, call: Call[Any, WhoseQuery]) -> Payout:
    """A payout of the merchant's. Raises Problem."""
    merchant_id = whose(call, call.query.merchant_id)
    found = await door.network.read(
        payouts.payout, merchant_id, read_id("pot", call.path["payout_id"])
    )
    if found is None:
        raise refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    return found


_STATES: Final[dict[PayoutState, StateName]] = {
    PayoutState.WAITING: "waiting",
    PayoutState.PAID: "paid",
    PayoutState.CANCELLED: "cancelled",
    PayoutState.EXPIRED: "expired",
    PayoutState.FAILED: "failed",
}
_MISSING: Final = ("merchant_missing", Reason.PAYOUT_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/payouts", pay, Who.MERCHANT, NewPayout, Nothing, PayoutShown, 201,
        ("currency_unknown", Reason.MERCHANT_FUNDS_INSUFFICIENT, Reason.PAYEE_NAME_MISMATCH,
         Reason.PAYOUT_REFERENCE_REUSED, Reason.USER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/payouts", search, Who.EITHER, Nothing, PayoutsQuery, Page[PayoutShown], 200,
        ("merchant_missing",),
    ),
    Endpoint(
        "GET", "/payouts/{payout_id}", show, Who.EITHER, Nothing, WhoseQuery, PayoutShown, 200,
        _MISSING,
    ),
    Endpoint(
        "POST", "/payouts/{payout_id}/cancel", cancel, Who.EITHER, Nothing, WhoseQuery,
        PayoutShown, 200,
        (*_MISSING, Reason.PAYOUT_EXPIRED, Reason.PAYOUT_FAILED, Reason.PAYOUT_PAID),
        repeats=True, right=Right.CANCEL_PAYOUTS,
    ),
    Endpoint(
        "POST", "/payouts/{payout_id}/confirm", confirm, Who.OPERATOR, Nothing, WhoseQuery,
        PayoutShown, 200,
        (*_MISSING, Reason.PAYOUT_CANCELLED, Reason.PAYOUT_EXPIRED, Reason.PAYOUT_FAILED),
        repeats=True,
    ),
)  # fmt: skip
