"""The law of motion: how likely each choice is, for each kind of person, on one day.

A person's state is small and discrete: class g, mood z (0 calm, 1 boycotting), set of optional
wallets a, last platform h. So the law is tabulated once a day and both engines only count or draw.
Everybody holds the wallets whose share is one; the others are the bits of a.
Sources: logit and inclusive value, McFadden (1978); habit, Guadagni and Little (1983).
"""

from typing import Final

import numpy as np
from msgspec import Struct

from changliao.sim.market import Bools, Floats, Market
from changliao.sim.scenario import Scenario

CALM: Final = 0
BOYCOTTING: Final = 1


class Choices(Struct, frozen=True):
    """`platform[g,z,a,tau,h,k]` and `wallet[z,a,tau,k,m]` are of a visit; zeros: none is made."""

    platform: Floats
    wallet: Floats


class Law:
    """The parameters and the shape of people's state: `shape` is (g, z, a, h)."""

    def __init__(self, scenario: Scenario, market: Market) -> None:
        model, wallets = scenario.model, scenario.market.wallet
        self.model: Final = model
        self.optional: Final = [place for place, one in enumerate(wallets) if one.share < 1]
        sets = 1 << len(self.optional)
        bits = np.arange(sets)[:, None] >> np.arange(len(self.optional)) & 1
        self.holds: Bools = np.ones((sets, len(wallets)), bool)
        self.holds[:, self.optional] = bits.astype(bool)
        shares = np.array([wallets[place].share for place in self.optional])
        self.set_shares: Floats = np.where(bits, shares, 1 - shares).prod(axis=1)
        self.class_shares: Floats = np.array([one.share for one in scenario.market.people])
        self.enrol_alone: Floats = np.array([wallets[place].p for place in self.optional])
        self.enrol_alike: Floats = np.array([wallets[place].q for place in self.optional])
        self.terminals: Floats = np.array([1 - model.mobile, model.mobile])
        self.adjust: Final = 1 - 0.5 ** (1 / model.presence_half_life)
        self.goodwill_kept: Final = 0.5 ** (1 / model.goodwill_half_life)
        self.shape: Final = (len(self.class_shares), 2, sets, len(market.platforms))
        # For each optional wallet: the sets without it, and the same sets with it.
        without = [np.flatnonzero(bits[:, bit] == 0) for bit in range(len(self.optional))]
        self._takes_up = [(one, one | 1 << bit) for bit, one in enumerate(without)]
        self._wallet_choice: tuple[int, Floats, Floats] | None = None

    def choices(self, market: Market) -> Choices:
        """Today's probabilities."""
        model, mood = self.model, np.arange(2.0)
        inclusive, wallet = self._wallets(market)
        appeal = market.appeal + model.network * market.presence + market.goodwill
        appeal = appeal + model.subsidy_effect * market.subsidy
        shunned = model.boycott_cost * mood[:, None] * market.targeted()
        liking = np.exp(appeal + market.taste[:, None] - shunned) * market.alive  # g, z, k
        return Choices(with_habit(liking[:, :, None, None] * inclusive, model.habit), wallet)

    def _wallets(self, market: Market) -> tuple[Floats, Floats]:
        """What the usable wallets are worth [z, a, tau, k], and which is used [z, a, tau, k, m].

        Neither changes until something happens.
        """
        kept = self._wallet_choice
        if kept is not None and kept[0] == market.happened:
            return kept[1], kept[2]
        model, mood = self.model, np.arange(2.0)
        dislike = mood[:, None, None] * model.boycott_wallet * market.wallets_targeted()
        worth = np.exp((market.psi - dislike) / model.wallet_scale)  # z, tau, m
        usable = self.holds[:, None, :] & market.accepts  # a, k, m
        weight = worth[:, None, :, None, :] * usable[:, None]  # z, a, tau, k, m
        whole = weight.sum(axis=-1, keepdims=True)
        chosen = np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0)
        inclusive: Floats = whole[..., 0] ** model.wallet_scale
        self._wallet_choice = market.happened, inclusive, chosen
        return inclusive, chosen

    def moods(self, boycotting: float, outrage: float) -> Floats:
        """The morning's transition matrix between moods; rows add up to one."""
        up = min(1.0, outrage + self.model.contagion * boycotting)
        down = self.model.forgive
        return np.array([[1 - up, up], [down, 1 - down]])

    def enrolments(self, market: Market, held: Floats, shares: Floats, boycotting: float) -> Floats:
        """The evening's transition matrix between wallet sets; rows add up to one."""
        reach = shares @ market.accepts[:, self.optional]
        put_off = 1 - boycotting * market.wallets_targeted()[self.optional]
        rates = (self.enrol_alone + self.enrol_alike * held) * reach * put_off
        rates = np.clip(rates, 0, 1)
        moves: Floats = np.eye(self.shape[2])
        for rate, (without, with_it) in zip(rates, self._takes_up, strict=True):
            taken = rate * moves[:, without]
            moves[:, without] -= taken
            moves[:, with_it] += taken
        return moves

    def settle(self, market: Market, shares: Floats, visits: float) -> None:
        """The evening: sellers follow buyers, subsidies are paid until their budgets are gone."""
        market.presence += self.adjust * (shares * market.alive - market.presence)
        spent = np.minimum(market.subsidy * shares * visits, market.budget)
        market.budget -= spent
        market.subsidy[market.budget <= 0] = 0.0


def with_habit(odds: Floats, habit: float) -> Floats:
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
