"""What an Alipay merchant is told: a signed form, again and again until it says `success`."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from changliao.commands.people import Person
from changliao.core.clock import DAY, HOUR, MINUTE, SECOND
from changliao.doors.alipay.notify import RETRY_AFTER_S, acknowledged
from tests.openapi import OpenApp, open_app
from tests.served import Rest, Served
from tests.workers.receiver import Receiver, Told, receiving, status

SUCCESS = status(200, b"success")


@pytest.fixture(scope="module")
def store(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Told") as made:
        yield made


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def read(store: OpenApp, told: Told, codec: str = "utf-8") -> dict[str, str]:
    """The fields, once the signature was verified as every client does."""
    fields = dict(parse_qsl(told.body.decode("ascii"), keep_blank_values=True, encoding=codec))
    assert "" not in fields.values()
    assert "alipay_cert_sn" not in fields
    signed = {name: v for name, v in fields.items() if name not in ("sign", "sign_type")}
    text = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
    signature = base64.b64decode(fields["sign"])
    store.alipay_key.verify(signature, text.encode(codec), PKCS1v15(), hashes.SHA256())
    return fields


def test_the_schedule_is_the_protocols_own() -> None:
    first = 4 * MINUTE + 2 * 10 * MINUTE + (1 + 2 + 6 + 15) * HOUR
    assert sum(RETRY_AFTER_S) * SECOND == first == DAY + 24 * MINUTE
    assert len(RETRY_AFTER_S) == 7


@pytest.mark.parametrize(
    ("code", "answer", "taken"),
    [
        (200, "success", True),
        (200, " SUCCESS\n", True),
        (200, "ok", False),
        (200, "success!", False),
        (204, "", False),
        (302, "success", False),
        (500, "success", False),
        (0, "success", False),
    ],
)
def test_only_the_word_itself_acknowledges(code: int, answer: str, *, taken: bool) -> None:
    assert acknowledged(code, answer) is taken


def test_payments_and_refunds_are_told_and_only_success_ends_it(
    store: OpenApp, payer: Person, receiver: Receiver
) -> None:
    box = receiver.mailbox(status(200, b"ok"), then=SUCCESS)
    terms: dict[str, Any] = {"subject": "a&b=c %E6 +", "passback_params": "x=1&y=2", "body": "@b"}
    reference, code = store.precreate(notify_url=box.url, **terms)
    payer.pay(code)
    told = box.wait(2)
    kind = told[0].headers["Content-Type"]
    assert kind == "application/x-www-form-urlencoded; charset=utf-8"
    letters = [read(store, one) for one in told]
    assert len({one["notify_id"] for one in letters}) == 1
    paid = letters[0]
    assert (paid["trade_status"], paid["out_trade_no"]) == ("TRADE_SUCCESS", reference)
    assert (paid["subject"], paid["passback_params"]) == ("a&b=c %E6 +", "x=1&y=2")
    assert (paid["body"], paid["notify_type"]) == ("＠b", "trade_status_sync")
    assert (paid["app_id"], paid["seller_id"]) == (store.app_id, store.pid)
    assert paid["fund_bill_list"] == '[{"amount":"10.00","fundChannel":"ALIPAYACCOUNT"}]'
    assert len(paid["notify_id"]) == 34
    for amount, request in (("4.00", "first"), ("6.00", "")):
        content = {"out_trade_no": reference, "refund_amount": amount, "out_request_no": request}
        store.done("alipay.trade.refund", content)
    asked = {"service": "notify_verify", "partner": store.pid, "notify_id": paid["notify_id"]}
    for changes, word in (
        ({}, "true"),
        ({"partner": "2088000000000000"}, "false"),
        ({"notify_id": "9" * 34}, "false"),
        ({"notify_id": "x"}, "false"),
    ):
        assert store.http.get(store.gateway, params=asked | changes).text == word
    back = sorted((read(store, one) for one in box.wait(4)[2:]), key=lambda one: one["notify_id"])
    assert [one["refund_fee"] for one in back] == ["4.00", "10.00"]
    assert [one["trade_status"] for one in back] == ["TRADE_SUCCESS", "TRADE_CLOSED"]
    assert [one["out_biz_no"] for one in back] == ["first", reference]
    assert "gmt_close" not in back[0]
    assert "gmt_close" in back[1]
    assert "receipt_amount" not in back[0]


def test_a_merchant_that_speaks_gbk_is_told_in_gbk(
    store: OpenApp, payer: Person, receiver: Receiver
) -> None:
    box = receiver.mailbox(then=SUCCESS)
    content = store.order(subject="一号店")
    made = store.done("alipay.trade.precreate", content, charset="GBK", notify_url=box.url)
    payer.pay(made["qr_code"])
    told = box.wait()[0]
    assert told.headers["Content-Type"].endswith("charset=GBK")
    assert read(store, told, "gbk")["subject"] == "一号店"


def test_a_refund_may_name_an_address_of_its_own(
    store: OpenApp, payer: Person, receiver: Receiver
) -> None:
    box = receiver.mailbox(then=SUCCESS)
    reference, code = store.precreate()
    payer.pay(code)
    content = {"out_trade_no": reference, "refund_amount": "1.00", "out_request_no": "r"}
    store.done("alipay.trade.refund", content, notify_url=box.url)
    assert read(store, box.wait()[0])["refund_fee"] == "1.00"
