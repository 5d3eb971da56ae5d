"""The law of motion: how likely each choice is, for each kind of person, on one day.

A person's state is small and discrete: class g, mood z (0 calm, 1 boycotting), set of optional
wallets a, last platform h. So the law is tabulated once a day and the engines only count or draw.
Everybody holds the wallets whose share is one; the others are the bits of a. Arrays of many runs at
once have one more axis in front of those named.
Sources: logit and inclusive value, McFadden (1978); habit, Guadagni and Little (1983).
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from msgspec import Struct

from changliao.sim.market import Bools, Floats, Market
from changliao.sim.markets import Markets
from changliao.sim.scenario import Scenario

CALM: Final = 0
BOYCOTTING: Final = 1
Sides = Market | Markets


class Choices(Struct, frozen=True):
    """`platform[g,z,a,tau,h,k]` and `wallet[z,a,tau,k,m]` are of a visit; zeros: none is made."""

    platform: Floats
    wallet: Floats


class Sale(Struct, frozen=True):
    """A day's purchases `visits[k]`; `pay[z, tau, k, m]` and `flow[h, k]` when they were wanted."""

    visits: Floats
    pay: Floats
    flow: Floats


class Standing(Struct, frozen=True):
    """What only events change: who is boycotted, at which cost[z, k], and the worth of wallets.

    `weight[z,a,tau,k,m]` is what each usable wallet is worth, `inclusive[z,a,tau,k]` all together.
    """

    happened: int
    shunned: Floats
    shunned_wallets: Bools
    inclusive: Floats
    weight: Floats

    def wallet(self) -> Floats:
        """Which wallet is used at a platform."""
        whole = self.weight.sum(axis=-1, keepdims=True)
        nothing = np.zeros_like(self.weight)
        return np.asarray(np.divide(self.weight, whole, out=nothing, where=whole > 0))


class Law:
    """The parameters and the shape of people's state: `shape` is (g, z, a, h).

    Many runs at once: a scenario each, with the same names in them.
    """

    def __init__(self, market: Sides, *scenarios: Scenario) -> None:
        first, lead = scenarios[0], market.appeal.shape[:-1]

        def each(of: Callable[[Scenario], Any]) -> Floats:
            values = np.array([of(one) for one in scenarios], float)
            return values.reshape((*lead, *np.shape(of(first))))

        wallets = first.market.wallet
        self.optional: Final = [place for place, one in enumerate(wallets) if one.share < 1]
        sets = 1 << len(self.optional)
        bits = np.arange(sets)[:, None] >> np.arange(len(self.optional)) & 1
        self.holds: Bools = np.ones((sets, len(wallets)), bool)
        self.holds[:, self.optional] = bits.astype(bool)
        shares = each(lambda one: [one.market.wallet[at].share for at in self.optional])
        shares = shares[..., None, :]
        self.set_shares: Floats = np.where(bits, shares, 1 - shares).prod(axis=-1)
        self.class_shares: Floats = each(lambda one: [kind.share for kind in one.market.people])
        self.enrol_alone: Floats = each(
            lambda one: [one.market.wallet[at].p for at in self.optional]
        )
        self.enrol_alike: Floats = each(
            lambda one: [one.market.wallet[at].q for at in self.optional]
        )
        self.visit_rate: Floats = each(lambda one: one.model.visit_rate)
        self.terminals: Floats = each(lambda one: [1 - one.model.mobile, one.model.mobile])
        self.habit: Floats = each(lambda one: one.model.habit)
        self.network: Floats = each(lambda one: one.model.network)
        self.subsidy_effect: Floats = each(lambda one: one.model.subsidy_effect)
        self.boycott_cost: Floats = each(lambda one: one.model.boycott_cost)
        self.boycott_wallet: Floats = each(lambda one: one.model.boycott_wallet)
        self.wallet_scale: Floats = each(lambda one: one.model.wallet_scale)
        self.forgive: Floats = each(lambda one: one.model.forgive)
        self.contagion: Floats = each(lambda one: one.model.contagion)
        self.adjust: Floats = 1 - 0.5 ** (1 / each(lambda one: one.model.presence_half_life))
        self.goodwill_kept: Floats = 0.5 ** (1 / each(lambda one: one.model.goodwill_half_life))
        classes = len(first.market.people)
        self.shape: Final = (classes, 2, sets, len(market.platforms))
        self._standing: Standing | None = None

    def choices(self, market: Sides) -> Choices:
        """Today's probabilities."""
        standing = self.standing(market)
        liking = self.liking(market)[..., :, :, None, None, :]
        odds = liking * standing.inclusive[..., None, :, :, :, :]
        return Choices(with_habit(odds, self.habit), standing.wallet())

    def liking(self, market: Sides) -> Floats:
        """What platforms' odds are but for the wallets they take: [g, z, k]."""
        appeal = market.appeal + self.network[..., None] * market.presence + market.goodwill
        appeal = appeal + self.subsidy_effect[..., None] * market.subsidy
        taste = appeal[..., None, None, :] + market.taste[..., :, None, :]
        logits = taste - self.standing(market).shunned[..., None, :, :]
        return np.asarray(np.exp(logits) * market.alive[..., None, None, :])

    def standing(self, market: Sides) -> Standing:
        """The same until something happens."""
        kept = self._standing
        if kept is not None and kept.happened == market.happened:
            return kept
        mood = np.arange(2.0)
        cost, dislike = self.boycott_cost[..., None, None], self.boycott_wallet[..., None, None]
        shunned = cost * mood[:, None] * market.targeted()[..., None, :]
        wallets = market.wallets_targeted()
        dislike = dislike * mood[:, None] * wallets[..., None, :]
        scale = self.wallet_scale[..., None, None, None, None]
        worth = (market.psi[..., None, :, :] - dislike[..., :, None, :]) / scale[..., 0]
        usable = self.holds[:, None, :] & market.accepts[..., None, :, :]  # a, k, m
        weight = np.exp(worth)[..., :, None, :, None, :] * usable[..., None, :, None, :, :]
        kept = Standing(market.happened, shunned, wallets, weight.sum(axis=-1) ** scale, weight)
        self._standing = kept
        return kept

    def feelings(
        self, boycotting: float | Floats, outrage: float | Floats
    ) -> tuple[Floats, Floats]:
        """The morning's chances to begin a boycott and to forgive."""
        return np.minimum(1.0, outrage + self.contagion * boycotting), self.forgive

    def rates(self, market: Sides, held: Floats, shares: Floats, boycotting: Floats) -> Floats:
        """The evening's chances to take up each optional wallet."""
        reach = (shares[..., None, :] @ market.accepts[..., self.optional])[..., 0, :]
        shunned = self.standing(market).shunned_wallets[..., self.optional]
        put_off = 1 - boycotting[..., None] * shunned
        rates = (self.enrol_alone + self.enrol_alike * held) * reach * put_off
        return np.minimum(np.maximum(rates, 0), 1)

    def settle(self, market: Sides, shares: Floats, visits: Floats) -> None:
        """The evening: sellers follow buyers, subsidies are paid until their budgets are gone."""
        presence = market.presence
        presence += self.adjust[..., None] * (shares * market.alive - presence)
        if market.subsidy.any():
            spent = np.minimum(market.subsidy * shares * visits[..., None], market.budget)
            np.subtract(market.budget, spent, out=market.budget)
            market.subsidy[market.budget <= 0] = 0.0


def mood_moves(up: Floats, down: Floats) -> Floats:
    """The transition matrix between moods; rows add up to one."""
    return np.array([[1 - up, up], [down, 1 - down]], float)


def wallet_moves(rates: Floats) -> Floats:
    """The transition matrix between wallet sets; rows add up to one.

    Wallets are taken up independently: the matrix is a product, the last bit the outermost.
    """
    moves: Floats = np.ones((1, 1))
    for rate in rates:
        bit = np.array([[1 - rate, rate], [0.0, 1.0]])
        product = bit[:, None, :, None] * moves[None, :, None, :]
        moves = product.reshape(2 * len(moves), -1)
    return moves


def with_habit(odds: Floats, habit: float | Floats) -> Floats:
    """P(k | h), shaped [..., h, k], from odds[..., k]: the last platform's count e^habit times."""
    extra = np.expm1(habit)
    whole = odds.sum(axis=-1, keepdims=True) + extra * odds
    lifted = odds[..., None, :] * (1 + extra * np.eye(odds.shape[-1]))
    nothing = np.zeros_like(lifted)
    chances: Floats = np.divide(lifted, whole[..., None], out=nothing, where=whole[..., None] > 0)
    return chances


def stationary(moves: Floats) -> Floats:
    """The distribution a transition matrix leaves as it is; batched over leading axes."""
    count = moves.shape[-1]
    system = np.swapaxes(moves, -1, -2) - np.eye(count)
    system[..., -1, :] = 1.0
    right = np.zeros((*moves.shape[:-1], 1))
    right[..., -1, 0] = 1.0
    return np.asarray(np.linalg.solve(system, right)[..., 0], float)
