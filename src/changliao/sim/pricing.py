"""Pricing and mergers of price-setting rivals under logit demand, and concentration.

Prices in the unit of `alpha`'s inverse. Source: Anderson, de Palma and Thisse (1992), section 7;
Werden and Froeb (1994) for mergers.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from changliao.sim.market import Floats

_CLOSE: Final = 1e-13
_STEPS: Final = 20_000
_DAMPED: Final = 0.5


class NoEquilibrium(Exception):
    """The best answers do not settle."""


class Equilibrium(Struct, frozen=True):
    """Prices and shares; the outside good has the rest."""

    prices: Floats
    shares: Floats


def equilibrium(
    quality: Sequence[float], cost: Sequence[float], alpha: float, owner: Sequence[int]
) -> Equilibrium:
    """Nash-Bertrand: p = c + 1/α + what the same owner's products earn. Raises NoEquilibrium."""
    value, costs = np.asarray(quality, float), np.asarray(cost, float)
    same = np.equal.outer(np.asarray(owner), np.asarray(owner))
    prices = costs + 1 / alpha
    for _ in range(_STEPS):
        shares = demand(value, prices, alpha)
        wanted = costs + 1 / alpha + same @ (shares * (prices - costs))
        step = wanted - prices
        prices = prices + _DAMPED * step
        if np.abs(step).max() < _CLOSE * max(1.0, np.abs(prices).max()):
            return Equilibrium(prices, demand(value, prices, alpha))
    raise NoEquilibrium(f"no equilibrium within {_STEPS} steps")


def demand(quality: Floats, prices: Floats, alpha: float) -> Floats:
    """Logit shares beside an outside good of utility 0."""
    odds = np.exp(quality - alpha * prices)
    return np.asarray(odds / (1 + odds.sum()))


def implied(
    shares: Sequence[float], prices: Sequence[float], alpha: float, owner: Sequence[int]
) -> tuple[Floats, Floats]:
    """Quality and cost that make these shares and prices an equilibrium."""
    s, p = np.asarray(shares, float), np.asarray(prices, float)
    quality = np.log(s) - np.log(1 - s.sum()) + alpha * p
    same = np.equal.outer(np.asarray(owner), np.asarray(owner))
    # p - c = 1/α + Σ own s (p - c)
    margins = np.linalg.solve(np.eye(len(s)) - same * s, np.full(len(s), 1 / alpha))
    return quality, p - margins


def merger(
    shares: Sequence[float],
    prices: Sequence[float],
    alpha: float,
    owner: Sequence[int],
    joined: Sequence[int],
) -> Equilibrium:
    """What becomes of prices and shares when the owners of these products become one."""
    quality, cost = implied(shares, prices, alpha, owner)
    after = np.array(owner)
    after[np.isin(after, after[list(joined)])] = after[joined[0]]
    return equilibrium(quality.tolist(), cost.tolist(), alpha, after.tolist())


def hhi(shares: Sequence[float]) -> float:
    """Herfindahl-Hirschman index of shares that are fractions of their sum: 0 to 10,000."""
    part = np.asarray(shares, float)
    return float(10_000 * ((part / part.sum()) ** 2).sum())


def switching(choices: NDArray[np.int64], people: NDArray[np.int64]) -> Floats:
    """Transition counts [last, next] between one person's successive choices."""
    same = people[1:] == people[:-1]
    count = int(choices.max()) + 1
    pairs = choices[:-1][same] * count + choices[1:][same]
    return np.bincount(pairs, minlength=count * count).reshape(count, count).astype(float)
