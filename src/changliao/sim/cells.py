"""The cells engine: how many people are in each state, at a cost that does not depend on how many.

Each cell draws one multinomial, which is exact in distribution because the people in it are alike.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from changliao.sim.law import BOYCOTTING, CALM, Law, Sale, Sides
from changliao.sim.market import Floats

Counts = NDArray[np.int64]
_NOTHING: Final = np.zeros(0)


class Cells:
    """`people[g, z, a, h]`. What is paid with has draws of its own, so a day may do without."""

    name = "cells"

    def __init__(self, law: Law, start: Floats, people: int, seed: int) -> None:
        self._law = law
        self._seed = seed
        self._days = 0
        self._generator = np.random.default_rng(seed)
        self.count = people
        self.people: Counts = np.zeros(law.shape, np.int64)
        self.people[:, 0] = apportioned(start, people)

    def move(self, habit: int, into: int | None) -> None:
        """A platform is gone; its people have the habit of the one it became."""
        if into is not None:
            self.people[..., into] += self.people[..., habit]
            self.people[..., habit] = 0

    def feel(self, up: Floats, down: Floats) -> None:
        """Some of the calm begin to boycott, some who do forgive."""
        calm, angry = self.people[:, CALM], self.people[:, BOYCOTTING]
        moved = self._generator.binomial(calm, up) - self._generator.binomial(angry, down)
        calm -= moved
        angry += moved

    def enrol(self, rates: Floats) -> None:
        """Of those without an optional wallet, some take it up; one wallet after the other."""
        *_, sets, platforms = self.people.shape
        for bit, rate in enumerate(rates):
            pairs = self.people.reshape(-1, sets >> bit + 1, 2, 1 << bit, platforms)
            taken = self._generator.binomial(pairs[:, :, 0], rate)
            pairs[:, :, 0] -= taken
            pairs[:, :, 1] += taken

    def buy(self, market: Sides, *, whole: bool) -> Sale:
        """Everybody's day; afterwards the last platform of those who bought is that one."""
        law = self._law
        choices = law.choices(market)
        visiting = law.visit_rate * law.terminals
        chances = choices.platform * visiting[:, None, None]  # g z a tau h k
        bought = self._drawn(np.moveaxis(chances, 4, 3))  # g z a h tau k
        by_habit = bought.sum(axis=4)  # g z a h k
        self.people -= by_habit.sum(axis=4)
        self.people += by_habit.sum(axis=3)
        self._days += 1
        visits = by_habit.sum(axis=(0, 1, 2, 3)).astype(float)
        if not whole:
            return Sale(visits, _NOTHING, _NOTHING)
        generator = np.random.default_rng((self._seed, self._days))
        paid = _shared(generator, bought.sum(axis=(0, 3)), choices.wallet)  # z a tau k m
        return Sale(visits, paid.sum(axis=1), by_habit.sum(axis=(0, 1, 2)).astype(float))

    def at_platforms(self) -> Floats:
        """People by last platform."""
        return np.asarray(self.people.sum(axis=(0, 1, 2)))

    def holding(self) -> Floats:
        """People by wallet held."""
        return np.asarray(self.people.sum(axis=(0, 1, 3)) @ self._law.holds)

    def boycotting(self) -> Floats:
        """The share of people who boycott."""
        return np.asarray(self.people[:, BOYCOTTING].sum() / self.count)

    def _drawn(self, chances: Floats) -> Counts:
        """How many choose each (terminal, platform); the rest stay away."""
        *cells, terminals, count = chances.shape
        flat = chances.reshape(-1, terminals * count)
        stay = np.maximum(1 - flat.sum(axis=1, keepdims=True), 0)
        drawn = self._generator.multinomial(self.people.reshape(-1), np.hstack([flat, stay]))
        return drawn[:, :-1].reshape(*cells, terminals, count)


def _shared(generator: np.random.Generator, counts: Counts, chances: Floats) -> Floats:
    """Counts divided among outcomes whose chances add up to one."""
    flat = chances.reshape(-1, chances.shape[-1])
    sums = flat.sum(axis=1, keepdims=True)
    even = np.full_like(flat, 1 / flat.shape[1])
    flat = np.divide(flat, sums, out=even, where=sums > 0)
    drawn = generator.multinomial(counts.reshape(-1), flat)
    return drawn.reshape(chances.shape).astype(float)


def apportioned(parts: Floats, whole: int) -> Floats:
    """Whole numbers in the proportions of `parts` that add up to `whole`, by largest remainder."""
    exact = parts / parts.sum() * whole
    counts = np.floor(exact)
    left = round(whole - counts.sum())
    order = np.argsort((counts - exact).ravel(), kind="stable")
    counts.ravel()[order[:left]] += 1
    return np.asarray(counts)
