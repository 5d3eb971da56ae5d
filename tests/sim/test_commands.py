"""`changliao market lab` as a person types it."""

import json
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet
import pytest

from tests import served
from tests.served import CHANGLIAO, started

DOCS = Path(__file__).parents[2] / "docs" / "market"


def typed(*words: str, code: int = 0) -> str:
    """What a command prints; on failure what it complains of."""
    done = served.typed("market", *words)
    assert done.exit_code == code, done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario of the documentation."""
    page = (DOCS / "scenarios.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert found
    path = tmp_path_factory.mktemp("lab") / "small.toml"
    path.write_text(found[1], "utf-8")
    return path


def test_the_story_is_checked_from_its_own_copy(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(typed("lab", "story"), "utf-8")
    report = json.loads(typed("lab", "check", str(mine), "--no-sensitivity", "--json"))
    assert [answer["holds"] for answer in report["answers"]] == [True] * 13
    wrong = mine.read_text("utf-8").replace("9.99e6 < flow", "99e6 < flow")
    mine.write_text(wrong, "utf-8")
    assert "NO" in typed("lab", "check", str(mine), "--no-sensitivity", code=1)


def test_the_scenario_of_the_documentation_is_played(small: Path, tmp_path: Path) -> None:
    assert "big" in typed("lab", "run", str(small), "--engine", "cells")
    shown = json.loads(typed("lab", "run", str(small), "--json", "--out", str(tmp_path / "out")))
    assert shown["shares"]["big"]["1"] == pytest.approx(0.7)
    assert shown["shares"]["big"]["60"] < 0.65
    longer = json.loads(typed("lab", "run", str(small), "--json", "--days", "999"))
    assert longer["days"] == 60, "which is all there is, and nothing was interrupted"
    wide = typed("lab", "run", "story", "--days", "30")
    assert "60.80%" in wide
    assert "…" not in wide + typed("lab", "check", str(small))
    assert max(map(len, wide.splitlines())) <= 80
    assert (tmp_path / "out" / "flow.parquet").exists()
    assert "yes" in typed("lab", "check", str(small))


def test_scenarios_are_compared_and_parameters_swept(small: Path) -> None:
    assert "no_adoption" in typed("lab", "compare", str(small), f"{small}:no_adoption")
    swept = json.loads(typed("lab", "sweep", str(small), "habit=0.5:1.5:0.5", "--json"))
    assert [one["habit"] for one in swept["values"]] == [0.5, 1, 1.5]
    shown = typed("lab", "sweep", "story", "habit=1:2:1", "--days", "2")
    assert "boycotting" in shown
    assert "…" not in shown, "thirteen platforms are wider than a terminal, and all are there"
    tips = served.typed("market", "lab", "sweep", str(small), "network=0:9:9", "--json")
    found = json.loads(tips.stdout)
    assert [one["network"] for one in found["values"]] == [0]
    assert [one["network"] for one in found["impossible"]] == [9]
    assert "lower model.network" in tips.stderr
    assert "after" in typed("lab", "price", str(small), "--merge", "big+small")


def test_what_people_buy_is_a_file_that_insight_reads(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "bought.parquet"
    typed("lab", "payments", str(small), str(out), "--users", "2000", "--days", "40")
    of = ("insight", "--payments", str(out))
    rows = json.loads(typed(*of, "share", "--json"))
    january = {row["key"]: row for row in rows if row["first"] == "2026-01-01"}
    played = ("--engine", "agents", "--users", "2000", "--days", "31", "--out", str(tmp_path))
    typed("lab", "run", str(small), *played)
    visits = Counter[str]()
    for row in pyarrow.parquet.read_table(tmp_path / "daily.parquet").to_pylist():
        visits[row["platform"]] += row["visits"]
    assert {key: row["payments"] for key, row in january.items()} == {
        **visits, "total": visits.total(),
    }  # fmt: skip
    flows = json.loads(typed(*of, "flow", "--json"))
    left = [row["users"] for row in flows
            if row["first"] == "2026-02-01" and row["source"] != "absent"]  # fmt: skip
    assert sum(left) == january["total"]["users"]
    assert "high" in typed(*of, "hhi", "--json")
    assert "…" not in typed(*of, "hhi", "--merge", "big+small")
    assert "sold nothing" in typed(*of, "hhi", "--merge", "big+smal", code=2)
    assert "two of them merge" in typed(*of, "hhi", "--merge", "big", code=2)
    days = ("--first", "2026-02-01", "--last", "2026-01-01")
    assert "last is not before first" in typed(*of, "share", *days, code=2)
    assert "CNY" in typed(*of, "share", "--currency", "USD", code=2)
    asking = ("insight", "--key", "key", "--secret", "mine", "share")
    assert "hexadecimal digits" in typed(*asking, code=2)
    assert "2026-01" in typed(*of, "cohort")
    assert "needs a network" in typed(*of, "changes", code=2)
    assert "weeks or months" in typed(*of, "flow", "--every", "day", code=2)


def interrupted(*words: str) -> tuple[str, str]:
    """What a command prints and says when Ctrl-C comes after four seconds of work.

    It should have ten times as much to do: machines differ.
    """
    with started([CHANGLIAO, "market", *words], stderr=subprocess.PIPE) as process:
        threads = Path(f"/proc/{process.pid}/stat")
        while int(threads.read_text("ascii").split()[13]) < 400:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    return out, said


def test_interrupted_it_says_what_it_had(small: Path) -> None:
    long = small.with_name("long.toml")
    long.write_text(small.read_text("utf-8").replace("days = 60", "days = 3660"), "utf-8")
    played = ("run", str(long), "--engine", "agents", "--users", "1000000", "--json")
    out, said = interrupted("lab", *played)
    assert 0 < json.loads(out)["days"] < 3660
    assert f"interrupted after day {json.loads(out)['days']}" in said
    out, said = interrupted("lab", "sweep", str(long), "habit=0.5:1.49:0.005", "--days", "700")
    found = re.search(r"interrupted after (\d+) of 199 values", said)
    assert found
    assert 0 < int(found[1]) < 199
    assert re.search(r"\b0\.5 ", out), out


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (
            (
                "variant = [",
                'calibrate = [{vary = "event[1].goodwill", moment = "users(\'small\', 30)", '
                "equals = 999_999}]\nvariant = [",
            ),
            "calibrate = [",
            "move low and high",
        ),
        (("habit = 1.5", "network = 9.0"), "network = 9.0", "lower model.network"),
        (
            ('accepts = ["cash"]}', "accepts = []}"),
            '{id = "small"',
            "accept a wallet that people hold",
        ),
        (
            ("mobile = 0.0, share = 1.0", "mobile = 0.0, share = 0.5"),
            "[market]",
            "let them hold another wallet",
        ),
    ],
    ids=["impossible moment", "tipping start", "untaken wallet", "unserved people"],
)
def test_what_cannot_be_fitted_is_refused_with_its_line_and_the_mend(
    small: Path, tmp_path: Path, change: tuple[str, str], line: str, said: str
) -> None:
    text = small.read_text("utf-8")
    assert change[0] in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(*change), "utf-8")
    number = next(
        number for number, one in enumerate(path.read_text("utf-8").splitlines(), 1) if line in one
    )
    for words in (("run",), ("check", "--no-sensitivity")):
        told = typed("lab", words[0], str(path), *words[1:], code=2)
        assert told.startswith(f"line {number}: ")
        assert said in told


@pytest.mark.parametrize(
    "words",
    [
        ("lab", "drive", "story", "--into", "http://h:1", "--key", "k", "--secret", "mine"),
        (
            "lab",
            "drive",
            "story",
            "--into",
            "http://h:1",
            "--key",
            "k",
            "--secret",
            "ab",
            "--rate",
            "nan",
        ),
        ("lab", "run", "nowhere.toml"),
        ("lab", "run", "story:nobody"),
        ("lab", "sweep", "story", "habit"),
        ("lab", "sweep", "story", "habit=0:1:0"),
        ("lab", "sweep", "story", "nothing=0:1:1"),
        ("lab", "price", "story", "--merge", "jd+nobody"),
        ("lab", "price", "story", "--merge", "jd"),
        ("lab", "price", "story", "--alpha", "0"),
        ("lab", "price", "story", "--alpha", "nan"),
        ("lab", "price", "story", "--outside", "1"),
        ("lab", "run", "story", "--days", "2", "--out", "/dev/null/tables"),
        ("lab", "run", "story", "--users", "9999999999"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_said_and_nothing_is_played(words: tuple[str, ...]) -> None:
    said = typed(*words, code=2)
    assert "Traceback" not in said
    assert said.strip()
