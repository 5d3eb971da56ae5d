"""Checking a scenario's facts: which hold, which were given, what hangs on the parameters."""

import math
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import pairwise
from multiprocessing import get_context
from typing import Any, Final

import msgspec
import numpy as np

from changliao.sim import facts
from changliao.sim.facts import Question
from changliao.sim.lab import Progress, run
from changliao.sim.reading import File
from changliao.sim.result import Result
from changliao.sim.scenario import Fact
from changliao.sim.sets import MOST_AT_ONCE, Sets, days

# Each is changed alone and the parameter calibrated anew: what a fact hangs on shows.
SENSITIVITY: Final[Mapping[str, tuple[float, float]]] = {
    "habit": (0.75, 1.25),
    "network": (0.0, 2.0),
    "boycott_cost": (0.5, 1.5),
}
# The random sets: each parameter is multiplied by a number from its range, all independent.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "habit": (0.6, 1.4),
    "network": (0.0, 2.0),
    "boycott_cost": (0.5, 1.5),
    "boycott_wallet": (0.0, 2.0),
    "forgive": (0.5, 2.0),
    "contagion": (0.0, 1.5),
    "presence_half_life": (0.5, 2.0),
    "goodwill_half_life": (0.5, 2.0),
    "visit_rate": (0.9, 1.1),
    "wallet_scale": (0.7, 1.3),
}


class Answer(msgspec.Struct):
    """Does a fact hold? `sensitive` says so for each parameter made smaller and larger."""

    fact: Fact
    holds: bool
    sensitive: dict[str, tuple[bool, bool]] = {}
    of_sets: float | None = None
    problem: str = ""


class Told(msgspec.Struct):
    """A number that the scenario asks for."""

    say: str
    value: float


class Report(msgspec.Struct):
    """`calibrated` gives each varied path its value. Of `sets`, `refused` had no solution."""

    scenario: str
    answers: list[Answer]
    calibrated: dict[str, float]
    engine: str = "expected"
    told: list[Told] = []
    seconds: float = 0.0
    sets: int = 0
    refused: int = 0
    interrupted: bool = False

    @property
    def holds(self) -> bool:
        """Do all facts?"""
        return all(answer.holds for answer in self.answers)


def check(
    file: File, *, engine: str = "expected", sensitivity: bool = True, sets: int = 0, seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Report:  # fmt: skip
    """Play the story and its variants and ask every fact. Raises Impossible, Unplayable.

    Facts are asked of this engine; moments, sensitivity and sets are of the expected path. `sets`
    random parameter sets are played beside, each calibrated anew. Ctrl-C ends that: the report is
    then of the sets that were played.
    """
    began = time.perf_counter()
    alone = [{name: factor} for name, ends in SENSITIVITY.items() for factor in ends]
    generator = np.random.default_rng(seed)
    random = [
        {name: generator.uniform(*ends) for name, ends in RANGES.items()} for _ in range(sets)
    ]
    wanted = _valued(file, (alone if sensitivity else []) + random)
    report = Report(file.scenario.about.name, [], {}, engine)
    held: list[list[bool] | None] = []
    with _apart(file, wanted) as played:
        fitted, report.calibrated = calibrate(file)
        report.answers, report.told = _answers(fitted, engine)
        try:
            for answers in played:
                held += answers
                if progress is not None:
                    progress(len(held))
        except KeyboardInterrupt:
            report.interrupted = True
    if sensitivity and len(held) >= len(alone):
        _keep_sensitivity(report, held[: len(alone)])
    if sets:
        _keep_sets(report, held[len(alone) if sensitivity else 0 :])
    report.seconds = time.perf_counter() - began
    return report


def calibrate(file: File, progress: Progress | None = None) -> tuple[File, dict[str, float]]:
    """Vary what the file says until its moments have their values. Raises Impossible.

    `progress` is told of day 0 for as long as it takes, and may end it.
    """
    fitted = Sets(file, [{}], progress)
    for problem in fitted.problems.values():
        raise problem
    return file.changed(fitted.values[0]), fitted.values[0]


def _valued(file: File, wanted: list[dict[str, float]]) -> list[dict[str, float]]:
    """Parameters of the model multiplied by these factors."""
    model: Any = file.scenario.model
    return [
        {f"model.{name}": getattr(model, name) * factor for name, factor in factors.items()}
        for factors in wanted
    ]


@contextmanager
def _apart(
    file: File, wanted: list[dict[str, float]]
) -> Iterator[Iterable[list[list[bool] | None]]]:
    """Which facts hold with other values, in parts: on every core when there are many."""
    count = -(-len(wanted) // MOST_AT_ONCE)
    ends = [len(wanted) * one // max(count, 1) for one in range(count + 1)]
    parts = [wanted[one:two] for one, two in pairwise(ends)]
    if len(parts) < 2:
        yield map(partial(_held, file), parts)
        return
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"))
    try:
        # Ctrl-C goes to every process of a terminal; the one that waits for the others decides.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        played = pool.map(partial(_held, file), parts)
        signal.signal(signal.SIGINT, before)
        yield played
    finally:
        pool.shutdown(cancel_futures=True)


def _held(file: File, values: list[dict[str, float]]) -> list[list[bool] | None]:
    return Sets(file, values).held()


def _answers(file: File, engine: str) -> tuple[list[Answer], list[Told]]:
    market = file.scenario.market
    questions = [facts.compiled(fact.test) for fact in market.fact]
    numbers = [facts.compiled(one.value) for one in market.tell]
    played = _played(file, [*questions, *numbers], engine)
    answers = []
    for fact, question in zip(market.fact, questions, strict=True):
        try:
            answers.append(Answer(fact, bool(question.answer(played))))
        except (ArithmeticError, LookupError, ValueError) as error:
            answers.append(Answer(fact, holds=False, problem=str(error)))
    told = []
    for one, number in zip(market.tell, numbers, strict=True):
        try:
            told.append(Told(one.say, float(number.answer(played))))
        except ArithmeticError:
            told.append(Told(one.say, math.nan))
    return answers, told


def _played(file: File, questions: list[Question], engine: str) -> Callable[[str], Result]:
    """The story and its variants, each run once and no further than somebody asks."""
    asked = days(questions)

    @cache
    def result(variant: str) -> Result:
        scenario = (file.variant(variant) if variant else file).scenario
        return run(scenario, engine=engine, asked=asked[variant] or {1})

    return result


def _keep_sensitivity(report: Report, held: list[list[bool] | None]) -> None:
    nothing = [False] * len(report.answers)
    for place, name in enumerate(SENSITIVITY):
        low, high = (answers or nothing for answers in held[2 * place : 2 * place + 2])
        for answer, smaller, larger in zip(report.answers, low, high, strict=True):
            answer.sensitive[name] = smaller, larger


def _keep_sets(report: Report, held: list[list[bool] | None]) -> None:
    played = [answers for answers in held if answers is not None]
    report.sets, report.refused = len(held), len(held) - len(played)
    for place, answer in enumerate(report.answers):
        answer.of_sets = sum(answers[place] for answers in played) / max(len(played), 1)
