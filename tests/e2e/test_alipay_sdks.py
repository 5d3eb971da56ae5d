"""Shops that speak Alipay keep the SDK they have: each plays a trade from its code to its refund.

What worked is the table in docs/compatibility.md.
"""

import base64
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from changliao.commands.people import Person
from tests import yesterday
from tests.e2e.alipay_sdk_shop import (
    APP,
    APP_FREEZE,
    BILL,
    CANCEL,
    CLOSE,
    CREATE,
    DOWNLOAD,
    PAGE,
    PAY,
    PRECREATE,
    QUERY,
    REFUND,
    REFUND_QUERY,
    SDKS,
    TABLE,
    WAIT_S,
    WAP,
    Shop,
    opened_shop,
    order,
)
from tests.e2e.compatibility import NOT_OFFERED, WORKED
from tests.openapi import number
from tests.served import Rest, Served

pytestmark = pytest.mark.xdist_group("alipay-sdks")


@pytest.fixture(scope="module", params=SDKS, ids=str)
def shop(
    request: pytest.FixtureRequest,
    sandbox: tuple[Served, Rest],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """A shop with each SDK."""
    with opened_shop(request.param, sandbox, tmp_path_factory.mktemp("shop")) as running:
        yield running


def test_a_trade_lives_from_its_code_to_its_refund(shop: Shop, payer: Person) -> None:
    box, terms = shop.mailbox(), order(passback_params="a=1&b=二")
    named = {"out_trade_no": terms["out_trade_no"]}
    placed = shop.done(PRECREATE, terms, notify_url=box.url)
    assert shop.refused(QUERY, named) == "ACQ.TRADE_NOT_EXIST"
    payer.pay(placed["qr_code"])

    told = shop.told(box, 1)
    assert (told["out_trade_no"], told["trade_status"]) == (terms["out_trade_no"], "TRADE_SUCCESS")
    assert (told["subject"], told["passback_params"]) == (terms["subject"], "a=1&b=二")
    trade = shop.done(QUERY, named)
    assert (trade["trade_status"], trade["trade_no"]) == ("TRADE_SUCCESS", told["trade_no"])

    back = named | {"refund_amount": "3.00", "out_request_no": "first"}
    refund = shop.done(REFUND, back)
    assert (refund["fund_change"], refund["refund_fee"]) == ("Y", "3.00")
    assert shop.done(REFUND, back)["fund_change"] == "N"
    asked = shop.done(REFUND_QUERY, named | {"out_request_no": "first"})
    assert (asked["refund_status"], asked["refund_amount"]) == ("REFUND_SUCCESS", "3.00")
    told = shop.told(box, 2)
    assert (told["refund_fee"], told["trade_status"]) == ("3.00", "TRADE_SUCCESS")

    rest = shop.done(REFUND, named | {"refund_amount": "7.00", "out_request_no": "rest"})
    assert rest["refund_fee"] == "10.00"
    assert shop.told(box, 3)["trade_status"] == "TRADE_CLOSED"
    assert shop.done(QUERY, named)["trade_status"] == "TRADE_CLOSED"


def test_a_bill_is_downloaded_and_read(shop: Shop, sandbox: tuple[Served, Rest]) -> None:
    pid, app_id = shop.settings["pid"], shop.settings["app_id"]
    with yesterday.past(sandbox[0], yesterday.merchant_number(sandbox[0], pid)) as world:
        sold = yesterday.sell(world, app_id, 1_000, door="alipay")
    asked = {"bill_type": "trade", "bill_date": yesterday.date()}
    address = shop.done(BILL, asked)["bill_download_url"]
    content = httpx.get(address, trust_env=False, verify=False, timeout=30).content
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        details, summary = (opened.read(name).decode("gbk") for name in opened.namelist())
    assert sold.reference in details
    assert summary.startswith("#支付宝业务汇总查询")


def test_a_notification_with_one_other_byte_is_refused(shop: Shop, payer: Person) -> None:
    box = shop.mailbox()
    payer.pay(shop.done(PRECREATE, order(), notify_url=box.url)["qr_code"])
    body = box.wait(1, WAIT_S)[0].body.decode("ascii")
    for before, after in (("total_amount=10.00", "total_amount=1.00"), ("T1", "T2")):
        assert before in body
        answer = shop.ask(do="told", body=body.replace(before, after))
        assert not answer.get("verified"), answer
    assert shop.ask(do="told", body=body)["verified"]


def test_an_order_for_one_buyer_is_closed_and_another_cancelled(shop: Shop, payer: Person) -> None:
    for ending, after in ((CLOSE, "TRADE_CLOSED"), (CANCEL, "TRADE_CLOSED")):
        terms = order(buyer_logon_id=payer.phone)
        made = shop.done(CREATE, terms)
        named = {"out_trade_no": terms["out_trade_no"]}
        assert shop.done(QUERY, named)["trade_status"] == "WAIT_BUYER_PAY"
        assert shop.done(ending, named)["trade_no"] == made["trade_no"]
        assert shop.done(QUERY, named)["trade_status"] == after


def test_a_code_on_a_phone_is_charged_and_undone(shop: Shop, payer: Person) -> None:
    terms = order(auth_code=payer.pay_code(), scene="bar_code")
    assert shop.done(PAY, terms)["total_amount"] == "10.00"
    assert shop.done(CANCEL, {"out_trade_no": terms["out_trade_no"]})["action"] == "refund"


def test_a_refusal_reaches_the_shop_with_its_code(shop: Shop) -> None:
    assert shop.refused(QUERY, {"out_trade_no": "nobody_has_this"}) == "ACQ.TRADE_NOT_EXIST"
    assert shop.refused(PRECREATE, order(total_amount="0")) == "ACQ.INVALID_PARAMETER"


def test_an_address_for_the_browser_opens_the_cashier(shop: Shop, sandbox: Any) -> None:
    for method, product in ((PAGE, "FAST_INSTANT_TRADE_PAY"), (WAP, "QUICK_WAP_WAY")):
        if shop.sdk.variant == "curl":
            TABLE.note(shop.sdk.title, method, NOT_OFFERED)
            continue
        terms = order(product_code=product)
        made = shop.ask(do="page", method=method, content=terms, return_url="https://shop.test/b")
        address = httpx.URL(made["url"]).copy_with(port=sandbox[0].port)
        opened = httpx.get(address, trust_env=False, verify=False, timeout=30)
        assert opened.status_code == 303, opened.text
        assert opened.headers["Location"].startswith("/c/")
        TABLE.note(shop.sdk.title, method, WORKED)


def test_an_order_string_opens_the_cashier(shop: Shop) -> None:
    deposit = {"out_order_no": number(), "out_request_no": number(), "order_title": "押金",
               "amount": "99.00", "product_code": "PREAUTH_PAY"}  # fmt: skip
    paid = order(product_code="QUICK_MSECURITY_PAY")
    for method, terms, leads in ((APP, paid, "/c/"), (APP_FREEZE, deposit, "/w/freeze?")):
        if shop.sdk.variant == "curl":
            TABLE.note(shop.sdk.title, method, NOT_OFFERED)
            continue
        made = shop.ask(do="app", method=method, content=terms)
        assert "order" in made, made
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        text = made["order"].encode("ascii")
        with httpx.Client(trust_env=False, verify=False, timeout=30) as wallet:
            opened = wallet.post(shop.settings["gateway"], content=text, headers=kind)
        assert opened.status_code == 303, opened.text
        assert leads in opened.headers["Location"]
        TABLE.note(shop.sdk.title, method, WORKED)


def test_a_certificate_is_had_by_its_number(shop: Shop) -> None:
    if shop.sdk.variant == "curl" or shop.sdk.package == "alipay-sdk-java-v3":
        TABLE.note(shop.sdk.title, DOWNLOAD, NOT_OFFERED)
        return
    asked = {"alipay_cert_sn": shop.settings["alipay_certificate_number"]}
    content = base64.b64decode(shop.done(DOWNLOAD, asked)["alipay_cert_content"]).decode()
    assert content == shop.settings["alipay_certificate"]


def test_the_compatibility_page_says_what_was_seen() -> None:
    TABLE.check()
