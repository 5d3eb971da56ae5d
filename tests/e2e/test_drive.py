"""Simulated people pay in a real network: at the rate, once each, in no figure of the market."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bazaar import API, Bazaar, bazaar
from tests.served import CHANGLIAO

FIGURES = ("shares", "active", "concentration")


@pytest.fixture
def market(tmp_path: Path, address: str) -> Iterator[Bazaar]:
    with bazaar(tmp_path / "data", people=3, minimum=1, database=address) as made:
        yield made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bazaar]:
    with bazaar(tmp_path_factory.mktemp("drive") / "data", people=1, minimum=1) as made:
        yield made


def command(market: Bazaar, *words: str) -> list[str]:
    key = ["--key", market.operator.key, "--secret", market.operator.secret]
    into = ["--into", market.served.base_url, "--users", "3000"]
    return [CHANGLIAO, "market", "lab", "drive", *into, *key, *words, "--json"]


def driven(market: Bazaar, *words: str) -> Any:
    done = subprocess.run(command(market, *words), capture_output=True, check=False)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    # Whether this machine holds the rate now is no matter of the test.
    assert done.returncode == (0 if report["sustained"] else 1), done.stderr
    return report


def figures(market: Bazaar) -> Any:
    today = market.today()
    found = {name: market.ask(name, first=today, last=today, every="day") for name in FIGURES}
    return found | {"flows": market.ask("flows", first=today, last=today, every="month"),
                    "cohorts": market.ask("cohorts")}  # fmt: skip


def test_the_surge_is_paid_once_each_and_is_not_the_market(market: Bazaar) -> None:
    """Real purchases lie around it: figures are of them alone, and the books are in order."""
    for person in (0, 1):
        market.buy(person, "taobao")
    market.settle(market.today(), market.today(), 2)
    before = figures(market)
    report = driven(market, "--from-day", "10", "--rate", "60", "--seconds", "4")
    assert (report["sent"], report["paid"], report["refused"]) == (240, 240, {})
    assert report["days"][0] == 10
    assert "taobao" not in report["paid_at"], "it bans the wallet on that day"
    assert report["paid_at"]["jd"] > 120, "where most of those who have it go"
    latency = report["latency_ms"]
    assert 0 < latency["p50"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]
    assert earned(market) == report["amount"]
    market.buy(2, "jd")
    market.settle(market.today(), market.today(), 3)
    after = figures(market)
    assert [row["payments"] for row in after["shares"] if row["key"] == "total"] == [3]
    assert {row["key"] for row in after["shares"]} - {row["key"] for row in before["shares"]} == {
        market.id("jd")
    }
    assert after["active"][0]["users"] == 3


def earned(market: Bazaar) -> int:
    """What the shops of runs have, from the books."""
    own, total = {market.id(name) for name in market.shops}, 0
    for one in market.operator.get(f"{API}/merchants?limit=100").json()["data"]:
        if one["id"] not in own:
            path = f"{API}/ledger/accounts?owner={one['id']}"
            total += sum(row["balance"] for row in market.operator.get(path).json()["data"])
    return total


def test_what_a_network_refuses_is_counted_by_its_reason(small: Bazaar) -> None:
    refused = subprocess.run(
        command(small, "--rate", "1", "--seconds", "1", "--secret", "00" * 32),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "refused: " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_interrupted_it_tells_what_it_had(small: Bazaar) -> None:
    words = command(small, "--from-day", "10", "--rate", "20", "--seconds", "60")
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=os.environ) as process:
        # The books know of a payment before its answer is read: a few later the first is known.
        seen = {earned(small)}
        while len(seen) < 6:
            assert process.poll() is None
            seen.add(earned(small))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
    report = json.loads(out)
    assert process.returncode == 130
    assert report["interrupted"]
    assert 0 < report["paid"] < 1_200
