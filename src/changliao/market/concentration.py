"""Concentration: the HHI, what a merger would add to it, and what authorities call it.

Sold on no platform are many small shops: they are in the denominator and add nothing. Thresholds
are data (thresholds.toml), each with its source. Units: points, shares in per cent squared.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

from msgspec import Struct, convert
from msgspec.structs import replace

from changliao.market.figures import TOTAL, Share, is_named

PERCENT: Final = 100.0
Measure = Literal["payments", "amount", "users"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
Level = Literal["low", "moderate", "high"]


class Thresholds(Struct, frozen=True):
    """From `moderate` and from `high` on; a merger that adds `change` is looked at."""

    source: str
    moderate: int
    high: int
    change: int

    def level(self, hhi: float) -> Level:
        """What a market of this concentration is called."""
        if hhi > self.high:
            return "high"
        return "moderate" if hhi >= self.moderate else "low"

    def between(self, least: float, most: float) -> Level | None:
        """What it is called wherever between these it is; None: that depends."""
        level = self.level(least)
        return level if level == self.level(most) else None

    def looks_at(self, hhi: float, added: float) -> bool:
        """Would a merger that adds so much be looked at?"""
        return added > self.change and self.level(hhi + added) == "high"


class Concentration(Struct, frozen=True):
    """A period's. `effective` is how many equal rivals would be as concentrated.

    `whole` is the denominator; None: too few people. Merchants on no platform add nothing to
    `hhi`; were they a single one, it would be `most`. `others` is their part; None: too few people,
    and then `most` is for nobody to see either. `added` is what the merger asked about adds.
    """

    period: int
    hhi: float | None
    effective: float | None
    rivals: int | None
    whole: int | None
    others: float | None = None
    most: float | None = None
    added: float | None = None


@cache
def thresholds() -> dict[str, Thresholds]:
    """By name."""
    text = (resources.files("changliao.market") / "thresholds.toml").read_text("utf-8")
    return convert(tomllib.loads(text), dict[str, Thresholds])


def hhi(parts: Iterable[float]) -> float:
    """Of shares that sum to one or less."""
    return sum((PERCENT * part) ** 2 for part in parts)


def by_period(
    shares: Iterable[Share],
    measure: Measure,
    merged: frozenset[str],
    minimum: int,
) -> list[Concentration]:
    """Of shares in which nothing is withheld: only their squares' sum goes out.

    Of users the whole is the parts' people together: who bought at several counts for each.
    """
    parts: dict[int, dict[str, int]] = {}
    wholes: dict[int, Share] = {}
    reach: Counter[int] = Counter()
    named: Counter[int] = Counter()
    for share in shares:
        if share.label == TOTAL:
            wholes[share.period] = share
            continue
        reach[share.period] += share.users or 0
        if is_named(share.label):
            named[share.period] += share.users or 0
            had = getattr(share, measure)
            parts.setdefault(share.period, {})[share.label.key] = had or 0
    found = []
    for period, whole in wholes.items():
        one = Concentration(period, None, None, None, None)
        if (whole.users or 0) >= minimum:
            total = _total(whole, measure, reach[period])
            one = _of(whole, total, parts.get(period, {}), merged)
        others = reach[period] - named[period]
        if others and min(others, named[period]) < minimum:
            one = replace(one, others=None)
        found.append(one)
    return found


def _total(whole: Share, measure: Measure, reach: int) -> int:
    if measure == "users":
        return reach
    return (whole.payments if measure == "payments" else whole.amount) or 0


def _of(whole: Share, total: int, parts: dict[str, int], merged: frozenset[str]) -> Concentration:
    if not total or not any(parts.values()):
        return Concentration(whole.period, None, None, None, None)
    before = hhi(part / total for part in parts.values())
    others = 1 - sum(parts.values()) / total
    together = sum(parts.get(key, 0) for key in merged)
    apart = [part for key, part in parts.items() if key not in merged]
    after = hhi(part / total for part in [*apart, together])
    return Concentration(
        whole.period, before, PERCENT**2 / before, sum(1 for part in parts.values() if part),
        total, others, before + hhi([others]), after - before if len(merged) > 1 else None,
    )  # fmt: skip
