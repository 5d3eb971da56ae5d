"""Closed forms: what theory says, so that the lab can be held against it.

Each names its source. Shares are fractions; utilities are in logits.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from changliao.sim.market import Floats

MOST_FIRMS: Final = 1_000
_MOST_NETWORK: Final = 500


def logit(utility: Sequence[float]) -> Floats:
    """Shares of alternatives (McFadden 1974)."""
    odds = np.exp(np.asarray(utility, float) - max(utility))
    return np.asarray(odds / odds.sum())


def habit_shares(odds: Sequence[float], habit: float) -> Floats:
    """Stationary shares under habit: π_j ~ e_j (E + (e^κ - 1) e_j), E the sum of all odds e."""
    e = np.asarray(odds, float)
    weight = e * (e.sum() + math.expm1(habit) * e)
    return np.asarray(weight / weight.sum())


def wallet_removed(psi: Sequence[float], wallet: int, scale: float) -> tuple[float, float]:
    """A wallet's share q at its platform, and (1-q)^μ, what the odds fall to without it."""
    share = float(logit([value / scale for value in psi])[wallet])
    return share, (1 - share) ** scale


def implied_scale(held: float, lost: float) -> float:
    """The wallet scale μ of an episode: a shop's odds fell to 1 - held × lost = (1 - held)^μ.

    It dropped what a part `held` of its customers used, and a part `lost` of these stopped buying.
    """
    return math.log(1 - held * lost) / math.log(1 - held)


def tipping_share(effect: float) -> float:
    """The larger share of two alike under a network effect: s = 1/(1+exp(-γ(2s-1))).

    One half is the only one until γ = 2 (Brock and Durlauf 2001). Solved by bisection.
    """
    if effect <= 2:
        return 0.5
    low, high = 0.5 + 1e-9, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if 1 / (1 + math.exp(-effect * (2 * middle - 1))) > middle:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def coexistence(rivals: int) -> float:
    """The network effect above which one of K may dominate: 2(K-1) ln(K-1) / (K-2)."""
    return 2 * (rivals - 1) * math.log(rivals - 1) / (rivals - 2)


def bass(p: float, q: float, time: float) -> float:
    """Who has adopted by then (Bass 1969)."""
    gone = math.exp(-(p + q) * time)
    return (1 - gone) / (1 + q / p * gone)


def bass_peak(p: float, q: float) -> float:
    """When adoption is fastest."""
    return math.log(q / p) / (p + q)


def two_sided_prices(
    transport: tuple[float, float], externality: tuple[float, float], cost: tuple[float, float]
) -> tuple[float, float]:
    """Symmetric prices of two platforms between two sides (Armstrong 2006): p1 = f1 + t1 - α2."""
    (t1, t2), (a1, a2), (f1, f2) = transport, externality, cost
    return f1 + t1 - a2, f2 + t2 - a1


def war_profit(subsidy: float, rival: float, margin: float = 2.0, appeal: float = 1.0) -> float:
    """Profit a person of one of two logit rivals with an outside good, when both give subsidies."""
    mine, theirs = math.exp(appeal + subsidy), math.exp(appeal + rival)
    return (margin - subsidy) * mine / (1 + mine + theirs)


@cache
def survivors(
    firms: int, network: float, *, burn: float = 0.1, budget: float = 20.0, seed: int = 1
) -> int:
    """Equal firms with equal budgets: how many are left after 1,000 days.

    A firm with an equal share of the customers earns what it needs; in a subsidy war everybody
    burns `burn` of that beside. Who loses pays from the budget and closes when it is spent. Raises
    ValueError for more firms than MOST_FIRMS and effects that overflow.
    """
    if not 1 <= firms <= MOST_FIRMS:
        raise ValueError(f"from 1 to {MOST_FIRMS:,} firms")
    if abs(network) > _MOST_NETWORK:
        raise ValueError(f"a network effect of -{_MOST_NETWORK} to {_MOST_NETWORK}")
    generator = np.random.default_rng(seed)
    appeal = generator.normal(0.0, 0.05, firms)
    share, left = np.full(firms, 1 / firms), np.full(firms, budget)
    alive = np.ones(firms, bool)
    for _ in range(1_000):
        odds = np.exp(appeal + network * share) * alive
        share = odds / odds.sum()
        left += share * alive.sum() - (1 + burn)
        alive &= left > 0
        if alive.sum() <= 1:
            break
    return int(alive.sum())


def entrant_among_many(rivals: int, network: float) -> float:
    """A newcomer's share on its first day against many equal ones: 1/(1 + n e^{γ/n})."""
    return 1 / (1 + rivals * math.exp(network / rivals))


def entrant_against_one(network: float) -> float:
    """And against one that has everybody: 1/(1 + e^γ)."""
    return 1 / (1 + math.exp(network))
