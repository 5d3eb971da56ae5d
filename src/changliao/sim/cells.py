"""The cells engine: how many people are in each state, at a cost that does not depend on how many.

With a generator, each cell draws one multinomial, which is exact in distribution because the people
in it are alike. Without one it takes the expected path in fractions.
"""

import numpy as np

from changliao.sim.law import BOYCOTTING, Choices, Law
from changliao.sim.market import Floats


class Cells:
    """`people[g, z, a, h]`; a day's `bought` is (pay[z, tau, k, m], flow[h, k])."""

    name = "cells"

    def __init__(
        self, law: Law, start: Floats, people: int, generator: np.random.Generator | None
    ) -> None:
        self._law = law
        self._generator = generator
        self.people: Floats = np.zeros(law.shape)
        self.people[:, 0] = start * people
        if generator is not None:
            self.people[:, 0] = apportioned(start, people)

    def move(self, habit: int, into: int | None) -> None:
        """A platform is gone; its people have the habit of the one it became."""
        if into is not None:
            self.people[..., into] += self.people[..., habit]
            self.people[..., habit] = 0

    def feel(self, moves: Floats) -> None:
        """Moods change by a transition matrix."""
        self.people = self._changed(self.people, moves, 1)

    def enrol(self, moves: Floats) -> None:
        """Wallet sets change by a transition matrix."""
        self.people = self._changed(self.people, moves, 2)

    def buy(self, choices: Choices) -> tuple[Floats, Floats]:
        """Everybody's day; afterwards the last platform of those who bought is that one."""
        law = self._law
        visiting = law.model.visit_rate * law.terminals
        chances = choices.platform * visiting[:, None, None]  # g z a tau h k
        chances = np.moveaxis(chances, 4, 3)  # g z a h tau k
        bought = self._drawn(chances)
        bought_where = bought.sum(axis=(0, 3))  # z a tau k
        paid = self._shared(bought_where, choices.wallet)  # z a tau k m
        by_habit = bought.sum(axis=4)  # g z a h k
        self.people = self.people - by_habit.sum(axis=4) + by_habit.sum(axis=3)
        return paid.sum(axis=1), by_habit.sum(axis=(0, 1, 2))

    def at_platforms(self) -> Floats:
        """People by last platform."""
        return np.asarray(self.people.sum(axis=(0, 1, 2)))

    def holding(self) -> Floats:
        """People by wallet held."""
        return np.asarray(self.people.sum(axis=(0, 1, 3)) @ self._law.holds)

    def boycotting(self) -> float:
        """The share of people who boycott."""
        return float(self.people[:, BOYCOTTING].sum() / self.people.sum())

    def _drawn(self, chances: Floats) -> Floats:
        """How many choose each (terminal, platform); the rest stay away."""
        if self._generator is None:
            return self.people[..., None, None] * chances
        *cells, terminals, count = chances.shape
        flat = chances.reshape(-1, terminals * count)
        stay = np.clip(1 - flat.sum(axis=1, keepdims=True), 0, 1)
        counts = self.people.reshape(-1).astype(np.int64)
        drawn = self._generator.multinomial(counts, np.hstack([flat, stay]))
        return drawn[:, :-1].reshape(*cells, terminals, count).astype(float)

    def _shared(self, counts: Floats, chances: Floats) -> Floats:
        """Counts divided among outcomes whose chances add up to one."""
        if self._generator is None:
            return counts[..., None] * chances
        flat = chances.reshape(-1, chances.shape[-1])
        sums = flat.sum(axis=1, keepdims=True)
        even = np.full_like(flat, 1 / flat.shape[1])
        flat = np.divide(flat, sums, out=even, where=sums > 0)
        drawn = self._generator.multinomial(counts.reshape(-1).astype(np.int64), flat)
        return drawn.reshape(chances.shape).astype(float)

    def _changed(self, people: Floats, moves: Floats, axis: int) -> Floats:
        front = np.moveaxis(people, axis, -1)
        if self._generator is None:
            return np.moveaxis(front @ moves, -1, axis)
        chances = np.broadcast_to(moves, (*front.shape, moves.shape[1]))
        moved = self._shared(front, np.ascontiguousarray(chances))
        return np.moveaxis(moved.sum(axis=-2), -1, axis)


def apportioned(parts: Floats, whole: int) -> Floats:
    """Whole numbers in the proportions of `parts` that add up to `whole`, by largest remainder."""
    exact = parts / parts.sum() * whole
    counts = np.floor(exact)
    left = round(whole - counts.sum())
    order = np.argsort((counts - exact).ravel(), kind="stable")
    counts.ravel()[order[:left]] += 1
    return np.asarray(counts)
