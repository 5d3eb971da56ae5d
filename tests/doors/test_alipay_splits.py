"""Sharing a payment: receivers are bound, shares leave what is held, and every no."""

from collections.abc import Iterator

import pytest

from changliao.commands.people import Person
from tests.openapi import OpenApp, number, open_app
from tests.served import Rest, Served

BIND, UNBIND = "alipay.trade.royalty.relation.bind", "alipay.trade.royalty.relation.unbind"
SETTLE, RATE = "alipay.trade.order.settle", "alipay.trade.royalty.rate.query"
FUNDS = "alipay.fund.account.query"


@pytest.fixture(scope="module")
def market(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Market", "--fee-bps", "0") as made:
        yield made


@pytest.fixture(scope="module")
def store(sandbox: tuple[Served, Rest]) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Receiver", "--fee-bps", "0") as made:
        yield made


def free(app: OpenApp) -> str:
    return str(app.done(FUNDS, {})["available_amount"])


def bound(market: OpenApp, account: str, kind: str = "userId", **more: str) -> dict[str, object]:
    receivers = [{"type": kind, "account": account, "memo": "店", **more}]
    return {"out_request_no": number("B"), "receiver_list": receivers}


def sold(market: OpenApp, payer: Person) -> str:
    """The trade number of a payment of ¥10.00 that is held."""
    reference, code = market.precreate(extend_params={"royalty_freeze": "true"})
    payer.pay(code)
    return str(market.query(reference)["trade_no"])


def share(trade_no: str, account: str, amount: str, **changes: object) -> dict[str, object]:
    parts = [{"trans_in": account, "amount": amount}]
    return {
        "out_request_no": number("S"),
        "trade_no": trade_no,
        "royalty_parameters": parts,
    } | changes


def test_a_held_payment_is_shared_and_the_rest_is_freed(
    market: OpenApp, store: OpenApp, payer: Person
) -> None:
    assert market.done(BIND, bound(market, store.pid))["result_code"] == "SUCCESS"
    assert market.done(BIND, bound(market, store.pid))["result_code"] == "SUCCESS"
    agreed = market.done(RATE, {"out_request_no": "x"})
    assert (agreed["max_ratio"], agreed["user_id"]) == (30, market.pid)
    before, trade_no = free(market), sold(market, payer)
    assert free(market) == before
    content = share(trade_no, store.pid, "2.00")
    settled = market.done(SETTLE, content)
    assert settled["trade_no"] == trade_no
    assert market.done(SETTLE, content) == settled
    assert free(store) == "2.00"
    left = market.done("alipay.trade.order.onsettle.query", {"trade_no": trade_no})
    assert left["unsettled_amount"] == "1.00"
    changed = content | {"royalty_parameters": [{"trans_in": store.pid, "amount": "1.00"}]}
    assert market.refused(SETTLE, changed) == "ACQ.DISCORDANT_REPEAT_REQUEST"
    over = share(trade_no, store.pid, "1.01")
    assert market.refused(SETTLE, over) == "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"
    finish = {"out_request_no": number("S"), "trade_no": trade_no}
    finish |= {"extend_params": {"royalty_finish": "true"}}  # type: ignore[dict-item]
    assert market.done(SETTLE, finish)["settle_no"]
    left = market.done("alipay.trade.order.onsettle.query", {"trade_no": trade_no})
    assert left["unsettled_amount"] == "0.00"
    assert float(free(market)) == float(before) + 8
    assert free(store) == "2.00"


def test_shares_that_cannot_be_made_move_nothing(
    market: OpenApp, store: OpenApp, payer: Person
) -> None:
    trade_no, held = sold(market, payer), free(store)
    nobody = share(trade_no, "2088999999999999", "1.00")
    assert market.refused(SETTLE, nobody) == "ACQ.ROYALTY_ACCOUNT_NOT_EXIST"
    assert market.refused(BIND, bound(market, payer.phone, "loginName")) == "INVALID_PARAMETER"
    wrong = bound(market, payer.phone, "loginName", name="Somebody")
    assert market.refused(BIND, wrong) == "USERNAME_NOT_MATCH"
    assert market.done(BIND, bound(market, payer.phone, "loginName", name=payer.name))
    unknown = share("20260101" + "0" * 20, store.pid, "1.00")
    assert market.refused(SETTLE, unknown) == "ACQ.TRADE_NOT_EXIST"
    assert market.refused(SETTLE, share(trade_no, store.pid, "0")) == "ACQ.INVALID_PARAMETER"
    empty = share(trade_no, store.pid, "1.00", royalty_parameters=[])
    assert market.refused(SETTLE, empty) == "ACQ.INVALID_PARAMETER"
    assert market.done(UNBIND, bound(market, store.pid))
    assert market.done(UNBIND, bound(market, store.pid))
    gone = share(trade_no, store.pid, "1.00")
    assert market.refused(SETTLE, gone) == "ACQ.ROYALTY_RECEIVER_INVALID"
    assert free(store) == held


def test_relations_that_cannot_be(market: OpenApp) -> None:
    assert market.refused(BIND, bound(market, "2088999999999999")) == "USER_NOT_EXIST"
    assert market.refused(BIND, bound(market, market.pid)) == "INVALID_RECEIVER_TYPE"
    none = {"out_request_no": "x", "receiver_list": []}
    assert market.refused(BIND, none) == "RECEIVER_LIST_EMPTY"
    many = bound(market, "1") | {"receiver_list": [{"type": "userId", "account": "1"}] * 21}
    assert market.refused(BIND, many) == "RECEIVER_LIST_OVERLOAD"
    assert market.refused(BIND, {}) == "INVALID_PARAMETER"


def test_finishing_an_amount_releases_that_amount_and_the_rest_stays_held(
    market: OpenApp, payer: Person
) -> None:
    before, trade_no = float(free(market)), sold(market, payer)
    finish: dict[str, object] = {"out_request_no": number("S"), "trade_no": trade_no}
    finish["extend_params"] = {"royalty_finish": "true", "royalty_finish_amount": "4.00"}
    assert market.done(SETTLE, finish) == market.done(SETTLE, finish)
    assert float(free(market)) == before + 4
    left = market.done("alipay.trade.order.onsettle.query", {"trade_no": trade_no})
    assert left["unsettled_amount"] == "3.00"
    over = finish | {"out_request_no": number("S")}
    over["extend_params"] = {"royalty_finish": "true", "royalty_finish_amount": "6.01"}
    assert market.refused(SETTLE, over) == "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"
    assert float(free(market)) == before + 4


def test_what_a_share_cannot_mean_here_is_refused_rather_than_ignored(
    market: OpenApp, store: OpenApp, payer: Person
) -> None:
    assert market.done(BIND, bound(market, store.pid))
    trade_no, held = sold(market, payer), free(store)
    never = share(trade_no, store.pid, "1.00", royalty_mode="never")
    assert market.refused(SETTLE, never) == "ACQ.INVALID_PARAMETER"
    part: dict[str, object] = {"trans_in": store.pid, "amount": "1.00"}
    six = share(trade_no, store.pid, "1.00", royalty_parameters=[part] * 6)
    assert market.refused(SETTLE, six) == "ACQ.INVALID_PARAMETER"
    at_leisure = six | {"royalty_mode": "async"}
    assert market.refused(SETTLE, at_leisure) == "ACQ.INVALID_PARAMETER"  # one receiver six times
    for changes, code in (
        ({"royalty_type": "replenish"}, "ACQ.REPLENISH_ACCOUNT_INVALID"),
        ({"trans_out": store.pid}, "ACQ.MUST_ALLOC_FROM_ROOT_ACCOUNT"),
        ({"trans_in_name": "Somebody"}, "ACQ.ROYALTY_ACCOUNT_NAME_NOT_MATCH"),
    ):
        asked = share(trade_no, store.pid, "1.00", royalty_parameters=[part | changes])
        assert market.refused(SETTLE, asked) == code
    assert free(store) == held
    named = part | {"trans_in_name": "Receiver", "trans_out": market.pid}
    asked = share(trade_no, store.pid, "1.00", royalty_parameters=[named], royalty_mode="async")
    assert market.done(SETTLE, asked)
