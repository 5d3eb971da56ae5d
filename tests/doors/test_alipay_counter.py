"""At a counter: the code on a person's phone is charged once, and cancelled when in doubt."""

from collections.abc import Iterator

import pytest

from changliao.commands.people import Person
from tests.openapi import OpenApp, open_app
from tests.served import Rest, Served

PAY, QUERY, CANCEL = "alipay.trade.pay", "alipay.trade.query", "alipay.trade.cancel"


@pytest.fixture(scope="module")
def till(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Till") as made:
        yield made


@pytest.mark.parametrize("beginning", ["13", "28"])
def test_a_code_is_charged_once(till: OpenApp, payer: Person, beginning: str) -> None:
    code = beginning + payer.pay_code()[2:]
    content = till.order(auth_code=code, scene="bar_code")
    paid = till.done(PAY, content)
    assert (paid["buyer_pay_amount"], paid["total_amount"]) == ("10.00", "10.00")
    assert paid["buyer_logon_id"] == "139****0001"
    assert till.done(PAY, content) == paid
    assert till.query(content["out_trade_no"])["trade_status"] == "TRADE_SUCCESS"
    other = till.order(auth_code=code)
    assert till.refused(PAY, other) == "ACQ.PAYMENT_AUTH_CODE_INVALID"
    again = content | {"auth_code": payer.pay_code()}
    assert till.refused(PAY, again) == "ACQ.TRADE_HAS_SUCCESS"


def test_a_large_amount_waits_for_its_payer_and_is_cancelled(till: OpenApp, payer: Person) -> None:
    content = till.order(auth_code=payer.pay_code(), total_amount="1000.01")
    waiting = till.call(PAY, content).fields
    assert (waiting["code"], waiting["msg"]) == ("10003", "order success pay inprocess")
    assert "gmt_payment" not in waiting
    named = {"out_trade_no": content["out_trade_no"]}
    assert till.done(QUERY, named)["trade_status"] == "WAIT_BUYER_PAY"
    assert till.done(CANCEL, named)["action"] == "close"
    assert till.refused(PAY, content) == "ACQ.TRADE_HAS_CLOSE"
    rest = till.order(auth_code=payer.pay_code(), total_amount="1000.01")
    answer = till.rest("POST", "/v3/alipay/trade/pay", rest)
    assert (answer.status_code, "code" in answer.json()) == (200, False)


def test_what_was_paid_is_given_back_by_cancelling(till: OpenApp, payer: Person) -> None:
    content = till.order(auth_code=payer.pay_code())
    till.done(PAY, content)
    named = {"out_trade_no": content["out_trade_no"]}
    assert till.done(CANCEL, named)["action"] == "refund"
    assert till.done(QUERY, named)["trade_status"] == "TRADE_CLOSED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"auth_code": "130000000000000000"}, "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ({"auth_code": "not a code"}, "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ({"auth_code": ""}, "ACQ.INVALID_PARAMETER"),
        ({"auth_code": "13" * 9, "scene": "face"}, "ACQ.INVALID_PARAMETER"),
        ({"auth_no": "1"}, "ACQ.INVALID_PARAMETER"),
    ],
)
def test_what_cannot_be_charged(till: OpenApp, changes: dict[str, str], code: str) -> None:
    assert till.refused(PAY, till.order(**changes)) == code


def test_a_number_that_was_cancelled_first_is_never_charged(till: OpenApp, payer: Person) -> None:
    content = till.order(auth_code=payer.pay_code())
    till.done(CANCEL, {"out_trade_no": content["out_trade_no"]})
    assert till.refused(PAY, content) == "ACQ.CONTEXT_INCONSISTENT"
