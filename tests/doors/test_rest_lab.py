"""The market lab over REST: played at once, refused with the line that is wrong, never too long."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from changliao.doors.rest.lab_runs import WITHIN_S
from changliao.sim import reading
from tests.served import Rest, Served

RUNS = "/api/v1/market/lab/runs"


def test_the_story_is_played_the_same_each_time(sandbox: tuple[Served, Rest]) -> None:
    operator = sandbox[1]
    first, again = (operator.post(RUNS, days=30, users=1_000_000, seed=7) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.content == again.content
    played = first.json()
    assert (played["users"], played["seed"]) == (1_000_000, 7)
    assert [day["day"] for day in played["days"]] == [1, 9, 10, 16, 30]
    for day in played["days"]:
        assert sum(day["shares"].values()) == pytest.approx(1)


def test_a_variant_ends_elsewhere(sandbox: tuple[Served, Rest]) -> None:
    operator = sandbox[1]
    variant = reading.parse(reading.story()).scenario.market.variant[0].id
    told, otherwise = (
        operator.post(RUNS, days=60, seed=7, variant=one).json()["days"][-1]
        for one in ("", variant)
    )
    assert told["shares"] != otherwise["shares"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scenario": "not a scenario"}, "line 1"),
        ({"scenario": reading.story().replace("seed =", "sede =", 1)}, "sede"),
        ({"variant": "nothing"}, "nothing"),
        ({"days": 0}, "days"),
    ],
)
def test_what_cannot_be_played_is_refused(
    sandbox: tuple[Served, Rest], asked: dict[str, Any], said: str
) -> None:
    refused = sandbox[1].post(RUNS, **asked)
    assert (refused.status_code, refused.json()["reason"]) == (400, "malformed")
    assert said in refused.json()["detail"]


def test_of_two_at_once_one_is_asked_to_come_again(sandbox: tuple[Served, Rest]) -> None:
    served, operator = sandbox

    def ask(seed: int) -> int:
        mine = Rest(served.base_url, operator.key, operator.secret)
        with mine.http:
            return mine.post(RUNS, seed=seed).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(ask, range(4)))
    assert 200 in statuses
    assert set(statuses) <= {200, 429}


def test_a_fit_that_takes_too_long_is_ended(sandbox: tuple[Served, Rest]) -> None:
    text = reading.story().replace("days = 540", "days = 3600", 1).replace("flow(10,", "flow(3600,")
    text = text.replace("equals = 10_000_000", "equals = 2_349_600", 1)
    began = time.monotonic()
    ended = sandbox[1].post(RUNS, scenario=text, days=1)
    assert time.monotonic() - began < 4 * WITHIN_S, "of two times a second of work at most"
    assert ended.status_code == 400, ended.text
    assert "2 seconds of work before the first day" in ended.json()["detail"]


def test_a_file_that_takes_too_long_to_read_is_ended(sandbox: tuple[Served, Rest]) -> None:
    asks = (
        " and ".join(f"survivors(1000, {fact}, seed={seed}) > 0" for seed in range(25))
        for fact in range(150)
    )
    facts = "".join(f'  {{ id = "more{n}", quote = "", test = "{one}" }},\n'
                    for n, one in enumerate(asks))  # fmt: skip
    text = reading.story().replace("fact = [\n", f"fact = [\n{facts}", 1)
    ended = sandbox[1].post(RUNS, scenario=text, days=1)
    assert ended.status_code == 400, ended.text
    assert "2 seconds of work before the first day" in ended.json()["detail"]


def test_what_takes_too_long_is_ended(sandbox: tuple[Served, Rest]) -> None:
    text = reading.story().replace("days = 540", "days = 3600", 1)
    ended = sandbox[1].post(RUNS, scenario=text)
    assert ended.status_code == 400, ended.text
    assert ended.json()["field"] == "days"
