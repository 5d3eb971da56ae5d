"""Playing a scenario: one loop for both engines.

A day: in the morning what was felt fades, events happen and moods change; then people buy; in the
evening sellers follow buyers and people take up wallets.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import numpy as np

from changliao.sim.agents import MOST_KINDS, Agents
from changliao.sim.calibration import Impossible, fit_appeals
from changliao.sim.cells import Cells
from changliao.sim.law import Choices, Law
from changliao.sim.market import Floats, Market
from changliao.sim.result import Recorder, Result
from changliao.sim.scenario import Event, Scenario

Progress = Callable[[int], None]


class Engine(Protocol):
    """What both engines do with everybody."""

    name: str

    def move(self, habit: int, into: int | None) -> None: ...
    def feel(self, moves: Floats) -> None: ...
    def enrol(self, moves: Floats) -> None: ...
    def buy(self, choices: Choices) -> tuple[Floats, Floats]: ...
    def at_platforms(self) -> Floats: ...
    def holding(self) -> Floats: ...
    def boycotting(self) -> float: ...


class Start:
    """A fitted start: parameters and people of day zero. Fit once, play often."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.market = Market(scenario)
        self.law = Law(scenario, self.market)
        self.people = fit_appeals(self.law, self.market)


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
    generator = np.random.default_rng(seed) if kind == "cells" else None
    return Cells(start.law, start.people, people, generator)


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
) -> Result:
    """Play it. Zeros: as the file says. The same arguments give the same result, byte for byte.

    Ctrl-C ends the run; when it `keeps`, the result then has the days that were played.
    """
    about = scenario.about
    people, seed, days = people or about.users, seed or about.seed, days or about.days
    start = Start(scenario)
    played = engine_of(start, engine, people, seed, threads)
    recorder = Recorder(start.market, start.law.shape, days)
    result = Result(
        about.name, engine, people, seed, start.market.platforms, start.market.wallets,
        recorder.pay, recorder.flow, recorder.users, recorder.boycotting, recorder.enrolled,
        recorder.accepting, recorder.groups,
    )  # fmt: skip
    calendar = calendar_of(scenario)
    try:
        for day in range(days):
            play_day(start, played, calendar.get(day + 1, []), recorder, day)
            result.days = day + 1
            if progress is not None:
                progress(day + 1)
    except KeyboardInterrupt:
        if not keeps:
            raise
    return result


def calendar_of(scenario: Scenario) -> dict[int, list[Event]]:
    """What happens on which day."""
    calendar = defaultdict[int, list[Event]](list)
    for event in scenario.market.event:
        calendar[event.day].append(event)
    return calendar


def play_day(
    start: Start, engine: Engine, events: list[Event], recorder: Recorder, day: int
) -> None:
    """One day, recorded at its place; the first is day 0."""
    law, market = start.law, start.market
    people = engine.at_platforms().sum()
    market.morning(events, law.goodwill_kept)
    for habit, into in market.moved:
        engine.move(habit, into)
    boycotting = engine.boycotting()
    if boycotting or market.outrage:
        engine.feel(law.moods(boycotting, market.outrage))
    pay, flow = engine.buy(law.choices(market))
    visits = pay.sum(axis=(0, 1, 3))
    shares = visits / max(visits.sum(), 1e-300)
    boycotting = engine.boycotting()
    recorder.pay[day], recorder.flow[day] = pay, flow
    recorder.boycotting[day] = boycotting
    recorder.accepting[day] = market.accepts & market.alive[:, None]
    recorder.groups.append(tuple(market.groups))
    law.settle(market, shares, float(visits.sum()) / people)
    held = engine.holding()[law.optional] / people
    engine.enrol(law.enrolments(market, held, shares, boycotting))
    recorder.users[day] = engine.at_platforms()
    recorder.enrolled[day] = engine.holding()
