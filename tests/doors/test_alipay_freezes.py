"""Pre-authorisation through the Alipay door: frozen once, taken in parts, the rest comes back."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from tests.openapi import OpenApp, number, open_app
from tests.served import Rest, Served
from tests.wallets import PIN, Wallet, somebody
from tests.workers.receiver import Receiver, receiving, status

FREEZE = "alipay.fund.auth.order.freeze"
VOUCHER = "alipay.fund.auth.order.voucher.create"
UNFREEZE = "alipay.fund.auth.order.unfreeze"
QUERY = "alipay.fund.auth.operation.detail.query"
CANCEL = "alipay.fund.auth.operation.cancel"
PAY = "alipay.trade.pay"
MONEY = 100_000


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def app(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Hotel", "--fee-bps", "0") as opened:
        yield opened


phones = iter(range(13_700_000_000, 13_700_001_000))


@pytest.fixture
def guest(sandbox: tuple[Served, Rest]) -> Iterator[Wallet]:
    person = somebody(sandbox, "", str(next(phones)), "客人", balance=MONEY)
    yield person
    assert person.balance() + person.balance("reserved") <= MONEY
    person.close()


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "out_order_no": number(), "out_request_no": number(), "order_title": "押金",
        "amount": "300.00", "product_code": "PRE_AUTH_ONLINE",
    } | changes  # fmt: skip


def frozen(app: OpenApp, guest: Wallet, notify_url: str | None = None, **changes: Any) -> Any:
    """An authorization that its payer has agreed to, as a query shows it."""
    terms = asked(**changes)
    made = app.done(VOUCHER, terms, notify_url=notify_url)
    page = "/w/freeze?" + made["code_url"].split("?")[1]
    assert guest.submit(page, pin=PIN) == 200
    return app.done(QUERY, {name: terms[name] for name in ("out_order_no", "out_request_no")})


def captured(app: OpenApp, known: Any, amount: str, **changes: Any) -> dict[str, Any]:
    return {
        "out_trade_no": number(), "total_amount": amount, "subject": "两晚", "buyer_id":
        known["payer_user_id"], "seller_id": app.pid, "product_code": "PRE_AUTH_ONLINE",
        "auth_no": known["auth_no"],
    } | changes  # fmt: skip


def test_a_deposit_from_the_payers_yes_to_what_comes_back(
    app: OpenApp, guest: Wallet, receiver: Receiver
) -> None:
    box = receiver.mailbox(then=status(200, b"success"))
    known = frozen(app, guest, box.url)
    assert (known["order_status"], known["rest_amount"]) == ("AUTHORIZED", "300.00")
    assert (guest.balance(), guest.balance("reserved")) == (MONEY - 30_000, 30_000)
    told = {name: values[0] for name, values in parse_qs(box.wait(1)[0].body.decode()).items()}
    assert (told["notify_type"], told["auth_no"]) == ("fund_auth_freeze", known["auth_no"])
    assert (told["rest_amount"], told["status"]) == ("300.00", "SUCCESS")

    terms = captured(app, known, "120.00")
    paid = app.done(PAY, terms)
    assert (paid["total_amount"], paid["buyer_user_id"]) == ("120.00", known["payer_user_id"])
    assert app.done(PAY, terms)["trade_no"] == paid["trade_no"]
    assert guest.balance("reserved") == 18_000

    back = {"auth_no": known["auth_no"], "out_request_no": number(), "amount": "50.00",
            "remark": "退还"}  # fmt: skip
    given = app.done(UNFREEZE, back)
    assert app.done(UNFREEZE, back)["operation_id"] == given["operation_id"]
    assert app.refused(UNFREEZE, back | {"amount": "50.01"}) == "UNIQUE_VIOLATION"
    assert guest.balance("reserved") == 13_000

    last = app.done(PAY, captured(app, known, "30.00", auth_confirm_mode="COMPLETE"))
    assert last["total_amount"] == "30.00"
    assert (guest.balance("reserved"), guest.balance()) == (0, MONEY - 15_000)
    naming = {"auth_no": known["auth_no"], "operation_type": "UNFREEZE",
              "out_request_no": back["out_request_no"]}  # fmt: skip
    shown = app.done(QUERY, naming)
    assert (shown["order_status"], shown["amount"]) == ("FINISH", "50.00")
    assert (shown["total_pay_amount"], shown["total_unfreeze_amount"]) == ("150.00", "150.00")
    kinds = [parse_qs(one.body.decode())["notify_type"][0] for one in box.wait(3)]
    assert sorted(kinds) == ["fund_auth_freeze", "fund_auth_unfreeze", "fund_auth_unfreeze"]


def test_never_more_than_was_frozen(app: OpenApp, guest: Wallet) -> None:
    known = frozen(app, guest)
    assert app.refused(PAY, captured(app, known, "300.01")) == "ACQ.AUTH_AMOUNT_NOT_ENOUGH"
    assert app.refused(PAY, captured(app, known, "1.00", buyer_id="2088000000000009"))
    assert app.refused(PAY, captured(app, known, "1.00", buyer_id="")) == "ACQ.INVALID_PARAMETER"
    more = {"auth_no": known["auth_no"], "out_request_no": number(), "remark": "x"}
    assert app.refused(UNFREEZE, more | {"amount": "300.01"}) == "REQUEST_AMOUNT_EXCEED"
    assert app.refused(UNFREEZE, more | {"amount": "0"}) == "ILLEGAL_ARGUMENT"
    assert guest.balance("reserved") == 30_000
    app.done(PAY, captured(app, known, "300.00"))
    assert app.refused(PAY, captured(app, known, "0.01")) == "ACQ.AUTH_ORDER_HAS_FINISHED"
    assert app.refused(CANCEL, {"auth_no": known["auth_no"]}) == "ORDER_ALREADY_FINISH"


def test_a_pay_code_freezes_a_small_amount_at_once_and_a_large_one_waits(
    app: OpenApp, guest: Wallet
) -> None:
    terms = asked(auth_code=guest.pay_code(), auth_code_type="bar_code", amount="10.00")
    made = app.done(FREEZE, terms)
    assert (made["status"], guest.balance("reserved")) == ("SUCCESS", 1_000)
    assert app.done(FREEZE, terms)["operation_id"] == made["operation_id"]
    used = asked(auth_code=terms["auth_code"], auth_code_type="bar_code")
    assert app.refused(FREEZE, used) == "PAYMENT_AUTH_CODE_INVALID"
    assert app.refused(FREEZE, asked(auth_code="123")) == "PAYMENT_AUTH_CODE_INVALID"
    large = app.call(FREEZE, asked(auth_code=guest.pay_code(), amount="1500.00")).fields
    assert (large["code"], large["status"]) == ("10003", "INIT")
    assert guest.balance("reserved") == 1_000


def test_cancelling_gives_all_of_it_back_or_closes_what_nobody_agreed_to(
    app: OpenApp, guest: Wallet
) -> None:
    known = frozen(app, guest)
    assert app.done(CANCEL, {"auth_no": known["auth_no"], "remark": "x"})["action"] == "unfreeze"
    assert (guest.balance(), guest.balance("reserved")) == (MONEY, 0)
    terms = asked()
    page = "/w/freeze?" + app.done(VOUCHER, terms)["code_url"].split("?")[1]
    naming = {"out_order_no": terms["out_order_no"], "remark": "x"}
    assert app.done(CANCEL, naming)["action"] == "close"
    assert guest.submit(page, pin=PIN) == 422
    assert guest.balance("reserved") == 0


def test_the_page_wants_the_right_pin_and_enough_money(
    sandbox: tuple[Served, Rest], app: OpenApp, guest: Wallet
) -> None:
    made = app.done(VOUCHER, asked(amount="1000.01"))
    page = "/w/freeze?" + made["code_url"].split("?")[1]
    assert "押金" in guest.see(page)
    assert guest.submit(page, pin=PIN) == 422
    page = "/w/freeze?" + app.done(VOUCHER, asked())["code_url"].split("?")[1]
    assert guest.submit(page, pin="000000") == 422
    assert guest.balance("reserved") == 0
    assert guest.submit(page, pin=PIN) == 200
    other = somebody(sandbox, "", str(next(phones)), "别人", balance=MONEY)
    assert other.submit(page, pin=PIN) == 404
    other.close()


def test_an_app_sends_its_payer_to_the_page(app: OpenApp, guest: Wallet) -> None:
    given = app.parameters("alipay.fund.auth.order.app.freeze", asked())
    page = guest.see(f"{app.gateway}?{urlencode(given)}")
    assert "申请冻结" in page


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "0"}, "ILLEGAL_ARGUMENT"),
        ({"amount": "1.001"}, "ILLEGAL_ARGUMENT"),
        ({"order_title": ""}, "ILLEGAL_ARGUMENT"),
        ({"product_code": "OTHER"}, "ILLEGAL_ARGUMENT"),
        ({"pay_timeout": "99d"}, "ILLEGAL_ARGUMENT"),
        ({"payee_user_id": "2088000000000009"}, "ACCESS_FORBIDDEN"),
    ],
    ids=str,
)
def test_what_may_not_be_frozen_is_refused(app: OpenApp, changes: Any, code: str) -> None:
    assert app.refused(VOUCHER, asked(**changes)) == code


def test_the_same_number_with_other_terms_and_another_sellers_numbers_are_refused(
    sandbox: tuple[Served, Rest], app: OpenApp, guest: Wallet
) -> None:
    terms = asked()
    assert app.done(VOUCHER, terms)["code_url"] == app.done(VOUCHER, terms)["code_url"]
    assert app.refused(VOUCHER, terms | {"amount": "1.00"}) == "UNIQUE_VIOLATION"
    known = frozen(app, guest)
    with open_app(sandbox[0], "Other hotel") as other:
        naming = {"auth_no": known["auth_no"]}
        assert other.refused(QUERY, naming) == "AUTH_ORDER_NOT_EXIST"
        assert other.refused(CANCEL, naming) == "AUTH_ORDER_NOT_EXIST"
        foreign = captured(other, known, "1.00")
        assert other.refused(PAY, foreign) == "ACQ.AUTH_NO_ERROR"
    assert app.refused(QUERY, {}) == "ILLEGAL_ARGUMENT"
    assert app.refused(QUERY, {"auth_no": known["auth_no"], "operation_type": "PAY",
                               "out_request_no": "none"}) == "AUTH_OPERATION_NOT_EXIST"  # fmt: skip
