"""The REST form of the Alipay door: the same handlers behind signatures in headers."""

import base64
import json
import secrets
import time
from collections.abc import Iterator

import pytest

from changliao.commands.people import Person
from changliao.doors.alipay import crypto
from tests.openapi import OpenApp, number, open_app
from tests.served import Rest, Served

TRADE = "/v3/alipay/trade"


@pytest.fixture(scope="module", params=["key", "certificate"])
def app(request: pytest.FixtureRequest, sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], certificate=request.param == "certificate") as made:
        yield made


def test_a_trade_lives_from_its_code_to_its_refund(app: OpenApp, payer: Person) -> None:
    content = app.order()
    made = app.rest("POST", f"{TRADE}/precreate", content)
    assert app.verifies(made)
    assert made.json().keys() == {"out_trade_no", "qr_code"}
    assert ("alipay-sn" in made.headers) == app.certificate
    raw = [name for name, _ in made.headers.raw if name.lower().startswith(b"alipay-")]
    assert raw == [name.lower() for name in raw]
    named = {"out_trade_no": content["out_trade_no"]}
    missing = app.rest("POST", f"{TRADE}/query", named)
    assert (missing.status_code, missing.json()["code"]) == (400, "ACQ.TRADE_NOT_EXIST")
    assert app.verifies(missing)
    assert missing.headers.get("alipay-sn") == made.headers.get("alipay-sn")
    payer.pay(made.json()["qr_code"])
    trade = app.rest("POST", f"{TRADE}/query", named).json()
    assert trade["trade_status"] == "TRADE_SUCCESS"
    assert "code" not in trade
    back = named | {"refund_amount": "3.00", "out_request_no": "r"}
    assert app.rest("POST", f"{TRADE}/refund", back).json()["fund_change"] == "Y"
    asked = named | {"out_request_no": "r"}
    known = app.rest("POST", f"{TRADE}/fastpay/refund/query", asked).json()
    assert known["refund_status"] == "REFUND_SUCCESS"
    cancelled = app.rest("POST", f"{TRADE}/cancel", named).json()
    assert cancelled["action"] == "refund"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"app_id": "2021999999999999"}, 401, "invalid-app-id"),
        ({"app_id": ""}, 400, "missing-app-id"),
        ({"timestamp": ""}, 400, "missing-timestamp"),
        ({"timestamp": "yesterday"}, 401, "invalid-timestamp"),
        ({"timestamp": "1700000000000"}, 401, "invalid-timestamp"),
        ({"nonce": ""}, 401, "invalid-signature"),
        ({"sign": "AAAA"}, 401, "invalid-signature"),
        ({"app_cert_sn": "0" * 32}, 401, "app-cert-not-exist"),
        ({"token": "nonsense"}, 401, "invalid-app-auth-token"),
    ],
)
def test_nobody_is_let_in_without_a_right_signature(
    app: OpenApp, changes: dict[str, str], status: int, code: str
) -> None:
    answer = app.rest("POST", f"{TRADE}/query", {"out_trade_no": "x"}, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert app.verifies(answer)


def test_requests_that_are_no_requests(app: OpenApp) -> None:
    address = app.gateway.removesuffix("/gateway.do") + f"{TRADE}/query"
    bare = app.http.post(address, content=b"{}")
    assert (bare.status_code, bare.json()["code"]) == (400, "missing-timestamp")
    other = app.http.post(address, headers={"Authorization": "Bearer x"})
    assert (other.status_code, other.json()["code"]) == (401, "invalid-signature")
    large = app.http.post(address, content=b" " * 1_048_577)
    assert (large.status_code, large.json()["code"]) == (400, "invalid-parameter")
    unknown = app.rest("POST", f"{TRADE}/nothing", {})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "invalid-method")
    assert app.rest("GET", f"{TRADE}/query").status_code == 404
    broken = app.rest("POST", f"{TRADE}/query", [])
    assert (broken.status_code, broken.json()["code"]) == (400, "illegal-json")
    gbk = app.rest("POST", f"{TRADE}/precreate", json.dumps(app.order()).encode("gbk"))
    assert gbk.status_code == 200, "ASCII is the same in both"
    content = json.dumps(app.order(), ensure_ascii=False).encode("gbk")
    gbk = app.rest("POST", f"{TRADE}/precreate", content)
    assert (gbk.status_code, gbk.json()["code"]) == (400, "illegal-json")
    wrong = app.rest("POST", f"{TRADE}/query", {"out_trade_no": "-"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "ACQ.INVALID_PARAMETER")


def test_contents_may_be_encrypted(sandbox: tuple[Served, Rest]) -> None:
    """What is asked for with GET has none; its answer is encrypted all the same."""
    key = secrets.token_bytes(16)
    relation = f"{TRADE}/royalty/rate/query?out_request_no=r1"
    with open_app(sandbox[0], "Sealed", "--content-key", base64.b64encode(key).decode()) as sealed:
        terms = crypto.seal(key, json.dumps(sealed.order()).encode()).encode()
        for asked in (("POST", f"{TRADE}/precreate", terms), ("GET", relation)):
            answer = sealed.rest(*asked, kind="AES")
            assert answer.status_code == 200, answer.text
            assert sealed.verifies(answer)
            assert json.loads(crypto.unseal(key, answer.text) or b"null")
        plain = sealed.rest("POST", f"{TRADE}/query", {"out_trade_no": "x"}, kind="AES")
        assert (plain.status_code, plain.json()["code"]) == (400, "decryption-error-unknown")
        other = sealed.rest("GET", relation, kind="DES")
        assert (other.status_code, other.json()["code"]) == (400, "invalid-encrypt-type")


def test_what_is_said_twice_and_differently_is_refused(app: OpenApp) -> None:
    twice = app.rest("POST", f"{TRADE}/query", b'{"out_trade_no":"x","out_trade_no":"y"}')
    assert (twice.status_code, twice.json()["code"]) == (400, "illegal-json")
    assert "out_trade_no" in twice.json()["message"]
    bill = "/v3/alipay/data/dataservice/bill/downloadurl/query?bill_type=trade&bill_date=2026-11"
    twice = app.rest("GET", f"{bill}&bill_date=2026-10")
    assert (twice.status_code, twice.json()["code"]) == (400, "invalid-parameter")
    address = app.gateway.removesuffix("/gateway.do") + f"{TRADE}/query"
    kinds = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    answer = app.http.post(address, content=b"{}", headers=kinds)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")
    assert app.verifies(answer)


def test_the_same_request_twice_is_the_same_request(app: OpenApp) -> None:
    content = app.order(out_trade_no=number())
    parts = {"nonce": "n" * 32, "timestamp": str(int(time.time() * 1000))}
    for _ in range(2):
        assert app.rest("POST", f"{TRADE}/precreate", content, **parts).status_code == 200
