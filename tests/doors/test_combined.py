"""Combined orders through the WeChat Pay door, from placing to the one notification."""

import base64
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from changliao.commands.people import Person
from tests.doors.test_rest_budgets import a_budget, earn, figures
from tests.doors.test_rest_platforms import rest_of
from tests.phones import new_phone
from tests.served import Rest, Served, Shop, merchant
from tests.wallets import somebody
from tests.workers.receiver import Receiver, receiving

COMBINED = "/v3/combine-transactions"
Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def partner(sandbox: Sandbox, shop: Shop) -> Iterator[Shop]:
    """A merchant whose orders the shop may combine with its own."""
    with merchant(sandbox[0], "Partner") as made:
        sandbox[0].command("sandbox", "partner", shop.mchid, made.mchid)
        yield made


def a_basket(
    shop: Shop, partner: Shop, notify_url: str = "https://shop.test/told"
) -> dict[str, Any]:
    def part(number: str, total: int) -> dict[str, Any]:
        return {
            "mchid": number,
            "attach": "",
            "amount": {"total_amount": total, "currency": "CNY"},
            "out_trade_no": f"P{secrets.token_hex(8)}",
            "description": "Shoes",
        }

    return {
        "combine_appid": shop.appid,
        "combine_mchid": shop.mchid,
        "combine_out_trade_no": f"B{secrets.token_hex(8)}",
        "notify_url": notify_url,
        "sub_orders": [part(shop.mchid, 300), part(partner.mchid, 700)],
    }


def query(shop: Shop, number: str) -> Any:
    answer = shop.get(f"{COMBINED}/out-trade-no/{number}")
    assert answer.status_code == 200, answer.text
    assert shop.verifies(answer)
    return answer.json()


def close(shop: Shop, fields: dict[str, Any], parts: list[dict[str, Any]]) -> Any:
    named = [{"mchid": one["mchid"], "out_trade_no": one["out_trade_no"]} for one in parts]
    path = f"{COMBINED}/out-trade-no/{fields['combine_out_trade_no']}/close"
    return shop.post(path, combine_appid=shop.appid, sub_orders=named)


def test_a_basket_is_paid_whole_told_once_and_refunded_in_parts(
    shop: Shop, partner: Shop, payer: Person, receiver: Receiver
) -> None:
    box = receiver.mailbox()
    fields = a_basket(shop, partner, box.url)
    made = shop.post(f"{COMBINED}/native", **fields)
    assert made.status_code == 200, made.text
    number = fields["combine_out_trade_no"]
    assert [one["trade_state"] for one in query(shop, number)["sub_orders"]] == ["NOTPAY"] * 2
    payer.pay(made.json()["code_url"])
    parts = query(shop, number)["sub_orders"]
    assert [one["trade_state"] for one in parts] == ["SUCCESS"] * 2
    assert [one["amount"]["payer_amount"] for one in parts] == [300, 700]

    told = box.wait()[0].fields
    resource = told["resource"]
    sealed = base64.b64decode(resource["ciphertext"])
    aad = resource["associated_data"].encode()
    key = AESGCM(shop.fields["api_v3_key"].encode())
    plain = json.loads(key.decrypt(resource["nonce"].encode(), sealed, aad))
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    assert plain["combine_out_trade_no"] == number
    assert [one["transaction_id"] for one in plain["sub_orders"]] == [
        one["transaction_id"] for one in parts
    ]

    back = {
        "out_trade_no": fields["sub_orders"][1]["out_trade_no"],
        "out_refund_no": f"R{secrets.token_hex(6)}",
        "amount": {"refund": 100, "total": 700, "currency": "CNY"},
    }
    assert partner.post("/v3/refund/domestic/refunds", **back).status_code == 200
    assert [one["trade_state"] for one in query(shop, number)["sub_orders"]] == [
        "SUCCESS",
        "REFUND",
    ]
    assert len(box.told) == 1


def test_each_part_has_its_own_discount_or_none(sandbox: Sandbox) -> None:
    """Seen on the page before it is paid; told for each part; back with a refund of that part."""
    operator = sandbox[1]
    with (
        merchant(sandbox[0], "甲", fee_bps=0) as seller,
        merchant(sandbox[0], "乙", fee_bps=0) as other,
    ):
        sandbox[0].command("sandbox", "partner", seller.mchid, other.mchid)
        own = rest_of(other)
        earn(operator, own.get(f"/api/v1/merchants/{other.mchid}").json()["id"], own, 5_000)
        budget = a_budget(own, face=150)
        fields = a_basket(seller, other)
        made = seller.post(f"{COMBINED}/native", **fields).json()
        buyer = somebody(sandbox, "", new_phone(), "买家", balance=10_000)
        page = f"/c/{made['code_url'].split('pr=')[1]}?view=pc&tab=account"
        assert "确认付款 ¥8.50" in buyer.see(page)
        assert "付" in buyer.pay(made["code_url"])
        assert (buyer.balance(), figures(own, budget)) == (9_150, (850, 0, 1, 150, 0))
        first, second = query(seller, fields["combine_out_trade_no"])["sub_orders"]
        assert [one["amount"]["payer_amount"] for one in (first, second)] == [300, 550]
        assert first["promotion_detail"] == []
        assert [one["amount"] for one in second["promotion_detail"]] == [150]
        for number, total, refund in ((0, 300, 300), (1, 700, 350)):
            back = {
                "out_trade_no": fields["sub_orders"][number]["out_trade_no"],
                "out_refund_no": f"R{secrets.token_hex(6)}",
                "amount": {"refund": refund, "total": total, "currency": "CNY"},
            }
            shop = (seller, other)[number]
            assert shop.post("/v3/refund/domestic/refunds", **back).status_code == 200
        assert (buyer.balance(), figures(own, budget)) == (9_725, (925, 0, 1, 150, 75))
        buyer.close()
        own.http.close()


def test_a_part_is_no_order_of_its_own(shop: Shop, partner: Shop) -> None:
    fields = a_basket(shop, partner)
    assert shop.post(f"{COMBINED}/native", **fields).status_code == 200
    own = fields["sub_orders"][0]["out_trade_no"]
    path = f"/v3/pay/transactions/out-trade-no/{own}"
    for answer in (
        shop.get(f"{path}?mchid={shop.mchid}"),
        shop.post(f"{path}/close", mchid=shop.mchid),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_NOT_EXIST")
    placed = shop.post("/v3/pay/transactions/native", **shop.order(out_trade_no=own))
    assert (placed.status_code, placed.json()["code"]) == (403, "OUT_TRADE_NO_USED")


def test_closing_lists_every_part(shop: Shop, partner: Shop) -> None:
    fields = a_basket(shop, partner)
    assert shop.post(f"{COMBINED}/app", **fields).json()["prepay_id"]
    parts = fields["sub_orders"]
    for wrong in (parts[:1], [*parts, {"mchid": shop.mchid, "out_trade_no": "other"}]):
        answer = close(shop, fields, wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")
    for _ in range(2):
        assert close(shop, fields, parts).status_code == 204
    states = query(shop, fields["combine_out_trade_no"])["sub_orders"]
    assert [one["trade_state"] for one in states] == ["CLOSED"] * 2


def test_bad_baskets_are_refused(sandbox: Sandbox, shop: Shop, partner: Shop) -> None:
    with merchant(sandbox[0], "Stranger") as stranger:
        foreign = a_basket(shop, stranger)
        answer = shop.post(f"{COMBINED}/native", **foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "NO_AUTH")
    fields = a_basket(shop, partner)
    one = shop.post(f"{COMBINED}/native", **{**fields, "sub_orders": fields["sub_orders"][:1]})
    assert (one.status_code, one.json()["code"]) == (400, "PARAM_ERROR")
    jsapi = shop.post(f"{COMBINED}/jsapi", **fields)
    assert (jsapi.status_code, jsapi.json()["code"]) == (400, "PARAM_ERROR")
    h5 = shop.post(f"{COMBINED}/h5", **fields)
    assert (h5.status_code, h5.json()["detail"]["field"]) == (400, "/scene_info/h5_info")
    missing = shop.get(f"{COMBINED}/out-trade-no/B-nobody-has")
    assert (missing.status_code, missing.json()["code"]) == (404, "ORDER_NOT_EXIST")
    changed = a_basket(shop, partner)
    assert shop.post(f"{COMBINED}/native", **changed).status_code == 200
    again = shop.post(f"{COMBINED}/native", **{**changed, "notify_url": "https://other.test/"})
    assert (again.status_code, again.json()["code"]) == (403, "OUT_TRADE_NO_USED")


def test_ten_are_a_merchants_most_and_fifty_a_providers(
    sandbox: Sandbox, shop: Shop, partner: Shop, payer: Person
) -> None:
    def asked(count: int, **more: Any) -> Any:
        fields = a_basket(shop, partner)
        part = fields["sub_orders"][0]
        fields["sub_orders"] = [
            part | more | {"out_trade_no": f"N{secrets.token_hex(8)}"} for _ in range(count)
        ]
        return shop.post(f"{COMBINED}/native", **fields)

    for count in (1, 11):
        answer = asked(count)
        assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")
    assert asked(10).status_code == 200
    provided = {"sub_mchid": partner.mchid}
    assert asked(1, **provided).status_code == 200
    assert asked(50, **provided).status_code == 200
    assert asked(51, **provided).status_code == 400


def test_a_part_is_shared_and_refunded_by_its_own_number(
    shop: Shop, partner: Shop, payer: Person
) -> None:
    fields = a_basket(shop, partner)
    fields["sub_orders"][0]["settle_info"] = {"profit_sharing": True}
    made = shop.post(f"{COMBINED}/native", **fields)
    payer.pay(made.json()["code_url"])
    part = query(shop, fields["combine_out_trade_no"])["sub_orders"][0]
    number = part["transaction_id"]
    amounts = shop.get(f"/v3/profitsharing/transactions/{number}/amounts")
    assert amounts.json()["unsplit_amount"] == 90
    rest = {"transaction_id": number, "out_order_no": f"U{number}", "description": "x"}
    assert shop.post("/v3/profitsharing/orders/unfreeze", **rest).status_code == 200
    back = {"transaction_id": number, "out_refund_no": f"R{number}",
            "amount": {"refund": 100, "total": 300, "currency": "CNY"}}  # fmt: skip
    assert shop.post("/v3/refund/domestic/refunds", **back).status_code == 200
    ordinary = shop.get(f"/v3/pay/transactions/id/{number}?mchid={shop.mchid}")
    assert (ordinary.status_code, ordinary.json()["code"]) == (404, "ORDER_NOT_EXIST")


def test_a_baskets_own_number_may_be_short_and_have_an_at(shop: Shop, partner: Shop) -> None:
    number = f"@{secrets.token_hex(1)}*"
    fields = {**a_basket(shop, partner), "combine_out_trade_no": number}
    assert shop.post(f"{COMBINED}/native", **fields).status_code == 200
    assert query(shop, number)["combine_out_trade_no"] == number
