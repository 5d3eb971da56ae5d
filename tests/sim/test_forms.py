"""The closed forms, each against its published or derived value; and the lab's law against them."""

import math

import numpy as np
import pytest

from changliao.sim import forms, pricing
from changliao.sim.law import stationary, with_habit

UTILITY = (1.0, 0.5, 0.0)
ODDS = [math.exp(value) for value in UTILITY]


def close(found, *expected: float, within: float = 1e-6) -> None:
    np.testing.assert_allclose(np.ravel(found), expected, rtol=0, atol=within)


def test_v1_shares_follow_from_utilities() -> None:
    close(forms.logit(UTILITY), 0.506480, 0.307196, 0.186324)


def test_v2_habit_has_a_stationary_distribution() -> None:
    close(forms.habit_shares(ODDS, 1.5), 0.597469, 0.271395, 0.131136)
    close(stationary(with_habit(np.array(ODDS), 1.5)), 0.597469, 0.271395, 0.131136)


def test_v3_a_wallet_removed_takes_its_part_of_the_platforms_odds() -> None:
    share, odds = forms.wallet_removed((0.8, 0.6, 0.0), 0, 1.0)
    close((share, odds), 0.440905, 1 - 0.440905)
    _, with_less_substitution = forms.wallet_removed((0.8, 0.6, 0.0), 0, 0.5)
    assert with_less_substitution == pytest.approx((1 - forms.logit((1.6, 1.2, 0.0))[0]) ** 0.5)


def test_an_episode_implies_the_scale_that_takes_as_many_away() -> None:
    scale = forms.implied_scale(0.30, 0.22)
    close(scale, 0.191432)
    close((1 - 0.30) ** scale, 1 - 0.30 * 0.22)


def test_v4_habit_rewards_a_merger() -> None:
    odds = [math.exp(value) for value in (1, 0.5, 0, -0.5, -1)]
    apart = forms.habit_shares(odds, 1.5)[2:].sum()
    together = forms.habit_shares([*odds[:2], sum(odds[2:])], 1.5)[2]
    close((apart, together), 0.220173, 0.293259)


def test_v5_network_effects_tip() -> None:
    close([forms.tipping_share(effect) for effect in (1.0, 2.0, 2.5, 3.0)], 0.5, 0.5,
          0.855206, 0.929280)  # fmt: skip
    close(forms.coexistence(8), 4.540457)


def test_v6_adoption_spreads() -> None:
    close((forms.bass(0.03, 0.38, 5), forms.bass_peak(0.03, 0.38)), 0.331199, 6.192619)


def test_v7_two_sided_prices() -> None:
    close(forms.two_sided_prices((1, 1), (0.2, 0.6), (0, 0)), 0.4, 0.8)


def test_v9_prices_of_two_rivals() -> None:
    found = pricing.equilibrium([2, 2], [0, 0], 1.0, [0, 1])
    close(found.prices, 1.598942, 1.598942)
    close(found.shares, 0.374586, 0.374586)


def test_v10_a_merger_raises_prices() -> None:
    found = pricing.merger([0.2, 0.25, 0.3], [50, 75, 80], 0.1, [0, 1, 2], [0, 1])
    close(found.prices, 53.650539, 77.817206, 80.604679)


def test_v10_nothing_merged_changes_nothing() -> None:
    found = pricing.merger([0.2, 0.25, 0.3], [50, 75, 80], 0.1, [0, 1, 2], [0])
    close(found.prices, 50, 75, 80)
    close(found.shares, 0.2, 0.25, 0.3)


def test_v16_a_subsidy_war_is_a_prisoners_dilemma() -> None:
    close(forms.war_profit(0, 0), 0.84464, within=1e-5)
    close((forms.war_profit(0.2, 0), forms.war_profit(0, 0.2)), 0.84909, 0.77241, within=1e-5)
    close(forms.war_profit(0.2, 0.2), 0.78220, within=1e-5)


def test_v17_a_newcomer_prefers_many_rivals_when_the_network_effect_is_strong() -> None:
    many, limit = 10, 10 * math.log(10) / 9
    for effect in (limit - 0.01, limit + 0.01):
        better = forms.entrant_among_many(many, effect) > forms.entrant_against_one(effect)
        assert better is (effect > limit)


def test_a_war_of_a_hundred_leaves_few_and_a_pact_leaves_many() -> None:
    for seed in range(5):
        assert forms.survivors(100, 9.3, seed=seed) <= 10
        assert forms.survivors(100, 9.3, burn=0.0, seed=seed) > 30


@pytest.mark.parametrize("alpha", [0.05, 1.0, 40.0])
def test_costs_implied_by_shares_and_prices_give_them_back(alpha: float) -> None:
    shares, prices, owner = [0.1, 0.2, 0.3], [1.0, 2.0, 1.5], [0, 0, 1]
    quality, cost = pricing.implied(shares, prices, alpha, owner)
    found = pricing.equilibrium(quality.tolist(), cost.tolist(), alpha, owner)
    close(found.prices, *prices, within=1e-9)
    close(found.shares, *shares, within=1e-9)
