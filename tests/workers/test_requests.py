"""The log of requests is bounded, by count and by age, and survives what it does not understand."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from changliao.core.clock import HOUR, Instant
from changliao.operations.network import Network
from changliao.operations.vault import Vault
from changliao.store.engines import open_engine
from changliao.store.views import sandbox
from changliao.web.exchanges import Exchange, Inspection
from changliao.workers import requests
from changliao.workers.requests import Recorder


def an_exchange(place: int) -> Exchange:
    return Exchange(
        "rest", time.time(), "GET", b"/%d" % place, {}, b"", whole=True, status=200, answer=b"",
        duration_us=1,
    )  # fmt: skip


async def understood(network: Network, exchange: Exchange) -> Inspection:
    if exchange.target == b"/7":
        raise ValueError("a bug")
    return Inspection()


def test_the_log_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_KEPT", 150)
    now = [time.time_ns() // 1000]

    async def play() -> tuple[Any, Any]:
        engine = open_engine(str(tmp_path / "test.db"))
        engine.migrate()
        node = engine.claim_node(0)
        network = Network(engine, lambda: Instant(now[0]), Vault(bytes(32)), node)
        await network.start()
        recorder = Recorder(network, {"rest": understood})
        for place in range(420):
            recorder.keep(an_exchange(place))
            if place % 100 == 99:
                await recorder._write()
        await recorder._write()
        many = await network.read(sandbox.latest_requests, 0, 1000)
        now[0] += 25 * HOUR
        for place in range(2):
            recorder.keep(an_exchange(place))
            await recorder._write()
        few = await network.read(sandbox.latest_requests, 0, 1000)
        await network.close()
        return many, few

    many, few = asyncio.run(play())
    assert len(many) == 150
    assert b"/419" in many[-1].record
    assert len(few) == 2
