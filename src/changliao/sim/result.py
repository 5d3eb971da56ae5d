"""What a run found, day by day, and the questions a fact may ask of it.

Counts are people or payments a day (fractions on the expected path). Day 1 is the first; arrays are
indexed from zero. `pay[day, mood, terminal, platform, wallet]`, `flow[day, from, to]` by the last
platform of those who bought, `users[day, platform]` by last platform, in the evening. A result of
many runs has one more axis in front, and answers with an array of as many numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from changliao.sim.law import Sale, Sides
from changliao.sim.market import Bools, Floats, Market
from changliao.sim.scenario import TERMINALS, Scenario

Names = str | list[str] | tuple[str, ...]


class NotThere(Exception):
    """A question about a day, platform, wallet or group that the run does not have."""


class Result(Struct):
    """A run. `days` is how many were played: fewer than asked when it was interrupted.

    `kept` has the place of each day, from 0 on, when not every day is there.
    """

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
    kept: Mapping[int, int] | None = None

    @property
    def visits(self) -> Floats:
        """Purchases by day and platform."""
        bought: Floats = self.pay.sum(axis=(-4, -3, -1))
        return bought

    @property
    def shares(self) -> Floats:
        """Of a day's purchases, by platform."""
        return _parts(self.visits)

    def row(self, place: int) -> "Result":
        """One of many runs."""
        arrays = ("pay", "flow", "users", "boycotting", "enrolled", "accepting")
        return replace(self, **{name: getattr(self, name)[place] for name in arrays})

    def share(self, platforms: Names, day: int) -> Any:
        """Of all purchases of the day."""
        return _number(_parts(self._bought(day))[..., self._platforms(platforms)].sum(axis=-1))

    def bought(self, platforms: Names, day: int) -> Any:
        """How many purchases."""
        return _number(self._bought(day)[..., self._platforms(platforms)].sum(axis=-1))

    def moved(self, day: int, came_from: Names, went_to: Names) -> Any:
        """People whose last platform was one of these and who bought at one of those."""
        found = self.flow[..., self._day(day), :, :][..., self._platforms(came_from), :]
        return _number(found[..., self._platforms(went_to)].sum(axis=(-2, -1)))

    def last_at(self, platforms: Names, day: int) -> Any:
        """People whose last purchase was there."""
        found = self.users[..., self._day(day), :]
        return _number(found[..., self._platforms(platforms)].sum(axis=-1))

    def mobile(self, platform: Names, day: int) -> Any:
        """Of a platform's purchases, those on a phone."""
        found = self._paid(platform, day).sum(axis=(-4, -2, -1))
        return _number(_parts(found)[..., TERMINALS.index("mobile")])

    def paid_with(self, wallet: str, platform: Names, day: int, mood: str = "all") -> Any:
        """Of a platform's purchases, those with a wallet; `mood` is all, calm or boycott."""
        moods = {"all": slice(None), "calm": slice(0, 1), "boycott": slice(1, 2)}
        if not isinstance(mood, str) or mood not in moods:
            raise NotThere(f"a mood is one of {', '.join(moods)}, not {mood!r}")
        found = self._paid(platform, day)[..., moods[mood], :, :, :].sum(axis=(-4, -3, -2))
        return _number(_parts(found)[..., self._wallet(wallet)])

    def holders(self, wallet: str, day: int) -> Any:
        """People who hold a wallet in the evening."""
        return _number(self.enrolled[..., self._day(day), self._wallet(wallet)])

    def boycott(self, day: int) -> Any:
        """The share of people who boycott."""
        return _number(self.boycotting[..., self._day(day)])

    def takes(self, platform: str, wallet: str, day: int) -> Any:
        """Does a platform take a wallet?"""
        if not isinstance(platform, str):
            raise NotThere("takes asks of one platform")
        found = self.accepting[..., self._day(day), :, self._wallet(wallet)]
        return _number(found[..., self._platforms(platform)[0]])

    def hhi(self, day: int) -> Any:
        """Herfindahl-Hirschman index of groups' shares of all purchases, 0 to 10,000."""
        groups = self.groups[self._day(day)]
        alike = np.array([[one == other for other in groups] for one in groups], float)
        shares = _parts(self._bought(day))
        return _number(10_000 * (shares * (shares @ alike)).sum(axis=-1))

    def competitors(self, day: int) -> Any:
        """As many equal groups would be as concentrated."""
        return 10_000 / self.hhi(day)

    def _bought(self, day: int) -> Floats:
        """A day's purchases by platform."""
        bought: Floats = self.pay[..., self._day(day), :, :, :, :].sum(axis=(-4, -3, -1))
        return bought

    def _paid(self, platforms: Names, day: int) -> Floats:
        """A day's purchases at platforms: mood, terminal, platform, wallet."""
        return self.pay[..., self._day(day), :, :, :, :][..., self._platforms(platforms), :]

    def _day(self, day: int) -> int:
        if not isinstance(day, int):
            raise NotThere(f"a day is a whole number, not {day!r}")
        if not 1 <= day <= self.days:
            raise NotThere(f"day {day} is not among the {self.days} days played")
        return day - 1 if self.kept is None else self.kept[day - 1]

    def _platforms(self, names: Names) -> list[int]:
        wanted = [names] if isinstance(names, str) else names
        if not isinstance(wanted, Sequence) or not wanted:
            raise NotThere(f"name a platform, or several in a list, not {names!r}")
        if len(set(wanted)) < len(wanted):
            raise NotThere(f"a platform is named twice in {', '.join(wanted)}")
        return [_place("platform", self.platforms, name) for name in wanted]

    def _wallet(self, name: str) -> int:
        if not isinstance(name, str):
            raise NotThere(f"name one wallet, not {name!r}")
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
    """Makes a result of the days it keeps, the first of which is day 0."""

    def __init__(self, market: Sides, shape: tuple[int, ...], kept: Sequence[int]) -> None:
        _, moods, _, count = shape
        lead, wallets, days = market.appeal.shape[:-1], len(market.wallets), len(kept)
        self._market = market
        self._kept: Final = {day: place for place, day in enumerate(kept)}
        self.pay: Final = np.zeros((*lead, days, moods, len(TERMINALS), count, wallets))
        self.flow: Final = np.zeros((*lead, days, count, count))
        self.users: Final = np.zeros((*lead, days, count))
        self.boycotting: Final = np.zeros((*lead, days))
        self.enrolled: Final = np.zeros((*lead, days, wallets))
        self.accepting: Final = np.zeros((*lead, days, count, wallets), bool)
        self.groups: Final[list[tuple[str, ...]]] = [()] * days

    def keeps(self, day: int) -> bool:
        """Is a day wanted?"""
        return day in self._kept

    def keep(self, day: int, sale: Sale, boycotting: Floats) -> None:
        """What was bought."""
        at, market = self._kept[day], self._market
        self.pay[..., at, :, :, :, :], self.flow[..., at, :, :] = sale.pay, sale.flow
        self.boycotting[..., at] = boycotting
        self.accepting[..., at, :, :] = market.accepts & market.alive[..., None]
        self.groups[at] = tuple(market.groups)

    def keep_evening(self, day: int, users: Floats, enrolled: Floats) -> None:
        """Where people were, and what they held."""
        at = self._kept[day]
        self.users[..., at, :], self.enrolled[..., at, :] = users, enrolled

    def result(self, name: str, engine: str, people: int, seed: int, days: int) -> Result:
        """Of so many days that were played."""
        market, kept = self._market, self._kept
        whole = list(kept) == list(range(len(kept)))
        return Result(
            name, engine, people, seed, market.platforms, market.wallets, self.pay, self.flow,
            self.users, self.boycotting, self.enrolled, self.accepting, self.groups, days,
            None if whole else kept,
        )  # fmt: skip


def _parts(values: Floats) -> Floats:
    """Of their sum; of nothing, none."""
    parts: Floats = values / np.maximum(values.sum(axis=-1, keepdims=True), 1e-300)
    return parts


def _number(value: Any) -> Any:
    """A plain number when there is one run."""
    return value.item() if value.ndim == 0 else value


def _place(kind: str, known: tuple[str, ...], name: str) -> int:
    try:
        return known.index(name)
    except ValueError:
        raise NotThere(f"no {kind} is called {name!r}: there are {', '.join(known)}") from None
