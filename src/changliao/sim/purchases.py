"""What each simulated person bought, when and for how much: the agents engine, person by person.

People who buy are hashed to a second of the day and to an amount, so the same (seed, day, person)
always gives the same purchase. Amounts come from one log-normal distribution, whatever was bought
where: the lab knows no prices.
Units: seconds of the day, minor units of money.
"""

from collections.abc import Iterator
from statistics import NormalDist
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from changliao.sim.agents import Agents, Bought, mix, mixed_once
from changliao.sim.calibration import Impossible
from changliao.sim.lab import Start, calendar_of, engine_of, play_day
from changliao.sim.result import Recorder
from changliao.sim.scenario import Scenario

MEDIAN: Final = 8_000
SPREAD: Final = 1.0
LEAST: Final = 100
MOST: Final = 500_000
_SECONDS: Final = 86_400
_STEPS: Final = 4_096
# Another stream of draws than those that people choose by.
_WHEN: Final = 0x5EC0
_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


class Purchases(Struct, frozen=True):
    """One day's purchases, in the order of people. The first day is 1.

    Terminals, platforms and wallets are places in TERMINALS, `platforms` and `wallets`.
    """

    day: int
    user: NDArray[np.int32]
    second: NDArray[np.int64]
    terminal: NDArray[np.uint8]
    platform: NDArray[np.uint8]
    wallet: NDArray[np.uint8]
    amount: NDArray[np.int64]
    platforms: tuple[str, ...]
    wallets: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.user)


def purchases(
    scenario: Scenario, *, people: int = 0, seed: int = 0, days: int = 0, threads: int = 1
) -> Iterator[Purchases]:
    """Day after day. Zeros: as the file says. Raises Impossible."""
    about = scenario.about
    people, seed, days = people or about.users, seed or about.seed, days or about.days
    start = Start(scenario)
    agents = engine_of(start, "agents", people, seed, threads)
    if not isinstance(agents, Agents):
        raise Impossible("only the agents engine follows each person")
    bought: list[Bought] = []
    agents.bought = bought
    recorder = Recorder(start.market, start.law.shape, [])
    calendar = calendar_of(scenario)
    wallets, platforms = len(start.market.wallets), len(start.market.platforms)
    amounts = prices()
    for day in range(1, days + 1):
        play_day(start, agents, calendar.get(day, []), recorder, 0)
        user = np.concatenate([one for one, _ in bought]).astype(np.int32)
        outcome = np.concatenate([two for _, two in bought])
        when = mix(user.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(_key(seed, day)))
        place = outcome // wallets
        yield Purchases(
            day,
            user,
            (((when >> np.uint64(40)) * np.uint64(_SECONDS)) >> np.uint64(24)).astype(np.int64),
            (place // platforms).astype(np.uint8),
            (place % platforms).astype(np.uint8),
            (outcome % wallets).astype(np.uint8),
            amounts[(when & np.uint64(_STEPS - 1)).astype(np.int64)],
            start.market.platforms,
            start.market.wallets,
        )


def _key(seed: int, day: int) -> int:
    return mixed_once(mixed_once(seed & _MASK) + (_WHEN << 32) + day & _MASK)


def prices() -> NDArray[np.int64]:
    """Amounts at equal steps of probability; a draw picks one."""
    normal = NormalDist(np.log(MEDIAN), SPREAD)
    steps = [normal.inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS)]
    return np.clip(np.rint(np.exp(steps)), LEAST, MOST).astype(np.int64)
