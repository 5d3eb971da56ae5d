"""The market: what payments say of people and platforms, added up as they come in.

Kept are sums only, and each is a sum over people of what that person's own purchases say. So a
payment changes a sum by what its payer says afterwards less what they said before, facts may come
in any order, and adding up everything again gives the same rows.

A platform is a merchant that was one when the payment was made; every other is OTHERS. What a
person paid back later stays a purchase; refunds are counted on their own day.
Units: days from 1970-01-01 in Beijing, weeks from the Monday before it, months from January 1970.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec import Struct

from changliao.core.bills import date_of, day_on
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, UserId

K = TypeVar("K", bound=Hashable)
OTHERS: Final = 0
# Who was not there in the period before, or is not in this one.
ABSENT: Final = -1
# A longer set of platforms is cut: nobody's habits need more to be told.
MOST_IN_SET: Final = 64
_ID_BYTES: Final = 8


class Period(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    DAY = 1
    WEEK = 2
    MONTH = 3


class Dimension(IntEnum):
    """What a set of a person's is a set of. The number is stored."""

    __hash__ = int.__hash__

    PLATFORM = 1
    METHOD = 2
    TERMINAL = 3
    CELL = 4  # not a set: one platform, method and terminal


_SETS: Final = (Dimension.PLATFORM, Dimension.METHOD, Dimension.TERMINAL)


class Visit(NamedTuple):
    """What one person bought on one day in one way, so many times."""

    day: int
    platform_id: int
    method_id: int
    terminal_id: int
    times: int


class Paid(Struct, frozen=True, gc=False):
    """A payment as the market sees it. Units: minor."""

    user_id: UserId
    day: int
    platform_id: int
    method_id: int
    terminal_id: int
    currency: int
    amount: int


class Returned(Struct, frozen=True, gc=False):
    """A refund, or the part of one that came from one account; `counts` once in each refund."""

    day: int
    platform_id: int
    method_id: int
    terminal_id: int
    currency: int
    amount: int
    counts: bool


class Stretch(Struct, frozen=True):
    """What a node's journal says after one leg, up to another."""

    node: int
    after: int
    last: int
    paid: tuple[Paid, ...] = ()
    returned: tuple[Returned, ...] = ()


class Month(Struct, frozen=True):
    """A person's visits in one month, in order."""

    user_id: UserId
    month: int
    visits: tuple[Visit, ...] = ()


class Life(Struct, frozen=True):
    """The months in which a person bought, in order."""

    user_id: UserId
    months: tuple[int, ...] = ()


class Volume(Struct, frozen=True):
    """What was paid on a day in one way, and refunded on that day. Units: minor."""

    day: int
    platform_id: int
    method_id: int
    terminal_id: int
    currency: int
    payments: int = 0
    amount: int = 0
    refunds: int = 0
    refunded: int = 0


class SeenKey(NamedTuple):
    """People who in this period had exactly this set."""

    kind: Period
    period: int
    dimension: Dimension
    members: bytes


class FlowKey(NamedTuple):
    """People whose main platform was one in the period before, and the other in this."""

    kind: Period
    period: int
    source_id: int
    target_id: int


class CohortKey(NamedTuple):
    """People who first bought in one month and did in another."""

    first: int
    month: int


class Tally(Struct, Generic[K], frozen=True):
    """How many people a key has."""

    key: K
    users: int = 0


class Position(Struct, frozen=True):
    """Up to which leg a node's journal is added up. REBUILDING: not until all is forgotten."""

    node: int
    leg_id: int = 0


REBUILDING: Final = -1


class Grouping(Struct, frozen=True):
    """From a day on a platform belongs to a group."""

    platform_id: MerchantId
    from_day: int
    name: str


class Synthetic(Struct, frozen=True):
    """A person of a simulation: from then on what they pay is not the market."""

    user_id: UserId
    since: Instant
    run: str


def platform_at(merchant_id: int, partner_id: int, since: Mapping[int, Instant], at: int) -> int:
    """The platform of an order; `since` says when each became one."""
    sold_on = partner_id or merchant_id
    return sold_on if sold_on in since and since[sold_on] < at else OTHERS


@lru_cache(4_096)
def month_of(day: int) -> int:
    """The month a day is in."""
    there = date_of(day)
    return (there.year - 1970) * 12 + there.month - 1


@lru_cache(4_096)
def week_of(day: int) -> int:
    """The week a day is in; 1970-01-01 was a Thursday."""
    return (day + 3) // 7


def first_day(kind: Period, period: int) -> int:
    """The day on which a period begins."""
    if kind is Period.DAY:
        return period
    if kind is Period.WEEK:
        return period * 7 - 3
    return day_on(date(1970 + period // 12, period % 12 + 1, 1))


def period_of(kind: Period, day: int) -> int:
    """The period a day is in."""
    if kind is Period.DAY:
        return day
    return week_of(day) if kind is Period.WEEK else month_of(day)


@lru_cache(4_096)
def packed(members: tuple[int, ...]) -> bytes:
    """A set, or a cell, as it is kept: eight bytes each."""
    return b"".join(one.to_bytes(_ID_BYTES, "big") for one in members)


def unpacked(members: bytes) -> tuple[int, ...]:
    """The ids behind it."""
    return tuple(
        int.from_bytes(members[at : at + _ID_BYTES], "big")
        for at in range(0, len(members), _ID_BYTES)
    )


def visited(month: Month, more: Iterable[Paid]) -> Month:
    """A month after more purchases in it."""
    counts: Counter[tuple[int, int, int, int]] = Counter()
    for visit in month.visits:
        counts[visit[:4]] += visit.times
    for paid in more:
        counts[paid.day, paid.platform_id, paid.method_id, paid.terminal_id] += 1
    visits = tuple(Visit(*key, count) for key, count in sorted(counts.items()))
    return Month(month.user_id, month.month, visits)


def lived(life: Life, months: Iterable[int]) -> Life:
    """A life after purchases in these months."""
    return Life(life.user_id, tuple(sorted({*life.months, *months})))


def of_life(life: Life) -> Counter[CohortKey]:
    """What a life says of its cohort."""
    return Counter(CohortKey(life.months[0], month) for month in life.months)


def of_months(months: Iterable[Month], days: Collection[int]) -> Counter[SeenKey | FlowKey]:
    """What one person's purchases say of the periods these days are in, and of moving into them.

    Needs the months of the days and those beside them.
    """
    visits = [visit for month in months for visit in month.visits]
    found: Counter[SeenKey | FlowKey] = Counter()
    for visit in visits:
        if visit.day in days:
            cell = packed(visit[1:4])
            found[SeenKey(Period.DAY, visit.day, Dimension.CELL, cell)] = 1
    for kind in Period:
        touched = {period_of(kind, day) for day in days}
        near = touched | {at + 1 for at in touched} | {at - 1 for at in touched}
        by_period: dict[int, list[Visit]] = defaultdict(list)
        for visit in visits:
            at = period_of(kind, visit.day)
            if at in near:
                by_period[at].append(visit)
        for at in touched & by_period.keys():
            for dimension in _SETS:
                members = sorted({visit[dimension] for visit in by_period[at]})[:MOST_IN_SET]
                found[SeenKey(kind, at, dimension, packed(tuple(members)))] = 1
        if kind is not Period.DAY:
            found.update(_flows(kind, touched, by_period))
    return found


def main(visits: Iterable[Visit]) -> int:
    """The platform of most purchases; of equals, the one with the smaller id."""
    counts: Counter[int] = Counter()
    for visit in visits:
        counts[visit.platform_id] += visit.times
    return min(counts, key=lambda one: (-counts[one], one))


def _flows(
    kind: Period, touched: Iterable[int], by_period: Mapping[int, list[Visit]]
) -> Iterator[FlowKey]:
    mains = {at: main(there) for at, there in by_period.items()}
    for at in {*touched, *(one + 1 for one in touched)}:
        source, target = mains.get(at - 1, ABSENT), mains.get(at, ABSENT)
        if source != target or source != ABSENT:
            yield FlowKey(kind, at, source, target)


def difference(before: Mapping[K, int], after: Mapping[K, int]) -> dict[K, int]:
    """What has to be added to each key's people."""
    keys = before.keys() | after.keys()
    changes = {key: after.get(key, 0) - before.get(key, 0) for key in keys}
    return {key: change for key, change in changes.items() if change}
