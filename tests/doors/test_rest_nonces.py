"""What changes anything comes once, whichever process is asked, before and after a start."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import postgres
from tests.phones import new_phone
from tests.served import Rest, Served, serve

FEES = "/api/v1/merchants/{}/fees"


def again(at: Served, request: httpx.Request, **headers: str) -> httpx.Response:
    """The same signed bytes, sent to a process."""
    url = f"{at.base_url}{request.url.raw_path.decode()}"
    signed = {"Authorization": request.headers["Authorization"]} | headers
    return httpx.request(
        request.method,
        url,
        content=request.content,
        headers=signed,
        trust_env=False,
        verify=False,
        timeout=30,
    )


def replayed(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and answer.json()["reason"] == "replayed"


@pytest.fixture(params=["postgresql", "sqlite"])
def places(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Served, Rest, "list[Served]"]]:
    """A network and where else a request may arrive: beside it, or after a new start of it."""
    embedded = request.param == "sqlite"
    database = "changliao.db"
    if not embedded:
        server: postgres.Server = request.getfixturevalue("postgresql")
        database = server.database()
    with serve(tmp_path / "data", database) as (served, operator):
        beside = served if embedded else served.beside()
        try:
            yield served, operator, [] if embedded else [beside]
        finally:
            beside.stop()


def test_a_signed_request_changes_something_once(
    places: tuple[Served, Rest, list[Served]],
) -> None:
    served, operator, others = places
    number = operator.made("/api/v1/merchants", name="Shop")["mchid"]
    phone = new_phone()
    body = f'{{"phone":"{phone}","name":"payer"}}'.encode()
    keyed = operator.signed("POST", "/api/v1/users", body)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    first = again(served, keyed, **key)
    assert first.status_code == 201, first.text
    payer = first.json()["id"]
    path = f"/api/v1/users/{payer}/transfers"
    stripped = operator.signed(
        "POST", "/api/v1/users", body.replace(phone.encode(), b"16500000000")
    )
    other = again(served, stripped, **{"Idempotency-Key": "k"}).json()["id"]
    poor = operator.signed("POST", path, f'{{"payee_id":"{other}","amount":5}}'.encode())
    assert again(served, poor).json()["reason"] == "insufficient_funds"
    operator.made(f"/api/v1/users/{payer}/top-ups", amount=1000)
    rate = operator.signed("POST", FEES.format(number), b'{"method":"netbank","fee_bps":10}')
    assert again(served, rate).status_code == 200
    operator.post(FEES.format(number), method="netbank", fee_bps=20)
    question = operator.signed("GET", f"/api/v1/users/{payer}")
    assert again(served, question).status_code == 200

    if not others:
        served.kill()
        served.restart()
        others = [served]
    for there in others:
        for request in (stripped, poor, rate):
            assert replayed(again(there, request)), request
        # The kept answer is the first one's: nothing is made again.
        assert again(there, keyed, **key).content == first.content
        assert replayed(again(there, keyed, **{"Idempotency-Key": "another"}))
        # A question changes nothing: each process answers it once.
        assert again(there, question).status_code == 200
        assert replayed(again(there, question))
    assert served.audit()["clean"]
