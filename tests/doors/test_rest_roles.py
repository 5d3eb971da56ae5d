"""Every route of the REST API with every kind of caller: who may do what, from the table itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from changliao.doors.rest.endpoint import API, Endpoint, Who
from changliao.doors.rest.routes import TABLE
from tests.served import Rest, Served

Sandbox = tuple[Served, Rest]
Route = Endpoint[Any, Any]
STRANGERS = {"number": "1999999999", "serial": "00FF"}
ROUTES = pytest.mark.parametrize("one", TABLE, ids=lambda one: f"{one.method} {one.path}")


@pytest.fixture(scope="module")
def merchant(sandbox: Sandbox) -> Iterator[Rest]:
    made = sandbox[1].made("/api/v1/merchants", name="Roles")
    client = Rest(sandbox[0].base_url, made["rest_key"], made["rest_secret"])
    yield client
    client.http.close()


def send(client: Rest, one: Route, **changes: str) -> Any:
    """The route with ids that name nothing and an empty form."""
    path = API + re.sub(r"\{(\w+)\}", lambda part: stranger(part[1]), one.path)
    body = b"{}" if one.method == "POST" else b""
    return client.http.send(client.signed(one.method, path, body, **changes))


def stranger(name: str) -> str:
    kinds = {
        "authorization": "ath", "dispute": "dsp", "draft": "drf", "event": "evt", "order": "ord",
        "merger": "mrg", "packet": "pkt", "payout": "pot", "refund": "rfd", "user": "usr",
        "withdrawal": "wdl",
    }  # fmt: skip
    known = kinds.get(name.removesuffix("_id"), name[:3])
    return STRANGERS.get(name, f"{known}_0000000000001")


@ROUTES
def test_only_who_may_is_let_in(sandbox: Sandbox, merchant: Rest, one: Route) -> None:
    for client, let_in in (
        (merchant, one.who not in (Who.OPERATOR, Who.MEMBER)),
        (sandbox[1], one.who is not Who.MERCHANT),
    ):
        answer = send(client, one)
        refused = answer.status_code == 403 and answer.json()["reason"] == "not_permitted"
        assert refused != let_in, answer.text
        assert answer.status_code < 500


@ROUTES
def test_nobody_is_let_in_unsigned(sandbox: Sandbox, one: Route) -> None:
    http = sandbox[1].http
    path = API + re.sub(r"\{(\w+)\}", lambda part: stranger(part[1]), one.path)
    assert http.request(one.method, path).json()["reason"] == "unsigned"
    answer = send(sandbox[1], one, signature="0" * 64)
    assert (answer.status_code, answer.json()["reason"]) == (401, "wrong_signature")
