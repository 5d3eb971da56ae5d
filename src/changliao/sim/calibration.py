"""Fitting: appeals that give the shares of the start, and a parameter that gives a moment.

Source of the contraction: Berry, Levinsohn and Pakes (1995), here with a stationary share for each
kind of person instead of an integral. Many runs at once are fitted in the same steps.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from changliao.sim.law import CALM, Law, Sides
from changliao.sim.market import Bools, Floats

_STEPS: Final = 2_000
_CLOSE: Final = 1e-12
_DAMPED: Final = 0.7
_HALVINGS: Final = 200
Row = tuple[int, ...]


class Impossible(Exception):
    """No parameter gives what was asked; the message says why and how to mend it.

    `way` leads to what has to be mended in the scenario's file; empty: it is not the file's.
    """

    def __init__(self, message: str, way: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.way = list(way)


def fit_appeals(
    law: Law, market: Sides, progress: Callable[[int], None] | None = None
) -> tuple[Floats, dict[Row, Impossible]]:
    """Set `market.appeal`, mean zero over those there; the stationary people[g, a, h], of mass one.

    Also which rows cannot be fitted, because no appeals give the shares or the start would not stay
    as it is; one run is row (). `progress` is told of day 0 at every step.
    """
    weights = law.class_shares[..., :, None] * law.set_shares[..., None, :]  # g, a
    there, wanted = market.alive, np.where(market.alive, market.given_shares, 1.0)
    shares, people = _rest(law, market, weights)
    problems = _unserved(market, weights, people, shares)
    done = np.zeros(shares.shape[:-1], bool)
    for row in problems:
        done[row] = True
    for _ in range(_STEPS):
        gap = np.log(wanted / np.where(there & (shares > 0), shares, 1.0)) * there
        step = np.where(done[..., None], 0.0, _DAMPED * gap)
        np.add(market.appeal, step, out=market.appeal)
        done |= np.abs(gap).max(axis=-1) < _CLOSE
        if done.all():
            break
        shares, people = _rest(law, market, weights)
        if progress is not None:
            progress(0)
    for row in np.ndindex(done.shape):
        if not done[row]:
            problems[row] = _out_of_reach(market, row, wanted, shares, gap)
    mean = (market.appeal * there).sum(axis=-1) / there.sum(axis=-1)
    np.subtract(market.appeal, mean[..., None] * there, out=market.appeal)
    for row, radius in _unstable(law, market, weights, shares):
        problems.setdefault(row, _tipping(radius))
    return weights[..., None] * people, problems


def _rest(law: Law, market: Sides, weights: Floats) -> tuple[Floats, Floats]:
    """Where calm people are when nothing happens: shares[k], and people[g, a, h] of each kind.

    A day's moves are of rank one for each terminal, but for the habit on the diagonal. So where
    they leave people follows from one number for each terminal, and these from two equations.
    """
    inclusive = law.standing(market).inclusive[..., None, CALM, :, :, :]
    odds = law.liking(market)[..., :, CALM, None, None, :] * inclusive  # g, a, tau, k
    extra = np.expm1(law.habit)[..., None, None, None, None]
    whole = odds.sum(axis=-1, keepdims=True)
    served = whole > 0
    inverse = served / np.where(served, whole + extra * odds, 1.0)
    terminals = law.terminals[..., None, None, :, None] * served
    terminals = terminals / np.maximum(terminals.sum(axis=-2, keepdims=True), 1e-300)
    leaves = (terminals * whole * inverse).sum(axis=-2)  # g, a, k
    comes = terminals * odds / np.where(leaves > 0, leaves, 1.0)[..., None, :]
    once = np.einsum("...tk,...uk->...tu", inverse, comes)
    pulls = np.stack([once[..., 0, 1] + 1 - once[..., 1, 1], once[..., 1, 0] + 1 - once[..., 0, 0]])
    people = np.einsum("t...,...tk->...k", pulls, comes)
    people /= np.maximum(people.sum(axis=-1, keepdims=True), 1e-300)
    return np.asarray((weights[..., None] * people).sum(axis=(-3, -2))), people


def _unserved(
    market: Sides, weights: Floats, people: Floats, shares: Floats
) -> dict[Row, Impossible]:
    """Rows in which somebody can buy nowhere, or nobody somewhere."""
    problems: dict[Row, Impossible] = {}
    nowhere = ((weights > 0) & (people.sum(axis=-1) == 0)).any(axis=-1)
    for *row, kind in np.argwhere(nowhere).tolist():
        problems.setdefault(
            tuple(row),
            Impossible(
                "some of these people hold no wallet that any platform takes: let one accept what "
                "they hold, or let them hold another wallet",
                ("market", "people", kind),
            ),
        )
    for *row, place in np.argwhere(market.alive & (shares == 0)).tolist():
        problems.setdefault(
            tuple(row),
            Impossible(
                f"nobody can buy at {market.platforms[place]!r}: "
                "let it accept a wallet that people hold",
                ("market", "platform", place),
            ),
        )
    return problems


def _out_of_reach(
    market: Sides, row: Row, wanted: Floats, shares: Floats, gap: Floats
) -> Impossible:
    worst = int(np.abs(gap[row]).argmax())
    return Impossible(
        f"no appeal gives {market.platforms[worst]!r} {wanted[row][worst]:.2%}, at most "
        f"{shares[row][worst]:.2%}: let it accept a wallet that more people hold, or give it less",
        ("market", "platform", worst),
    )


def _unstable(
    law: Law, market: Sides, weights: Floats, shares: Floats
) -> Iterator[tuple[Row, float]]:
    """Where a small push would grow: the shares' answer to presence has a radius of one or more."""
    there = np.flatnonzero(market.alive.reshape(-1, market.alive.shape[-1])[0])
    answers = np.empty((*shares.shape[:-1], len(there), len(there)))
    small = 1e-6
    for column, place in enumerate(there):
        before = market.presence[..., place].copy()
        market.presence[..., place] += small
        pushed, _ = _rest(law, market, weights)
        answers[..., column] = (pushed - shares)[..., there] / small
        market.presence[..., place] = before
    # No eigenvalue is beyond the largest sum of a column: most need not be worked out.
    for row in np.argwhere(np.abs(answers).sum(axis=-2).max(axis=-1) >= 1).tolist():
        radius = np.abs(np.linalg.eigvals(answers[tuple(row)])).max()
        if radius >= 1:
            yield tuple(row), float(radius)


def _tipping(radius: float) -> Impossible:
    return Impossible(
        f"the start would tip by itself (spectral radius {radius:.2f} of at most 1): "
        "lower model.network or model.habit",
        ("model", "network"),
    )


def _no_root(equals: float, low: float, high: float, below: float, above: float) -> Impossible:
    if below == above:
        return Impossible(f"the moment is {below:,.6g} at both ends: vary what it hangs on")
    return Impossible(
        f"between {low} and {high} the moment goes from {below:,.6g} to {above:,.6g} and never is "
        f"{equals:,.6g}: move low and high, or ask for a value between"
    )


def solve(
    moment: Callable[[Floats], Floats], equals: float, low: float, high: float
) -> tuple[Floats, dict[Row, Impossible]]:
    """Where a moment has a value, by regula falsi with halving (Illinois), for many at once.

    `moment` gives each one's value; also which have no root between `low` and `high`.
    """
    below = np.asarray(moment(np.asarray(low, float)) - equals, float)
    above = np.asarray(moment(np.asarray(high, float)) - equals, float)
    lows, highs = np.full(below.shape, float(low)), np.full(below.shape, float(high))
    problems: dict[Row, Impossible] = {}
    done: Bools = ~(below * above <= 0)
    for row in map(tuple, np.argwhere(done).tolist()):
        problems[row] = _no_root(equals, low, high, below[row] + equals, above[row] + equals)
    found = highs.copy()
    for _ in range(_HALVINGS):
        if done.all():
            break
        flat = above == below
        middle = highs - np.divide(
            above * (highs - lows), above - below, where=~flat, out=np.zeros(flat.shape)
        )
        found = np.where(done, found, middle)
        value = moment(found) - equals
        done |= (np.abs(value) <= 1e-9 * max(abs(equals), 1.0)) | (np.abs(highs - lows) < 1e-13)
        crosses = value * above < 0
        lows, below = np.where(crosses, highs, lows), np.where(crosses, above, below / 2)
        highs, above = found, value
    return found, problems
