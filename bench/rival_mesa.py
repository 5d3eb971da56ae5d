"""The other side of the lab's ratios: Mesa plays the same laws, in a process of its own.

It is installed for this only (`make rivals`), beside the product, never with it. Run with that
folder on PYTHONPATH: `python -m bench.rival_mesa plain 100000 5` prints JSON.
"""

import json
import sys
import time
from bisect import bisect_right
from typing import Any

import mesa
import numpy as np

from bench.market_worlds import EIGHT, story
from bench.results import peak_mb
from changliao.sim.lab import Start
from changliao.sim.law import mood_moves, wallet_moves
from changliao.sim.reading import parse


def plain(people: int, days: int) -> dict[str, float]:
    """Mesa's `do` on the law of eight platforms with habit: one visit, one choice, a person."""
    start = Start(parse(EIGHT).scenario)
    chances = start.law.choices(start.market).platform[0, 0, 0, 0]
    rows = [list(np.cumsum(row)) for row in chances / chances.sum(axis=1, keepdims=True)]
    visit = float(start.law.visit_rate)

    class Person(mesa.Agent):  # type: ignore[misc,unused-ignore]
        def __init__(self, model: Any, at: int) -> None:
            super().__init__(model)
            self.at = at

        def step(self) -> None:
            draw = self.model.random.random
            if draw() < visit:
                self.at = min(bisect_right(rows[self.at], draw()), len(rows) - 1)

    model = mesa.Model(seed=1)
    for number in range(people):
        Person(model, number % len(rows))
    return _timed(lambda: model.agents.do("step"), people, days)


def whole(people: int, days: int) -> dict[str, float]:
    """The story's law, tabulated once a day as ours is: mood, visit, outcome, wallet taken up."""
    start = Start(story().scenario)
    law = start.law
    tables = _tables(start)
    outcomes, wallets = tables["outcomes"], len(start.market.wallets)
    count, sets = law.shape[3], law.shape[2]
    visit, rows = tables["visit"], tables["rows"]
    moods, takes = mood_moves(*law.feelings(0.1, 0.0)).tolist(), tables["takes"]

    class Person(mesa.Agent):  # type: ignore[misc,unused-ignore]
        def __init__(self, model: Any, at: int, held: int) -> None:
            super().__init__(model)
            self.at, self.mood, self.held = at, 0, held

        def step(self) -> None:
            draw = self.model.random.random
            if draw() < moods[self.mood][1 - self.mood]:
                self.mood = 1 - self.mood
            cell = (self.mood * sets + self.held) * count + self.at
            if draw() < visit[cell]:
                outcome = min(bisect_right(rows[cell], draw()), outcomes - 1)
                bought[outcome] += 1
                self.at = outcome // wallets % count
            if draw() < takes[self.held]:
                self.held |= 1

    bought = [0] * outcomes
    model = mesa.Model(seed=1)
    for number in range(people):
        Person(model, number % len(start.scenario.market.platform), number % sets)
    return _timed(lambda: model.agents.do("step"), people, days)


def _tables(start: Start) -> dict[str, Any]:
    """Cumulative chances of every outcome, for each kind of person."""
    law = start.law
    choices = law.choices(start.market)
    chances = np.einsum("t,gzathk,zatkm->gzahtkm", law.terminals, choices.platform, choices.wallet)
    flat = chances.reshape(-1, int(np.prod(chances.shape[4:])))
    served = flat.sum(axis=1, keepdims=True)
    sure = np.divide(flat, served, out=np.zeros_like(flat), where=served > 0)
    shares = start.market.given_shares
    held = np.full(len(law.optional), 0.5)
    moves = wallet_moves(law.rates(start.market, held, shares, np.zeros(())))
    return {
        "outcomes": flat.shape[1],
        "visit": (law.visit_rate * served[:, 0]).tolist(),
        "rows": [list(row) for row in np.cumsum(sure, axis=1)],
        "takes": (1 - np.diag(moves)).tolist(),
    }


def _timed(day: Any, people: int, days: int) -> dict[str, float]:
    day()
    began = time.process_time()
    for _ in range(days):
        day()
    taken = time.process_time() - began
    return {"person_days_per_s": people * days / taken, "peak_mb": peak_mb()}


def main() -> None:
    """`plain` or `whole`, how many people, how many days."""
    name, people, days = sys.argv[1:4]
    run = plain if name == "plain" else whole
    print(json.dumps(run(int(people), int(days))))


if __name__ == "__main__":
    main()
