"""What is planted in the lab comes out of its payments: effects and flows, within their intervals.

Two hundred draws of one scenario: twenty platforms, of which one begins to take a wallet. What is
to be found is not put in by hand: it is what the law itself does, on its expected path or among so
many people that chance is over.
"""

from math import sqrt
from typing import Any

import numpy as np
import pytest

from changliao.core.market import Period
from changliao.market.effects import study
from changliao.market.rollup import Facts, Rollup, Sums
from changliao.sim import reading
from changliao.sim.lab import run
from changliao.sim.purchases import purchases
from changliao.sim.scenario import Scenario

SEEDS = 200
PEOPLE = 4_000
MANY = 400_000
PLATFORMS = 20
# A Monday: the first seven days are one week, the rest another.
MONDAY = 20_003
CHANGE = 7
DAYS = 14


def scenario() -> Scenario:
    others = "".join(
        f'{{id = "p{one:02}", share = {1 / PLATFORMS}, accepts = ["cash"]}},'
        for one in range(PLATFORMS)
    )
    return reading.parse(
        f"""
[scenario]
name = "one of twenty adopts"
users = {PEOPLE}
days = {DAYS}
[model]
visit_rate = 0.6
habit = 2.0
[market]
wallet = [{{id = "ours", pc = -1.5, share = 0.6}}, {{id = "cash", pc = 0.0, share = 1.0}}]
platform = [{others}]
event = [{{day = {CHANGE + 1}, type = "adopt", wallet = "ours", platforms = ["p00"]}}]
"""
    ).scenario


def added_up(world: Scenario, people: int, seed: int) -> Sums:
    rollup = Rollup(people, (PLATFORMS, 2, 2))
    for day in purchases(world, people=people, seed=seed):
        when = np.full(len(day), MONDAY + day.day - 1)
        rollup.update(Facts(when, day.user, day.platform, day.wallet, day.terminal, day.amount))
    return rollup.finish()


def panel(counts: Any) -> dict[str, list[float]]:
    """Each platform's payments by day, its mean before being one."""
    found = np.asarray(counts, float).T
    means = found[:, :CHANGE].mean(axis=1, keepdims=True)
    return {f"p{place:02}": list(row) for place, row in enumerate(found / means)}


def by_day(sums: Sums) -> Any:
    counts = np.zeros((DAYS, PLATFORMS))
    for (day, platform, *_), (payments, _) in sums.volumes.items():
        counts[day - MONDAY, platform] += payments
    return counts


def moved(sums: Sums) -> dict[str, tuple[int, int]]:
    """Of whom how many: who stayed at p00, who came to it, and who stayed elsewhere."""
    week = (MONDAY + 3) // 7 + 1
    flows = {key[2:]: n for key, n in sums.flows.items() if key[:2] == (Period.WEEK, week)}
    there = {key: n for key, n in flows.items() if -1 not in key}
    at = sum(n for (source, _), n in there.items() if source == 0)
    away = sum(there.values()) - at
    came = sum(n for (source, target), n in there.items() if source != 0 == target)
    stayed = sum(n for (source, target), n in there.items() if source == target != 0)
    return {"kept": (there.get((0, 0), 0), at), "came": (came, away), "stayed": (stayed, away)}


def holds(part: tuple[int, int], truth: float) -> bool:
    """Is it within the 95 % interval of a share? Source: Wilson (1927)."""
    k, n, z = *part, 1.96
    middle, half = k / n + z * z / (2 * n), z * sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return middle - half <= truth * (1 + z * z / n) <= middle + half


def within(hits: int, level: float) -> bool:
    """Is it what so many draws give at this level, within three errors?"""
    return abs(hits / SEEDS - level) <= 3 * sqrt(level * (1 - level) / SEEDS)


@pytest.fixture(scope="module")
def draws() -> list[Sums]:
    world = scenario()
    return [added_up(world, PEOPLE, seed) for seed in range(1, SEEDS + 1)]


def test_effects_are_found_and_their_intervals_hold_as_often_as_they_say(draws: list[Sums]) -> None:
    expected = run(scenario()).visits
    truth = study(panel(expected), frozenset(("p00",)), CHANGE).effect
    assert truth > 0.1, "there is something to find"
    found = [study(panel(by_day(one)), frozenset(("p00",)), CHANGE) for one in draws]
    effects = [one.effect for one in found]
    assert np.mean(effects) == pytest.approx(truth, abs=3 * float(np.std(effects)) / sqrt(SEEDS))
    intervals = [one.interval for one in found if one.interval is not None]
    assert within(sum(low <= truth <= high for low, high in intervals), 0.9)


def test_flows_are_found_and_their_intervals_hold_as_often_as_they_say(draws: list[Sums]) -> None:
    truth = {name: k / n for name, (k, n) in moved(added_up(scenario(), MANY, 999)).items()}
    assert truth["came"] > 1.3 * (1 - truth["stayed"]) / PLATFORMS, "there is something to find"
    for name, share in truth.items():
        parts = [moved(one)[name] for one in draws]
        assert within(sum(holds(part, share) for part in parts), 0.95), name
