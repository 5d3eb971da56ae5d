"""What platforms call for their sub-merchants: shares, returns and refunds in their own words."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from changliao.commands.people import Person
from tests.doors.test_wechatpay_splits import code, secret
from tests.served import Rest, Served, Shop, merchant

SHARING = "/v3/ecommerce/profitsharing"
REFUNDS = "/v3/ecommerce/refunds"


@pytest.fixture(scope="module")
def platform(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    with merchant(sandbox[0], "Platform") as made:
        yield made


@pytest.fixture(scope="module")
def store(sandbox: tuple[Served, Rest], platform: Shop) -> Iterator[Shop]:
    """A sub-merchant of the platform's."""
    with merchant(sandbox[0], "Store", fee_bps=0) as made:
        sandbox[0].command("sandbox", "partner", platform.mchid, made.mchid)
        yield made


@pytest.fixture(scope="module")
def supplier(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    with merchant(sandbox[0], "Supplier of platform") as made:
        yield made


def post(shop: Shop, path: str, **fields: Any) -> httpx.Response:
    body = json.dumps(fields, ensure_ascii=False).encode()
    serial = shop.fields["wechatpay_public_key_id"]
    return shop.http.send(shop.signed("POST", path, body, serial=serial))


def sold(platform: Shop, store: Shop, payer: Person) -> tuple[str, str]:
    """The numbers of a held payment of ¥10.00: the order's and the transaction's."""
    number = f"E{time.time_ns()}"
    order = {
        "sp_mchid": platform.mchid, "sp_appid": platform.appid, "sub_mchid": store.mchid,
        "description": "鞋", "out_trade_no": number, "notify_url": "http://127.0.0.1:9/",
        "amount": {"total": 1_000}, "settle_info": {"profit_sharing": True},
    }  # fmt: skip
    placed = platform.post("/v3/pay/partner/transactions/native", **order)
    assert placed.status_code == 200, placed.text
    payer.pay(placed.json()["code_url"])
    whose = f"sp_mchid={platform.mchid}&sub_mchid={store.mchid}"
    path = f"/v3/pay/partner/transactions/out-trade-no/{number}?{whose}"
    return number, platform.get(path).json()["transaction_id"]


def receiver(shop: Shop, account: str, relation: str, name: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = {"appid": shop.appid, "type": "MERCHANT_ID", "account": account}
    if name:
        fields["encrypted_name"] = secret(shop, name)
    return fields | {"relation_type": relation}


def test_a_platform_shares_takes_back_and_finishes(
    platform: Shop, store: Shop, supplier: Shop, payer: Person
) -> None:
    for account, relation, name in (
        (supplier.mchid, "SUPPLIER", "Supplier of platform"),
        (platform.mchid, "PLATFORM", ""),
    ):
        added = post(platform, f"{SHARING}/receivers/add",
                     **receiver(platform, account, relation, name))  # fmt: skip
        assert added.json() == {"type": "MERCHANT_ID", "account": account}, added.text
        assert platform.verifies(added)
    _, transaction = sold(platform, store, payer)
    named = {"sub_mchid": store.mchid, "transaction_id": transaction}
    parts = [
        {"type": "MERCHANT_ID", "receiver_account": platform.mchid, "amount": 100,
         "description": "佣金"},
        {"type": "MERCHANT_ID", "receiver_account": supplier.mchid, "amount": 150,
         "description": "货款"},
    ]  # fmt: skip
    asked: dict[str, Any] = {"appid": platform.appid, "receivers": parts}
    asked |= {"out_order_no": f"S{transaction}", "finish": False, **named}
    shared = post(platform, f"{SHARING}/orders", **asked)
    assert shared.status_code == 200, shared.text
    assert post(platform, f"{SHARING}/orders", **asked).json() == shared.json()
    query = f"{SHARING}/orders?sub_mchid={store.mchid}&transaction_id={transaction}"
    shown = platform.get(f"{query}&out_order_no=S{transaction}").json()
    assert (shown["status"], shown["order_id"]) == ("FINISHED", shared.json()["order_id"])
    assert [one["receiver_account"] for one in shown["receivers"]] == [
        platform.mchid,
        supplier.mchid,
    ]

    back = {"sub_mchid": store.mchid, "out_order_no": f"S{transaction}", "amount": 50,
            "out_return_no": f"B{transaction}", "return_mchid": supplier.mchid,
            "description": "退货"}  # fmt: skip
    returned = post(platform, f"{SHARING}/returnorders", **back)
    assert returned.json()["result"] == "SUCCESS", returned.text
    whose = f"sub_mchid={store.mchid}&out_order_no=S{transaction}"
    found = platform.get(f"{SHARING}/returnorders?{whose}&out_return_no=B{transaction}")
    assert found.json() == returned.json()
    left = platform.get(f"{SHARING}/orders/{transaction}/amounts").json()
    assert left["unsplit_amount"] == 100

    rest = {**named, "out_order_no": f"F{transaction}", "description": "完结"}
    assert post(platform, f"{SHARING}/finish-order", **rest).status_code == 200
    shown = platform.get(f"{query}&out_order_no=F{transaction}").json()
    assert (shown["finish_amount"], shown["receivers"]) == (800, [])
    late = asked | {"out_order_no": f"L{transaction}"}
    assert code(post(platform, f"{SHARING}/orders", **late)) == (400, "INVALID_REQUEST")


def test_receivers_of_a_platform_are_its_own_only(
    platform: Shop, store: Shop, supplier: Shop, payer: Person
) -> None:
    gone = receiver(platform, supplier.mchid, "SUPPLIER")
    assert post(platform, f"{SHARING}/receivers/add", **gone).status_code == 200
    assert post(platform, f"{SHARING}/receivers/delete", **gone).status_code == 200
    _, transaction = sold(platform, store, payer)

    def share(account: str, **more: Any) -> httpx.Response:
        part = {"receiver_account": account, "amount": 1, "description": "x"}
        fields = {"appid": platform.appid, "sub_mchid": store.mchid, "receivers": [part],
                  "transaction_id": transaction, "out_order_no": f"X{transaction}",
                  "finish": False}  # fmt: skip
        return post(platform, f"{SHARING}/orders", **fields | more)

    assert code(share(supplier.mchid)) == (400, "INVALID_REQUEST")
    assert code(share(store.mchid)) == (400, "INVALID_REQUEST")
    part = {"receiver_account": platform.mchid, "amount": 1, "description": "x"}
    assert code(share(platform.mchid, receivers=[part] * 6)) == (400, "PARAM_ERROR")


def test_a_platform_refunds_out_of_its_stores_money(
    platform: Shop, store: Shop, supplier: Shop, payer: Person
) -> None:
    number, transaction = sold(platform, store, payer)
    asked = {
        "sub_mchid": store.mchid, "sp_appid": platform.appid, "transaction_id": transaction,
        "out_refund_no": f"R{number}", "amount": {"refund": 300, "total": 1_000, "currency": "CNY"},
        "refund_account": "REFUND_SOURCE_SUB_MERCHANT",
    }  # fmt: skip
    made = post(platform, f"{REFUNDS}/apply", **asked)
    assert made.status_code == 200, made.text
    assert made.json()["amount"]["payer_refund"] == 300
    assert post(platform, f"{REFUNDS}/apply", **asked).json() == made.json()
    whose = f"sub_mchid={store.mchid}"
    shown = platform.get(f"{REFUNDS}/out-refund-no/R{number}?{whose}").json()
    assert (shown["status"], shown["refund_id"]) == ("SUCCESS", made.json()["refund_id"])
    assert platform.get(f"{REFUNDS}/id/{shown['refund_id']}?{whose}").json() == shown
    advance = asked | {"refund_account": "REFUND_SOURCE_PARTNER_ADVANCE"}
    assert code(post(platform, f"{REFUNDS}/apply", **advance)) == (400, "PARAM_ERROR")
    foreign = supplier.get(f"{REFUNDS}/id/{shown['refund_id']}?{whose}")
    assert foreign.status_code in (400, 403)
    assert code(platform.get(f"{REFUNDS}/id/5000?{whose}")) == (404, "RESOURCE_NOT_EXISTS")

    for path in ("/v3/refund/domestic/refunds", REFUNDS):
        repair = f"{path}/{shown['refund_id']}/apply-abnormal-refund"
        terms = {"sub_mchid": store.mchid, "out_refund_no": f"R{number}"}
        card = terms | {"type": "MERCHANT_BANK_CARD"}
        assert code(post(platform, repair, **card)) == (400, "INVALID_REQUEST")
        bare = terms | {"type": "USER_BANK_CARD"}
        assert code(post(platform, repair, **bare)) == (400, "PARAM_ERROR")
        other = card | {"out_refund_no": "other"}
        assert code(post(platform, repair, **other)) == (404, "RESOURCE_NOT_EXISTS")
