"""The REST API over a real socket: bad callers, bad requests, and money that moves once."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from tests.served import Rest, Served
from tests.served import Shop as WechatShop

Sandbox = tuple[Served, Rest]
Shop = tuple[str, Rest]


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox) -> Rest:
    return sandbox[1]


@pytest.fixture(scope="module")
def shops(sandbox: Sandbox) -> Any:
    """Two merchants: id and client."""
    served, operator = sandbox
    made = [operator.made("/api/v1/merchants", name=f"Shop {n}") for n in range(2)]
    found = [
        (one["id"], Rest(served.base_url, one["rest_key"], one["rest_secret"])) for one in made
    ]
    yield found
    for _, client in found:
        client.http.close()


@pytest.fixture(scope="module")
def shop(shops: list[Shop]) -> Shop:
    return shops[0]


def a_user(operator: Rest, balance: int = 0) -> str:
    phone = f"1{secrets.randbelow(10**12):012d}"
    user = operator.made("/api/v1/users", phone=phone, name="someone")
    if balance:
        operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=balance)
    return str(user["id"])


def balance(operator: Rest, user_id: str) -> int:
    found = operator.get(f"/api/v1/users/{user_id}").json()["balances"]
    return int(found[0]["balance"]) if found else 0


def place(shop: Shop, **changes: Any) -> Any:
    fields = {"reference": secrets.token_hex(8), "title": "shoes", "amount": 1000}
    return shop[1].made("/api/v1/orders", **(fields | changes))


def pay(operator: Rest, shop: Shop, order: Any, user_id: str, **changes: Any) -> httpx.Response:
    fields = {
        "merchant_id": shop[0], "order_id": order["id"], "payer_id": user_id,
        "amount": order["amount"],
    }  # fmt: skip
    return operator.post("/api/v1/payments", **(fields | changes))


def refused(answer: httpx.Response, status: int, code: str) -> Any:
    """The problem, in its media type."""
    assert (answer.status_code, answer.json()["reason"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    return answer.json()


def test_a_payment_moves_money_once_however_often_it_is_sent(operator: Rest, shop: Shop) -> None:
    payer = a_user(operator, 5000)
    order = place(shop)
    named = "pay_" + order["id"][4:]
    first = pay(operator, shop, order, payer, id=named)
    assert first.status_code == 201
    assert pay(operator, shop, order, payer, id=named).json() == first.json()
    refused(pay(operator, shop, order, payer), 409, "order_already_paid")
    assert balance(operator, payer) == 4000


def test_a_top_up_and_a_transfer_happen_once_for_each_id(operator: Rest) -> None:
    one, two = a_user(operator), a_user(operator)
    for _ in range(2):
        top_up = operator.made(f"/api/v1/users/{one}/top-ups", amount=700, id="top_" + one[4:])
        assert top_up["amount"] == 700
    for _ in range(2):
        body = {"payee_id": two, "amount": 300, "id": "trf_" + one[4:]}
        assert operator.made(f"/api/v1/users/{one}/transfers", **body)["amount"] == 300
    assert (balance(operator, one), balance(operator, two)) == (400, 300)
    body = {"payee_id": two, "amount": 301, "id": "trf_" + one[4:]}
    answer = operator.post(f"/api/v1/users/{one}/transfers", **body)
    refused(answer, 409, "payment_id_reused")


def test_a_refund_goes_back_and_never_beyond_the_payment(operator: Rest, shop: Shop) -> None:
    payer = a_user(operator, 1000)
    order = place(shop)
    path = f"/api/v1/orders/{order['id']}/refunds"
    refused(shop[1].post(path, reference="r0", amount=1), 409, "order_not_paid")
    pay(operator, shop, order, payer)
    for _ in range(2):
        refund = shop[1].made(path, reference="r1", amount=600)
        assert refund["state"] == "succeeded"
    refused(shop[1].post(path, reference="r2", amount=401), 422, "refund_exceeds_payment")
    refused(shop[1].post(path, reference="r1", amount=400), 409, "refund_reference_reused")
    assert shop[1].made(path, reference="r2", amount=400)["amount"] == 400
    assert len(shop[1].get(path).json()["data"]) == 2
    assert balance(operator, payer) == 1000


def test_answers_are_signed(operator: Rest, shop: Shop) -> None:
    answer = shop[1].get("/api/v1/events")
    text = answer.headers["changliao-timestamp"].encode() + b"\n" + answer.content + b"\n"
    expected = hmac.new(bytes.fromhex(shop[1].secret), text, hashlib.sha256).hexdigest()
    assert answer.headers["changliao-signature"] == expected
    pem = operator.http.get("/api/v1/public-key").content
    assert isinstance(load_pem_public_key(pem), Ed25519PublicKey)


@pytest.mark.parametrize("header", ["", "Basic x", "CHANGLIAO-HMAC-SHA256", "CHANGLIAO-X a=1"])
def test_an_unsigned_request_is_refused(operator: Rest, header: str) -> None:
    answer = operator.http.get("/api/v1/events", headers={"Authorization": header})
    refused(answer, 401, "unsigned")


def test_a_wrongly_signed_request_is_refused(operator: Rest, shop: Shop) -> None:
    send, signed = operator.http.send, operator.signed
    path = "/api/v1/events"
    refused(send(signed("GET", path, signature="0" * 64)), 401, "wrong_signature")
    refused(send(signed("GET", path, key=shop[1].key)), 401, "wrong_signature")
    refused(send(signed("GET", path, key="key_" + "0" * 13)), 401, "unknown_key")
    request = signed("POST", "/api/v1/orders", b'{"amount":1}')
    changed = operator.http.build_request(
        "POST", "/api/v1/orders", content=b'{"amount":2}', headers=dict(request.headers)
    )
    refused(send(changed), 401, "wrong_signature")


@pytest.mark.parametrize("skew", [-301, 301])
def test_a_stale_request_is_refused(operator: Rest, skew: int) -> None:
    request = operator.signed("GET", "/api/v1/events", timestamp=str(int(time.time()) + skew))
    refused(operator.http.send(request), 401, "stale")


def test_a_replayed_request_is_refused(operator: Rest) -> None:
    request = operator.signed("GET", "/api/v1/events")
    assert operator.http.send(request).status_code == 200
    refused(operator.http.send(request), 401, "replayed")


def test_an_oversized_body_is_refused_with_the_limit(shop: Shop) -> None:
    request = shop[1].signed("POST", "/api/v1/orders", b" " * 262_145)
    assert "262144" in refused(shop[1].http.send(request), 413, "body_too_large")["detail"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "10"}, 400, "malformed"),
        ({"amount": 1.5}, 400, "malformed"),
        ({"amount": 0}, 400, "malformed"),
        ({"amount": -5}, 400, "malformed"),
        ({"amount": 10**12 + 1}, 400, "malformed"),
        ({"amount": 10**40}, 400, "malformed"),
        ({"amount": True}, 400, "malformed"),
        ({"amount": None}, 400, "malformed"),
        ({"currency": "XXX"}, 422, "currency_unknown"),
        ({"currency": "cny"}, 400, "malformed"),
        ({"title": ""}, 400, "malformed"),
        ({"title": "a\u0000b"}, 400, "malformed"),
        ({"reference": "x" * 65}, 400, "malformed"),
        ({"notify_url": "javascript:alert(1)"}, 400, "malformed"),
        ({"notify_url": "http:///notify"}, 400, "malformed"),
        ({"notify_url": "http://user:word@x.test/"}, 400, "malformed"),
        ({"expires_in_s": 0}, 400, "malformed"),
        ({"unknown": 1}, 400, "malformed"),
    ],
)
def test_a_wrong_field_is_refused(shop: Shop, changes: Any, status: int, code: str) -> None:
    fields = {"reference": secrets.token_hex(8), "title": "shoes", "amount": 1000}
    refused(shop[1].post("/api/v1/orders", **(fields | changes)), status, code)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"a":' * 20_000, b'{"title":"\\ud800"}'], ids=range(6)
)
def test_a_body_that_is_no_form_is_refused(shop: Shop, body: bytes) -> None:
    answer = shop[1].http.send(shop[1].signed("POST", "/api/v1/orders", body))
    refused(answer, 400, "malformed")


def test_what_is_said_twice_and_differently_is_refused(shop: Shop) -> None:
    own = shop[1]
    number = secrets.token_hex(8)
    body = b'{"reference":"%s","title":"shoes","amount":1,"amount":%d}'
    for amount, status in ((1000, 400), (1, 201)):
        asked = own.signed("POST", "/api/v1/orders", body % (number.encode(), amount))
        answer = own.http.send(asked)
        assert answer.status_code == status, answer.text
        if status == 400:
            assert refused(answer, 400, "malformed")["field"] == "amount"
    twice = own.get("/api/v1/orders?limit=1&limit=2")
    assert refused(twice, 400, "malformed")["field"] == "limit"
    assert own.get("/api/v1/orders?limit=1&limit=1").status_code == 200
    for name, values in {
        "Content-Type": ("application/json", "text/xml"),
        "Idempotency-Key": ("one", "two"),
    }.items():
        asked = own.signed("GET", "/api/v1/orders")
        given = [("Authorization", asked.headers["Authorization"])]
        given += [(name, value) for value in values]
        answer = own.http.get("/api/v1/orders", headers=given)
        assert refused(answer, 400, "malformed")["field"] == name


def test_a_merchant_sees_and_touches_only_its_own(operator: Rest, shops: list[Shop]) -> None:
    mine, other = shops
    order = place(mine, notify_url="http://127.0.0.1:9/")
    path = f"/api/v1/orders/{order['id']}"
    refused(other[1].get(path), 404, "order_not_found")
    refused(other[1].get(f"{path}?merchant_id={mine[0]}"), 404, "order_not_found")
    refused(other[1].post(f"{path}/close"), 404, "order_not_found")
    refused(other[1].post(f"{path}/refunds", reference="x", amount=1), 404, "order_not_found")
    refused(other[1].get(f"{path}/refunds"), 404, "order_not_found")
    payer = a_user(operator, 1000)
    assert pay(operator, mine, order, payer).status_code == 201
    event = mine[1].get("/api/v1/events").json()["data"][0]["id"]
    assert other[1].get("/api/v1/events").json()["data"] == []
    refused(other[1].get(f"/api/v1/events/{event}"), 404, "event_not_found")
    refused(other[1].post(f"/api/v1/events/{event}/resend"), 404, "event_not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/payments"),
        ("POST", "/api/v1/users"),
        ("GET", "/api/v1/users/usr_0000000000001"),
        ("POST", "/api/v1/users/usr_0000000000001/top-ups"),
        ("POST", "/api/v1/users/usr_0000000000001/transfers"),
        ("POST", "/api/v1/merchants"),
        ("POST", "/api/v1/merchants/1900000000/apps"),
        ("POST", "/api/v1/merchants/1900000000/keys"),
        ("POST", "/api/v1/merchants/1900000000/keys/00FF/revoke"),
        ("POST", "/api/v1/partnerships"),
    ],
)
def test_a_merchant_may_not_do_what_operators_do(shop: Shop, method: str, path: str) -> None:
    body = b"{}" if method == "POST" else b""
    refused(shop[1].http.send(shop[1].signed(method, path, body)), 403, "not_permitted")


def test_orders_that_cannot_be_paid_say_why(operator: Rest, shop: Shop) -> None:
    payer, poor = a_user(operator, 5000), a_user(operator, 1)
    order = place(shop)
    refused(pay(operator, shop, order, poor), 402, "insufficient_funds")
    refused(pay(operator, shop, order, payer, amount=999), 409, "amount_changed")
    refused(pay(operator, shop, order, payer, currency="JPY"), 422, "currency_mismatch")
    unknown = {"id": "ord_0000000000001", "amount": 1}
    refused(pay(operator, shop, unknown, payer), 404, "order_not_found")
    refused(pay(operator, shop, {"id": "nonsense", "amount": 1}, payer), 400, "malformed")
    changed = {"reference": order["reference"], "title": "shoes", "amount": 1}
    refused(shop[1].post("/api/v1/orders", **changed), 409, "reference_reused")
    assert shop[1].post(f"/api/v1/orders/{order['id']}/close").json()["state"] == "closed"
    refused(pay(operator, shop, order, payer), 409, "order_closed")
    short = place(shop, expires_in_s=1)
    time.sleep(1.1)
    assert pay(operator, shop, short, payer).json()["reason"] in ("order_expired", "order_closed")
    assert (balance(operator, payer), balance(operator, poor)) == (5000, 1)


def test_a_revoked_key_opens_nothing(operator: Rest, sandbox: Sandbox) -> None:
    made = operator.made("/api/v1/merchants", name="Short")
    client = Rest(sandbox[0].base_url, made["rest_key"], made["rest_secret"])
    assert client.get("/api/v1/events").status_code == 200
    path = f"/api/v1/merchants/{made['mchid']}/keys/{made['rest_key']}/revoke"
    assert operator.post(path).json()["revoked"]
    refused(client.get("/api/v1/events"), 401, "unknown_key")
    client.http.close()


def test_unknown_routes_are_said(operator: Rest) -> None:
    refused(operator.get("/api/v1/nothing"), 404, "no_such_route")
    refused(operator.post("/api/v1/events/evt_0000000000001"), 405, "wrong_method")
    assert json.loads(operator.get("/api/v1/orders/ord_1").content)["reason"] == "not_found"


def test_orders_are_found_by_number_and_listed_newest_first(operator: Rest, shop: Shop) -> None:
    first, second = place(shop), place(shop)
    found = shop[1].get(f"/api/v1/orders?reference={first['reference']}").json()["data"]
    assert [one["id"] for one in found] == [first["id"]]
    assert shop[1].get("/api/v1/orders?reference=nobody-has-this").json()["data"] == []
    newest = [one["id"] for one in shop[1].get("/api/v1/orders").json()["data"]]
    assert newest[:2] == [second["id"], first["id"]]
    newer = shop[1].get("/api/v1/orders?limit=1").json()
    older = shop[1].get(f"/api/v1/orders?limit=1&cursor={newer['next']}").json()
    assert [one["id"] for one in newer["data"] + older["data"]] == [second["id"], first["id"]]
    as_operator = operator.get(f"/api/v1/orders?merchant_id={shop[0]}").json()["data"]
    assert as_operator[0]["id"] == second["id"]
    refused(operator.get("/api/v1/orders"), 400, "merchant_missing")


def test_a_merchant_may_sign_with_ed25519(operator: Rest, sandbox: Sandbox) -> None:
    made = operator.made("/api/v1/merchants", name="Ed")
    private_key = Ed25519PrivateKey.generate()
    pem = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path = f"/api/v1/merchants/{made['mchid']}/keys"
    serial = operator.made(path, public_key=pem.decode())["serial"]
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    text = f"GET\n/api/v1/orders\n{timestamp}\n{nonce}\n\n".encode()
    signature = base64.b64encode(private_key.sign(text)).decode()
    header = (
        f'CHANGLIAO-ED25519 key="{serial}",timestamp="{timestamp}",'
        f'nonce="{nonce}",signature="{signature}"'
    )
    answer = operator.http.get("/api/v1/orders", headers={"Authorization": header})
    assert answer.status_code == 200, answer.text
    signed = answer.headers["changliao-timestamp"].encode() + b"\n" + answer.content + b"\n"
    public_key = load_pem_public_key(operator.http.get("/api/v1/public-key").content)
    assert isinstance(public_key, Ed25519PublicKey)
    public_key.verify(base64.b64decode(answer.headers["changliao-signature"]), signed)


def test_a_disabled_merchant_is_let_nowhere(operator: Rest, sandbox: Sandbox) -> None:
    made = operator.made("/api/v1/merchants", name="Gone", fee_bps=38)
    path = f"/api/v1/merchants/{made['mchid']}"
    changed = operator.post(path, state="disabled", signing_mode="certificate").json()
    assert (changed["state"], changed["fee_bps"]) == ("disabled", 38)
    client = Rest(sandbox[0].base_url, made["rest_key"], made["rest_secret"])
    refused(client.get("/api/v1/orders"), 403, "merchant_disabled")
    with WechatShop(made) as shop:
        answer = shop.get("/v3/certificates")
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert operator.post(path, state="active").json()["state"] == "active"
    assert client.get("/api/v1/orders").status_code == 200
    client.http.close()


@pytest.mark.parametrize("mode", ["auto", "public_key", "certificate"])
def test_a_merchant_is_taken_on_in_its_signing_mode(
    operator: Rest, sandbox: Sandbox, mode: str
) -> None:
    made = sandbox[0].command("sandbox", "merchant", "Signed for", "--signing-mode", mode)
    shown = operator.get(f"/api/v1/merchants/{made['mchid']}").json()
    assert shown["signing_mode"] == mode
