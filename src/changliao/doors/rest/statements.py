"""Files of banks over REST, for operators: payments out, statements in and what differs."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.bills import Day, day_of, ends_at, starts_at
from changliao.core.clock import Instant, from_rfc3339
from changliao.core.differences import Case
from changliao.core.outcome import Reason
from changliao.doors.rest.call import Call, Door, accepted, read_money
from changliao.doors.rest.channels import find
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import (
    ChannelCode,
    ChannelRequestIdText,
    Count,
    CurrencyCode,
    Date,
    DifferenceIdText,
    DifferenceName,
    MinorSum,
    Moment,
    Nothing,
    moment,
)
from changliao.operations.bank_files import file_id, payments
from changliao.operations.statements import Reconciled, reconcile
from changliao.web import alipay_bills, iso20022

_MOST_CHARACTERS: Final = 200_000


class DayQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A day of Beijing, in one currency."""

    day: Date
    currency: CurrencyCode = "CNY"


class FileShown(Struct, frozen=True):
    """An ISO 20022 file: `document` is its XML."""

    channel: ChannelCode
    day: Date
    currency: CurrencyCode
    document: str


class StatementForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A file as the channel gave it, in UTF-8: one statement, or one status report."""

    document: Annotated[str, Meta(min_length=1, max_length=_MOST_CHARACTERS)]


class DifferenceShown(Struct, frozen=True):
    """What the statement says and what we say, signed as our account at the bank sees it."""

    id: DifferenceIdText
    kind: DifferenceName
    statement: MinorSum
    ours: MinorSum
    request_id: ChannelRequestIdText | UnsetType = UNSET
    reference: str = ""


class StatementShown(Struct, frozen=True):
    """A statement that was read. `settled` requests were unknown until it came."""

    id: str
    account: str
    currency: CurrencyCode
    begins_at: Moment
    ends_at: Moment
    opening: MinorSum
    closing: MinorSum
    lines: Count
    settled: Count
    differences: list[DifferenceShown]


async def show_statement(door: Door, call: Call[Nothing, DayQuery]) -> FileShown:
    """Show the statement that a channel gives by itself for a day, as camt.053."""
    channel, day = await find(door, call), _day(call.query.day)
    currency = read_money(1, call.query.currency).currency
    found = accepted(await door.desk.statement(channel, currency, starts_at(day), ends_at(day)))
    document = iso20022.write_statement(found, ends_at(day))
    return FileShown(channel.code, call.query.day, currency.code, document.decode())


async def read_statement(door: Door, call: Call[StatementForm, Nothing]) -> StatementShown:
    """Read a channel's statement: settle what was unknown, and tell what differs.

    A camt.053, or the CSV of Alipay's bill of movements (账务明细). Nothing is corrected: each
    difference is a case that two operators resolve (`/channel-differences`). Reading it again is no
    change.
    """
    channel = await find(door, call)
    document = call.form.document
    reader = alipay_bills if alipay_bills.is_bill(document) else iso20022
    statement = accepted(reader.read_statement(document.encode()))
    return _shown(accepted(await reconcile(door.network, door.desk, channel, statement)))


async def show_payments(door: Door, call: Call[Nothing, DayQuery]) -> FileShown:
    """Show what a channel was asked to pay out on a day that is over, as pain.001.

    The same day always gives the same file.
    """
    channel, day = await find(door, call), _day(call.query.day)
    currency = read_money(1, call.query.currency).currency
    if door.network.clock() < ends_at(day):
        raise Problem("malformed", "the day is not over: more may be asked", "day")
    asked = await payments(door.network, channel, currency, starts_at(day), ends_at(day))
    if not asked:
        raise Problem("not_found", "nothing was to be paid out on this day")
    file = iso20022.PaymentFile(
        id=file_id(channel, currency, day),
        made_at=Instant(ends_at(day)),
        account=channel.code,
        bank=channel.name_en,
        currency=currency,
        instructions=tuple(
            iso20022.Instruction(ids.show("chr", one.id), one.amount, payee, one.counterpart)
            for one, payee in asked
        ),
    )
    return FileShown(
        channel.code, call.query.day, currency.code, iso20022.write_payments(file).decode()
    )


def _day(text: str) -> Day:
    """Raises Problem 400 for what is no day."""
    return day_of(Instant(_midnight(text)))


def _midnight(text: str) -> int:
    try:
        return from_rfc3339(f"{text}T00:00:00+08:00")
    except ValueError as error:
        raise Problem("malformed", f"{text} is no day", "day") from error


def _shown(read: Reconciled) -> StatementShown:
    statement = read.statement
    return StatementShown(
        id=statement.id,
        account=statement.account,
        currency=statement.currency.code,
        begins_at=moment(statement.begins),
        ends_at=moment(statement.ends),
        opening=statement.opening,
        closing=statement.closing,
        lines=len(statement.lines),
        settled=read.settled,
        differences=[_difference(one) for one in read.cases],
    )


def _difference(case: Case) -> DifferenceShown:
    one = case.difference
    return DifferenceShown(
        id=ids.show("dif", case.id),
        kind=one.kind.value,
        statement=one.said,
        ours=one.ours,
        request_id=ids.show("chr", one.number) if one.number else UNSET,
        reference=one.reference,
    )


_FILE: Final = (Reason.CHANNEL_NOT_FOUND, "currency_unknown")
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/channels/{channel_code}/statement", show_statement, Who.OPERATOR, Nothing,
        DayQuery, FileShown, 200, (*_FILE, Reason.STATEMENT_MISSING),
    ),
    Endpoint(
        "POST", "/channels/{channel_code}/statement", read_statement, Who.OPERATOR, StatementForm,
        Nothing, StatementShown, 200,
        (Reason.CHANNEL_NOT_FOUND, Reason.STATEMENT_TOTAL_WRONG, Reason.STATEMENT_UNREADABLE),
        repeats=True,
    ),
    Endpoint(
        "GET", "/channels/{channel_code}/payments", show_payments, Who.OPERATOR, Nothing, DayQuery,
        FileShown, 200, _FILE,
    ),
)  # fmt: skip
