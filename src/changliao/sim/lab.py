"""Playing a scenario: one loop for every engine, and for one run or many at once.

A day: in the morning what was felt fades, events happen and moods change; then people buy; in the
evening sellers follow buyers and people take up wallets.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from msgspec import Struct

from changliao.sim.agents import MOST_KINDS, Agents
from changliao.sim.calibration import Impossible, Row, fit_appeals
from changliao.sim.cells import Cells
from changliao.sim.expected import Expected
from changliao.sim.law import Law, Sale, Sides
from changliao.sim.market import Floats, Market
from changliao.sim.markets import Markets
from changliao.sim.result import Recorder, Result
from changliao.sim.scenario import Event, Scenario

Progress = Callable[[int], None]


class Engine(Protocol):
    """What every engine does with everybody. A day's `pay` and `flow` may be left out."""

    name: str
    count: int

    def move(self, habit: int, into: int | None) -> None: ...
    def feel(self, up: Floats, down: Floats) -> None: ...
    def enrol(self, rates: Floats) -> None: ...
    def buy(self, market: Sides, *, whole: bool) -> Sale: ...
    def at_platforms(self) -> Floats: ...
    def holding(self) -> Floats: ...
    def boycotting(self) -> Floats: ...


class Fit(Struct, frozen=True):
    """What was fitted to which parts of scenarios: events do not matter to it."""

    parts: list[Any]
    appeal: Floats
    people: Floats
    problems: dict[Row, Impossible]


class Start:
    """A fitted start: parameters and people of day zero. Raises Impossible.

    Of a list of scenarios that differ in numbers only, `problems` says instead which of them, by
    place, cannot be fitted. What `fits` has is not worked out again.
    """

    def __init__(
        self,
        scenario: Scenario | Sequence[Scenario],
        fits: list[Fit] | None = None,
        progress: Progress | None = None,
    ) -> None:
        one = scenario if isinstance(scenario, Scenario) else None
        scenarios = [scenario] if isinstance(scenario, Scenario) else scenario
        self.scenario: Scenario = scenarios[0]
        self.market: Sides = Markets(scenarios) if one is None else Market(one)
        self.law = Law(self.market, *scenarios)
        fit = self._fitted(scenarios, [] if fits is None else fits, progress)
        there = fit.appeal.shape[-1]
        self.market.appeal[..., :there] = fit.appeal
        classes, _, sets, count = self.law.shape
        self.people: Floats = np.zeros((*fit.appeal.shape[:-1], classes, sets, count))
        self.people[..., :there] = fit.people
        self.problems = fit.problems
        if one is not None:
            for problem in self.problems.values():
                raise problem

    def _fitted(
        self, scenarios: Sequence[Scenario], fits: list[Fit], progress: Progress | None
    ) -> Fit:
        markets = [one.market for one in scenarios]
        parts = [
            (one.model, its.wallet, its.platform, its.people)
            for one, its in zip(scenarios, markets, strict=True)
        ]
        for fit in fits:
            if fit.parts == parts:
                return fit
        people, problems = fit_appeals(self.law, self.market, progress)
        there = len(markets[0].platform)
        fit = Fit(parts, self.market.appeal[..., :there].copy(), people[..., :there], problems)
        fits.append(fit)
        return fit


def engine_of(start: Start, kind: str, people: int, seed: int, threads: int) -> Engine:
    """`expected` and `cells` count; `agents` follow each person."""
    if kind == "agents":
        kinds = int(np.prod(start.law.shape[:3]))
        if kinds > MOST_KINDS:
            raise Impossible(
                f"{kinds} kinds of people; the agents engine has room for {MOST_KINDS}: have fewer "
                "classes of people or wallets of some, or take the cells engine",
                ("market", "people"),
            )
        return Agents(start.law, start.people, people, seed, threads)
    if kind == "cells":
        return Cells(start.law, start.people, people, seed)
    return Expected(start.law, start.people, people)


def run(
    scenario: Scenario,
    *,
    engine: str = "expected",
    people: int = 0,
    seed: int = 0,
    days: int = 0,
    threads: int = 1,
    progress: Progress | None = None,
    keeps: bool = False,
    asked: Iterable[int] = (),
) -> Result:
    """Play it. Zeros: as the file says. The same arguments give the same result, byte for byte.

    Only the days that are `asked` are kept, when any are; none is played after them. Ctrl-C ends
    the run; when it `keeps`, the result then has the days that were played.
    """
    about = scenario.about
    people, seed, days = people or about.users, seed or about.seed, days or about.days
    kept = _places(asked, days) or range(days)
    days = kept[-1] + 1
    start = Start(scenario, progress=progress)
    played = engine_of(start, engine, people, seed, threads)
    recorder = Recorder(start.market, start.law.shape, kept)
    calendar = calendar_of(scenario)
    done = 0
    try:
        for day in range(days):
            play_day(start, played, calendar.get(day + 1, []), recorder, day)
            done = day + 1
            if progress is not None:
                progress(done)
    except KeyboardInterrupt:
        if not keeps:
            raise
    return recorder.result(about.name, engine, people, seed, done)


def run_many(
    scenarios: Sequence[Scenario],
    asked: Iterable[int],
    fits: list[Fit],
    progress: Progress | None = None,
) -> tuple[Result, dict[Row, Impossible]]:
    """The expected paths of scenarios that differ in numbers only, in one result, row by row.

    Only the days that are asked are kept, and none is played after them. Rows that cannot be fitted
    are named, and hold nothing of use. `progress` is told of day 0 each day: it may end the run.
    """
    first = scenarios[0]
    start = Start(scenarios, fits, progress)
    engine = Expected(start.law, start.people, first.about.users)
    kept = _places(asked, first.about.days)
    recorder = Recorder(start.market, start.law.shape, kept)
    calendar = defaultdict[int, list[Sequence[Event]]](list)
    for one in zip(*(scenario.market.event for scenario in scenarios), strict=True):
        calendar[one[0].day].append(one)
    last = kept[-1] + 1 if kept else 0
    for day in range(last):
        play_day(start, engine, calendar.get(day + 1, []), recorder, day)
        if progress is not None:
            progress(0)
    result = recorder.result(first.about.name, engine.name, engine.count, 0, last)
    return result, start.problems


def _places(asked: Iterable[int], days: int) -> Sequence[int]:
    """The days that are asked and there, in order, from 0 on."""
    return sorted(day - 1 for day in set(asked) if 1 <= day <= days)


def calendar_of(scenario: Scenario) -> dict[int, list[Event]]:
    """What happens on which day."""
    calendar = defaultdict[int, list[Event]](list)
    for event in scenario.market.event:
        calendar[event.day].append(event)
    return calendar


def play_day(
    start: Start, engine: Engine, events: Sequence[Any], recorder: Recorder, day: int
) -> None:
    """One day, recorded when the recorder keeps it; the first is day 0."""
    law, market = start.law, start.market
    market.morning(events, law.goodwill_kept)
    for habit, into in market.moved:
        engine.move(habit, into)
    boycotting = engine.boycotting()
    if boycotting.any() or np.any(market.outrage):
        engine.feel(*law.feelings(boycotting, market.outrage))
        boycotting = engine.boycotting()
    keeps = recorder.keeps(day)
    sale = engine.buy(market, whole=keeps)
    bought = sale.visits.sum(axis=-1)
    shares = sale.visits / np.maximum(bought, 1e-300)[..., None]
    if keeps:
        recorder.keep(day, sale, boycotting)
    law.settle(market, shares, bought / engine.count)
    held = engine.holding()[..., law.optional] / engine.count
    engine.enrol(law.rates(market, held, shares, boycotting))
    if keeps:
        recorder.keep_evening(day, engine.at_platforms(), engine.holding())
