"""What a run found, day by day, and the questions a fact may ask of it.

Counts are people or payments a day (fractions on the expected path). Day 1 is the first; arrays are
indexed from zero. `pay[day, mood, terminal, platform, wallet]`, `flow[day, from, to]` by the last
platform of those who bought, `users[day, platform]` by last platform, in the evening.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from msgspec import Struct

from changliao.sim.market import Bools, Floats, Market
from changliao.sim.scenario import TERMINALS, Scenario

Names = str | list[str] | tuple[str, ...]


class NotThere(Exception):
    """A question about a day, platform, wallet or group that the run does not have."""


class Result(Struct):
    """A run. `days` is how many were played: fewer than asked when it was interrupted."""

    scenario: str
    engine: str
    people: int
    seed: int
    platforms: tuple[str, ...]
    wallets: tuple[str, ...]
    pay: Floats
    flow: Floats
    users: Floats
    boycotting: Floats
    enrolled: Floats
    accepting: Bools
    groups: list[tuple[str, ...]]
    days: int = 0

    @property
    def visits(self) -> Floats:
        """Purchases by day and platform."""
        bought: Floats = self.pay.sum(axis=(1, 2, 4))
        return bought

    @property
    def shares(self) -> Floats:
        """Of a day's purchases, by platform."""
        visits = self.visits
        part: Floats = visits / np.maximum(visits.sum(axis=1, keepdims=True), 1e-300)
        return part

    def share(self, platforms: Names, day: int) -> float:
        """Of all purchases of the day."""
        at = self._day(day)
        return float(self.shares[at, self._platforms(platforms)].sum())

    def bought(self, platforms: Names, day: int) -> float:
        """How many purchases."""
        return float(self.visits[self._day(day), self._platforms(platforms)].sum())

    def moved(self, day: int, came_from: Names, went_to: Names) -> float:
        """People whose last platform was one of these and who bought at one of those."""
        found = self.flow[self._day(day)]
        return float(found[np.ix_(self._platforms(came_from), self._platforms(went_to))].sum())

    def last_at(self, platforms: Names, day: int) -> float:
        """People whose last purchase was there."""
        return float(self.users[self._day(day), self._platforms(platforms)].sum())

    def mobile(self, platform: Names, day: int) -> float:
        """Of a platform's purchases, those on a phone."""
        found = self.pay[self._day(day)][:, :, self._platforms(platform)].sum(axis=(0, 2, 3))
        return float(found[TERMINALS.index("mobile")] / max(found.sum(), 1e-300))

    def paid_with(self, wallet: str, platform: Names, day: int, mood: str = "all") -> float:
        """Of a platform's purchases, those with a wallet; `mood` is all, calm or boycott."""
        moods = {"all": slice(None), "calm": slice(0, 1), "boycott": slice(1, 2)}
        if mood not in moods:
            raise NotThere(f"a mood is one of {', '.join(moods)}, not {mood!r}")
        places = self._platforms(platform)
        found = self.pay[self._day(day)][moods[mood]][:, :, places].sum(axis=(0, 1, 2))
        return float(found[self._wallet(wallet)] / max(found.sum(), 1e-300))

    def holders(self, wallet: str, day: int) -> float:
        """People who hold a wallet in the evening."""
        return float(self.enrolled[self._day(day), self._wallet(wallet)])

    def boycott(self, day: int) -> float:
        """The share of people who boycott."""
        return float(self.boycotting[self._day(day)])

    def takes(self, platform: str, wallet: str, day: int) -> bool:
        """Does a platform take a wallet?"""
        row = self.accepting[self._day(day)]
        return bool(row[self._platforms(platform)[0], self._wallet(wallet)])

    def hhi(self, day: int) -> float:
        """Herfindahl-Hirschman index of groups' shares of all purchases, 0 to 10,000."""
        at = self._day(day)
        held: dict[str, float] = {}
        for group, share in zip(self.groups[at], self.shares[at], strict=True):
            held[group] = held.get(group, 0.0) + float(share)
        return 10_000 * sum(share * share for share in held.values())

    def competitors(self, day: int) -> float:
        """As many equal groups would be as concentrated."""
        return 10_000 / self.hhi(day)

    def _day(self, day: int) -> int:
        if not 1 <= day <= self.days:
            raise NotThere(f"day {day} is not among the {self.days} days played")
        return day - 1

    def _platforms(self, names: Names) -> list[int]:
        wanted: Iterable[str] = [names] if isinstance(names, str) else names
        return [_place("platform", self.platforms, name) for name in wanted]

    def _wallet(self, name: str) -> int:
        return _place("wallet", self.wallets, name)


def milestones(days: int) -> list[int]:
    """The first day, the last, and what lies between at growing distances."""
    wanted = (1, 9, 10, 16, 30, 90, 180, 365)
    return [day for day in wanted if day < days] + [days] if days else []


def empty(scenario: Scenario) -> Result:
    """A result with every day, platform and wallet, and nobody: it takes no memory."""
    market, days = Market(scenario), scenario.about.days
    count, wallets = len(market.platforms), len(market.wallets)

    def nothing(*shape: int) -> Floats:
        return np.broadcast_to(0.0, (days, *shape))

    return Result(
        scenario.about.name, "", 0, 0, market.platforms, market.wallets,
        nothing(2, len(TERMINALS), count, wallets), nothing(count, count), nothing(count),
        nothing(), nothing(wallets), np.broadcast_to(False, (days, count, wallets)),
        [tuple(market.groups)] * days, days,
    )  # fmt: skip


class Recorder:
    """Fills a result, day by day."""

    def __init__(self, market: Market, shape: tuple[int, ...], days: int) -> None:
        _, moods, _, count = shape
        wallets = len(market.wallets)
        self.pay: Final = np.zeros((days, moods, len(TERMINALS), count, wallets))
        self.flow: Final = np.zeros((days, count, count))
        self.users: Final = np.zeros((days, count))
        self.boycotting: Final = np.zeros(days)
        self.enrolled: Final = np.zeros((days, wallets))
        self.accepting: Final = np.zeros((days, count, wallets), bool)
        self.groups: Final[list[tuple[str, ...]]] = []


def _place(kind: str, known: tuple[str, ...], name: str) -> int:
    try:
        return known.index(name)
    except ValueError:
        raise NotThere(f"no {kind} is called {name!r}: there are {', '.join(known)}") from None
