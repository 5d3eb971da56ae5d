"""The expected path: the mean of what people do, in fractions of them; nothing is drawn.

One run, or many at once. The chance to go from h to k is the same for every h but where habit
counts, so a day needs no matrix: with e the odds, E their sum, c = e^κ - 1 and
w_h = people_h / (E + c e_h), those who choose k are e_k (Σ w + c w_k).
Runs are the last axis here, not the first: NumPy is quick along it.
"""

from typing import Final

import numpy as np
from msgspec import Struct

from changliao.sim.law import Law, Sale, Sides
from changliao.sim.market import Floats

_NOTHING: Final = np.zeros(0)


class Unchanged(Struct, frozen=True):
    """What only events change: `inclusive[k, tau, z, a]`, and who can [tau, z, a] and does not buy.

    `stays[z, a]` is the part who stay away.
    """

    happened: int
    inclusive: Floats
    unserved: Floats
    stays: Floats


class Expected:
    """`people[h, g, z, a, run]`: z has no second place before somebody boycotts."""

    name = "expected"

    def __init__(self, law: Law, start: Floats, people: int) -> None:
        self._law = law
        self._many = start.ndim > 3
        self.count = people
        self.people: Floats = np.ascontiguousarray(
            np.moveaxis(self._last(start), 2, 0)[:, :, None] * people
        )
        self._boycotting: Floats = np.zeros(start.shape[:-3])
        self._habit: Floats = self._last(np.expm1(law.habit))
        self._visiting: Floats = self._last(law.visit_rate[..., None] * law.terminals)
        self._unchanged: Unchanged | None = None
        self._room: list[Floats] = []

    def move(self, habit: int, into: int | None) -> None:
        """A platform is gone; its people have the habit of the one it became."""
        if into is not None:
            self.people[into] += self.people[habit]
            self.people[habit] = 0

    def feel(self, up: Floats, down: Floats) -> None:
        """Some of the calm begin to boycott, some who do forgive."""
        if self.people.shape[2] == 1:
            self.people = np.concatenate([self.people, np.zeros_like(self.people)], axis=2)
            self._unchanged = None
        calm, angry = self.people[:, :, 0], self.people[:, :, 1]
        net = calm * self._last(up)
        net -= angry * self._last(down)
        calm -= net
        angry += net
        self._boycotting = self._first(angry.sum(axis=(0, 1, 2)) / self.count)

    def enrol(self, rates: Floats) -> None:
        """Of those without an optional wallet, some take it up; one wallet after the other."""
        *_, sets, runs = self.people.shape
        for bit, rate in enumerate(self._last(rates)):
            if not rate.any():
                continue
            pairs = self.people.reshape(-1, sets >> bit + 1, 2, 1 << bit, runs)
            taken = pairs[:, :, 0] * rate
            pairs[:, :, 0] -= taken
            pairs[:, :, 1] += taken

    def buy(self, market: Sides, *, whole: bool) -> Sale:
        """Everybody's day; afterwards the last platform of those who bought is that one."""
        liking = np.moveaxis(self._last(self._law.liking(market)), 2, 0)  # k, g, z
        liking = liking[:, :, : self.people.shape[2]]
        same = self._same(market, liking)
        odds, waiting, bought = self._room  # k, tau, g, z, a
        np.multiply(liking[:, None, :, :, None], same.inclusive[:, :, None], out=odds)
        np.multiply(odds, self._habit, out=waiting)
        waiting += odds.sum(axis=0) + same.unserved[:, None]
        np.divide(self.people[:, None], waiting, out=waiting)
        waiting *= self._visiting[:, None, None, None]
        np.multiply(waiting, self._habit, out=bought)
        bought += waiting.sum(axis=0)
        bought *= odds
        self.people *= same.stays
        for there in np.moveaxis(bought, 1, 0):
            self.people += there
        visits = self._first(bought.sum(axis=(1, 2, 3, 4)))
        if not whole:
            return Sale(visits, _NOTHING, _NOTHING)
        return Sale(visits, self._paid(market, bought), self._moved(odds, waiting))

    def at_platforms(self) -> Floats:
        """People by last platform."""
        return self._first(self.people.sum(axis=(1, 2, 3)))

    def holding(self) -> Floats:
        """People by wallet held."""
        return self._first(self._law.holds.T @ self.people.sum(axis=(0, 1, 2)))

    def boycotting(self) -> Floats:
        """The share of people who boycott."""
        return self._boycotting

    def _same(self, market: Sides, liking: Floats) -> Unchanged:
        """What was worked out when something happened last."""
        kept, happened = self._unchanged, market.happened
        if kept is not None and kept.happened == happened:
            return kept
        inclusive = self._last(self._law.standing(market).inclusive)  # z, a, tau, k
        inclusive = np.ascontiguousarray(
            inclusive.transpose(3, 2, 0, 1, 4)[:, :, : liking.shape[2]]
        )
        alive = liking.sum(axis=(1, 2))[:, None, None, None] > 0
        served = np.asarray(((inclusive > 0) & alive).any(axis=0), float)
        stays = np.asarray(1 - (self._visiting[:, None, None] * served).sum(axis=0))
        shape = (*inclusive.shape[:2], liking.shape[1], *inclusive.shape[2:])
        self._room = [np.empty(shape) for _ in range(3)]
        self._unchanged = Unchanged(happened, inclusive, 1.0 - served, stays)
        return self._unchanged

    def _paid(self, market: Sides, bought: Floats) -> Floats:
        wallet = self._last(self._law.standing(market).wallet())[: bought.shape[3]]
        paid = np.einsum("ktgzar,zatkmr->ztkmr", bought, wallet)
        return self._first(np.concatenate([paid, np.zeros_like(paid)])[:2])

    def _moved(self, odds: Floats, waiting: Floats) -> Floats:
        """From h to k: everybody by the odds of k; beside it, by habit, from k to k."""
        flow = np.einsum("htgzar,ktgzar->hkr", waiting, odds)
        own = np.arange(len(odds))
        flow[own, own] += self._habit * np.einsum("ktgzar,ktgzar->kr", waiting, odds)
        return self._first(flow)

    def _last(self, values: Floats) -> Floats:
        """With runs as the last axis."""
        return np.moveaxis(values, 0, -1) if self._many else values[..., None]

    def _first(self, values: Floats) -> Floats:
        """With runs as the first axis, or without."""
        return np.moveaxis(values, -1, 0) if self._many else values[..., 0]
