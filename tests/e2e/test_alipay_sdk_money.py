"""What marketplaces and hotels call: each SDK shares payments, pays users and freezes deposits."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from changliao.commands.people import Person
from tests.e2e.alipay_sdk_shop import (
    BIND,
    BOUND,
    CONFIRM,
    FREEZE,
    FROZEN,
    FUNDS,
    LEFT,
    PAY,
    PRECREATE,
    QUERY,
    RATE,
    SDKS,
    SETTLE,
    SHARED,
    SYNC,
    THAW,
    TRANSFER,
    TRANSFERRED,
    UNBIND,
    UNFREEZE,
    VOUCHER,
    Shop,
    opened_shop,
    order,
)
from tests.openapi import number
from tests.served import Rest, Served
from tests.wallets import PIN, Wallet, somebody

pytestmark = pytest.mark.xdist_group("alipay-sdks")
NAME = "收款人"


@pytest.fixture(scope="module", params=SDKS, ids=str)
def shop(
    request: pytest.FixtureRequest,
    sandbox: tuple[Served, Rest],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """A shop with each SDK."""
    with opened_shop(request.param, sandbox, tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture
def guest(sandbox: tuple[Served, Rest]) -> Iterator[Wallet]:
    """Somebody with ¥1,000.00."""
    phone = f"137{secrets.randbelow(10**8):08d}"
    person = somebody(sandbox, "", phone, NAME, balance=100_000)
    yield person
    person.close()


def bound(account: str) -> dict[str, Any]:
    receivers = [{"type": "userId", "account": account, "memo": "店"}]
    return {"out_request_no": number("B"), "receiver_list": receivers}


def test_a_payment_is_shared_and_the_rest_released(
    shop: Shop, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    store = sandbox[0].command("sandbox", "alipay", "Receiver")["pid"]
    assert shop.done(BIND, bound(store))["result_code"] == "SUCCESS"
    assert shop.done(RATE, {"out_request_no": number()})["max_ratio"] == 30
    terms: dict[str, Any] = {**order(), "extend_params": {"royalty_freeze": "true"}}
    payer.pay(shop.done(PRECREATE, terms)["qr_code"])
    trade_no = shop.done(QUERY, {"out_trade_no": terms["out_trade_no"]})["trade_no"]
    share = {
        "out_request_no": number("S"),
        "trade_no": trade_no,
        "royalty_parameters": [{"trans_in": store, "amount": "2.00"}],
    }
    settled = shop.done(SETTLE, share)
    assert settled["trade_no"] == trade_no
    assert shop.done(SETTLE, share)["settle_no"] == settled["settle_no"]
    assert shop.done(LEFT, {"trade_no": trade_no})["unsettled_amount"] == "1.00"
    (detail,) = shop.done(SHARED, {"settle_no": settled["settle_no"]})["royalty_detail_list"]
    assert (detail["trans_in"], detail["amount"]) == (store, "2.00")
    listed = shop.done(BOUND, {"page_num": 1, "page_size": 20})
    assert [one["account"] for one in listed["receiver_list"]] == [store]
    finish = {"out_request_no": number("S"), "trade_no": trade_no}
    shop.done(SETTLE, {**finish, "extend_params": {"royalty_finish": "true"}})
    assert shop.done(LEFT, {"trade_no": trade_no})["unsettled_amount"] == "0.00"
    assert shop.done(UNBIND, bound(store))["result_code"] == "SUCCESS"


def test_money_in_escrow_waits_until_it_is_confirmed(shop: Shop, payer: Person) -> None:
    detail = {"trans_in_type": "defaultSettle", "amount": "10.00"}
    escrow = {"settle_detail_infos": [detail], "settle_period_time": "7d"}
    terms: dict[str, Any] = {**order(), "settle_info": escrow}
    payer.pay(shop.done(PRECREATE, terms)["qr_code"])
    trade = shop.done(QUERY, {"out_trade_no": terms["out_trade_no"]})
    assert trade["additional_status"] == "SELLER_NOT_RECEIVED"
    told = {"trade_no": trade["trade_no"], "out_request_no": number(), "biz_type": "CREDIT_AUTH"}
    assert shop.done(SYNC, told)["out_trade_no"] == terms["out_trade_no"]
    asked = {"out_request_no": number(), "trade_no": trade["trade_no"], "settle_info": escrow}
    made = shop.done(CONFIRM, asked)
    assert shop.done(CONFIRM, asked)["settle_amount"] == made["settle_amount"]
    assert float(made["settle_amount"]) > 9


def test_a_user_is_paid_once(shop: Shop, payer: Person, guest: Wallet) -> None:
    payer.pay(shop.done(PRECREATE, order(total_amount="50.00"))["qr_code"])
    before = float(shop.done(FUNDS, {"account_type": "ACCTRANS_ACCOUNT"})["available_amount"])
    terms = {
        "out_biz_no": number(),
        "trans_amount": "12.34",
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "payee_info": {
            "identity": guest.phone,
            "identity_type": "ALIPAY_LOGON_ID",
            "name": NAME,
        },
    }
    made = shop.done(TRANSFER, terms)
    assert made["status"] == "SUCCESS"
    assert shop.done(TRANSFER, terms)["order_id"] == made["order_id"]
    found = shop.done(TRANSFERRED, {"out_biz_no": terms["out_biz_no"]})
    assert (found["order_id"], found["trans_amount"]) == (made["order_id"], "12.34")
    after = float(shop.done(FUNDS, {"account_type": "ACCTRANS_ACCOUNT"})["available_amount"])
    assert before - after == pytest.approx(12.34)
    assert guest.balance() == 101_234


def test_a_deposit_is_frozen_taken_in_part_and_given_back(shop: Shop, guest: Wallet) -> None:
    box = shop.mailbox()
    terms = {
        "out_order_no": number(),
        "out_request_no": number(),
        "order_title": "押金",
        "amount": "300.00",
        "product_code": "PRE_AUTH",
    }
    made = shop.done(VOUCHER, terms, notify_url=box.url)
    page = "/w/freeze?" + made["code_url"].split("?")[1]
    assert guest.submit(page, pin=PIN) == 200
    told = shop.told(box, 1)
    assert (told["notify_type"], told["amount"]) == ("fund_auth_freeze", "300.00")
    named = {name: terms[name] for name in ("out_order_no", "out_request_no")}
    known = shop.done(FROZEN, {**named, "operation_type": "FREEZE"})
    assert (known["order_status"], known["rest_amount"]) == ("AUTHORIZED", "300.00")
    taken = {
        **order(total_amount="120.00"),
        "auth_no": known["auth_no"],
        "buyer_id": known["payer_user_id"],
        "seller_id": shop.settings["pid"],
        "product_code": "PRE_AUTH",
    }
    assert shop.done(PAY, taken)["total_amount"] == "120.00"
    back = {"auth_no": known["auth_no"], "out_request_no": number(), "amount": "50.00"}
    assert shop.done(UNFREEZE, {**back, "remark": "退还"})["status"] == "SUCCESS"
    assert guest.balance("reserved") == 13_000
    assert shop.told(box, 2)["notify_type"] == "fund_auth_unfreeze"

    by_code = {
        "out_order_no": number(),
        "out_request_no": number(),
        "order_title": "押金",
        "amount": "10.00",
        "product_code": "PRE_AUTH",
        "auth_code": guest.pay_code(),
        "auth_code_type": "bar_code",
    }
    frozen = shop.done(FREEZE, by_code)
    assert frozen["status"] == "SUCCESS"
    gone = {"auth_no": frozen["auth_no"], "out_request_no": by_code["out_request_no"]}
    assert shop.done(THAW, {**gone, "remark": "x"})["action"] == "unfreeze"
    assert guest.balance("reserved") == 13_000
