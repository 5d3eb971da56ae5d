"""Adding up many payments at once, day after day: the same sums that the network's worker keeps.

Payments of a simulation or an export, with people numbered from 0. Rows come in the order of days.
Kept for each person: what they did today, in this week and in this month; so memory grows with
people and platforms, not with payments. `Sums` answers what the store's views ask, so figures and
effects are worked out by the same code as the network's.
Units: days from 1970-01-01 in Beijing; amounts minor.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from changliao.core import market
from changliao.core.market import ABSENT, Dimension, Period
from changliao.store.engine import Row

Ints = NDArray[np.integer[Any]]
CNY: Final = 156
MOST_PLATFORMS: Final = 64
_WIDTHS: Final = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
# So many people at a time: what is worked out for each then takes little beside what is kept.
_PEOPLE: Final = 1 << 16
# Values below are counted at their places.
_DENSE: Final = 1 << 20
_SETS: Final = (Dimension.PLATFORM, Dimension.METHOD, Dimension.TERMINAL)


class OutOfOrder(Exception):
    """A payment of an earlier day than one before it."""


class Facts(Struct, frozen=True):
    """Payments, a column each; platforms, methods and terminals by their numbers."""

    day: Ints
    user: Ints
    platform: Ints
    method: Ints
    terminal: Ints
    amount: Ints

    def columns(self) -> tuple[Ints, ...]:
        """What a payment's dimensions are, in the order of `Dimension`."""
        return self.platform, self.method, self.terminal

    def part(self, one: int, two: int) -> "Facts":
        """The rows from one to two."""
        return Facts(*(getattr(self, name)[one:two] for name in self.__struct_fields__))


class Sums:
    """What was added up, as the statements of the market's views would find it in a database."""

    def __init__(self) -> None:
        self.volumes: dict[tuple[int, int, int, int], list[int]] = defaultdict(lambda: [0, 0])
        # Sets are bits of numbers here: bytes, as a database has them, when somebody asks.
        self.seen: Counter[tuple[int, int, int, int]] = Counter()
        self.flows: Counter[tuple[int, int, int, int]] = Counter()
        self.cohorts: Counter[tuple[int, int]] = Counter()

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows of one of the statements that read sums between two periods."""
        first, last = parameters.get("first", 0), parameters.get("last", 0)
        match name:
            case "market_volumes_between":
                return [
                    (*key, CNY, *both, 0, 0)
                    for key, both in sorted(self.volumes.items())
                    if first <= key[0] <= last
                ]
            case "market_seen_between":
                wanted = parameters["kind"], parameters["dimension"]
                return [
                    (*key[:3], members(key[3]), users)
                    for key, users in self.seen.items()
                    if (key[0], key[2]) == wanted and first <= key[1] <= last
                ]
            case "market_flows_between":
                return [
                    (*key, users) for key, users in sorted(self.flows.items())
                    if key[0] == parameters["kind"] and first <= key[1] <= last
                ]  # fmt: skip
            case "market_cohorts_all":
                return [(*key, users) for key, users in sorted(self.cohorts.items())]
            case _:
                raise LookupError(f"{name} needs a network")

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        """Nothing is found by key in sums."""
        raise LookupError(f"{name} needs a network")


class Rollup:
    """`sizes` are how many platforms, methods and terminals there are, numbered from 0.

    `update` with payments, `finish` once; then `sums` are whole.
    """

    def __init__(self, people: int, sizes: tuple[int, int, int]) -> None:
        if max(sizes) > MOST_PLATFORMS:
            raise ValueError(f"at most {MOST_PLATFORMS} platforms, methods or terminals")
        self.sums: Final = Sums()
        self._sizes = sizes
        self._widths = [next(one for one in _WIDTHS if size <= one) for size in sizes]
        self._day: int | None = None
        self._people = people
        self._today: list[Ints] = [np.zeros(people, _WIDTHS[width]) for width in self._widths]
        self._periods = {
            kind: _Running(kind, people, sizes[0], self._widths)
            for kind in (Period.WEEK, Period.MONTH)
        }
        self._first_month: NDArray[np.int32] = np.full(people, ABSENT, np.int32)

    def update(self, facts: Facts) -> None:
        """Add payments. Raises OutOfOrder."""
        edges = np.flatnonzero(np.diff(facts.day)) + 1
        for one, two in zip([0, *edges], [*edges, len(facts.day)], strict=True):
            if one < two:
                self._add(int(facts.day[one]), facts.part(int(one), int(two)))

    def finish(self) -> Sums:
        """No more payments come."""
        self._close_day()
        for running in self._periods.values():
            self._close(running)
            self._flow(running, running.main, None, running.period + 1)
        return self.sums

    def _add(self, day: int, facts: Facts) -> None:
        if day != self._day:
            if self._day is not None and day < self._day:
                raise OutOfOrder(f"a payment of day {day} after one of day {self._day}")
            self._close_day()
            self._open(day)
        for sets, column in zip(self._today, facts.columns(), strict=True):
            for place in np.flatnonzero(np.bincount(column)):
                sets[facts.user[column == place]] |= sets.dtype.type(1 << int(place))
        visit = facts.user * np.int64(self._sizes[0]) + facts.platform
        for running in self._periods.values():
            np.add.at(running.counts.reshape(-1), visit, np.uint16(1))
        self._add_volumes(day, facts)

    def _add_volumes(self, day: int, facts: Facts) -> None:
        _, methods, terminals = self._sizes
        cell = (facts.platform * np.int64(methods) + facts.method) * terminals + facts.terminal
        counts = np.bincount(cell)
        amounts = np.bincount(cell, weights=facts.amount)
        for at in np.flatnonzero(counts):
            place, terminal = divmod(int(at), terminals)
            volume = self.sums.volumes[day, *divmod(place, methods), terminal]
            volume[0] += int(counts[at])
            volume[1] += int(amounts[at])

    def _open(self, day: int) -> None:
        self._day = day
        for kind, running in self._periods.items():
            period = market.period_of(kind, day)
            if running.period == period:
                continue
            if running.period != ABSENT:
                self._close(running)
                if period > running.period + 1:
                    self._flow(running, running.main, None, running.period + 1)
                    running.main[:] = ABSENT
            running.begin(period)

    def _close_day(self) -> None:
        """Tell of a day who did what, and what it adds to the week and the month."""
        if self._day is None:
            return
        for place, sets in enumerate(self._today):
            self._tell(Period.DAY, self._day, _SETS[place], sets)
            for running in self._periods.values():
                running.sets[place] |= sets
            sets[:] = 0

    def _close(self, running: "_Running") -> None:
        """Tell of a week or a month; then its main platforms are those that people come from."""
        if running.period == ABSENT:
            return
        for place, sets in enumerate(running.sets):
            self._tell(running.kind, running.period, _SETS[place], sets)
        main = np.full_like(running.main, ABSENT)
        for part in self._parts():
            there = running.sets[0][part] > 0
            main[part][there] = running.counts[part].argmax(axis=1)[there]
        self._flow(running, running.main, main, running.period)
        running.main = main
        if running.kind is Period.MONTH:
            for first, users in _counted(self._first_months(running)):
                self.sums.cohorts[first, running.period] += users

    def _first_months(self, running: "_Running") -> Iterator[Ints]:
        """Of everybody who bought this month, which for some is the first."""
        for part in self._parts():
            there, first = running.main[part] != ABSENT, self._first_month[part]
            first[there & (first == ABSENT)] = running.period
            yield first[there]

    def _flow(self, running: "_Running", source: Ints, target: Ints | None, period: int) -> None:
        width = self._sizes[0] + 1
        pairs = (
            (source[part].astype(np.int64) + 1) * width
            + (0 if target is None else target[part].astype(np.int64) + 1)
            for part in self._parts()
        )
        for pair, users in _counted(pairs):
            came, went = divmod(pair, width)
            if pair and running.period != ABSENT:
                self.sums.flows[int(running.kind), period, came - 1, went - 1] += users

    def _tell(self, kind: Period, period: int, dimension: Dimension, sets: Ints) -> None:
        for bits, users in _counted(sets[part] for part in self._parts()):
            if bits:
                self.sums.seen[int(kind), period, int(dimension), bits] += users

    def _parts(self) -> Iterator[slice]:
        for one in range(0, self._people, _PEOPLE):
            yield slice(one, one + _PEOPLE)


class _Running:
    """A week or a month that goes on: how often each bought where, and each one's sets."""

    def __init__(self, kind: Period, people: int, platforms: int, widths: list[int]) -> None:
        self.kind = kind
        self.period = ABSENT
        self.counts: NDArray[np.uint16] = np.zeros((people, platforms), np.uint16)
        self.sets: list[Ints] = [np.zeros(people, _WIDTHS[width]) for width in widths]
        self.main: NDArray[np.int8] = np.full(people, ABSENT, np.int8)

    def begin(self, period: int) -> None:
        self.period = period
        self.counts[:] = 0
        for sets in self.sets:
            sets[:] = 0


def members(bits: int) -> bytes:
    """A set as a database has it."""
    return market.packed(tuple(bit for bit in range(bits.bit_length()) if bits >> bit & 1))


def _counted(parts: Iterable[Ints]) -> list[tuple[int, int]]:
    """Each value and how often it is there."""
    dense, found = np.zeros(0, np.int64), Counter[int]()
    for values in parts:
        if values.size and int(values.max()) >= _DENSE:
            distinct, counts = np.unique(values, return_counts=True)
            found.update(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))
            continue
        counts = np.bincount(values.astype(np.intp, copy=False))
        longer, shorter = (counts, dense) if len(counts) > len(dense) else (dense, counts)
        longer[: len(shorter)] += shorter
        dense = longer
    found.update({int(at): int(dense[at]) for at in np.flatnonzero(dense)})
    return sorted(found.items())
