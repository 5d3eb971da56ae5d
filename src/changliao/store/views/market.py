"""Reading the market's sums over days, weeks and months."""

from collections.abc import Iterator
from typing import Final

from changliao.core.market import (
    CohortKey,
    Dimension,
    FlowKey,
    Grouping,
    Month,
    Period,
    SeenKey,
    Tally,
    Volume,
)
from changliao.store.engine import Reader, Row
from changliao.store.market import (
    SUMS,
    cohort_from_row,
    flow_from_row,
    grouping_from_row,
    month_from_row,
    seen_from_row,
    volume_from_row,
)

_PAGE: Final = 10_000
Bounds = tuple[int, int]


def some_sums(reader: Reader, most: int) -> list[tuple[str, Row]]:
    """At most so many rows of the sums, by table and key, to be forgotten; none: all are."""
    for table in SUMS:
        rows = reader.select(f"{table.name}_some", {"most": most})
        if rows:
            return [(table.name, tuple(row)) for row in rows]
    return []


def volumes(reader: Reader, days: Bounds) -> list[Volume]:
    """What was paid and refunded on these days, both included."""
    keys = {"first": days[0], "last": days[1]}
    return [volume_from_row(row) for row in reader.select("market_volumes_between", keys)]


def seen(
    reader: Reader, kind: Period, dimension: Dimension, periods: Bounds
) -> list[Tally[SeenKey]]:
    """How many people had which set in these periods."""
    keys = {"kind": int(kind), "dimension": int(dimension), "first": periods[0], "last": periods[1]}
    return [seen_from_row(row) for row in reader.select("market_seen_between", keys)]


def flows(reader: Reader, kind: Period, periods: Bounds) -> list[Tally[FlowKey]]:
    """Who moved where into these periods."""
    keys = {"kind": int(kind), "first": periods[0], "last": periods[1]}
    return [flow_from_row(row) for row in reader.select("market_flows_between", keys)]


def cohorts(reader: Reader) -> list[Tally[CohortKey]]:
    """Every cohort in every month."""
    return [cohort_from_row(row) for row in reader.select("market_cohorts_all", {})]


def groups(reader: Reader) -> list[Grouping]:
    """Which platform belongs to which group from when on."""
    return [grouping_from_row(row) for row in reader.select("market_groups_all", {})]


def first_day(reader: Reader) -> int | None:
    """The first day on which anything was paid."""
    found = reader.select("market_first_day", {})[0][0]
    return None if found is None else int(found)


def months(reader: Reader, bounds: Bounds) -> Iterator[Month]:
    """Everybody's months, person by person. It reads a row for each: not for a page."""
    after = 0
    while True:
        keys = {"first": bounds[0], "last": bounds[1], "after": after, "most": _PAGE}
        rows = reader.select("market_months_between", keys)
        if len(rows) == _PAGE:
            # The last person may go on in the next page.
            whole = [row for row in rows if row[0] != rows[-1][0]]
            rows = whole or rows
        if not rows:
            return
        yield from map(month_from_row, rows)
        after = rows[-1][0]
