"""What callers hear when the network cannot do its work now: busy, or without its database."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests import postgres
from tests.served import Rest, Served, Shop, merchant, serve
from tests.waiting import becomes

NATIVE = "/v3/pay/transactions/native"


@pytest.fixture
def on_postgresql(postgresql: postgres.Server, tmp_path: Path) -> Iterator[tuple[Served, Rest]]:
    """A network on a database of its own."""
    with serve(tmp_path / "data", postgresql.database()) as network:
        yield network


def test_a_locked_database_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    """Another program holds SQLite's write lock for a moment: commands wait, none fails."""
    with serve(tmp_path / "data", "changliao.db") as (served, operator):
        lock = sqlite3.connect(served.data / "changliao.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        release = threading.Timer(1.0, lambda: None)
        with ThreadPoolExecutor(1) as pool:
            began = time.monotonic()
            adding = pool.submit(operator.post, "/api/v1/users", phone="13900000000", name="a")
            release.start()
            release.join()
            lock.execute("ROLLBACK")
            assert adding.result().status_code == 201
        assert time.monotonic() - began > 0.9, "it was locked for a second"
        lock.close()
        assert served.audit()["clean"]


def test_every_door_says_that_the_database_is_gone_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    try:
        postgres.binaries()
    except postgres.NoServer:
        from tests import requirements

        requirements.missing("postgresql")
    with (
        postgres.server() as database,
        serve(tmp_path / "data", database.database()) as (served, operator),
        merchant(served) as shop,
    ):
        number, _ = shop.place()
        body = shop.order()
        database.process.kill()
        database.process.wait()
        reading = shop.get(f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}")
        assert (reading.status_code, reading.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        writing = shop.post(NATIVE, **body)
        assert (writing.status_code, writing.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        rest = operator.get("/api/v1/events")
        assert (rest.status_code, rest.json()["reason"]) == (503, "unavailable")
        page = httpx.get(
            f"{served.base_url}/w/",
            cookies={"cl_session": "x"},
            trust_env=False,
            verify=False,
            timeout=30,
        )
        assert (page.status_code, "暂时不可用" in page.text) == (503, True)
        database.restart()
        becomes(lambda: shop.post(NATIVE, **body).status_code, 200)
        assert served.audit()["clean"]
        assert "Traceback" not in served.log()


def test_text_that_postgresql_cannot_keep_never_reaches_it(
    on_postgresql: tuple[Served, Rest],
) -> None:
    served, operator = on_postgresql
    with merchant(served) as shop:
        for changes in ({"description": "a\u0000b"}, {"attach": "\u0000"}):
            assert shop.post(NATIVE, **shop.order(**changes)).status_code == 400
        target = f"/v3/pay/transactions/out-trade-no/%00?mchid={shop.mchid}"
        assert shop.get(target).status_code == 400
        assert operator.get("/api/v1/events?cursor=%00").status_code == 400
        odd = "\\\"{},'%s\n\t\u202e😀" + "NULL"
        number, _ = shop.place(attach=odd, description=odd)
        found = shop.get(f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}")
        assert found.json()["attach"] == odd
    page = httpx.post(
        f"{served.base_url}/w/login", content=b"phone=%00", trust_env=False, verify=False,
        timeout=30,
        headers={"origin": served.base_url, "content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert page.status_code == 403
    assert "Traceback" not in served.log()


def test_no_secret_is_ever_logged(sandbox: tuple[Served, Rest], tmp_path: Path) -> None:
    settings = {"log_level": "DEBUG"}
    with serve(tmp_path / "data", "changliao.db", **settings) as (served, operator):
        pin, password = "864213", "pass-" + secrets.token_hex(8)
        operator.made("/api/v1/users", phone="13900000001", name="a", pin=pin, password=password)
        with merchant(served) as shop:
            _every_kind_of_request(served, operator, shop, pin, password)
            hidden = [
                pin, password, operator.secret, shop.fields["api_v3_key"],
                shop.fields["rest_secret"], shop.fields["private_key"][40:80],
                (served.data / "secret.key").read_text("ascii").strip(),
            ]  # fmt: skip
        log = served.log()
        assert "orders.place" in log
        assert [secret for secret in hidden if secret in log] == []


def _every_kind_of_request(
    served: Served, operator: Rest, shop: Shop, pin: str, password: str
) -> None:
    """Good ones and bad ones, each with something that must not be told."""
    shop.place()
    shop.post(NATIVE, **shop.order(attach=shop.fields["api_v3_key"], amount="wrong"))
    shop.http.send(shop.signed("POST", NATIVE, b"{}", signature=shop.fields["api_v3_key"]))
    operator.post("/api/v1/users", phone="13900000002", name="b", pin=pin, oops=password)
    operator.http.send(operator.signed("GET", "/api/v1/events", signature=operator.secret))
    fields = {"phone": "13900000001", "password": password, "pin": pin}
    with httpx.Client(
        base_url=served.base_url, trust_env=False, verify=False, timeout=30
    ) as browser:
        page = browser.get("/w/login").text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        headers = {"sec-fetch-site": "same-origin"}
        for wrong in ("", "x"):
            form = {**fields, "csrf": token, "password": password + wrong}
            browser.post("/w/login", data=form, headers=headers)
        browser.post("/w/join", data={**fields, "csrf": token, "name": "c"}, headers=headers)
        browser.post("/c/nothing/pay", data={"csrf": token, "pin": pin}, headers=headers)
