"""Ends of days, as rows."""

from changliao.core import chart
from changliao.core.bills import Day, DayEnd
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> DayEnd:
    """A day's end from its columns in the order of `day_ends_find`."""
    return DayEnd(chart.account(row[0], row[1]), Day(row[2]), row[3], row[4])


DAY_ENDS: Table[tuple[int, int, int], DayEnd] = Table(
    name="day_ends",
    key=lambda end: (end.account.owner, end.account.book, end.day),
    to_row=lambda end: (end.account.owner, end.account.book, end.day, end.leg_id, end.balance),
    from_row=from_row,
)
