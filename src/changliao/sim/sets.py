"""A scenario and its variants with many sets of parameters at once, each fitted anew.

Sets differ in numbers only, so all of one variant are played as one, on the expected path.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from changliao.sim import facts, paths
from changliao.sim.bounds import out_of_bounds
from changliao.sim.calibration import Impossible, Row, solve
from changliao.sim.facts import Question
from changliao.sim.lab import Fit, Progress, run_many
from changliao.sim.market import Floats
from changliao.sim.reading import File
from changliao.sim.result import Result
from changliao.sim.scenario import Scenario

Values = Mapping[str, float]
# So many fit the cache, and are enough that what NumPy does before each array does not count.
MOST_AT_ONCE: Final = 128


class Sets:
    """`values` are what each set has at which paths; `problems` names sets without a solution."""

    def __init__(
        self, file: File, values: Sequence[Values], progress: Progress | None = None
    ) -> None:
        self._file = file
        self._progress = progress
        self.values: Final[list[dict[str, float]]] = [dict(one) for one in values]
        self.problems: Final[dict[int, Impossible]] = {}
        self._fits: Final[list[Fit]] = []
        for place, scenario in enumerate(self._scenarios("")):
            wrong = [message for _, message in out_of_bounds(scenario)]
            if wrong:
                self.problems[place] = Impossible("; ".join(wrong))
        for number, one in enumerate(file.scenario.market.calibrate):
            moment = partial(self._moment, facts.compiled(one.moment), one.vary)
            with np.errstate(all="ignore"):
                found, problems = solve(moment, one.equals, one.low, one.high)
            self._give(one.vary, found)
            for row, problem in problems.items():
                way = problem.way or ("market", "calibrate", number)
                self._refuse(row, Impossible(f"{one.vary}: {problem}", way))

    def result(self, variant: str, asked: frozenset[int]) -> Result:
        """Of a variant, '' being the story; a set that cannot be fitted then is a problem too."""
        with np.errstate(all="ignore"):
            result, problems = run_many(self._scenarios(variant), asked, self._fits, self._progress)
        for row, problem in problems.items():
            self._refuse(row, problem)
        return result

    def held(self) -> list[list[bool] | None]:
        """Which facts hold in each set; None when it has no solution."""
        questions = [facts.compiled(fact.test) for fact in self._file.scenario.market.fact]
        results = {name: self.result(name, asked) for name, asked in days(questions).items()}
        holds = np.zeros((len(self.values), len(questions)), bool)
        for place, question in enumerate(questions):
            with np.errstate(all="ignore"):
                try:
                    holds[:, place] = question.answer(results.__getitem__)
                except (ArithmeticError, LookupError, ValueError):
                    holds[:, place] = False
        return [None if place in self.problems else row for place, row in enumerate(holds.tolist())]

    def _scenarios(self, variant: str) -> list[Scenario]:
        """A variant's, with the values that it shares with the file."""
        file = self._file.variant(variant) if variant else self._file
        known = {path for own in self.values for path in own}
        ways = {path: self._file.place_in(variant, path) for path in known}
        found = []
        for values in self.values:
            scenario = file.scenario
            for path, value in values.items():
                if (way := ways[path]) is not None:
                    scenario = paths.put(scenario, way, value)
            found.append(scenario)
        return found

    def _moment(self, question: Question, vary: str, given: Floats) -> Floats:
        self._give(vary, given)
        results = {name: self.result(name, asked) for name, asked in question.days.items()}
        return np.asarray(np.zeros(len(self.values)) + question.answer(results.__getitem__))

    def _give(self, vary: str, given: Floats) -> None:
        every = np.broadcast_to(given, len(self.values))
        for own, value in zip(self.values, every.tolist(), strict=True):
            own[vary] = value

    def _refuse(self, row: Row, problem: Impossible) -> None:
        self.problems.setdefault(row[0] if row else 0, problem)


def days(questions: Sequence[Question]) -> dict[str, frozenset[int]]:
    """Which days are asked of the story and each of its variants."""
    asked: dict[str, frozenset[int]] = {}
    for question in questions:
        for name, own in question.days.items():
            asked[name] = asked.get(name, frozenset()) | own
    return asked
