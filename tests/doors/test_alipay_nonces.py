"""A nonce is good once, whichever process answers; what is old is forgotten."""

import time
from pathlib import Path
from typing import Any

from changliao.core.clock import Instant
from changliao.core.nonces import REMEMBERED, REPEATS_WITHIN, Nonce
from changliao.operations import nonces
from changliao.store.views import nonces as views
from tests import postgres
from tests.openapi import OpenApp, open_app
from tests.served import serve

PATH = "/v3/alipay/trade/query"
NONCE, MESSAGE = b"n" * 32, b"m" * 32


def asked(app: OpenApp, base_url: str, parts: dict[str, str], number: str) -> tuple[int, str]:
    """Status and code of a question with a given nonce, at one of two processes."""
    app.gateway = f"{base_url}/gateway.do"
    answer = app.rest("POST", PATH, {"out_trade_no": number}, **parts)
    return answer.status_code, answer.json()["code"]


def test_two_processes_know_each_others_nonces(tmp_path: Path, postgresql: postgres.Server) -> None:
    with serve(tmp_path / "data", postgresql.database()) as (served, _), open_app(served) as app:
        beside = served.beside()
        try:
            parts = {"nonce": "n" * 32, "timestamp": str(int(time.time() * 1000))}
            missing = (404, "ACQ.TRADE_NOT_EXIST")
            first = asked(app, served.base_url, parts, "x")
            assert first[1] == missing[1], first
            assert asked(app, beside.base_url, parts, "x") == first
            for base_url in (beside.base_url, served.base_url):
                other = asked(app, base_url, parts, "y")
                assert other[1] == "suspected-attack"
        finally:
            beside.stop()


def test_a_nonce_is_used_once_and_forgotten_when_old(world: Any) -> None:
    now = Instant(10**15)

    def use(message: bytes = MESSAGE, later: int = 0) -> Any:
        return world.do(nonces.USE, Nonce(7, NONCE, message, Instant(now + later)))

    assert use() is True
    assert use(later=REPEATS_WITHIN) is True
    assert use(later=REPEATS_WITHIN + 1) is False
    assert use(b"o" * 32) is False
    assert world.do(nonces.USE, Nonce(8, NONCE, b"o" * 32, now)) is True
    both = [nonces.USE] * 2
    raced = [(one, Nonce(9, NONCE, bytes([place]) * 32, now)) for place, one in enumerate(both)]
    assert sorted(world.batch(raced)) == [False, True]
    with world.engine.reader() as reader:
        assert views.old(reader, now, 10) == []
        old = views.old(reader, Instant(now + REMEMBERED), 10)
    assert [owner for owner, _ in old] == [7, 8, 9]
    assert world.do(nonces.FORGET, nonces.ForgetNonces(tuple(old))) == 3
    assert use(b"o" * 32) is True
