"""Settlement runs over REST: when and where to merchants are settled, and what each run did."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import bills, chart, ids
from changliao.core.acts import version
from changliao.core.bills import Day
from changliao.core.ids import MerchantId
from changliao.core.ledger import Code
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.settlements import Cycle, Settlement, SettlementState, facts
from changliao.doors.rest.call import Call, Door, accepted, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    Count,
    CurrencyCode,
    CursorText,
    Date,
    Limit,
    MerchantIdText,
    Minor,
    MinorSum,
    Moment,
    Nothing,
    Page,
    SettlementIdText,
    Version,
    WithdrawalIdText,
    moment,
    page,
)
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.orders import WhoseQuery, whose
from changliao.doors.rest.withdrawals import BankAccount
from changliao.operations.settlements import SET_CYCLE
from changliao.store.views import parties
from changliao.store.views import settlements as views

StateName = Literal["empty", "made", "paying", "paid", "returned"]
Days = Annotated[int, Meta(ge=1, le=30, description="After how many days a day is settled")]


class NewCycle(Struct, frozen=True, forbid_unknown_fields=True):
    """When a merchant's days are settled, and which account a channel pays them to.

    Less than `least` stays with the merchant and is settled with a later day.
    """

    merchant_id: MerchantIdText
    channel: ChannelCode
    account: BankAccount
    currency: CurrencyCode = "CNY"
    days: Days = 1
    least: Minor = 1
    paused: bool = False


class CycleShown(Struct, frozen=True):
    """How a merchant is settled in one currency; `since` is the first day that is."""

    merchant_id: MerchantIdText
    currency: CurrencyCode
    days: Days
    channel: ChannelCode
    account: str
    least: Minor
    paused: bool
    since: Date
    version: Version


class HeldShown(Struct, frozen=True):
    """What movements of one kind added to what the merchant had earned, or took from it."""

    kind: str
    count: Count
    amount: MinorSum


class SettlementShown(Struct, frozen=True):
    """What was settled of a merchant's days.

    `opening` and `closing` are what had been earned and not settled before `first_day` and after
    `day`; `holds` explains the difference, and is shown with one settlement. What of `closing` had
    left again by the run is not in `amount`.
    """

    id: SettlementIdText
    merchant_id: MerchantIdText
    currency: CurrencyCode
    first_day: Date
    day: Date
    state: StateName
    opening: MinorSum
    closing: MinorSum
    amount: Count
    paid: Count
    tries: Count
    made_at: Moment
    withdrawal_id: WithdrawalIdText | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    finished_at: Moment | UnsetType = UNSET
    holds: list[HeldShown] | UnsetType = UNSET


class SettlementsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page. Operators see everybody's, or one merchant's, or those in one state."""

    merchant_id: MerchantIdText | None = None
    state: StateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def set_cycle(door: Door, call: Call[NewCycle, Nothing]) -> Any:
    """Say when and where to a merchant is settled, from today on. The same again is no change.

    The channel must be one that this network can ask.
    """
    form = call.form
    accepted(await door.desk.askable(form.channel))
    cycle = Cycle(
        merchant_id=MerchantId(read_id("mch", form.merchant_id)),
        currency=read_money(1, form.currency).currency,
        days=form.days,
        channel=form.channel,
        account=form.account,
        since=bills.day_of(door.network.clock()),
        least=form.least,
        paused=form.paused,
    )
    known = await door.network.look_up(parties.merchant, cycle.merchant_id)
    subject = f"{known.number if known else form.merchant_id} {cycle.currency.code}"
    return await perform_by(door, call, _SET_CYCLE, cycle, _show_cycle, subject=subject)


async def cycles(door: Door, call: Call[Nothing, WhoseQuery]) -> Page[CycleShown]:
    """Show how a merchant is settled, by currency."""
    merchant_id = whose(call, call.query.merchant_id)
    return Page([_show_cycle(one) for one in await door.network.read(views.cycles_of, merchant_id)])


async def search(door: Door, call: Call[Nothing, SettlementsQuery]) -> Page[SettlementShown]:
    """List settlements, newest first."""
    asked, network = call.query, door.network
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    if call.caller.is_operator and asked.merchant_id is None:
        state = SettlementState[asked.state.upper()] if asked.state else 0
        found = await network.read(views.settlements, state, before, asked.limit + 1)
    else:
        merchant_id = whose(call, asked.merchant_id)
        found = await network.read(views.of_merchant, merchant_id, before, asked.limit + 1)
    shown = [show_settlement(one) for one in found]
    return page(shown, [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> SettlementShown:
    """Show a settlement, and what it holds."""
    merchant_id = whose(call, call.query.merchant_id)
    number = read_id("stl", call.path["settlement_id"])
    one = await door.network.read(views.settlement, merchant_id, number)
    if one is None:
        raise refusal(Refused(Reason.SETTLEMENT_NOT_FOUND))
    payable = chart.payable(one.merchant_id, one.currency)
    found = await door.network.report(views.holds, payable, one.first_day, one.day)
    held = [HeldShown(Code(code).name.lower(), count, amount) for code, count, amount in found]
    return show_settlement(one, held)


def show_settlement(one: Settlement, held: list[HeldShown] | UnsetType = UNSET) -> SettlementShown:
    """A settlement as this API shows it."""
    return SettlementShown(
        id=ids.show("stl", one.id),
        merchant_id=ids.show("mch", one.merchant_id),
        currency=one.currency.code,
        first_day=_date(one.first_day),
        day=_date(one.day),
        state=_STATES[one.state],
        opening=one.opening,
        closing=one.closing,
        amount=one.amount,
        paid=one.paid,
        tries=one.tries,
        made_at=moment(one.made_at),
        withdrawal_id=ids.show("wdl", one.request_id) if one.request_id else UNSET,
        reason=one.reason or UNSET,
        finished_at=moment(one.finished_at) if one.finished_at else UNSET,
        holds=held,
    )


def _show_cycle(one: Cycle) -> CycleShown:
    return CycleShown(
        merchant_id=ids.show("mch", one.merchant_id),
        currency=one.currency.code,
        days=one.days,
        channel=one.channel,
        account=one.account,
        least=one.least,
        paused=one.paused,
        since=_date(one.since),
        version=version(facts(one)),
    )


def _date(day: Day) -> str:
    return bills.date_of(day).isoformat()


_STATES: Final[dict[SettlementState, StateName]] = {
    SettlementState.EMPTY: "empty",
    SettlementState.MADE: "made",
    SettlementState.PAYING: "paying",
    SettlementState.PAID: "paid",
    SettlementState.RETURNED: "returned",
}
_SET_CYCLE: Final = doing(SET_CYCLE, Right.MANAGE_TERMS)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/settlement-cycles", set_cycle, Who.OPERATOR, NewCycle, Nothing, CycleShown, 200,
        ("currency_unknown", Reason.CHANNEL_NOT_FOUND, Reason.CYCLE_INVALID,
         Reason.MEMBER_NOT_PERMITTED, Reason.MERCHANT_NOT_FOUND), repeats=True,
        right=Right.MANAGE_TERMS, edits=True,
    ),
    Endpoint(
        "GET", "/settlement-cycles", cycles, Who.EITHER, Nothing, WhoseQuery, Page[CycleShown],
        200, ("merchant_missing",),
    ),
    Endpoint(
        "GET", "/settlements", search, Who.EITHER, Nothing, SettlementsQuery,
        Page[SettlementShown],
    ),
    Endpoint(
        "GET", "/settlements/{settlement_id}", show, Who.EITHER, Nothing, WhoseQuery,
        SettlementShown, 200, ("merchant_missing", Reason.SETTLEMENT_NOT_FOUND),
    ),
)  # fmt: skip
