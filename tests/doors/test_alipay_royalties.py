"""royalty_info shares at the payment, refund_royalty_parameters takes back with a refund."""

from collections.abc import Iterator
from typing import Any

import pytest

from changliao.commands.people import Person
from tests.doors.test_alipay_freezes import captured, frozen
from tests.doors.test_alipay_splits import BIND, bound, free
from tests.openapi import OpenApp, open_app
from tests.phones import new_phone
from tests.served import Rest, Served
from tests.wallets import somebody

PRECREATE, PAY, REFUND = "alipay.trade.precreate", "alipay.trade.pay", "alipay.trade.refund"
QUERY = "alipay.trade.fastpay.refund.query"


@pytest.fixture(scope="module")
def market(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Market", "--fee-bps", "0") as made:
        yield made


@pytest.fixture(scope="module")
def store(sandbox: tuple[Served, Rest], market: OpenApp) -> Iterator[OpenApp]:
    """A receiver that the market has bound."""
    with open_app(sandbox[0], "Receiver", "--fee-bps", "0") as made:
        market.done(BIND, bound(market, made.pid))
        yield made


def royalty(account: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"royalty_type": "ROYALTY", "royalty_detail_infos": [
        {"trans_in": account, "amount": amount, "desc": "佣金", **more}]}  # fmt: skip


def test_a_payment_is_shared_and_a_refund_takes_it_back(
    market: OpenApp, store: OpenApp, payer: Person
) -> None:
    own, theirs = float(free(market)), float(free(store))
    reference, code = market.precreate(royalty_info=royalty(store.pid, "2.00"))
    payer.pay(code)
    assert (float(free(market)), float(free(store))) == (own + 8, theirs + 2)
    back = {
        "out_trade_no": reference, "refund_amount": "4.00", "out_request_no": "r1",
        "refund_royalty_parameters": [{"trans_out": store.pid, "amount": "1.50"}],
    }  # fmt: skip
    done = market.done(REFUND, back)
    assert done["fund_change"] == "Y"
    assert market.done(REFUND, back) == done | {"fund_change": "N"}
    assert (float(free(market)), float(free(store))) == (own + 5.5, theirs + 0.5)
    changed = back | {"refund_royalty_parameters": []}
    assert market.refused(REFUND, changed) == "ACQ.DISCORDANT_REPEAT_REQUEST"
    asked = market.done(QUERY, {"out_trade_no": reference, "out_request_no": "r1"})
    (given,) = asked["refund_royaltys"]
    assert (given["trans_out"], given["refund_amount"]) == (store.pid, "1.50")
    told = market.query(reference, query_options=["trade_settle_info"])["trade_settle_info"]
    assert [
        (one["operation_type"], one["trans_out"], one["trans_in"], one["amount"])
        for one in told["trade_settle_detail_list"]
    ] == [
        ("transfer", market.pid, store.pid, "2.00"),
        ("transfer_refund", store.pid, market.pid, "1.50"),
    ]
    assert told["trade_unsettled_amount"] == "0.00"
    assert "trade_settle_info" not in market.query(reference)
    too_much = back | {"out_request_no": "r2"}
    assert market.refused(REFUND, too_much) == "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"


def test_a_charged_code_is_shared_too(
    market: OpenApp, store: OpenApp, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    theirs = float(free(store))
    shares = {"royalty_type": "ROYALTY", "royalty_detail_infos": [
        {"trans_in": store.pid, "amount_percentage": "20"}]}  # fmt: skip
    content = market.order(auth_code=f"28{payer.pay_code()[2:]}", scene="bar_code")
    assert market.done(PAY, content | {"royalty_info": shares})["trade_no"]
    assert float(free(store)) == theirs + 2


def test_what_is_captured_of_a_deposit_is_shared_and_taken_back(
    market: OpenApp, store: OpenApp, sandbox: tuple[Served, Rest]
) -> None:
    guest = somebody(sandbox, "", new_phone(), "客人", balance=100_000)
    known = frozen(market, guest)
    own, theirs = float(free(market)), float(free(store))
    terms = captured(market, known, "100.00", auth_confirm_mode="COMPLETE")
    for wrong in (royalty(store.pid, "30.01"), royalty("2088000000000000", "1.00")):
        refused = market.refused(PAY, terms | {"royalty_info": wrong})
        assert refused == "ACQ.TRADE_SETTLE_ERROR"
    assert guest.balance("reserved") == 30_000
    shares = terms | {"royalty_info": royalty(store.pid, "20.00")}
    paid = market.done(PAY, shares)
    assert market.done(PAY, shares)["trade_no"] == paid["trade_no"]
    # The same number with other shares is another order.
    assert market.refused(PAY, terms) == "ACQ.CONTEXT_INCONSISTENT"
    # The rest of the deposit is the guest's again, and both have what is theirs.
    assert (guest.balance("reserved"), guest.balance()) == (0, 90_000)
    assert (float(free(market)), float(free(store))) == (own + 80, theirs + 20)
    number = shares["out_trade_no"]
    back = {
        "out_trade_no": number, "refund_amount": "100.00", "out_request_no": "r1",
        "refund_royalty_parameters": [{"trans_out": store.pid, "amount": "20.00"}],
    }  # fmt: skip
    assert market.done(REFUND, back)["fund_change"] == "Y"
    assert (float(free(market)), float(free(store))) == (own, theirs)
    assert guest.balance() == 100_000
    guest.close()


def test_an_order_that_cannot_be_shared_is_refused(market: OpenApp, store: OpenApp) -> None:
    for terms in (
        royalty(store.pid, "3.01"),
        royalty(market.pid, "1.00"),
        royalty("2088000000000000", "1.00"),
        royalty(store.pid, "1.00") | {"royalty_type": "OTHER"},
        royalty(store.pid, "1.00", trans_out=store.pid),
    ):
        refused = market.refused(PRECREATE, market.order(royalty_info=terms))
        assert refused == "ACQ.TRADE_SETTLE_ERROR", terms
    held = {"settle_period_time": "1d", "settle_detail_infos": [{"amount": "10.00"}]}
    both = market.order(royalty_info=royalty(store.pid, "1.00"), settle_info=held)
    assert market.refused(PRECREATE, both) == "ACQ.TRADE_SETTLE_ERROR"
    nobody = market.order(royalty_info={"royalty_type": "ROYALTY", "royalty_detail_infos": []})
    assert market.refused(PRECREATE, nobody) == "ACQ.INVALID_PARAMETER"


def test_another_share_is_another_order(market: OpenApp, store: OpenApp) -> None:
    order = market.order(royalty_info=royalty(store.pid, "2.00"))
    assert market.done(PRECREATE, order)["qr_code"]
    assert market.done(PRECREATE, order)["qr_code"]
    other = order | {"royalty_info": royalty(store.pid, "1.00")}
    assert market.refused(PRECREATE, other) == "ACQ.CONTEXT_INCONSISTENT"


def test_only_a_merchant_that_received_gives_back(
    market: OpenApp, store: OpenApp, payer: Person
) -> None:
    reference, code = market.precreate(royalty_info=royalty(store.pid, "2.00"))
    payer.pay(code)
    buyer = market.query(reference)["buyer_user_id"]
    back = {"out_trade_no": reference, "refund_amount": "4.00", "out_request_no": "r"}
    for account, code in (
        (buyer, "ACQ.REFUNDALLOC_UNAUTH_LIMIT"),
        ("2088000000000000", "ACQ.REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST"),
        (market.pid, "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"),
    ):
        asked = back | {"refund_royalty_parameters": [{"trans_out": account, "amount": "1.00"}]}
        assert market.refused(REFUND, asked) == code
