"""Transfers to users through the Alipay door: paid once, at once, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest

from changliao.commands.people import Person
from tests.openapi import OpenApp, number, open_app
from tests.served import Rest, Served

TRANSFER = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"
OLD, OLD_QUERY = "alipay.fund.trans.toaccount.transfer", "alipay.fund.trans.order.query"
PHONE, NAME = "13900000066", "收款人"


@pytest.fixture(scope="module")
def app(sandbox: tuple[Served, Rest], payer: Person) -> Iterator[OpenApp]:
    """A merchant that has earned 1,000 yuan."""
    sandbox[0].command("sandbox", "user", PHONE, "--name", NAME)
    with open_app(sandbox[0], "Payroll", "--fee-bps", "0") as opened:
        _, code = opened.precreate(total_amount="1000.00")
        payer.pay(code)
        yield opened


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "out_biz_no": number(),
        "trans_amount": "12.34",
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "payee_info": {"identity": PHONE, "identity_type": "ALIPAY_LOGON_ID", "name": NAME},
        "remark": "九月工资",
    } | changes


def left(app: OpenApp) -> str:
    return str(app.done("alipay.fund.account.query", {})["available_amount"])


def test_a_transfer_is_paid_once_and_found_by_either_number(app: OpenApp) -> None:
    before = left(app)
    terms = asked()
    made = app.done(TRANSFER, terms)
    assert (made["status"], made["out_biz_no"]) == ("SUCCESS", terms["out_biz_no"])
    assert float(before) - float(left(app)) == pytest.approx(12.34)
    assert app.done(TRANSFER, terms)["order_id"] == made["order_id"]
    assert float(before) - float(left(app)) == pytest.approx(12.34)
    assert app.refused(TRANSFER, terms | {"trans_amount": "12.35"}) == "PAYMENT_INFO_INCONSISTENCY"
    for naming in ({"out_biz_no": terms["out_biz_no"]}, {"order_id": made["order_id"]},
                   {"pay_fund_order_id": made["pay_fund_order_id"]}):  # fmt: skip
        found = app.done(QUERY, naming)
        assert (found["status"], found["trans_amount"]) == ("SUCCESS", "12.34")
    path = f"/v3/{QUERY.replace('.', '/')}?out_biz_no={terms['out_biz_no']}"
    assert app.rest("GET", path).json()["order_id"] == made["order_id"]
    made = app.rest("POST", f"/v3/{TRANSFER.replace('.', '/')}", asked()).json()
    assert made["status"] == "SUCCESS"


def test_the_older_pair_does_the_same(app: OpenApp) -> None:
    terms = {
        "out_biz_no": number(), "payee_type": "ALIPAY_LOGONID", "payee_account": PHONE,
        "payee_real_name": NAME, "amount": "0.10",
    }  # fmt: skip
    made = app.done(OLD, terms)
    found = app.done(OLD_QUERY, {"order_id": made["order_id"]})
    assert (found["status"], found["out_biz_no"]) == ("SUCCESS", terms["out_biz_no"])


def test_a_red_packet_may_be_a_cent_and_a_transfer_may_not(app: OpenApp) -> None:
    assert app.done(TRANSFER, asked(product_code="STD_RED_PACKET", trans_amount="0.01"))
    small = asked(trans_amount="0.09")
    assert app.refused(TRANSFER, small) == "EXCEED_LIMIT_SM_MIN_AMOUNT"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"trans_amount": "1000.01"}, "PAYER_BALANCE_NOT_ENOUGH"),
        ({"trans_amount": "1.234"}, "INVALID_PARAMETER"),
        ({"trans_amount": "-1"}, "INVALID_PARAMETER"),
        ({"out_biz_no": ""}, "INVALID_PARAMETER"),
        ({"product_code": "OTHER"}, "PRODUCT_NOT_SIGN"),
        ({"biz_scene": "PERSONAL_COLLECTION"}, "PRODUCT_NOT_SIGN"),
        ({"payee_info": {"identity": PHONE, "identity_type": "ALIPAY_LOGON_ID"}},
         "INVALID_PARAMETER"),
        ({"payee_info": {"identity": PHONE, "identity_type": "ALIPAY_LOGON_ID", "name": "别人"}},
         "PAYEE_USERINFO_ERROR"),
        ({"payee_info": {"identity": "13100000000", "identity_type": "ALIPAY_LOGON_ID",
                         "name": NAME}}, "PAYEE_NOT_EXIST"),
        ({"payee_info": {"identity": "2088000000000009", "identity_type": "ALIPAY_USER_ID"}},
         "PAYEE_NOT_EXIST"),
        ({"payee_info": {"identity": "x", "identity_type": "ALIPAY_OPEN_ID"}}, "PAYEE_NOT_EXIST"),
        ({"payee_info": {"identity": "62220000", "identity_type": "BANKCARD_ACCOUNT"}},
         "INVALID_PARAMETER"),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_not_be_transferred_is_refused_and_nothing_moves(
    app: OpenApp, changes: dict[str, Any], code: str
) -> None:
    before, terms = left(app), asked(**changes)
    assert app.refused(TRANSFER, terms) == code
    assert left(app) == before
    if terms["out_biz_no"]:
        assert app.refused(QUERY, {"out_biz_no": terms["out_biz_no"]}) == "ORDER_NOT_EXIST"


def test_a_merchant_does_not_pay_itself_nor_see_anothers_transfers(
    sandbox: tuple[Served, Rest], app: OpenApp
) -> None:
    own = {"identity": app.pid, "identity_type": "ALIPAY_USER_ID"}
    assert app.refused(TRANSFER, asked(payee_info=own)) == "PAYER_PAYEE_CANNOT_SAME"
    made = app.done(TRANSFER, asked())
    with open_app(sandbox[0], "Other payroll") as other:
        for naming in ({"order_id": made["order_id"]}, {"out_biz_no": made["out_biz_no"]}):
            assert other.refused(QUERY, naming) == "ORDER_NOT_EXIST"
        assert other.refused(QUERY, {}) == "INVALID_PARAMETER"
