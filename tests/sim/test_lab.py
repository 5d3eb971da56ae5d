"""The lab: it starts as it is told, keeps its people, and its engines agree."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from changliao.sim import outputs, reading
from changliao.sim.agents import Agents, alias_table, guide_of, guided, pick
from changliao.sim.calibration import Impossible, solve
from changliao.sim.check import calibrate, check
from changliao.sim.lab import Start, calendar_of, play_day, run, run_many
from changliao.sim.law import CALM, stationary
from changliao.sim.reading import File
from changliao.sim.result import Recorder
from changliao.sim.sets import Sets

STORY = (resources.files("changliao.sim") / "scenarios" / "story.toml").read_text("utf-8")
EVENTS = """
[scenario]
name = "everything that can happen"
users = 1_000_000
days = 40
[model]
visit_rate = 0.5
mobile = 0.3
habit = 1.0
network = 0.5
boycott_cost = 1.0
forgive = 0.05
contagion = 0.02
[market]
wallet = [
  {id = "a", group = "x", pc = 0.5, mobile = 0.5, share = 0.6, p = 0.001, q = 0.01},
  {id = "b", pc = 0.1, share = 0.5},
  {id = "cash", pc = 0.0, mobile = 0.0, share = 1.0},
]
platform = [
  {id = "one", group = "x", share = 0.5, accepts = ["a", "b", "cash"]},
  {id = "two", share = 0.3, accepts = ["a", "cash"]},
  {id = "three", share = 0.2, accepts = ["b", "cash"]},
]
people = [{id = "young", share = 0.4, taste = {one = 0.5}}, {id = "old", share = 0.6}]
event = [
  {day = 2, type = "quality", platform = "two", amount = 0.3},
  {day = 3, type = "subsidy", platforms = ["two", "three"], amount = 0.5, budget = 0.2},
  {day = 5, type = "cap", subsidy = 0.1},
  {day = 8, type = "terminal", wallet = "b", mobile = 0.6},
  {day = 10, type = "ban", wallet = "a", platforms = ["two"], outrage = 0.2, target = "x"},
  {day = 12, type = "enter", platform = "four", accepts = ["a", "cash"], appeal = 0.2},
  {day = 15, type = "transfer", platform = "four", group = "x"},
  {day = 20, type = "merge", platforms = ["two", "three"], into = "both", appeal = "average"},
  {day = 25, type = "exit", platform = "one"},
  {day = 30, type = "adopt", wallet = "a", platforms = ["both"], goodwill = 0.4},
]
"""


@pytest.fixture(scope="module")
def story() -> File:
    return calibrate(reading.parse(STORY))[0]


def test_the_start_has_the_shares_of_the_file(story: File) -> None:
    played = run(story.scenario, days=1)
    for platform in story.scenario.market.platform:
        assert played.share(platform.id, 1) == pytest.approx(platform.share, abs=1e-9)


def test_nothing_happening_changes_little_and_nobody_is_lost(story: File) -> None:
    played = run(story.variant("untouched").scenario, days=100)
    assert played.share("jd", 100) == pytest.approx(0.055, abs=0.01)
    np.testing.assert_allclose(played.users.sum(axis=1), 210_000_000, rtol=1e-12)


@pytest.mark.parametrize("engine", ["expected", "cells", "agents"])
def test_everything_that_can_happen_keeps_every_person_and_payment(engine: str) -> None:
    played = run(reading.parse(EVENTS).scenario, engine=engine, people=20_000)
    np.testing.assert_allclose(played.users.sum(axis=1), 20_000, rtol=1e-9)
    np.testing.assert_allclose(played.pay.sum(axis=(1, 2, 3, 4)), played.flow.sum(axis=(1, 2)))
    assert (played.pay >= 0).all()
    assert played.share("one", 24) > 0
    assert played.share("one", 25) == 0
    assert played.share("both", 19) == 0
    assert played.share("both", 20) > 0
    assert played.paid_with("a", "two", 9) > 0
    assert played.paid_with("a", "two", 10) == 0
    assert played.paid_with("b", "one", 8) > played.paid_with("b", "one", 7)
    assert played.boycott(9) == 0
    assert played.boycott(10) == pytest.approx(0.2, abs=0.02)


def test_counts_are_whole_people_when_they_are_drawn() -> None:
    for engine in ("cells", "agents"):
        played = run(reading.parse(EVENTS).scenario, engine=engine, people=10_007, days=12)
        assert (played.users == np.floor(played.users)).all()
        assert (played.users.sum(axis=1) == 10_007).all()
        assert (played.pay == np.floor(played.pay)).all()


def test_many_at_once_are_as_one_by_one() -> None:
    file = reading.parse(EVENTS)
    values = [{"model.habit": 1.4, "event[9].goodwill": 0.9}, {"model.network": 0.0}, {}]
    alone = [file.changed(one).scenario for one in values]
    together, problems = run_many(alone, {1, 9, 20, 40}, [])
    assert not problems
    for place, scenario in enumerate(alone):
        row, played = together.row(place), run(scenario)
        for at, day in enumerate((1, 9, 20, 40)):
            for name in ("visits", "flow", "users", "enrolled"):
                one, two = getattr(row, name)[at], getattr(played, name)[day - 1]
                np.testing.assert_allclose(one, two, rtol=1e-9, err_msg=name)
            assert row.hhi(day) == pytest.approx(played.hhi(day))
            assert row.boycott(day) == pytest.approx(played.boycott(day))


def test_the_start_stays_as_it_is(story: File) -> None:
    """Where the closed form says people rest is where the whole matrix leaves them."""
    start = Start(story.scenario)
    moves = np.einsum("t,gathk->gahk", start.law.terminals,
                      start.law.choices(start.market).platform[:, CALM])  # fmt: skip
    there = start.market.alive
    rests = stationary(moves[..., there, :][..., there])
    weights = start.law.class_shares[:, None] * start.law.set_shares
    np.testing.assert_allclose(start.people[..., there], weights[..., None] * rests, rtol=1e-9)
    assert not start.people[..., ~there].any()


def test_a_subsidy_ends_with_its_budget() -> None:
    file = reading.parse(EVENTS)
    played = run(file.scenario, days=9)
    without = run(file.changed({"event[1].amount": 0.0}).scenario, days=9)
    gains = [played.share("three", day) - without.share("three", day) for day in (3, 4, 9)]
    assert gains[1] > gains[0] > 0.01  # while it is paid, more come each day
    assert gains[2] < gains[1]


def test_v18_the_engines_agree(story: File) -> None:
    days, people, zs = 20, 200_000, []
    expected = run(story.scenario, people=people, days=days)
    for seed in range(1, 21):
        drawn = run(story.scenario, engine="agents", people=people, days=days, seed=seed)
        bought = drawn.visits.sum(axis=1, keepdims=True)
        spread = np.sqrt(expected.shares * (1 - expected.shares) / bought)
        there = expected.shares > 0
        zs.append(np.sqrt((((drawn.shares - expected.shares)[there] / spread[there]) ** 2).mean()))
    assert 0.8 <= np.mean(zs) <= 1.3, "less would be no draws at all"


def test_drawn_cells_agree_with_the_expected_path(story: File) -> None:
    expected, drawn = (run(story.scenario, engine=one, days=30) for one in ("expected", "cells"))
    np.testing.assert_allclose(drawn.shares, expected.shares, atol=5e-4)
    assert not np.array_equal(drawn.shares, expected.shares)


def test_the_same_seed_is_the_same_run_on_one_thread_and_on_two(story: File) -> None:
    one, two, again, other = (
        run(story.scenario, engine="agents", people=300_000, days=40, threads=threads, seed=seed)
        for threads, seed in ((1, 1), (2, 1), (1, 1), (1, 2))
    )
    for name in ("pay", "flow", "users", "boycotting", "enrolled"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
        assert np.array_equal(getattr(one, name), getattr(again, name)), name
    assert not np.array_equal(one.flow, other.flow)


def test_compiled_and_plain_loops_draw_the_same() -> None:
    pytest.importorskip("numba")
    scenario = reading.parse(EVENTS).scenario
    recorders = []
    for compiled in (True, False):
        start = Start(scenario)
        agents = Agents(start.law, start.people, 20_007, 1, compiled=compiled)
        recorders.append(Recorder(start.market, start.law.shape, range(40)))
        calendar = calendar_of(scenario)
        for day in range(40):
            play_day(start, agents, calendar.get(day + 1, []), recorders[-1], day)
    one, two = recorders
    for name in ("pay", "flow", "users", "boycotting", "enrolled"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name


@pytest.mark.parametrize("columns", [1, 2, 9, 32])
def test_a_guide_finds_what_the_table_says(columns: int) -> None:
    """For draws everywhere, and for those beside every border of a piece."""
    generator = np.random.default_rng(columns)
    chances = generator.dirichlet(np.full(columns, 0.3), 8) * (generator.random((8, columns)) < 0.8)
    table = alias_table(chances, np.arange(columns))
    borders = [
        (column * 2**32 + border) // columns + aside
        for column in range(columns)
        for border in (0, *table.threshold.reshape(8, columns)[:, column].tolist())
        for aside in (-2, -1, 0, 1, 2)
    ]
    near = [draw for draw in borders if 0 <= draw < 2**32]
    half = np.append(np.array(near, np.uint32), generator.integers(0, 2**32, 5_000, np.uint32))
    guide = guide_of(table)
    assert (guide >= 0).mean() > 0.9
    for row in range(8):
        rows = np.full(len(half), row, np.uint8)
        found = guided(half, rows, table, guide)
        np.testing.assert_array_equal(found, pick(half, rows * np.int64(columns), table))


def test_a_person_costs_two_bytes_of_state(story: File) -> None:
    start = Start(story.scenario)
    agents = Agents(start.law, start.people, 1_000_000, 1)
    assert agents.kind.nbytes + agents.habit.nbytes == 2_000_000


@pytest.mark.parametrize("engine", ["expected", "cells"])
def test_every_fact_of_the_story_holds_and_says_whether_it_was_given(engine: str) -> None:
    report = check(reading.parse(STORY), engine=engine, sensitivity=False)
    assert {answer.fact.id: answer.holds for answer in report.answers} == {
        f"F{number}": True for number in range(1, 14)
    }
    assert {answer.fact.id for answer in report.answers if answer.fact.given} == {"F1", "F5"}
    assert report.calibrated["event[1].goodwill"] == pytest.approx(0.9517, abs=1e-3)


def test_what_the_story_asks_for_is_told_with_its_numbers() -> None:
    cost, scale = check(reading.parse(STORY), sensitivity=False).told
    assert "suspending Alipay cost" in cost.say
    assert cost.value == pytest.approx(8.2, abs=0.05)
    assert scale.value == pytest.approx(0.191, abs=1e-3)
    report = check(reading.parse(STORY.replace("wallet_scale = 1.0", "wallet_scale = 0.191")),
                   sensitivity=False)  # fmt: skip
    assert report.holds, "what that episode says of substitution changes no fact"


def test_facts_are_asked_again_with_other_parameters() -> None:
    report = check(reading.parse(STORY), sets=2)
    answers = {answer.fact.id: answer for answer in report.answers}
    assert answers["F4"].sensitive["network"] == (False, True)
    assert answers["F1"].sensitive["habit"] == (True, True)
    assert report.sets == 2
    assert all(0 <= (answer.of_sets or 0) <= 1 for answer in report.answers)


def test_sets_hold_the_same_facts_together_and_alone() -> None:
    file = reading.parse(STORY)
    values = [{"model.habit": 1.0}, {"model.network": 9.0}, {"model.visit_rate": 1.2}]
    values += [{"model.habit": 2.5, "model.network": 0.0}]
    held = Sets(file, values).held()
    assert held == [Sets(file, [one]).held()[0] for one in values]
    weak, tips, more_than_all, alone = held
    assert tips is None
    assert more_than_all is None
    facts = [one.id for one in file.scenario.market.fact]
    assert weak is not None
    assert [one for one, holds in zip(facts, weak, strict=True) if not holds] == ["F1", "F7"]
    assert alone is not None
    assert [one for one, holds in zip(facts, alone, strict=True) if not holds] == ["F4"]


def test_a_fact_that_is_wrong_does_not_hold() -> None:
    wrong = STORY.replace("competitors(30) > 1.5 * competitors(9)", "competitors(30) > 100")
    report = check(reading.parse(wrong), sensitivity=False)
    assert [answer.fact.id for answer in report.answers if not answer.holds] == ["F11"]
    assert not report.holds


def test_a_moment_that_cannot_be_reached_is_said_so() -> None:
    impossible = STORY.replace("equals = 10_000_000", "equals = 200_000_000")
    with pytest.raises(Impossible, match="never is"):
        check(reading.parse(impossible), sensitivity=False)


def test_a_moment_that_hangs_on_something_else_is_said_so() -> None:
    other = STORY.replace("flow(10, ['taobao', 'tmall'], 'jd')\", equals", 'hhi(5)", equals')
    with pytest.raises(Impossible, match=r"is 5,947\.91 at both ends: vary what it hangs on"):
        check(reading.parse(other), sensitivity=False)


def test_a_start_that_would_tip_is_refused() -> None:
    with pytest.raises(Impossible, match="tip by itself"):
        run(reading.parse(STORY.replace("network = 1.0", "network = 9.0")).scenario, days=1)


@pytest.mark.parametrize("rivals", [2, 4, 8])
def test_v5_equal_rivals_tip_from_a_network_effect_of_their_number_on(rivals: int) -> None:
    platforms = "".join(
        f'{{id = "p{one}", share = {1 / rivals}, accepts = ["cash"]}},' for one in range(rivals)
    )

    def equal(network: float) -> File:
        return reading.parse(
            f"""[scenario]\nname = "equal"\nusers = 1000\ndays = 1
            [model]\nvisit_rate = 0.5\nnetwork = {network}
            [market]\nwallet = [{{id = "cash", pc = 0.0, share = 1.0}}]
            platform = [{platforms}]"""
        )

    run(equal(rivals - 0.01).scenario)
    with pytest.raises(Impossible, match="tip by itself"):
        run(equal(rivals + 0.01).scenario)


def test_a_person_costs_few_bytes_in_a_whole_run() -> None:
    """In a process of its own, above what the program takes; `make bench` does it with 10⁸."""
    people = 3_000_000
    code = f"""
from bench.results import peak_mb
from changliao.sim import reading
from changliao.sim.lab import run
from tests.sim.test_lab import EVENTS
file = reading.parse(EVENTS)
run(file.scenario, engine="agents", people=1_000, days=12)
before = peak_mb()
run(file.scenario, engine="agents", people={people}, days=12)
print((peak_mb() - before) * 2**20 / {people})
"""
    words = [sys.executable, "-c", code]
    path = os.pathsep.join([".", "src"])
    done = subprocess.run(
        words, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert 1 <= float(done.stdout) <= 40


def test_a_root_is_found_between_its_ends() -> None:
    assert solve(lambda x: x**3, 8, 0, 10)[0] == pytest.approx(2)
    assert solve(lambda x: -x, -5, 0, 10)[0] == pytest.approx(5)
    powers = np.array([1.0, 3.0, -1.0])
    found, problems = solve(lambda x: np.sign(powers) * x ** np.abs(powers), 8, 0, 10)
    np.testing.assert_allclose(found[:2], [8, 2])
    assert list(problems) == [(2,)]


def test_tables_have_the_names_of_the_schema(story: File, tmp_path) -> None:
    played = run(story.scenario, people=1_000, days=12)
    found = outputs.tables(played)
    assert found["daily"].column_names == [
        "day", "platform", "visits", "share", "users", "pc", "mobile",
    ]  # fmt: skip
    assert set(found) == {"daily", "pay", "flow", "mood", "wallet", "hhi"}
    for form in outputs.FORMATS:
        written = outputs.save(played, tmp_path / form, form)
        assert {path.name for path in written} == {f"{name}.{form}" for name in found}
    paid = sum(row["n"] for row in found["pay"].to_pylist() if row["day"] == 10)
    assert paid == pytest.approx(played.visits[9].sum())
