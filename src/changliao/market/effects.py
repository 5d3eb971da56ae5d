"""What a change did: treated units against the others, before and after, judged by permutation.

With few units, often one treated, a standard error says little. So every unit plays the treated one
in turn, or at random when several were: how often does a change as large come of nothing? Changes
at different times are compared with units that were not changed by then, never with ones that were.

Source: differences in differences with unit and time effects; Fisher's permutation test as Abadie,
Diamond and Hainmueller (2010) use it; group-time averages of Callaway and Sant'Anna (2021).
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from math import comb
from typing import Final

from msgspec import Struct

Panel = Mapping[str, Sequence[float]]
MOST_DRAWS: Final = 999
_BAND: Final = (0.05, 0.95)
_SEED: Final = 1


class Point(Struct, frozen=True):
    """The difference at a time, counted from the change; the band is of others in the same part."""

    time: int
    difference: float
    low: float | None = None
    high: float | None = None
    units: int = 1


class Study(Struct, frozen=True):
    """`effect` is the mean after less the mean before. p: how often others differ as much.

    `before_p` asks the same of the slope before the change: small, and the comparison is doubtful.
    `placebos` is how many others there were; with n of them p cannot be under 1/(n+1). `interval`
    has the true effect in it nine times of ten, or more: what would have to be taken away for the
    rest to look like the others. None: with under nineteen others nothing can be said so surely.
    """

    effect: float
    p: float
    before_p: float | None
    placebos: int
    points: tuple[Point, ...]
    interval: tuple[float, float] | None = None


def study(panel: Panel, treated: frozenset[str], start: int) -> Study:
    """All treated at once, at index `start` of the panel's times. Raises ValueError: no control."""
    if not treated or len(treated) >= len(panel) or not 0 < start < _length(panel):
        raise ValueError("a study needs treated and other units, times before and after")
    paths = [_path(panel, chosen, start) for chosen in _assignments(panel, treated)]
    own = _path(panel, treated, start)
    effect = _effect(own, start)
    effects = [_effect(path, start) for path in paths]
    slopes = [_slope(path[:start]) for path in paths]
    points = tuple(
        Point(at - start, own[at], *_band([path[at] for path in paths]), len(treated))
        for at in range(len(own))
    )
    before_p = _as_large(_slope(own[:start]), slopes) if start > 2 else None
    interval = _interval(effect, effects)
    return Study(effect, _as_large(effect, effects), before_p, len(paths), points, interval)


def staggered(panel: Panel, starts: Mapping[str, int]) -> Study:
    """Each unit changed at its own index, others never: averages by time since the change.

    A unit is compared from its last time before with all that are not changed by then.
    Raises ValueError when nobody can be compared.
    """
    known = {unit: at for unit, at in starts.items() if unit in panel and 0 < at < _length(panel)}
    points = _by_time(panel, known)
    after = [point for point in points if point.time >= 0]
    if not after:
        raise ValueError("nobody changed while another had not")
    effect = _weighted(after)
    draws = [_weighted_or_none(_by_time(panel, drawn)) for drawn in _shuffles(panel, known)]
    effects = [one for one in draws if one is not None]
    interval = _interval(effect, effects)
    return Study(effect, _as_large(effect, effects), None, len(effects), tuple(points), interval)


def _assignments(panel: Panel, treated: frozenset[str]) -> list[frozenset[str]]:
    """Every other choice of as many units, or so many at random."""
    units, count = sorted(panel), len(treated)
    if comb(len(units), count) <= MOST_DRAWS:
        chosen: Iterable[tuple[str, ...]] = combinations(units, count)
    else:
        draw = random.Random(_SEED)  # noqa: S311 the same question gets the same answer
        chosen = (tuple(draw.sample(units, count)) for _ in range(MOST_DRAWS))
    return [one for one in map(frozenset, chosen) if one != treated]


def _shuffles(panel: Panel, starts: Mapping[str, int]) -> Iterable[dict[str, int]]:
    draw = random.Random(_SEED)  # noqa: S311 the same question gets the same answer
    units, times = sorted(panel), [starts[unit] for unit in sorted(starts)]
    for _ in range(MOST_DRAWS):
        yield dict(zip(draw.sample(units, len(times)), times, strict=True))


def _path(panel: Panel, treated: frozenset[str], start: int) -> list[float]:
    """Mean of the treated less mean of the others at each time, from its mean before on."""
    own = _sums(panel[unit] for unit in treated)
    others = _sums(path for unit, path in panel.items() if unit not in treated)
    many, more = len(treated), len(panel) - len(treated)
    gaps = [one / many - other / more for one, other in zip(own, others, strict=False)]
    base = _mean(gaps[:start])
    return [gap - base for gap in gaps]


def _effect(path: Sequence[float], start: int) -> float:
    return _mean(path[start:]) - _mean(path[:start])


def _by_time(panel: Panel, starts: Mapping[str, int]) -> list[Point]:
    length = _length(panel)
    alike: dict[int, list[Sequence[float]]] = {}
    for unit, path in panel.items():
        alike.setdefault(starts.get(unit, length + 1), []).append(path)
    order = sorted(alike)
    # Of those who change after each of these: how many they are, and their sums.
    count, later, left = 0, [0.0] * length, {}
    sums = {begun: _sums(paths) for begun, paths in alike.items()}
    for begun in reversed(order):
        left[begun] = count, later
        count += len(alike[begun])
        later = [one + other for one, other in zip(later, sums[begun], strict=False)]
    moved: dict[int, float] = defaultdict(float)
    units: Counter[int] = Counter()
    for place, start in enumerate(order):
        own, many = sums[start], len(alike[start])
        for begun, until in pairwise(order[place:]):
            others, went = left[begun]
            share = many / others
            for at in range(0 if begun == start else begun, min(until, length)):
                change = own[at] - own[start - 1]
                moved[at - start] += change - share * (went[at] - went[start - 1])
                units[at - start] += many
    return [Point(time, moved[time] / units[time], units=units[time]) for time in sorted(units)]


def _sums(paths: Iterable[Sequence[float]]) -> list[float]:
    """The sum of all at each time."""
    return [sum(found) for found in zip(*paths, strict=False)]


def _weighted(points: Iterable[Point]) -> float:
    known = list(points)
    return sum(one.difference * one.units for one in known) / sum(one.units for one in known)


def _weighted_or_none(points: Iterable[Point]) -> float | None:
    after = [point for point in points if point.time >= 0]
    return _weighted(after) if after else None


def _as_large(own: float, others: Sequence[float]) -> float:
    """How many are as far from nothing, itself among them."""
    as_large = sum(1 for other in others if abs(other) >= abs(own) * (1 - 1e-12))
    return (1 + as_large) / (1 + len(others))


def _interval(effect: float, others: Sequence[float]) -> tuple[float, float] | None:
    """By exchange: of n others and one more, one in twenty is beyond the k-th at either end."""
    left_out = int(_BAND[0] * (len(others) + 1) + 1e-9)
    if not left_out:
        return None
    ordered = sorted(others)
    return effect - ordered[-left_out], effect - ordered[left_out - 1]


def _band(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    low, high = (ordered[round(part * (len(ordered) - 1))] for part in _BAND)
    return low, high


def _slope(values: Sequence[float]) -> float:
    middle, mean = (len(values) - 1) / 2, _mean(values)
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    if not spread:
        return 0.0
    return sum((at - middle) * (one - mean) for at, one in enumerate(values)) / spread


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _length(panel: Panel) -> int:
    return min((len(one) for one in panel.values()), default=0)
