"""Fitting: appeals that give the shares of the start, and a parameter that gives a moment.

Source of the contraction: Berry, Levinsohn and Pakes (1995), here with a stationary share for each
kind of person instead of an integral.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from changliao.sim.law import CALM, Law, stationary
from changliao.sim.market import Floats, Market

_STEPS: Final = 2_000
_CLOSE: Final = 1e-12
_DAMPED: Final = 0.7
_HALVINGS: Final = 200


class Impossible(Exception):
    """No parameter gives what was asked; the message says why and how to mend it.

    `way` leads to what has to be mended in the scenario's file; empty: it is not the file's.
    """

    def __init__(self, message: str, way: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.way = list(way)


def fit_appeals(law: Law, market: Market) -> Floats:
    """Set `market.appeal`, mean zero over those there; the stationary people[g, a, h], of mass one.

    Raises Impossible when no appeals give the shares, or when the start would not stay as it is.
    """
    there = np.flatnonzero(market.alive)
    wanted = market.given_shares[there]
    weights = law.class_shares[:, None] * law.set_shares  # g, a
    for _ in range(_STEPS):
        moves = _moves(law, market)[..., there, :][..., there]
        served = moves.sum(axis=-1)[..., 0] > 0
        unserved = np.flatnonzero((weights * ~served).sum(axis=1) > 0)
        if len(unserved):
            raise Impossible(
                "some of these people hold no wallet that any platform takes: let one accept what "
                "they hold, or let them hold another wallet",
                ("market", "people", int(unserved[0])),
            )
        people = stationary(moves)
        shares = (weights[..., None] * people).sum(axis=(0, 1))
        if not shares.all():
            empty = int(there[shares.argmin()])
            raise Impossible(
                f"nobody can buy at {market.platforms[empty]!r}: "
                "let it accept a wallet that people hold",
                ("market", "platform", empty),
            )
        gap = np.log(wanted / shares)
        market.appeal[there] += _DAMPED * gap
        if np.abs(gap).max() < _CLOSE:
            break
    else:
        worst = int(np.abs(gap).argmax())
        raise Impossible(
            f"no appeal gives {market.platforms[there[worst]]!r} {wanted[worst]:.2%}, at most "
            f"{shares[worst]:.2%}: let it accept a wallet that more people hold, or give it less",
            ("market", "platform", int(there[worst])),
        )
    market.appeal[there] -= market.appeal[there].mean()
    _check_stable(law, market, shares)
    start = np.zeros((len(law.class_shares), len(law.set_shares), len(market.platforms)))
    start[..., there] = weights[..., None] * people
    return start


def _moves(law: Law, market: Market) -> Floats:
    """Calm people's platform-to-platform probabilities [g, a, h, k], over both terminals."""
    platform = law.choices(market).platform[:, CALM]
    moves: Floats = np.einsum("t,gathk->gahk", law.terminals, platform)
    return moves


def _check_stable(law: Law, market: Market, shares: Floats) -> None:
    """Would a small push grow? The shares' answer to presence must be below one."""
    there = np.flatnonzero(market.alive)
    weights = law.class_shares[:, None] * law.set_shares
    before = market.presence.copy()
    answers = np.empty((len(there), len(there)))
    small = 1e-6
    for column, place in enumerate(there):
        market.presence[place] = before[place] + small
        moves = _moves(law, market)[..., there, :][..., there]
        pushed = (weights[..., None] * stationary(moves)).sum(axis=(0, 1))
        answers[:, column] = (pushed - shares) / small
        market.presence[place] = before[place]
    radius = np.abs(np.linalg.eigvals(answers)).max()
    if radius >= 1:
        raise Impossible(
            f"the start would tip by itself (spectral radius {radius:.2f} of at most 1): "
            "lower model.network or model.habit",
            ("model", "network"),
        )


def solve(moment: Callable[[float], float], equals: float, low: float, high: float) -> float:
    """Where a moment has a value, by regula falsi with halving (Illinois). Raises Impossible."""
    below, above = moment(low) - equals, moment(high) - equals
    if below * above > 0:
        raise Impossible(
            f"between {low} and {high} the moment goes from {below + equals:,.6g} to "
            f"{above + equals:,.6g} and never is {equals:,.6g}: move low and high, or ask for a "
            "value between"
        )
    middle = low
    for _ in range(_HALVINGS):
        middle = high - above * (high - low) / (above - below) if above != below else high
        value = moment(middle) - equals
        if abs(value) <= 1e-9 * max(abs(equals), 1.0) or abs(high - low) < 1e-13:
            return middle
        if value * above < 0:
            low, below = high, above
        else:
            below /= 2
        high, above = middle, value
    return middle
