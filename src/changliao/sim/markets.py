"""Many markets side by side, each as `Market` has it, with one more axis in front.

They have the same platforms, wallets and events; the numbers differ. What an event does to one of
them it does to its row.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from changliao.sim.market import Bools, Floats, Market
from changliao.sim.scenario import Event, Scenario

_STACKED: Final = (
    "alive", "accepts", "given_shares", "appeal", "presence", "goodwill", "subsidy", "budget",
    "psi", "taste",
)  # fmt: skip


class Markets:
    """The rows are whole markets; their arrays are parts of the ones here."""

    alive: Bools
    accepts: Bools
    given_shares: Floats
    appeal: Floats
    presence: Floats
    goodwill: Floats
    subsidy: Floats
    budget: Floats
    psi: Floats
    taste: Floats

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._rows: Final = [Market(scenario) for scenario in scenarios]
        first = self._rows[0]
        self.platforms: Final = first.platforms
        self.wallets: Final = first.wallets
        for name in _STACKED:
            whole = np.stack([getattr(row, name) for row in self._rows])
            setattr(self, name, whole)
            for row, part in zip(self._rows, whole, strict=True):
                setattr(row, name, part)
        self.outrage: Floats = np.zeros(len(self._rows))
        self.moved: list[tuple[int, int | None]] = []
        self.happened = 0

    @property
    def groups(self) -> list[str]:
        """They are the same everywhere."""
        return self._rows[0].groups

    def targeted(self) -> Bools:
        """Which platforms are boycotted, row by row."""
        return np.stack([row.targeted() for row in self._rows])

    def wallets_targeted(self) -> Bools:
        """Which wallets are."""
        return np.stack([row.wallets_targeted() for row in self._rows])

    def morning(self, events: Sequence[Sequence[Event]], goodwill_kept: Floats) -> None:
        """A new day: what was felt fades; then each event, which is one for each row, happens."""
        self.goodwill *= goodwill_kept[:, None]
        self.outrage = np.zeros(len(self._rows))
        self.moved = []
        if not events:
            return
        for row, own in zip(self._rows, zip(*events, strict=True), strict=True):
            row.morning(own, 1.0)
        self.outrage = np.array([row.outrage for row in self._rows], float)
        self.moved = self._rows[0].moved
        self.happened += len(events)
