"""Group bills over REST, for the wallets' operator: asking for parts, giving one, who did."""

from functools import partial
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.clock import Instant
from changliao.core.groupbills import (
    LIVES,
    MOST_SHARES,
    CloseGroupBill,
    GroupBill,
    GroupBillState,
    GroupShare,
    PayShare,
)
from changliao.core.ids import GroupBillId, GroupShareId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    CursorText,
    GroupBillIdText,
    GroupShareIdText,
    Limit,
    Minor,
    Moment,
    Name,
    Nothing,
    Page,
    UserIdText,
    moment,
    page,
)
from changliao.doors.rest.users import find
from changliao.operations.groupbills import CLOSE, OPEN, PAY
from changliao.operations.invitations import Subject
from changliao.store.views import groupbills as views

StateName = Literal["open", "full", "closed"]
People = Annotated[int, Meta(ge=1, le=MOST_SHARES, description="How many others give a part")]
LinkText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{40}\Z")]


class NewGroupBill(Struct, frozen=True, forbid_unknown_fields=True):
    """What `shares` others give together, in equal parts. `id` names it: once only."""

    title: Name
    amount: Minor
    shares: People
    currency: CurrencyCode = "CNY"
    id: GroupBillIdText | None = None


class NewShare(Struct, frozen=True, forbid_unknown_fields=True):
    """The link that the person was given, and the part they saw."""

    link: LinkText
    amount: Minor


class GroupShareShown(Struct, frozen=True):
    """One person's part."""

    id: GroupShareIdText
    bill_id: GroupBillIdText
    user_id: UserIdText
    place: Count
    amount: Minor


class GroupBillShown(Struct, frozen=True):
    """A group bill: `paid` of `shares` people gave `collected` of `amount` so far.

    `link` is for the people it is meant for. `people` are shown with one bill.
    """

    id: GroupBillIdText
    payee_id: UserIdText
    title: str
    state: StateName
    amount: Minor
    currency: CurrencyCode
    shares: People
    paid: Count
    collected: Count
    link: LinkText
    ends_at: Moment
    people: list[GroupShareShown] | UnsetType = UNSET


class GroupBillsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    cursor: CursorText | None = None
    limit: Limit = 50


async def ask(door: Door, call: Call[NewGroupBill, Nothing]) -> Any:
    """Ask others for their parts, once for each id. It is open for seven days."""
    form, network = call.form, door.network
    asked = GroupBill(
        id=GroupBillId(read_id("gbl", form.id) if form.id else network.ids.new()),
        payee_id=UserId(read_id("usr", call.path["user_id"])),
        title=form.title,
        amount=read_money(form.amount, form.currency),
        shares=form.shares,
        ends_at=Instant(network.clock() + LIVES),
    )
    return await perform(door, call, OPEN, asked, partial(show_bill, door))


async def search(door: Door, call: Call[Nothing, GroupBillsQuery]) -> Page[GroupBillShown]:
    """List what a user asked others for, newest first."""
    user_id, asked = await find(door, call), call.query
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.of_payee, user_id, before, asked.limit + 1)
    return page([show_bill(door, one) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, Nothing]) -> GroupBillShown:
    """Show a group bill, and who gave a part."""
    payee_id, bill_id = _named(call)
    known = await door.network.read(views.bill, payee_id, bill_id)
    if known is None:
        raise refusal(Refused(Reason.GROUP_BILL_NOT_FOUND))
    shares = await door.network.read(views.shares, payee_id, bill_id)
    return show_bill(door, known, [show_share(one) for one in shares])


async def close(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Ask for no more parts. Closing again is no change."""
    return await perform(door, call, CLOSE, CloseGroupBill(*_named(call)), partial(show_bill, door))


async def pay(door: Door, call: Call[NewShare, Nothing]) -> Any:
    """Give a user's part of the bill behind a link, once. The operator answers for the user."""
    network = door.network
    invitation = network.invitations.read(call.form.link, Subject.GROUP_BILL)
    if invitation is None:
        raise refusal(Refused(Reason.GROUP_BILL_NOT_FOUND))
    command = PayShare(
        GroupShareId(network.ids.new()),
        UserId(invitation.owner_id),
        GroupBillId(invitation.subject_id),
        UserId(read_id("usr", call.path["user_id"])),
        call.form.amount,
    )
    return await perform(door, call, PAY, command, show_share)


def show_bill(
    door: Door, known: GroupBill, people: list[GroupShareShown] | UnsetType = UNSET
) -> GroupBillShown:
    """A group bill as this API shows it."""
    return GroupBillShown(
        id=ids.show("gbl", known.id),
        payee_id=ids.show("usr", known.payee_id),
        title=known.title,
        state=_STATES[known.state],
        amount=known.amount.amount,
        currency=known.amount.currency.code,
        shares=known.shares,
        paid=known.paid,
        collected=known.collected,
        link=door.network.invitations.make(Subject.GROUP_BILL, known.payee_id, known.id),
        ends_at=moment(known.ends_at),
        people=people,
    )


def show_share(known: GroupShare) -> GroupShareShown:
    """A part as this API shows it."""
    return GroupShareShown(
        ids.show("gsh", known.id),
        ids.show("gbl", known.bill_id),
        ids.show("usr", known.payer_id),
        known.place,
        known.amount,
    )


def _named(call: Call[Any, Any]) -> tuple[UserId, GroupBillId]:
    return (
        UserId(read_id("usr", call.path["user_id"])),
        GroupBillId(read_id("gbl", call.path["bill_id"])),
    )


_STATES: Final[dict[GroupBillState, StateName]] = {
    GroupBillState.OPEN: "open",
    GroupBillState.FULL: "full",
    GroupBillState.CLOSED: "closed",
}
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/users/{user_id}/group-bills", ask, Who.OPERATOR, NewGroupBill, Nothing,
        GroupBillShown, 201,
        ("currency_unknown", Reason.GROUP_BILL_INVALID, Reason.PAYMENT_ID_REUSED,
         Reason.USER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/users/{user_id}/group-bills", search, Who.OPERATOR, Nothing, GroupBillsQuery,
        Page[GroupBillShown], 200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "GET", "/users/{user_id}/group-bills/{bill_id}", show, Who.OPERATOR, Nothing, Nothing,
        GroupBillShown, 200, (Reason.GROUP_BILL_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/group-bills/{bill_id}/close", close, Who.OPERATOR, Nothing,
        Nothing, GroupBillShown, 200, (Reason.GROUP_BILL_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/group-shares", pay, Who.OPERATOR, NewShare, Nothing,
        GroupShareShown, 201,
        (*BEYOND_LIMITS, *RISKY, Reason.AMOUNT_CHANGED, Reason.GROUP_BILL_CLOSED,
         Reason.GROUP_BILL_FULL,
         Reason.GROUP_BILL_NOT_FOUND, Reason.INSUFFICIENT_FUNDS, Reason.TRANSFER_TO_SELF,
         Reason.USER_NOT_FOUND),
    ),
)  # fmt: skip
