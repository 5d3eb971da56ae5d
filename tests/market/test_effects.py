"""What a change did: planted effects come out, and nothing comes out of nothing."""

import random
from itertools import count

import pytest

from changliao.market.effects import staggered, study

SEEDS = 200


def noise(seed: int, units: int = 20, times: int = 20) -> dict[str, list[float]]:
    """Levels of their own, a common path, and noise that remembers."""
    draw = random.Random(f"noise {seed}")  # small numbers alone make draws alike
    common = [draw.gauss(0, 1) for _ in range(times)]
    found = {}
    for unit in range(units):
        level, shock, path = draw.gauss(0, 5), 0.0, []
        for at in range(times):
            shock = 0.5 * shock + draw.gauss(0, 1)
            path.append(level + common[at] + shock)
        found[f"u{unit:02}"] = path
    return found


def planted(panel: dict[str, list[float]], starts: dict[str, int], effect: float) -> None:
    for unit, start in starts.items():
        for at in range(start, len(panel[unit])):
            panel[unit][at] += effect


def test_an_effect_is_the_difference_of_differences() -> None:
    panel = {"a": [1.0, 1.0, 4.0, 4.0], "b": [2.0, 2.0, 3.0, 3.0], "c": [0.0, 0.0, 1.0, 1.0]}
    found = study(panel, frozenset("a"), 2)
    assert found.effect == pytest.approx(2)
    assert found.p == pytest.approx(1 / 3)
    assert [point.time for point in found.points] == [-2, -1, 0, 1]
    assert [round(point.difference, 9) for point in found.points] == [0, 0, 2, 2]


def test_a_planted_effect_comes_out_in_the_mean_and_is_told_from_noise() -> None:
    effects, told = [], 0
    for seed in range(SEEDS):
        panel = noise(seed)
        planted(panel, {"u00": 10}, 3.0)
        found = study(panel, frozenset(("u00",)), 10)
        effects.append(found.effect)
        told += found.p <= 0.05
    assert sum(effects) / SEEDS == pytest.approx(3.0, abs=0.2)
    assert told / SEEDS > 0.9


def test_nothing_is_told_of_nothing_more_often_than_said() -> None:
    """Twenty units: one in twenty has p = 0.05, whatever the noise."""
    ps = [study(noise(seed), frozenset(("u00",)), 10).p for seed in range(SEEDS)]
    for level in (0.05, 0.1, 0.2, 0.5):
        share = sum(p <= level + 1e-9 for p in ps) / SEEDS
        assert abs(share - level) < 3 * (level * (1 - level) / SEEDS) ** 0.5, (level, share)


def test_a_path_that_rose_before_is_doubted() -> None:
    panel = noise(1)
    panel["u00"] = [one + 2 * at for at, one in enumerate(panel["u00"])]
    found = study(panel, frozenset(("u00",)), 10)
    assert found.before_p == pytest.approx(0.05)


def test_changes_at_different_times_are_compared_with_the_unchanged_only() -> None:
    """The early ones' effect grows: against them, the late ones would seem to fall."""
    starts = {f"u{unit:02}": (4, 8, 12)[unit % 3] for unit in range(9)}
    grown = []
    for seed in range(SEEDS // 4):
        panel = noise(seed)
        for unit, start in starts.items():
            panel[unit] = [one + 0.5 * max(0, at - start + 1) for at, one in enumerate(panel[unit])]
        found = staggered(panel, starts)
        grown.append({point.time: point.difference for point in found.points})
        assert found.p <= 0.05
    for time in (0, 3, 7):
        mean = sum(one[time] for one in grown) / len(grown)
        assert mean == pytest.approx(0.5 * (time + 1), abs=0.2)


def test_who_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError):
        study({"a": [1.0, 2.0]}, frozenset("a"), 1)
    with pytest.raises(ValueError):
        study({"a": [1.0, 2.0], "b": [1.0, 2.0]}, frozenset("a"), 2)
    with pytest.raises(ValueError):
        staggered({"a": [1.0, 2.0], "b": [1.0, 2.0]}, {"a": 1, "b": 1})


def test_the_same_question_gets_the_same_answer() -> None:
    panel = noise(3, units=30)
    treated = frozenset(name for name, at in zip(panel, count(), strict=False) if at < 5)
    assert study(panel, treated, 9) == study(panel, treated, 9)
