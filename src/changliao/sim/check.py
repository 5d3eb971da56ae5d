"""Checking a scenario's facts: which hold, which were given, what hangs on the parameters."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, Final

import msgspec
import numpy as np

from changliao.sim import facts
from changliao.sim.calibration import Impossible, solve
from changliao.sim.facts import Question
from changliao.sim.lab import run
from changliao.sim.reading import File
from changliao.sim.result import Result
from changliao.sim.scenario import Fact, Scenario

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


class Report(msgspec.Struct):
    """`calibrated` gives each varied path its value. Of `sets`, `refused` had no solution."""

    scenario: str
    answers: list[Answer]
    calibrated: dict[str, float]
    engine: str = "expected"
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
    played, calibrated = calibrate(file)
    answers = list(_answers(played, engine))
    report = Report(file.scenario.about.name, answers, calibrated, engine)
    alone = [{name: factor} for name, ends in SENSITIVITY.items() for factor in ends]
    generator = np.random.default_rng(seed)
    random = [
        {name: generator.uniform(*ends) for name, ends in RANGES.items()} for _ in range(sets)
    ]
    wanted = (alone if sensitivity else []) + random
    held = _played_apart(file, wanted, report, progress) if wanted else []
    if sensitivity and len(held) >= len(alone):
        _keep_sensitivity(report, held[: len(alone)])
    if sets:
        _keep_sets(report, held[len(alone) if sensitivity else 0 :])
    report.seconds = time.perf_counter() - began
    return report


def _played_apart(
    file: File,
    wanted: list[dict[str, float]],
    report: Report,
    progress: Callable[[int], None] | None,
) -> list[list[bool] | None]:
    """Each is independent of the others: as many at once as there are cores."""
    held: list[list[bool] | None] = []
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"))
    try:
        # Ctrl-C goes to every process of a terminal; the one that waits for the others decides.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        played = pool.map(partial(_held, file), wanted)
        signal.signal(signal.SIGINT, before)
        for answers in played:
            held.append(answers)
            if progress is not None:
                progress(len(held))
    except KeyboardInterrupt:
        report.interrupted = True
    finally:
        pool.shutdown(cancel_futures=True)
    return held


def calibrate(file: File) -> tuple[File, dict[str, float]]:
    """Vary what the file says until its moments have their values. Raises Impossible."""
    found: dict[str, float] = {}
    for place, one in enumerate(file.scenario.market.calibrate):
        question = facts.compiled(one.moment)
        moment = partial(_moment, file, one.vary, question)
        try:
            found[one.vary] = solve(moment, one.equals, one.low, one.high)
        except Impossible as error:
            way = error.way or ("market", "calibrate", place)
            raise Impossible(f"{one.vary}: {error}", way) from error
        file = file.changed({one.vary: found[one.vary]})
    return file, found


def _moment(file: File, vary: str, question: Question, value: float) -> float:
    scenario = file.changed({vary: value}).scenario
    return float(question.answer(lambda _: run(scenario, days=question.last_day)))


def _answers(file: File, engine: str = "expected") -> Iterator[Answer]:
    market = file.scenario.market
    questions = [facts.compiled(fact.test) for fact in market.fact]
    played = Played(file, questions, engine)
    for fact, question in zip(market.fact, questions, strict=True):
        try:
            yield Answer(fact, bool(question.answer(played.result)))
        except (ArithmeticError, LookupError, ValueError) as error:
            yield Answer(fact, holds=False, problem=str(error))


class Played:
    """The story and its variants, each run once and no further than somebody asks."""

    def __init__(self, file: File, questions: list[Question], engine: str) -> None:
        self._file = file
        self._engine = engine
        self._last: dict[str, int] = {}
        for question in questions:
            for name in question.variants | {""}:
                self._last[name] = max(self._last.get(name, 1), question.last_day)
        self._results: dict[str, Result] = {}

    def result(self, variant: str) -> Result:
        """The story itself is ''."""
        if variant not in self._results:
            scenario = self._scenario(variant)
            days = min(self._last[variant], scenario.about.days)
            self._results[variant] = run(scenario, engine=self._engine, days=days)
        return self._results[variant]

    def _scenario(self, variant: str) -> Scenario:
        return (self._file.variant(variant) if variant else self._file).scenario


def _held(file: File, factors: Mapping[str, float]) -> list[bool] | None:
    """Which facts hold when parameters are multiplied; None when that has no solution."""
    model: Any = file.scenario.model
    values = {f"model.{name}": getattr(model, name) * factor for name, factor in factors.items()}
    try:
        changed, _ = calibrate(file.changed(values))
        return [answer.holds for answer in _answers(changed)]
    except Impossible:
        return None


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
