"""The estimators find what was put in."""

import numpy as np
import pytest

from changliao.sim.estimation import logit_demand, switching


def test_switching_counts_only_within_a_person() -> None:
    found = switching([1, 1, 1, 2, 2], [0, 0, 1, 1, 1])
    assert found.shares == pytest.approx([0.4, 0.6])
    assert found.moves.tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert found.repeated == pytest.approx(2 / 3)
    assert found.hhi == pytest.approx(5_200)


def test_price_sensitivity_is_found_where_quality_hides_it() -> None:
    """Better products are dearer: without instruments demand would seem not to mind the price."""
    draw = np.random.default_rng(1)
    markets, kinds, alpha = 400, 5, -2.0
    products = np.tile(np.arange(kinds), markets)
    cost = draw.normal(size=markets * kinds)
    quality = draw.normal(size=markets * kinds)
    prices = 2 + 0.5 * cost + 0.5 * quality
    odds = np.exp(np.tile(np.linspace(0, 2, kinds), markets) + alpha * prices + quality)
    outside = 1 / (1 + odds.reshape(markets, kinds).sum(axis=1))
    shares = odds * np.repeat(outside, kinds)
    found = logit_demand(shares, np.repeat(outside, kinds), prices, products, cost[:, None])
    assert abs(found.alpha - alpha) < 4 * found.error
    assert found.error < 0.1
    assert found.own == pytest.approx(found.alpha * prices * (1 - shares))
    naive = logit_demand(shares, np.repeat(outside, kinds), prices, products, prices[:, None])
    assert naive.alpha > -1.5
