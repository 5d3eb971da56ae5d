"""Estimators for a market's own data: what people repeat, and how they answer to prices.

`switching` gives the lab its habit and tastes; `logit_demand` its price sensitivity. Both are held
against published data sets (docs/market/model.md).
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from changliao.sim.market import Floats

Ints = NDArray[np.int64]


class Switching(Struct, frozen=True):
    """Of purchases one after another by the same people. Rows of `moves` are what was bought last.

    `repeated` is how often the same was bought again.
    """

    shares: Floats
    moves: Floats
    repeated: float
    hhi: float


class Demand(Struct, frozen=True):
    """Mean utility falls by `alpha` for a unit of price; `own` are own-price elasticities."""

    alpha: float
    error: float
    own: Floats


def switching(people: Sequence[int] | Ints, choices: Sequence[int] | Ints) -> Switching:
    """Purchases in order, person by person; choices count from 0."""
    who, what = np.asarray(people), np.asarray(choices)
    kinds = int(what.max()) + 1
    counts = np.bincount(what, minlength=kinds)
    shares = counts / counts.sum()
    same = who[1:] == who[:-1]
    moves = np.zeros((kinds, kinds))
    np.add.at(moves, (what[:-1][same], what[1:][same]), 1)
    repeated = float(np.trace(moves) / moves.sum())
    rows = moves.sum(axis=1, keepdims=True)
    return Switching(
        shares, np.divide(moves, rows, out=np.zeros_like(moves), where=rows > 0), repeated,
        float(((100 * shares) ** 2).sum()),
    )  # fmt: skip


def logit_demand(
    shares: Floats, outside: Floats, prices: Floats, products: Ints, instruments: Floats
) -> Demand:
    """Berry's (1994) logit: ln s - ln s0 on price, instrumented, each product with its own level.

    Two-step GMM; the error is robust to heteroskedasticity. Row by row; `outside` is the share of
    who bought nothing in the row's market.
    """
    utility = _within(np.log(shares) - np.log(outside), products)
    price = _within(prices, products)
    exogenous = np.column_stack([_within(column, products) for column in instruments.T])
    weight = np.linalg.inv(exogenous.T @ exogenous / len(price))
    alpha = 0.0
    for _ in range(2):
        moved, wanted = exogenous.T @ price, exogenous.T @ utility
        alpha = float(moved @ weight @ wanted / (moved @ weight @ moved))
        moments = exogenous * (utility - alpha * price)[:, None]
        spread = np.atleast_2d(np.cov(moments.T, bias=True))
        used, weight = weight, np.linalg.inv(spread)
    slope = exogenous.T @ price / len(price)
    bread = slope @ used @ slope
    variance = slope @ used @ spread @ used @ slope / bread**2 / len(price)
    return Demand(alpha, float(np.sqrt(variance)), alpha * prices * (1 - shares))


def _within(values: Floats, groups: Ints) -> Floats:
    """Each value less its group's mean."""
    sums = np.bincount(groups, weights=values)
    return np.asarray(values - (sums / np.bincount(groups))[groups])
