"""The agents engine: every person has a state of two bytes and a draw of their own each day.

A draw is a hash of (seed, day, person), so it does not depend on how people are divided among
threads. The law is tabulated once a day for each cell as an alias table (Walker 1977; Vose 1991),
so a choice costs two look-ups. The hash is splitmix64 (Steele, Lea and Flood 2014).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from changliao.sim import kernels
from changliao.sim.cells import apportioned
from changliao.sim.law import BOYCOTTING, Choices, Law
from changliao.sim.market import Floats

MOST_KINDS: Final = 256
# So many people fit the cache with NumPy's copies of them; a compiled loop makes no copies.
_CHUNK: Final = 1 << 15
_COMPILED_CHUNK: Final = 1 << 18
_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1
_FULL: Final = float(1 << 32)
Words = NDArray[np.uint64]
# Buyers, and the place of (terminal, platform, wallet) that each chose.
Bought = tuple[NDArray[np.int64], NDArray[np.int64]]


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
        self._compiled = compiled and kernels.BUY is not None
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
            self._over(lambda one, two: self._rename(renamed, one, two))
            self._at_platform[into] += self._at_platform[habit]
            self._at_platform[habit] = 0

    def feel(self, moves: Floats) -> None:
        """Moods change by a transition matrix."""
        classes, _, sets, _ = self._law.shape
        self._change(np.asarray(np.kron(np.eye(classes), np.kron(moves, np.eye(sets))), float))

    def enrol(self, moves: Floats) -> None:
        """Wallet sets change by a transition matrix."""
        classes, moods, _, _ = self._law.shape
        self._change(np.asarray(np.kron(np.eye(classes * moods), moves), float))

    def buy(self, choices: Choices) -> tuple[Floats, Floats]:
        """Everybody's day; afterwards the last platform of those who bought is that one."""
        law = self._law
        _, moods, sets, platforms = law.shape
        shape = (len(law.terminals), platforms, choices.wallet.shape[-1])
        chances = np.einsum(
            "t,gzathk,zatkm->gzahtkm", law.terminals, choices.platform, choices.wallet
        )
        flat = chances.reshape(-1, int(np.prod(shape)))
        served = flat.sum(axis=1)
        visit = thresholds(law.model.visit_rate * served)
        # What nobody can choose today, such as wallets not taken, is in no table.
        used = np.flatnonzero(flat.any(axis=0)) if flat.any() else np.arange(1)
        threshold, alias = alias_table(flat[:, used])
        places = used // shape[2] % platforms
        tables = (visit, threshold, alias, places.astype(np.uint8))
        moods_of = (np.arange(self._kinds) // sets % moods).astype(np.int64)
        key = self._key()
        found = self._over(lambda one, two: self._bought(key, tables, moods_of, one, two))
        if self.bought is not None:
            self.bought[:] = [(buyers, used[outcome]) for _, _, (buyers, outcome) in found]
        pay = np.zeros((moods, flat.shape[1]), np.int64)
        pay[:, used] = sum(part[0] for part in found).reshape(moods, -1)
        flow = sum(part[1] for part in found).reshape(platforms, platforms)
        self._at_platform += flow.sum(axis=0) - flow.sum(axis=1)
        return pay.reshape(moods, *shape).astype(float), flow.astype(float)

    def at_platforms(self) -> Floats:
        """People by last platform."""
        return np.asarray(self._at_platform, float)

    def holding(self) -> Floats:
        """People by wallet held."""
        return np.asarray(self._counted().sum(axis=(0, 1)) @ self._law.holds)

    def boycotting(self) -> float:
        """The share of people who boycott."""
        return float(self._counted()[:, BOYCOTTING].sum() / len(self.kind))

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
        even = np.full_like(away, 1 / len(away))
        threshold, alias = alias_table(np.divide(away, sums, out=even, where=sums > 0))
        key = self._key()
        for went in self._over(
            lambda one, two: self._changed(key, (leave, threshold, alias), one, two)
        ):
            self._in_kind += went

    def _changed(self, key: int, tables: Any, one: int, two: int) -> NDArray[np.int64]:
        leave, threshold, alias = tables
        kind = self.kind[one:two]
        if self._compiled:
            gained = np.zeros(self._kinds, np.int64)
            kernels.MOVE((np.uint64(key), one), kind, tables, gained)
            return gained
        draw = draws(key, one, two)
        movers = np.flatnonzero(upper(draw) < leave.take(kind))
        came_from = kind[movers].astype(np.int64)
        went_to = pick(mix(draw[movers]), came_from, threshold, alias)
        kind[movers] = went_to
        return np.bincount(went_to, minlength=self._kinds) - np.bincount(
            came_from, minlength=self._kinds
        )

    def _rename(self, renamed: NDArray[np.uint8], one: int, two: int) -> None:
        self.habit[one:two] = renamed[self.habit[one:two]]

    def _bought(
        self, key: int, tables: Any, moods_of: NDArray[np.int64], one: int, two: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Bought]:
        visit, threshold, alias, places = tables
        platforms, outcomes = self._law.shape[3], alias.shape[1]
        kind, habit = self.kind[one:two], self.habit[one:two]
        if self._compiled:
            return self._bought_compiled(key, tables, one, two)
        cell = kind.astype(np.uint16) * np.uint16(platforms) + habit
        draw = draws(key, one, two)
        buyers = np.flatnonzero(upper(draw) < visit.take(cell))
        outcome = pick(mix(draw[buyers]), cell[buyers].astype(np.int64), threshold, alias)
        came_from = habit[buyers].astype(np.int64)
        went_to = places[outcome]
        habit[buyers] = went_to
        moods = 2
        pay = np.bincount(moods_of[kind[buyers]] * outcomes + outcome, minlength=moods * outcomes)
        flow = np.bincount(came_from * platforms + went_to, minlength=platforms * platforms)
        return pay, flow, (buyers + one, outcome)

    def _bought_compiled(
        self, key: int, tables: Any, one: int, two: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Bought]:
        visit, threshold, alias, places = tables
        _, moods, sets, platforms = self._law.shape
        columns = alias.shape[1]
        counts = np.zeros(self._kinds * platforms * columns, np.int64)
        chosen = np.full(two - one if self.bought is not None else 0, -1)
        people = self.kind[one:two], self.habit[one:two]
        sizes = np.uint64(platforms), np.uint64(columns)
        flat = (visit, threshold.ravel(), alias.ravel(), places, *sizes)
        kernels.BUY((np.uint64(key), one), people, flat, counts, chosen)
        pay = counts.reshape(-1, moods, sets, platforms, columns).sum(axis=(0, 2, 3))
        flow = np.zeros((platforms, platforms), np.int64)
        np.add.at(flow.T, places, counts.reshape(-1, platforms, columns).sum(axis=0).T)
        buyers = np.flatnonzero(chosen >= 0)
        return pay.ravel(), flow.ravel(), (buyers + one, chosen[buyers])

    def _over(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Do it for everybody, in chunks that fit the cache, on all threads."""
        people, chunk = len(self.kind), _COMPILED_CHUNK if self._compiled else _CHUNK
        edges = [(one, min(one + chunk, people)) for one in range(0, people, chunk)]
        if self._pool is None:
            return [work(*edge) for edge in edges]
        return list(self._pool.map(lambda edge: work(*edge), edges))


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


def draws(key: int, one: int, two: int) -> Words:
    """64 random bits for each of the people from `one` to `two`."""
    words = np.arange(one, two, dtype=np.uint64)
    words *= np.uint64(_GOLDEN)
    words += np.uint64(key)
    return mix(words)


def upper(draw: Words) -> NDArray[np.uint32]:
    """The upper half of each draw; the lower half of a draw mixed again is independent of it."""
    return (draw >> np.uint64(32)).astype(np.uint32)


def thresholds(chances: Floats) -> NDArray[np.uint32]:
    """A 32-bit draw is below its threshold with this chance; a certainty is short by 1/2³²."""
    return np.clip(np.rint(chances * _FULL), 0, _FULL - 1).astype(np.uint32)


def alias_table(chances: Floats) -> tuple[Words, NDArray[np.int64]]:
    """For each row, thresholds in 1/2³² and the other outcome of each column. Rows of zeros: any.

    All rows at once, one column of each a step: the smallest left is filled up by the largest; a
    largest that was used up below one becomes the one to be filled.
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
    return np.rint(np.clip(threshold, 0, 1) * _FULL).astype(np.uint64), alias


def pick(
    draw: Words, row: NDArray[np.int64], threshold: Words, alias: NDArray[np.int64]
) -> NDArray[np.int64]:
    """One outcome for each draw, from its row of an alias table."""
    columns = alias.shape[1]
    column = ((draw >> np.uint64(32)) * np.uint64(columns) >> np.uint64(32)).astype(np.int64)
    place = row * columns + column
    keeps = (draw & np.uint64(0xFFFFFFFF)) < threshold.ravel()[place]
    return np.where(keeps, column, alias.ravel()[place])
