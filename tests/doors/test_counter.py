"""Paying at a counter through the WeChat Pay door: codes, large amounts, reversals."""

import secrets
from typing import Any

import pytest

from changliao.commands.people import Person
from tests.served import Shop

CODEPAY = "/v3/pay/transactions/codepay"
BY_NUMBER = "/v3/pay/transactions/out-trade-no"


def a_charge(shop: Shop, code: str, total: int = 1000, **changes: Any) -> dict[str, Any]:
    return {
        "appid": shop.appid,
        "mchid": shop.mchid,
        "description": "Tea",
        "out_trade_no": f"C{secrets.token_hex(8)}",
        "payer": {"auth_code": code},
        "amount": {"total": total, "currency": "CNY"},
        "scene_info": {"store_info": {"id": "0001"}},
        **changes,
    }


def state(shop: Shop, number: str) -> str:
    answer = shop.get(f"{BY_NUMBER}/{number}?mchid={shop.mchid}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["trade_state"])


def reverse(shop: Shop, number: str) -> Any:
    return shop.post(f"{BY_NUMBER}/{number}/reverse", appid=shop.appid, mchid=shop.mchid)


def test_a_code_pays_at_once_and_only_once(shop: Shop, payer: Person) -> None:
    fields = a_charge(shop, payer.pay_code())
    paid = shop.post(CODEPAY, **fields)
    assert paid.status_code == 200, paid.text
    assert shop.verifies(paid)
    said = paid.json()
    assert (said["trade_state"], said["trade_type"]) == ("SUCCESS", "MICROPAY")
    assert shop.post(CODEPAY, **fields).json() == said
    again = shop.post(CODEPAY, **{**fields, "out_trade_no": f"C{secrets.token_hex(8)}"})
    assert (again.status_code, again.json()["code"]) == (400, "INVALID_REQUEST")
    other = shop.post(CODEPAY, **{**fields, "payer": {"auth_code": payer.pay_code()}})
    assert (other.status_code, other.json()["code"]) == (403, "OUT_TRADE_NO_USED")


def test_a_large_amount_waits_for_the_pin(shop: Shop, payer: Person) -> None:
    code = payer.pay_code()
    waiting = shop.post(CODEPAY, **a_charge(shop, code, 100_001)).json()
    assert waiting["trade_state"] == "USERPAYING"
    payer.confirm(code)
    assert state(shop, waiting["out_trade_no"]) == "SUCCESS"


def test_a_reversed_charge_is_given_back_or_never_paid(shop: Shop, payer: Person) -> None:
    paid = shop.post(CODEPAY, **a_charge(shop, payer.pay_code())).json()["out_trade_no"]
    waiting = shop.post(CODEPAY, **a_charge(shop, payer.pay_code(), 100_001)).json()["out_trade_no"]
    closing = shop.post(f"{BY_NUMBER}/{waiting}/close", mchid=shop.mchid)
    assert (closing.status_code, closing.json()["code"]) == (400, "INVALID_REQUEST")
    for number in (paid, waiting) * 2:
        answer = reverse(shop, number)
        assert (answer.status_code, answer.json()["out_trade_no"]) == (200, number), answer.text
    assert (state(shop, paid), state(shop, waiting)) == ("REFUND", "REVOKED")


def test_a_charge_that_was_refunded_in_part_gives_back_the_rest(shop: Shop, payer: Person) -> None:
    charged = shop.post(CODEPAY, **a_charge(shop, payer.pay_code())).json()
    number, total = charged["out_trade_no"], charged["amount"]["total"]
    part = {"out_trade_no": number, "out_refund_no": f"R{number}"}
    amount = {"refund": total - 1, "total": total, "currency": "CNY"}
    assert shop.post("/v3/refund/domestic/refunds", **part, amount=amount).status_code == 200
    for _ in range(2):
        answer = reverse(shop, number)
        assert answer.status_code == 200, answer.text
    whole = {"out_trade_no": number, "out_refund_no": f"S{number}"}
    more = shop.post("/v3/refund/domestic/refunds", **whole, amount=amount | {"refund": 1})
    assert more.status_code == 400


def test_other_orders_and_unknown_numbers_are_not_reversed(shop: Shop) -> None:
    number, _ = shop.place()
    for one in (number, "C-nobody-has"):
        answer = reverse(shop, one)
        assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_NOT_EXIST")
    assert state(shop, number) == "NOTPAY"


@pytest.mark.parametrize("code", ["1", "1" * 18, "9" * 32])
def test_a_code_that_is_none_is_refused(shop: Shop, code: str) -> None:
    answer = shop.post(CODEPAY, **a_charge(shop, code))
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "付款码" in answer.json()["message"]


def test_a_code_with_letters_is_a_wrong_parameter(shop: Shop) -> None:
    answer = shop.post(CODEPAY, **a_charge(shop, "12ab"))
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")


@pytest.mark.parametrize(
    "scene_info", [{}, {"store_info": {}}, {"store_info": {"id": "1"}, "device_ip": "till"}]
)
def test_a_counter_says_where_it_is(shop: Shop, scene_info: dict[str, Any]) -> None:
    refused = shop.post(CODEPAY, **a_charge(shop, "1" * 18, scene_info=scene_info))
    assert (refused.status_code, refused.json()["code"]) == (400, "PARAM_ERROR")
