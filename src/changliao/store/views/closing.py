"""Reading the books day by day. Everything here reads much: run it beside the loop."""

from collections.abc import Iterator
from itertools import chain

from changliao.core import chart, ids
from changliao.core.bills import Day, day_of, ends_at, starts_at
from changliao.core.chart import AccountId
from changliao.core.closing import CHANNELS, Close, Moved, closed
from changliao.core.ledger import Code
from changliao.store.engine import Reader
from changliao.store.views import ledger
from changliao.store.views.ledger import Movement


def days(reader: Reader) -> tuple[Day, Day] | None:
    """The first day on which something moved, and the last; None while the books are empty."""
    ends = chain(reader.select("report_first_leg", {}), reader.select("report_last_leg", {}))
    found = [day_of(ids.made_at(row[0])) for row in ends]
    return (found[0], found[-1]) if found else None


def standing_before(reader: Reader, day: Day, named_below: int) -> dict[AccountId, int]:
    """What accounts held when the day began; whoever is not named is owner 0."""
    keys = {"first": ids.first_id(0, starts_at(day)), "named_below": named_below}
    rows = reader.select("report_standing_before", keys)
    return {chart.account(owner, book): balance for owner, book, balance in rows if balance}


def moved(reader: Reader, day: Day, named_below: int) -> list[Moved]:
    """What moved on that day, by reason."""
    first, last = _within(day)
    keys = {"first": first, "last": last, "named_below": named_below}
    return [
        Moved(chart.account(giver, book), chart.account(taker, other), Code(code), count, amount)
        for book, other, code, count, amount, giver, taker in reader.select("report_moved", keys)
    ]


def closes(reader: Reader, day: Day) -> list[Close]:
    """The day of every book, channels told apart."""
    return closed(standing_before(reader, day, CHANNELS), moved(reader, day, CHANNELS))


def transfers(reader: Reader, day: Day) -> Iterator[Movement]:
    """Every transfer of that day that moved money, in its order."""
    return ledger.transfers(reader, *_within(day))


def _within(day: Day) -> tuple[int, int]:
    """The ids of a day's legs: the first there could be, and the first of the next day."""
    return ids.first_id(0, starts_at(day)), ids.first_id(0, ends_at(day))
