"""Reports over REST: a merchant's days, what the books hold altogether, and the journal's heads."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.bills import Day, date_of, day_of
from changliao.core.closing import Close
from changliao.core.money import BY_NUMBER
from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    Date,
    MerchantIdText,
    MinorSum,
    Nothing,
    Page,
)
from changliao.doors.rest.ledger import PurposeName
from changliao.doors.rest.orders import since, whose
from changliao.store.views import channels, closing, reports
from changliao.store.views.reports import Book

MOST_DAYS: Final = 92


class DayShown(Struct, frozen=True):
    """A day of Beijing in one currency: what was paid, and what was refunded, on that day."""

    day: Date
    currency: CurrencyCode
    payments: Count
    paid: MinorSum
    fees: MinorSum
    refunds: Count
    refunded: MinorSum


class DaysQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`first` and `last` are days of Beijing, both included: at most 92 of them."""

    first: Date
    last: Date
    merchant_id: MerchantIdText | None = None


class BookShown(Struct, frozen=True):
    """Every account of one purpose in one currency, added up."""

    purpose: PurposeName
    currency: CurrencyCode
    accounts: Count
    balance: MinorSum
    reserved: MinorSum


class ClosesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which day of Beijing."""

    day: Date


class CloseShown(Struct, frozen=True):
    """A day of every account of one purpose, or of one channel's account, in one currency."""

    purpose: PurposeName
    currency: CurrencyCode
    opening: MinorSum
    debits: Count
    credits: Count
    closing: MinorSum
    channel: str | UnsetType = UNSET


class HeadShown(Struct, frozen=True):
    """The end of one process's journal. `hash` covers every transfer the process ever committed."""

    node: Annotated[int, Meta(ge=0, le=255)]
    number: Count
    hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


async def days(door: Door, call: Call[Nothing, DaysQuery]) -> Page[DayShown]:
    """Add up a merchant's days."""
    asked, merchant_id = call.query, whose(call, call.query.merchant_id)
    first, last = read_day(asked.first, "first"), read_day(asked.last, "last")
    if not 0 <= last - first < MOST_DAYS:
        raise Problem("malformed", f"last is not before first, at most {MOST_DAYS} days", "last")
    found = await door.network.report(reports.days, merchant_id, first, last)
    return Page(
        [
            DayShown(
                day=date_of(one.day).isoformat(),
                currency=BY_NUMBER[one.currency].code,
                payments=one.payments,
                paid=one.paid,
                fees=one.fees,
                refunds=one.refunds,
                refunded=one.refunded,
            )
            for one in found
        ]
    )


async def books(door: Door, call: Call[Nothing, Nothing]) -> Page[BookShown]:
    """Add up the books: the balances of one currency sum to nothing.

    It reads every account: for the end of a day, not for every minute.
    """
    found = await door.network.report(reports.books)
    return Page([_book(one) for one in found])


async def closes(door: Door, call: Call[Nothing, ClosesQuery]) -> Page[CloseShown]:
    """Close a day: what the books held before it, what moved on it, what they hold after it.

    The openings, and the closings, of one currency sum to nothing; its debits are its credits.
    """
    day = read_day(call.query.day, "day")
    found = await door.network.report(closing.closes, day)
    codes = {one.id: one.code for one in await door.network.read(channels.channels)}
    return Page([_close(one, codes) for one in found])


async def journal(door: Door, call: Call[Nothing, Nothing]) -> Page[HeadShown]:
    """Show where each process's journal ends.

    Keep it outside: a journal that was rewritten afterwards no longer leads to this hash.
    """
    found = await door.network.read(reports.heads)
    return Page([HeadShown(one.node, one.number, one.hash.hex()) for one in found])


def _book(one: Book) -> BookShown:
    account_id = chart.account(chart.NETWORK, one.book)
    return BookShown(
        purpose=chart.purpose(account_id).name.lower(),
        currency=chart.currency(account_id).code,
        accounts=one.accounts,
        balance=one.balance,
        reserved=one.reserved,
    )


def _close(one: Close, codes: Mapping[int, str]) -> CloseShown:
    code = codes.get(one.account.owner)
    return CloseShown(
        purpose=chart.purpose(one.account).name.lower(),
        currency=chart.currency(one.account).code,
        opening=one.opening,
        debits=one.debits,
        credits=one.credits,
        closing=one.closing,
        channel=UNSET if code is None else code,
    )


def read_day(text: str, field: str) -> Day:
    """A day of Beijing. Raises Problem 400 for one that no calendar has."""
    try:
        return day_of(ids.made_at(since(f"{text}T00:00:00+08:00")))
    except Problem as error:
        raise Problem("malformed", f"{text} is no day: for example 2026-11-25", field) from error


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/reports/days", days, Who.EITHER, Nothing, DaysQuery, Page[DayShown], 200,
        ("merchant_missing",),
    ),
    Endpoint("GET", "/reports/books", books, Who.OPERATOR, Nothing, Nothing, Page[BookShown]),
    Endpoint(
        "GET", "/reports/closes", closes, Who.OPERATOR, Nothing, ClosesQuery, Page[CloseShown]
    ),
    Endpoint("GET", "/reports/journal", journal, Who.OPERATOR, Nothing, Nothing, Page[HeadShown]),
)  # fmt: skip
