"""Shares, active people, flows and cohorts, from the sums.

A figure about fewer people than a minimum is withheld (None), and with it the next smallest of its
period when it would be the only one: the total would give it away. A platform sees itself and all
others together, never a named rival. Shares are of what was paid through this network.
Units: minor; shares from 0 to 1; days from 1970-01-01 in Beijing.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import market
from changliao.core.market import Dimension, Period, Volume
from changliao.market.names import ABSENT_KEY, OTHERS_KEY, Label, Names
from changliao.store.engine import Reader
from changliao.store.views import market as sums

MINIMUM_USERS: Final = 20
K = TypeVar("K", bound=Hashable)
TOTAL: Final = Label("total", "total")
By = Literal["platform", "group", "method", "terminal"]
DIMENSIONS: Final[Mapping[By, Dimension]] = {
    "platform": Dimension.PLATFORM,
    "group": Dimension.PLATFORM,
    "method": Dimension.METHOD,
    "terminal": Dimension.TERMINAL,
}


class Asked(Struct, frozen=True):
    """Which days, both included, in whole periods; by what; for whom.

    `own` is the platform that asks, 0 the network's operators.
    """

    first: int
    last: int
    every: Period = Period.DAY
    by: By = "platform"
    currency: int = 156
    own: int = 0
    minimum: int = MINIMUM_USERS

    @property
    def periods(self) -> tuple[int, int]:
        """The first and the last period."""
        return market.period_of(self.every, self.first), market.period_of(self.every, self.last)

    @property
    def days(self) -> tuple[int, int]:
        """The days of these periods."""
        first, last = self.periods
        return market.first_day(self.every, first), market.first_day(self.every, last + 1) - 1


class Share(Struct, frozen=True):
    """What one part of the market had in a period. None: withheld.

    `of_users` is of all people: who bought at several counts for each, so parts sum to one or more.
    `of_reach` is of the parts' people together, and sums to one.
    """

    period: int
    label: Label
    users: int | None
    payments: int | None
    amount: int | None
    refunds: int | None
    refunded: int | None
    of_users: float | None = None
    of_payments: float | None = None
    of_amount: float | None = None
    of_reach: float | None = None


class Active(Struct, frozen=True):
    """Who bought in a period, and at how many platforms: people by their number of them."""

    period: int
    users: int | None
    homing: dict[int, int | None]


class Flow(Struct, frozen=True):
    """People whose main platform was one in the period before, and is another in this."""

    period: int
    source: Label
    target: Label
    users: int | None


class Cohort(Struct, frozen=True):
    """People who first bought in one month, and how many of them did in another."""

    first: int
    month: int
    users: int | None
    of_first: float | None


def shares(reader: Reader, names: Names, asked: Asked) -> list[Share]:
    """Each part of each period, and the period's total last."""
    label = labeller(names, asked)
    parts: dict[int, dict[Label, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0] * 4))
    for volume in sums.volumes(reader, asked.days):
        if volume.currency == asked.currency:
            period = market.period_of(asked.every, volume.day)
            _add(parts[period][label(_number(volume, asked.by), volume.day)], volume)
            _add(parts[period][TOTAL], volume)
    people = _people(reader, asked, label)
    found = []
    for period in sorted(parts):
        users = people.get(period, {})
        hidden = withheld({one: users.get(one, 0) for one in parts[period]}, asked.minimum)
        total = parts[period][TOTAL]
        reach = sum(users.get(one, 0) for one in parts[period] if one != TOTAL)
        whole = (users.get(TOTAL, 0), total[0], total[1], reach)
        for one in sorted(parts[period], key=lambda one: (one == TOTAL, one)):
            row = parts[period][one]
            share = Share(period, one, users.get(one, 0), *row)
            found.append(_hidden(share) if one in hidden else _divided(share, whole))
    return found


def currencies(reader: Reader, asked: Asked) -> list[int]:
    """In which money anything was paid, by ISO number, most payments first."""
    counts: dict[int, int] = defaultdict(int)
    for volume in sums.volumes(reader, asked.days):
        counts[volume.currency] += volume.payments
    return sorted(counts, key=lambda one: (-counts[one], one))


def active(reader: Reader, asked: Asked) -> list[Active]:
    """How many people bought in each period, and at how many platforms."""
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for key, users in _seen(reader, asked, Dimension.PLATFORM):
        found[key[0]][len(key[1])] += users
    rows = []
    for period, homing in sorted(found.items()):
        counts: dict[int | Label, int] = {TOTAL: sum(homing.values())}
        for number, users in homing.items():
            counts[number] = users
        hidden = withheld(counts, asked.minimum)
        shown = {n: None if n in hidden else users for n, users in sorted(homing.items())}
        rows.append(Active(period, None if TOTAL in hidden else sum(homing.values()), shown))
    return rows


def flows(reader: Reader, names: Names, asked: Asked) -> list[Flow]:
    """Who moved where; absent: not there in the period before, or not any more."""
    label = labeller(names, asked)
    found: dict[tuple[int, Label, Label], int] = defaultdict(int)
    for one in sums.flows(reader, asked.every, asked.periods):
        _, period, source_id, target_id = one.key
        day = market.first_day(asked.every, period)
        found[period, label(source_id, day), label(target_id, day)] += one.users
    by_source: dict[tuple[int, Label], dict[Label, int]] = defaultdict(dict)
    for (period, source, target), users in found.items():
        by_source[period, source][target] = users
    rows = []
    for (period, source), targets in sorted(by_source.items()):
        hidden = withheld(targets, asked.minimum)
        for target, users in sorted(targets.items()):
            rows.append(Flow(period, source, target, None if target in hidden else users))
    return rows


def cohorts(reader: Reader, minimum: int = MINIMUM_USERS) -> list[Cohort]:
    """Every cohort in every month since its first."""
    known = {one.key: one.users for one in sums.cohorts(reader)}
    rows = []
    for (first, month), users in sorted(known.items()):
        whole = known[market.CohortKey(first, first)]
        small = min(users, whole) < minimum or 0 < whole - users < minimum
        rows.append(
            Cohort(first, month, None if small else users, None if small else users / whole)
        )
    return rows


def labeller(names: Names, asked: Asked) -> Callable[[int, int], Label]:
    """How a number is called on a day, by what and for whom figures are asked."""
    dimension = DIMENSIONS[asked.by]

    def label(number: int, day: int) -> Label:
        if dimension is not Dimension.PLATFORM:
            return names.label(dimension, number)
        if asked.own and number not in (asked.own, market.ABSENT):
            return Label(OTHERS_KEY, OTHERS_KEY)
        return names.group(number, day) if asked.by == "group" else names.platform(number)

    return label


def withheld(users: Mapping[K, int], minimum: int) -> set[K]:
    """Which figures say too much of too few, and what would give the only one of them away."""
    small = {one for one, count in users.items() if count < minimum}
    parts = [one for one in users if one != TOTAL]
    if len(small - {TOTAL}) == 1 and len(parts) > 1:
        left = [one for one in parts if one not in small]
        small.add(min(left, key=lambda one: users[one]))
    return small


def _seen(
    reader: Reader, asked: Asked, dimension: Dimension
) -> Iterable[tuple[tuple[int, tuple[int, ...]], int]]:
    for one in sums.seen(reader, asked.every, dimension, asked.periods):
        yield (one.key.period, market.unpacked(one.key.members)), one.users


def _people(
    reader: Reader, asked: Asked, label: Callable[[int, int], Label]
) -> dict[int, dict[Label, int]]:
    """Somebody who bought at two platforms of a group is one of the group's people."""
    found: dict[int, dict[Label, int]] = defaultdict(lambda: defaultdict(int))
    for (period, members), users in _seen(reader, asked, DIMENSIONS[asked.by]):
        day = market.first_day(asked.every, period + 1) - 1
        for one in {label(number, day) for number in members} | {TOTAL}:
            found[period][one] += users
    return found


def _number(volume: Volume, by: By) -> int:
    if by == "method":
        return volume.method_id
    return volume.terminal_id if by == "terminal" else volume.platform_id


def _add(row: list[int], volume: Volume) -> None:
    more = (volume.payments, volume.amount, volume.refunds, volume.refunded)
    row[:] = [one + other for one, other in zip(row, more, strict=True)]


def _divided(share: Share, whole: tuple[int, int, int, int]) -> Share:
    reach = whole[-1] if share.label == TOTAL else share.users
    parts = (share.users, share.payments, share.amount, reach)
    of = [
        None if part is None or not all_ else part / all_
        for part, all_ in zip(parts, whole, strict=True)
    ]
    return replace(share, of_users=of[0], of_payments=of[1], of_amount=of[2], of_reach=of[3])


def _hidden(share: Share) -> Share:
    return Share(share.period, share.label, None, None, None, None, None)


def is_named(label: Label) -> bool:
    """Is it somebody, rather than everybody else or all?"""
    return label.key not in (OTHERS_KEY, ABSENT_KEY, TOTAL.key)
