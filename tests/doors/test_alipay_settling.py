"""Escrow, what became of shares, who may receive, and what is not promised."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from changliao.commands.people import Person
from tests.openapi import OpenApp, number, open_app
from tests.served import Rest, Served

RECEIVABLES = "alipay.trade.settle.receivables.query"
CONFIRM, SYNC = "alipay.trade.settle.confirm", "alipay.trade.orderinfo.sync"
SETTLE, SHARED = "alipay.trade.order.settle", "alipay.trade.order.settle.query"
BIND, BOUND = "alipay.trade.royalty.relation.bind", "alipay.trade.royalty.relation.batchquery"
FUNDS, PRECREATE = "alipay.fund.account.query", "alipay.trade.precreate"
PAGE = "alipay.trade.page.pay"


@pytest.fixture(scope="module")
def market(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Escrow", "--fee-bps", "0") as made:
        yield made


@pytest.fixture(scope="module")
def store(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Receiver of shares", "--fee-bps", "0") as made:
        yield made


def free(app: OpenApp) -> float:
    return float(app.done(FUNDS, {})["available_amount"])


def escrow(amount: str = "10.00", days: str = "7d", **changes: Any) -> dict[str, Any]:
    detail = {"trans_in_type": "defaultSettle", "amount": amount} | changes
    return {"settle_detail_infos": [detail], "settle_period_time": days}


def sold(market: OpenApp, payer: Person, **changes: Any) -> tuple[str, str]:
    reference, code = market.precreate(**changes)
    payer.pay(code)
    return reference, str(market.query(reference)["trade_no"])


def test_money_waits_until_it_is_confirmed_in_part_and_whole(
    sandbox: tuple[Served, Rest], market: OpenApp, payer: Person
) -> None:
    before = free(market)
    reference, trade_no = sold(market, payer, settle_info=escrow())
    assert free(market) == before
    assert market.query(reference)["additional_status"] == "SELLER_NOT_RECEIVED"
    part = {"out_request_no": number("C"), "trade_no": trade_no}
    part["settle_info"] = escrow("10.00", "", actual_amount="4.00")  # type: ignore[assignment]
    made = market.done(CONFIRM, part)
    assert (made["settle_amount"], made["out_request_no"]) == ("4.00", part["out_request_no"])
    assert market.done(CONFIRM, part) == made
    assert free(market) == before + 4
    waits = {"out_request_no": number("Q"), "trade_no": trade_no}
    told = market.done(RECEIVABLES, waits)
    assert (told["unsettled_amount"], told["settled_amount"]) == ("6.00", "4.00")
    assert float(market.done(RECEIVABLES, {"out_request_no": "q"})["unsettled_amount"]) >= 6
    assert market.refused(RECEIVABLES, waits | {"trade_no": "1" * 28}) == "ACQ.TRADE_NOT_EXIST"
    other = part | {"settle_info": escrow("10.00", "", actual_amount="5.00")}
    assert market.refused(CONFIRM, other) == "ACQ.DISCORDANT_REPEAT_REQUEST"
    over = other | {"out_request_no": number("C")}
    over["settle_info"] = escrow("10.00", "", actual_amount="6.01")
    assert market.refused(CONFIRM, over) == "ACQ.INVALID_SETTLE_AMOUNT_PARAMETER"
    wrong = over | {"settle_info": escrow("9.00", "")}
    assert market.refused(CONFIRM, wrong) == "ACQ.INVALID_SETTLE_AMOUNT_PARAMETER"
    rest = over | {"settle_info": escrow("10.00", "")}
    assert market.done(CONFIRM, rest)["settle_amount"] == "6.00"
    assert free(market) == before + 10
    assert "additional_status" not in market.query(reference)
    late = rest | {"out_request_no": number("C")}
    assert market.refused(CONFIRM, late) == "ACQ.ALREADY_CONFIRM_SETTLE"


def test_the_days_are_those_that_were_agreed(
    sandbox: tuple[Served, Rest], market: OpenApp, payer: Person
) -> None:
    sold(market, payer, settle_info=escrow(days="365d"))
    sold(market, payer, settle_info=escrow(days=""))
    own = sandbox[1].get(f"/api/v1/merchants/{market.pid}").json()["id"]
    found = sandbox[1].get(f"/api/v1/orders?merchant_id={own}&state=paid").json()["data"][:2]
    held = [
        sandbox[1].get(f"/api/v1/orders/{one['id']}/holding?merchant_id={own}").json()
        for one in found
    ]
    days = [
        round((moment(one["until"]) - moment(order["paid_at"])) / 86_400)
        for one, order in zip(held, found, strict=True)
    ]
    assert days == [30, 365]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (escrow(days="0d"), "ACQ.INVALID_PARAMETER"),
        (escrow(days="366d"), "ACQ.INVALID_PARAMETER"),
        (escrow("9.99"), "ACQ.INVALID_PARAMETER"),
        (escrow(trans_in_type="userId", trans_in="2088"), "ACQ.INVALID_PARAMETER"),
        ({"settle_detail_infos": []}, "ACQ.INVALID_PARAMETER"),
    ],
    ids=str,
)
def test_an_escrow_that_cannot_be_is_refused(market: OpenApp, terms: Any, code: str) -> None:
    assert market.refused(PRECREATE, market.order(settle_info=terms)) == code


def test_only_an_escrow_is_confirmed_and_only_while_it_waits(
    market: OpenApp, payer: Person
) -> None:
    reference, trade_no = sold(market, payer)
    terms = {"out_request_no": number("C"), "trade_no": trade_no, "settle_info": escrow()}
    assert market.refused(CONFIRM, terms) == "ACQ.ILLEGAL_SETTLE_STATE"
    reference, trade_no = sold(market, payer, settle_info=escrow())
    market.done("alipay.trade.refund", {"out_trade_no": reference, "refund_amount": "10.00"})
    terms = {"out_request_no": number("C"), "trade_no": trade_no, "settle_info": escrow()}
    assert market.refused(CONFIRM, terms) == "ACQ.CONFIRM_REFUSE_AFTER_REFUND"


def test_a_share_is_found_by_either_number(market: OpenApp, store: OpenApp, payer: Person) -> None:
    receivers = [{"type": "userId", "account": store.pid, "memo": "店 {一}"}]
    market.done(BIND, {"out_request_no": number("B"), "receiver_list": receivers})
    listed = market.done(BOUND, {"page_num": 1, "page_size": 20, "out_request_no": "x"})
    assert (listed["total_record_num"], listed["total_page_num"]) == (1, 1)
    assert listed["receiver_list"][0]["account"] == store.pid
    assert store.done(BOUND, {})["total_record_num"] == 0
    assert market.refused(BOUND, {"page_size": 101}) == "INVALID_PARAMETER"

    _, trade_no = sold(market, payer, extend_params={"royalty_freeze": "true"})
    asked = {"out_request_no": number("S"), "trade_no": trade_no,
             "royalty_parameters": [{"trans_in": store.pid, "amount": "2.00"}]}  # fmt: skip
    made = market.done(SETTLE, asked)
    shown = market.done(SHARED, {"settle_no": made["settle_no"]})
    (detail,) = shown["royalty_detail_list"]
    assert (detail["trans_in"], detail["amount"], detail["state"]) == (store.pid, "2.00", "SUCCESS")
    named = {"out_request_no": asked["out_request_no"], "trade_no": trade_no}
    assert market.done(SHARED, named)["royalty_detail_list"] == shown["royalty_detail_list"]
    path = f"/v3/{SHARED.replace('.', '/')}?settle_no={made['settle_no']}"
    assert market.rest("GET", path).json()["out_request_no"] == asked["out_request_no"]
    assert store.refused(SHARED, {"settle_no": made["settle_no"]}) == "MERCHANT_TRADE_NOT_MATCH"
    assert market.refused(SHARED, {}) == "INVALID_PARAMETER"


def test_fulfilment_is_kept_once_for_both_sides(
    sandbox: tuple[Served, Rest], market: OpenApp, payer: Person
) -> None:
    reference, trade_no = sold(market, payer)
    told = {"trade_no": trade_no, "out_request_no": "f1", "biz_type": "CREDIT_AUTH",
            "order_biz_info": '{"status":"COMPLETE"}'}  # fmt: skip
    assert market.done(SYNC, told)["out_trade_no"] == reference
    assert market.done(SYNC, told)["trade_no"] == trade_no
    wrong = told | {"order_biz_info": '{"status":"EATEN"}'}
    assert market.refused(SYNC, wrong) == "ACQ.NOTIFY_STATUS_INVALID"
    for text in ("COMPLETE", "[]", '{"status":"COMPLETE","status":"CANCEL"}', "{}"):
        unclear = told | {"order_biz_info": text}
        assert market.refused(SYNC, unclear) == "ACQ.INVALID_PARAMETER"
    assert market.refused(SYNC, told | {"biz_type": "x"}) == "ACQ.INVALID_PARAMETER"
    gone = told | {"trade_no": "20260101" + "0" * 20}
    assert market.refused(SYNC, gone) == "ACQ.TRADE_NOT_EXIST"
    changed = told | {"order_biz_info": '{"status":"VIOLATED"}'}
    assert market.done(SYNC, changed)["trade_no"] == trade_no
    assert market.done(SYNC, changed | {"out_request_no": "f2"})["trade_no"] == trade_no
    operator = sandbox[1]
    owner = operator.get(f"/api/v1/merchants/{market.fields['merchant']}").json()["id"]
    found = operator.get(f"/api/v1/orders?merchant_id={owner}&reference={reference}").json()
    path = f"/api/v1/orders/{found['data'][0]['id']}/fulfilments?merchant_id={owner}"
    kept = operator.get(path).json()["data"]
    assert [(one["reference"], one["kind"], one["status"]) for one in kept] == [
        ("f1", "CREDIT_AUTH", "COMPLETE"), ("f2", "CREDIT_AUTH", "VIOLATED"),
    ]  # fmt: skip


def test_a_code_is_shown_inside_the_merchants_page(market: OpenApp) -> None:
    def opened(mode: str, **more: Any) -> httpx.Response:
        given = market.parameters(PAGE, market.order(qr_pay_mode=mode, **more))
        return market.http.get(market.gateway, params=given)

    framed = opened("4", qrcode_width="240")
    assert framed.status_code == 200, framed.text
    assert 'width="240"' in framed.text
    assert "data:image/svg+xml" in framed.text
    (policy,) = framed.headers.get_list("content-security-policy")
    assert "frame-ancestors *" in policy
    assert opened("3").status_code == 200
    jump = opened("2")
    assert (jump.status_code, jump.headers["Location"][:3]) == (303, "/c/")
    assert "frame-ancestors 'none'" in jump.headers["content-security-policy"]
    assert "qrcode_width" in opened("4", qrcode_width="x").text


def test_a_nonce_is_good_once(market: OpenApp) -> None:
    reference, _ = market.precreate()
    path = "/v3/alipay/trade/precreate"
    content = market.order(out_trade_no=reference)
    nonce = secrets.token_hex(16)
    first = market.rest("POST", path, content, nonce=nonce)
    assert first.status_code == 200, first.text
    other = market.rest("POST", path, content | {"total_amount": "11.00"}, nonce=nonce)
    assert (other.status_code, other.json()["code"]) == (400, "suspected-attack")
    again = market.http.send(first.request)
    assert again.status_code == 200, again.text
