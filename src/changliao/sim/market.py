"""The market on one day: who is there, who takes what, how appealing each is; and what events do.

Arrays are indexed by platform `k` and wallet `m`, in the order of the file, platforms that come
later after those of the start. Nobody is counted here: the engines do that.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from changliao.sim.scenario import (
    TERMINALS,
    Adopt,
    Ban,
    Cap,
    Enter,
    Event,
    Exit,
    Merge,
    Outrage,
    Quality,
    Scenario,
    Subsidy,
    Suspend,
    Terminal,
    Transfer,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NOT_THERE: Final = -np.inf


class Market:
    """What the law reads: `appeal` is delta, `presence` n.

    `outrage` is the share of the calm who begin to boycott `target` this morning; `moved` says
    which platform's people have the habit of which from now on; `happened` counts events.
    """

    def __init__(self, scenario: Scenario) -> None:
        market = scenario.market
        comers = [event for event in market.event if isinstance(event, Enter | Merge)]
        names = [platform.id for platform in market.platform]
        names += [one.platform if isinstance(one, Enter) else one.into for one in comers]
        self.platforms: Final = tuple(dict.fromkeys(names))
        self.wallets: Final = tuple(wallet.id for wallet in market.wallet)
        self.wallet_groups: Final = tuple(wallet.group for wallet in market.wallet)
        count, there = len(self.platforms), len(market.platform)
        self.groups: list[str] = [one.group or one.id for one in market.platform]
        self.groups += list(self.platforms[there:])
        self.alive: Bools = np.arange(count) < there
        self.accepts: Bools = np.zeros((count, len(self.wallets)), bool)
        self.given_shares: Floats = np.zeros(count)
        for place, platform in enumerate(market.platform):
            self.accepts[place] = self._taking(platform.accepts)
            self.given_shares[place] = platform.share
        self.appeal: Floats = np.zeros(count)
        self.presence: Floats = self.given_shares.copy()
        self.goodwill: Floats = np.zeros(count)
        self.subsidy: Floats = np.zeros(count)
        self.budget: Floats = np.zeros(count)
        self.psi: Floats = np.array(
            [
                [NOT_THERE if (value := getattr(wallet, name)) is None else value
                 for wallet in market.wallet]
                for name in TERMINALS
            ]
        )  # fmt: skip
        self.taste: Floats = np.zeros((len(market.people), count))
        for row, people in enumerate(market.people):
            for name, logits in people.taste.items():
                self.taste[row, self.place(name)] = logits
        self.target = ""
        self.outrage = 0.0
        self.moved: list[tuple[int, int | None]] = []
        self.happened = 0

    def place(self, platform: str) -> int:
        """A platform's index."""
        return self.platforms.index(platform)

    def wallet(self, name: str) -> int:
        """A wallet's index."""
        return self.wallets.index(name)

    def targeted(self) -> Bools:
        """Which platforms are boycotted by whoever boycotts."""
        return np.array([bool(self.target) and group == self.target for group in self.groups])

    def wallets_targeted(self) -> Bools:
        """Which wallets are."""
        return np.array(
            [bool(self.target) and group == self.target for group in self.wallet_groups]
        )

    def morning(self, events: Sequence[Event], goodwill_kept: float | Floats) -> None:
        """A new day: what was felt fades, then its events happen in the order of the file."""
        self.goodwill *= goodwill_kept
        self.outrage = 0.0
        self.moved = []
        for event in events:
            _EFFECTS[type(event)](self, event)
            self.happened += 1

    def _taking(self, wallets: tuple[str, ...]) -> Bools:
        return np.array([wallet in wallets for wallet in self.wallets])

    def _places(self, platforms: tuple[str, ...]) -> list[int]:
        return [self.place(name) for name in platforms]

    def _take(self, platforms: tuple[str, ...], wallet: str, *, takes: bool) -> None:
        self.accepts[self._places(platforms), self.wallet(wallet)] = takes

    def _provoke(self, target: str, share: float) -> None:
        if share:
            self.target = target
            self.outrage = 1 - (1 - self.outrage) * (1 - share)


def _ban(market: Market, event: Ban | Suspend) -> None:
    market._take(event.platforms, event.wallet, takes=False)
    market._provoke(event.target, event.outrage)


def _adopt(market: Market, event: Adopt) -> None:
    market._take(event.platforms, event.wallet, takes=True)
    market.goodwill[market._places(event.platforms)] += event.goodwill


def _outrage(market: Market, event: Outrage) -> None:
    market._provoke(event.target, event.share)


def _merge(market: Market, event: Merge) -> None:
    parts, into = market._places(event.platforms), market.place(event.into)
    appeals = np.exp(market.appeal[parts])
    whole = appeals.sum() if event.appeal == "sum" else appeals.mean()
    market.appeal[into] = np.log(whole)
    weights = appeals / appeals.sum()
    market.goodwill[into] = weights @ market.goodwill[parts]
    market.taste[:, into] = market.taste[:, parts] @ weights
    market.presence[into] = market.presence[parts].sum()
    market.accepts[into] = market.accepts[parts].any(axis=0)
    market.groups[into] = market.groups[parts[0]]
    for part in parts:
        if part != into:
            _leave(market, part, into)
    market.alive[into] = True


def _enter(market: Market, event: Enter) -> None:
    new = market.place(event.platform)
    market.alive[new] = True
    market.appeal[new] = event.appeal
    market.accepts[new] = market._taking(event.accepts)
    market.groups[new] = event.group or event.platform


def _exit(market: Market, event: Exit) -> None:
    _leave(market, market.place(event.platform), None)


def _leave(market: Market, place: int, into: int | None) -> None:
    market.alive[place] = False
    market.presence[place] = 0.0
    market.subsidy[place] = 0.0
    market.moved.append((place, into))


def _subsidy(market: Market, event: Subsidy) -> None:
    places = market._places(event.platforms)
    market.subsidy[places] = event.amount
    market.budget[places] = event.budget


def _cap(market: Market, event: Cap) -> None:
    np.minimum(market.subsidy, event.subsidy, out=market.subsidy)


def _quality(market: Market, event: Quality) -> None:
    market.appeal[market.place(event.platform)] += event.amount


def _terminal(market: Market, event: Terminal) -> None:
    market.psi[TERMINALS.index("mobile"), market.wallet(event.wallet)] = event.mobile


def _transfer(market: Market, event: Transfer) -> None:
    market.groups[market.place(event.platform)] = event.group


_EFFECTS: Final[Mapping[type[Event], Callable[[Market, Any], None]]] = {
    Ban: _ban,
    Suspend: _ban,
    Adopt: _adopt,
    Outrage: _outrage,
    Merge: _merge,
    Enter: _enter,
    Exit: _exit,
    Subsidy: _subsidy,
    Cap: _cap,
    Quality: _quality,
    Terminal: _terminal,
    Transfer: _transfer,
}
