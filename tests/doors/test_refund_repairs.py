"""A bank declines a refund: the merchant hears of it, says where it goes, and hears of the end."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.doors.test_rest_acceptance import id_of, switched
from tests.doors.test_wechatpay_splits import secret
from tests.phones import new_phone
from tests.served import Rest, Served, Shop, merchant
from tests.waiting import eventually
from tests.workers.receiver import Mailbox, Receiver, receiving, status

Sandbox = tuple[Served, Rest]
REFUNDS = "/v3/refund/domestic/refunds"
BANK = "/api/v1/channels/sandbox_bank/faults"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def seller(sandbox: Sandbox) -> Iterator[Shop]:
    """A merchant that takes net bank on PCs."""
    made = sandbox[0].command("sandbox", "operator-key")
    second = Rest(sandbox[0].base_url, made["operator_key"], made["operator_secret"])
    with merchant(sandbox[0], "Bank shop", fee_bps=0) as shop:
        switched(sandbox, second, shop, ("netbank", "pc", "accepted"))
        yield shop
    second.http.close()


def sold(sandbox: Sandbox, shop: Shop) -> tuple[str, str]:
    """The number of an order that a bank paid, and who paid."""
    operator = sandbox[1]
    number, _ = shop.place()
    merchant_id = id_of(sandbox, shop)
    of = f"merchant_id={merchant_id}&reference={number}"
    (order,) = operator.get(f"/api/v1/orders?{of}").json()["data"]
    payer = operator.made("/api/v1/users", phone=new_phone(), name="张三")["id"]
    tender = operator.made(
        f"/api/v1/users/{payer}/tenders", merchant_id=merchant_id, order_id=order["id"],
        method="netbank", amount=order["amount"],
    )  # fmt: skip
    path = f"/api/v1/users/{payer}/tenders/{tender['id']}?merchant_id={merchant_id}"
    assert eventually(lambda: operator.get(path).json()["state"] == "paid")
    return number, payer


def asked(shop: Shop, number: str, box: Mailbox, amount: int) -> dict[str, Any]:
    """A refund of a part, as WeChat Pay's answer shows it."""
    answer = shop.post(
        REFUNDS, out_trade_no=number, out_refund_no=f"R{time.time_ns()}", notify_url=box.url,
        amount={"refund": amount, "total": 1000, "currency": "CNY"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def told(shop: Shop, box: Mailbox, count: int) -> list[tuple[str, str]]:
    """Type and state of the letters so far."""
    key, found = AESGCM(shop.fields["api_v3_key"].encode()), []
    for letter in box.wait(count):
        one = json.loads(letter.body)
        sealed = one["resource"]
        content = base64.b64decode(sealed["ciphertext"])
        plain = key.decrypt(sealed["nonce"].encode(), content, sealed["associated_data"].encode())
        found.append((one["event_type"], json.loads(plain)["refund_status"]))
    return found


def repaired(shop: Shop, refund: dict[str, Any], **terms: str) -> httpx.Response:
    path = f"{REFUNDS}/{refund['refund_id']}/apply-abnormal-refund"
    body = json.dumps({"out_refund_no": refund["out_refund_no"]} | terms).encode()
    serial = shop.fields["wechatpay_public_key_id"]
    return shop.http.send(shop.signed("POST", path, body, serial=serial))


def state(shop: Shop, refund: dict[str, Any]) -> str:
    return str(shop.get(f"{REFUNDS}/{refund['out_refund_no']}").json()["status"])


def test_an_abnormal_refund_ends_on_a_card(
    sandbox: Sandbox, seller: Shop, receiver: Receiver
) -> None:
    operator, box = sandbox[1], receiver.mailbox(then=status(204))
    number, payer = sold(sandbox, seller)
    assert operator.post(BANK, kind="refund", fault="refused").status_code == 200
    refund = asked(seller, number, box, 400)
    assert refund["status"] == "PROCESSING"
    assert told(seller, box, 1) == [("REFUND.ABNORMAL", "ABNORMAL")]
    assert state(seller, refund) == "ABNORMAL"
    assert operator.get(f"/api/v1/users/{payer}").json()["balances"][0]["balance"] == 0
    card = {
        "type": "USER_BANK_CARD", "bank_type": "ICBC_DEBIT",
        "bank_account": secret(seller, "6222020200112233"), "real_name": secret(seller, "张三"),
    }  # fmt: skip
    bare = {name: value for name, value in card.items() if name != "bank_account"}
    assert repaired(seller, refund, **bare).json()["code"] == "PARAM_ERROR"
    applied = repaired(seller, refund, **card)
    assert (applied.status_code, applied.json()["status"]) == (200, "PROCESSING")
    other = repaired(seller, refund, type="MERCHANT_BANK_CARD")
    assert (other.status_code, other.json()["code"]) == (400, "INVALID_REQUEST")
    assert told(seller, box, 2)[1] == ("REFUND.SUCCESS", "SUCCESS")
    assert state(seller, refund) == "SUCCESS"
    assert repaired(seller, refund, **card).json()["status"] == "SUCCESS"


def test_over_rest_it_is_shown_and_goes_back_to_the_merchant(
    sandbox: Sandbox, seller: Shop, receiver: Receiver
) -> None:
    operator, box = sandbox[1], receiver.mailbox(then=status(204))
    number, _ = sold(sandbox, seller)
    of = f"merchant_id={id_of(sandbox, seller)}"
    assert operator.post(BANK, kind="refund", fault="refused").status_code == 200
    refund = asked(seller, number, box, 1000)
    assert told(seller, box, 1) == [("REFUND.ABNORMAL", "ABNORMAL")]
    (shown,) = operator.get(f"/api/v1/refunds?{of}&state=abnormal").json()["data"]
    assert (shown["reference"], shown["amount"]) == (refund["out_refund_no"], 1000)
    path = f"/api/v1/refunds/{shown['id']}/repair?{of}"
    assert operator.post(path, goal="card").json()["field"] == "account"
    assert operator.post(path, goal="nowhere").status_code == 400
    kept = operator.post(path, goal="merchant")
    assert (kept.status_code, kept.json()["state"]) == (200, "succeeded")
    assert operator.post(path, goal="merchant").json() == kept.json()
    again = operator.post(path, goal="card", account="6222")
    assert (again.status_code, again.json()["reason"]) == (409, "refund_final")
    assert told(seller, box, 2)[1] == ("REFUND.SUCCESS", "SUCCESS")
    strange = path.replace(shown["id"], "rfd_0000000000000")
    assert operator.post(strange, goal="merchant").status_code == 404
