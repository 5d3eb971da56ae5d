"""The agents engine: every person has a state of two bytes and a draw of their own each day.

A draw is half of a hash of (seed, day, pair of people), so it does not depend on how people are
divided among threads. The law is tabulated once a day for each cell as an alias table (Walker 1977;
Vose 1991) with staying at home among the outcomes, so a day costs a person one draw of 32 bits and
two look-ups. The hash is splitmix64 (Steele, Lea and Flood 2014).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from changliao.sim.cells import apportioned
from changliao.sim.law import BOYCOTTING, Law, Sale, Sides, mood_moves, wallet_moves
from changliao.sim.market import Floats

MOST_KINDS: Final = 256
# So many people fit the cache with NumPy's copies of them; a compiled loop makes no copies.
_CHUNK: Final = 1 << 15
_COMPILED_CHUNK: Final = 1 << 18
_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1
_FULL: Final = float(1 << 32)
# A guide tells the place of nearly every draw from its first bits, for a table that is small enough
# to stay in the cache, and where so many people draw that it is worth being made every day.
_GUIDE_BITS: Final = 10
_REST: Final = np.uint32(32 - _GUIDE_BITS)
_MOST_GUIDED: Final = 32
_GUIDED_FROM: Final = 1 << 16
# Less is rounding, and no chance.
_NEVER: Final = 1e-12
Words = NDArray[np.uint64]
Halves = NDArray[np.uint32]
# Buyers, and the place of (terminal, platform, wallet) that each chose.
Bought = tuple[NDArray[np.int64], NDArray[np.int64]]


class Table(Struct, frozen=True):
    """A day's choices, row by row: `threshold` in 1/2³², `alias` the place to go to otherwise.

    `went` is the platform that a place leads to; all are flat. `guide`, when there is one, has the
    place of each row and first bits of a draw, -1 where the bits after them decide.
    """

    rows: int
    columns: int
    threshold: NDArray[np.uint32]
    alias: NDArray[np.int32]
    went: NDArray[np.uint8]
    guide: NDArray[np.int32] | None = None


class Agents:
    """`kind` is (g, z, a) packed, `habit` the last platform. The methods are those of `Cells`.

    The same draws are made with Numba, where it is there and `compiled` is wanted, and without.
    """

    name = "agents"

    def __init__(
        self, law: Law, start: Floats, people: int, seed: int, threads: int = 1,
        *, compiled: bool = True,
    ) -> None:  # fmt: skip
        self._law = law
        self.count = people
        self._loops = _loops() if compiled else None
        self._seed = seed
        self._draws = 0
        classes, moods, sets, platforms = law.shape
        self._kinds: Final = classes * moods * sets
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        counts = np.zeros(law.shape)
        counts[:, 0] = apportioned(start, people)
        cells = counts.reshape(-1).astype(np.int64)
        kinds = np.arange(self._kinds).repeat(platforms)
        habits = np.tile(np.arange(platforms), self._kinds)
        self.kind: NDArray[np.uint8] = np.repeat(kinds.astype(np.uint8), cells)
        self.habit: NDArray[np.uint8] = np.repeat(habits.astype(np.uint8), cells)
        # What each person bought last, for who wants to know: kept when it is a list.
        self.bought: list[Bought] | None = None
        self._in_kind = cells.reshape(self._kinds, platforms).sum(axis=1)
        self._at_platform = cells.reshape(self._kinds, platforms).sum(axis=0)

    def move(self, habit: int, into: int | None) -> None:
        """A platform is gone; its people have the habit of the one it became."""
        if into is not None:
            renamed = np.arange(256, dtype=np.uint8)
            renamed[habit] = into
            for _ in self._over(lambda one, two: self._rename(renamed, one, two)):
                pass
            self._at_platform[into] += self._at_platform[habit]
            self._at_platform[habit] = 0

    def feel(self, up: Floats, down: Floats) -> None:
        """Some of the calm begin to boycott, some who do forgive."""
        classes, _, sets, _ = self._law.shape
        self._change(np.kron(np.eye(classes), np.kron(mood_moves(up, down), np.eye(sets))))

    def enrol(self, rates: Floats) -> None:
        """Of those without an optional wallet, some take it up."""
        classes, moods, _, _ = self._law.shape
        self._change(np.asarray(np.kron(np.eye(classes * moods), wallet_moves(rates)), float))

    def buy(self, market: Sides, *, whole: bool) -> Sale:
        """Everybody's day; afterwards the last platform of those who bought is that one."""
        law = self._law
        choices = law.choices(market)
        _, moods, sets, platforms = law.shape
        shape = (len(law.terminals), platforms, choices.wallet.shape[-1])
        chances = law.visit_rate * np.einsum(
            "t,gzathk,zatkm->gzahtkm", law.terminals, choices.platform, choices.wallet
        )
        flat = chances.reshape(-1, int(np.prod(shape)))
        stays = np.clip(1 - flat.sum(axis=1, keepdims=True), 0, 1)
        stays[stays < _NEVER] = 0
        flat = np.hstack([flat, stays])
        home = flat.shape[1] - 1
        # What nobody can choose today, such as wallets not taken, is in no table.
        used = np.flatnonzero(flat.any(axis=0))
        places = np.where(used == home, -1, used // shape[2] % platforms)
        table = alias_table(flat[:, used], places, platforms)
        small = max(table.rows, table.columns) <= _MOST_GUIDED
        if self._loops is None and small and self.count >= _GUIDED_FROM:
            table = replace(table, guide=guide_of(table))
        key = self._key()
        counts = np.zeros(len(table.went), np.int64)
        bought: list[Bought] = []
        for part, buyers, chosen in self._over(lambda one, two: self._bought(key, table, one, two)):
            counts += part
            if self.bought is not None:
                outcome = used[chosen % table.columns]
                there = outcome != home
                bought.append((buyers[there], outcome[there]))
        if self.bought is not None:
            self.bought[:] = bought
        pay = np.zeros((moods, home + 1))
        pay[:, used] = counts.reshape(-1, moods, sets * platforms, len(used)).sum(axis=(0, 2))
        flow = np.zeros((platforms, platforms))
        left = places >= 0
        by_habit = counts.reshape(-1, platforms, len(used)).sum(axis=0)
        np.add.at(flow.T, places[left], by_habit[:, left].T)
        self._at_platform += (flow.sum(axis=0) - flow.sum(axis=1)).astype(np.int64)
        paid = pay[:, :home].reshape(moods, *shape)
        return Sale(paid.sum(axis=(0, 1, 3)), paid, flow)

    def at_platforms(self) -> Floats:
        """People by last platform."""
        return np.asarray(self._at_platform, float)

    def holding(self) -> Floats:
        """People by wallet held."""
        return np.asarray(self._counted().sum(axis=(0, 1)) @ self._law.holds)

    def boycotting(self) -> Floats:
        """The share of people who boycott."""
        return np.asarray(self._counted()[:, BOYCOTTING].sum() / self.count)

    def _counted(self) -> Floats:
        return np.asarray(self._in_kind, float).reshape(self._law.shape[:3])

    def _key(self) -> int:
        """A new stream of draws: one for each thing that happens to everybody."""
        self._draws += 1
        return mixed_once(mixed_once(self._seed & _MASK) + self._draws * _GOLDEN & _MASK)

    def _change(self, moves: Floats) -> None:
        """Most people stay as they are; who moves draws where to."""
        leave = thresholds(1 - np.diag(moves))
        if not leave.any():
            return
        away = moves * (1 - np.eye(len(moves)))
        sums = away.sum(axis=1, keepdims=True)
        table = alias_table(np.divide(away, sums, out=away, where=sums > 0), np.arange(len(away)))
        keys = self._key(), self._key()
        for went in self._over(lambda one, two: self._changed(keys, leave, table, one, two)):
            self._in_kind += went

    def _changed(
        self, keys: tuple[int, int], leave: Halves, table: Table, one: int, two: int
    ) -> NDArray[np.int64]:
        kind = self.kind[one:two]
        if self._loops is not None:
            gained = np.zeros(self._kinds, np.int64)
            draws = np.uint64(keys[0]), np.uint64(keys[1]), one // 2
            flat = leave, table.threshold, table.alias, np.uint64(table.columns)
            self._loops.MOVE(draws, kind, flat, gained)
            return gained
        movers = np.flatnonzero(halves(keys[0], one, two) < leave.take(kind))
        came_from = kind[movers].astype(np.int64)
        words = (movers + one).astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(keys[1])
        base = came_from * table.columns
        went_to = pick((mix(words) >> np.uint64(32)).astype(np.uint32), base, table)
        went_to -= came_from * table.columns
        kind[movers] = went_to
        return np.bincount(went_to, minlength=self._kinds) - np.bincount(
            came_from, minlength=self._kinds
        )

    def _rename(self, renamed: NDArray[np.uint8], one: int, two: int) -> None:
        self.habit[one:two] = renamed[self.habit[one:two]]

    def _bought(
        self, key: int, table: Table, one: int, two: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """How many chose each place of the table; and, when it is wanted, who which."""
        platforms, kind, habit = self._law.shape[3], self.kind[one:two], self.habit[one:two]
        wanted = two - one if self.bought is not None else 0
        everybody = np.arange(one, one + wanted)
        if self._loops is not None:
            counts = np.zeros((2, len(table.went)), np.int32)
            chosen = np.empty(wanted, np.int64)
            sizes = np.uint64(platforms), np.uint64(table.columns)
            flat = table.threshold, table.alias, table.went, *sizes
            draws = np.uint64(key), one // 2
            self._loops.BUY(draws, (kind, habit), flat, counts, chosen)
            return counts.sum(axis=0, dtype=np.int64), everybody, chosen
        if table.guide is None:
            base = kind.astype(np.int64)
            base *= platforms
            base += habit
            base *= table.columns
            place = pick(halves(key, one, two), base, table)
        else:
            row = kind * np.uint8(platforms) + habit
            place = guided(halves(key, one, two), row, table, table.guide)
        np.take(table.went, place, out=habit, mode="clip")
        return np.bincount(place, minlength=len(table.went)), everybody, place[:wanted]

    def _over(self, work: Callable[[int, int], Any]) -> Iterator[Any]:
        """Do it for everybody, in chunks that fit the cache, on all threads: as it is wanted."""
        people, chunk = len(self.kind), _CHUNK if self._loops is None else _COMPILED_CHUNK
        edges = [(one, min(one + chunk, people)) for one in range(0, people, chunk)]
        if self._pool is None:
            return (work(*edge) for edge in edges)
        return self._pool.map(lambda edge: work(*edge), edges)


def _loops() -> Any:
    """The compiled loops, when Numba is there: only who follows each person waits for it."""
    from changliao.sim import kernels  # noqa: PLC0415 the docstring says why

    return None if kernels.BUY is None else kernels


def mixed_once(value: int) -> int:
    """splitmix64's finalizer of one number."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


def mix(words: Words) -> Words:
    """splitmix64's finalizer, in place."""
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words


def halves(key: int, one: int, two: int) -> Halves:
    """32 random bits for each of the people from `one`, which is even, to `two`."""
    words = np.arange(one // 2, (two + 1) // 2, dtype=np.uint64)
    words *= np.uint64(_GOLDEN)
    words += np.uint64(key)
    return mix(words).astype("<u8", copy=False).view("<u4")[: two - one]


def thresholds(chances: Floats) -> Halves:
    """A 32-bit draw is below its threshold with this chance; a certainty is short by 1/2³²."""
    return np.clip(np.rint(chances * _FULL), 0, _FULL - 1).astype(np.uint32)


def alias_table(chances: Floats, places: NDArray[np.int64], platforms: int = 1) -> Table:
    """For each row, thresholds and the other outcome of each column. Rows of zeros: any.

    `places` says where columns lead; -1 is to where the row's people, who are in the order of
    `platforms`, are already. All rows at once, one column of each a step: the smallest left is
    filled up by the largest; a largest that was used up below one becomes the one to be filled.
    """
    rows, columns = chances.shape
    sums = chances.sum(axis=1, keepdims=True)
    even = np.full_like(chances, 1 / columns)
    scaled = np.divide(chances, sums, out=even, where=sums > 0) * columns
    order = np.argsort(scaled, axis=1)
    threshold = np.ones((rows, columns))
    alias = np.tile(np.arange(columns), (rows, 1))
    every = np.arange(rows)
    low, high = np.zeros(rows, np.int64), np.full(rows, columns - 1)
    rest = scaled[every, order[:, -1]]
    for _ in range(columns - 1):
        giving = rest >= 1
        donor = order[every, high]
        filled = np.where(giving, order[every, low], donor)
        has = np.where(giving, scaled[every, filled], rest)
        high -= ~giving
        low += giving
        donor = order[every, high]
        threshold[every, filled] = has
        alias[every, filled] = donor
        rest = np.where(giving, rest, scaled[every, donor]) - (1 - has)
    # Whole columns are their own alias: a threshold is short of certainty by 1/2³².
    alias = np.where(np.rint(threshold * _FULL) >= _FULL, np.arange(columns), alias)
    alias += every[:, None] * columns
    went = np.where(places >= 0, places, every[:, None] % platforms)
    return Table(
        rows, columns, thresholds(threshold).ravel(), alias.astype(np.int32).ravel(),
        went.astype(np.uint8).ravel(),
    )  # fmt: skip


def pick(half: Halves, base: NDArray[np.int64], table: Table) -> NDArray[np.int64]:
    """A place for each 32 bits: the product's upper half is the column, the lower half a draw."""
    product = half.astype(np.uint64)
    product *= np.uint64(table.columns)
    draw = product.astype(np.uint32)
    product >>= np.uint64(32)
    place = base + product.view(np.int64)
    others = np.flatnonzero(draw >= table.threshold.take(place))
    place[others] = table.alias.take(place[others])
    return place


def guide_of(table: Table) -> NDArray[np.int32]:
    """The place of every draw that begins with the same bits, -1 where it is not the same.

    A row is a sequence of pieces, a column's own and its alias's in turn: draws whose first and
    last are of one piece are all of it.
    """
    step = np.uint32(1) << _REST
    first = np.arange(1 << _GUIDE_BITS, dtype=np.uint32) * step
    rows = np.arange(table.rows)[:, None] * table.columns
    places, pieces = [], []
    for half in (first, first + (step - np.uint32(1))):
        product = half.astype(np.uint64) * np.uint64(table.columns)
        place = rows + (product >> np.uint64(32)).astype(np.int64)
        other = product.astype(np.uint32) >= table.threshold[place]
        places.append(np.where(other, table.alias[place], place))
        pieces.append(2 * place + other)
    return np.where(pieces[0] == pieces[1], places[0], -1).astype(np.int32).ravel()


def guided(
    half: Halves, row: NDArray[np.uint8], table: Table, guide: NDArray[np.int32]
) -> NDArray[np.int64]:
    """What `pick` finds, with few passes over the people: most need one look-up."""
    at = row.astype(np.uint32)
    at <<= np.uint32(_GUIDE_BITS)
    at |= half >> _REST
    place = guide.take(at).astype(np.int64)
    others = np.flatnonzero(place < 0)
    place[others] = pick(half[others], row[others] * np.int64(table.columns), table)
    return place
