"""`changliao market insight`: the same figures on paper, as JSON, in files; and rebuilding them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.bazaar import Bazaar, bazaar
from tests.served import CHANGLIAO, typed


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bazaar]:
    with bazaar(tmp_path_factory.mktemp("insight") / "data", people=3, minimum=1) as made:
        for person in range(3):
            made.buy(person, "taobao", 1_000)
        made.buy(0, "jd", 500)
        made.settle(made.today(), made.today(), 4)
        yield made


def environment(market: Bazaar) -> dict[str, str]:
    return market.served.environment | {
        "CHANGLIAO_URL": market.served.base_url, "CHANGLIAO_OPERATOR_KEY": market.operator.key,
        "CHANGLIAO_OPERATOR_SECRET": market.operator.secret,
    }  # fmt: skip


def on_wide_paper(market: Bazaar, *words: str) -> str:
    """By a process of its own, which reads how wide it is when it begins."""
    wide = {**os.environ, **environment(market), "COLUMNS": "200"}
    return subprocess.check_output([CHANGLIAO, "market", "insight", *words], text=True, env=wide)


def ask(market: Bazaar, *words: str, status: int = 0) -> str:
    done = typed("market", "insight", *words, **environment(market))
    assert done.exit_code == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def today(market: Bazaar) -> list[str]:
    return ["--first", market.today(), "--last", market.today(), "--every", "day"]


def test_shares_on_paper_and_for_programs(market: Bazaar) -> None:
    assert "85.7%" in on_wide_paper(market, "share", *today(market))
    rows = msgspec.json.decode(ask(market, "share", *today(market), "--json"))
    assert rows == market.ask("shares", first=market.today(), last=market.today())


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_figures_in_files(market: Bazaar, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"shares.{ending}"
    ask(market, "share", *today(market), "--by", "method", "--out", str(path))
    read: Any = pyarrow.csv.read_csv if ending == "csv" else pyarrow.parquet.read_table
    rows = read(path).to_pylist()
    assert [(row["key"], row["payments"], row["amount"]) for row in rows] == [
        ("changliao", 4, 3_500), ("total", 4, 3_500),
    ]  # fmt: skip
    assert "csv or .parquet" in ask(market, "share", "--out", str(tmp_path / "x"), status=2)


@pytest.mark.parametrize("what", ["active", "homing", "hhi"])
def test_every_figure_is_told(market: Bazaar, what: str) -> None:
    rows = msgspec.json.decode(ask(market, what, *today(market), "--json"))
    assert rows


@pytest.mark.parametrize("what", ["cohort", "changes"])
def test_what_has_no_days_is_told(market: Bazaar, what: str) -> None:
    assert isinstance(msgspec.json.decode(ask(market, what, "--json")), list)


def test_an_effect_without_a_change_is_said(market: Bazaar) -> None:
    assert "policy_not_found" in ask(market, "effect", "drf_0000000000001", status=1)
    flows = ["flow", "--first", market.today(), "--last", market.today(), "--json"]
    assert {row["source"] for row in msgspec.json.decode(ask(market, *flows))} >= {"absent"}


def test_added_up_again_while_the_network_goes_on_the_figures_are_the_same(
    market: Bazaar,
) -> None:
    before = ask(market, "share", *today(market), "--json")
    words = [CHANGLIAO, "market", "insight", "rebuild", "--data", str(market.served.data)]
    known = {**os.environ, **market.served.environment}
    assert "added up again" in subprocess.check_output(words, text=True, env=known)
    market.settle(market.today(), market.today(), 4)
    assert ask(market, "share", *today(market), "--json") == before
