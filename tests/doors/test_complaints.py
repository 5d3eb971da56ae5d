"""Complaints: a dispute as the seller's WeChat Pay SDK sees and answers it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.doors.test_rest_platforms import Mall, Sandbox, buyer, mall
from tests.doors.test_wechatpay import refused
from tests.served import Shop, merchant
from tests.wallets import Wallet

__all__ = ["buyer", "mall"]
COMPLAINTS = "/v3/merchant-service/complaints-v2"


def days(first: int = 0, last: int = 0) -> str:
    """A span of days in Beijing, counted from today."""
    today = datetime.now(UTC) + timedelta(hours=8)
    begin, end = (today + timedelta(days=one) for one in (first, last))
    return f"begin_date={begin:%Y-%m-%d}&end_date={end:%Y-%m-%d}"


def listed(shop: Shop, more: str = "") -> Any:
    answer = shop.get(f"{COMPLAINTS}?{days(-1)}{more}")
    assert answer.status_code == 200, answer.text
    assert shop.verifies(answer)
    return answer.json()


def disputed(mall: Mall, buyer: Wallet) -> str:
    """A complaint's number."""
    mall.apply("c2c")
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    order = mall.seller.get("/api/v1/orders").json()["data"][0]["id"]
    fields = {"merchant_id": mall.store_id, "order_id": order, "payer_id": buyer.id}
    return str(mall.operator.made("/api/v1/disputes", **fields, reason="不是描述的那双")["id"])


def test_a_complaint_is_heard_answered_and_ended(mall: Mall, buyer: Wallet) -> None:
    store = mall.store
    assert listed(store) == {"data": [], "limit": 10, "offset": 0, "total_count": 0}
    number = disputed(mall, buyer)
    found = listed(store)
    [one] = found["data"]
    assert (one["complaint_id"], one["complaint_state"]) == (number, "PENDING")
    assert (one["complaint_detail"], found["total_count"]) == ("不是描述的那双", 1)
    [order] = one["complaint_order_info"]
    assert order["transaction_id"].startswith("42000")
    path = f"{COMPLAINTS}/{number}"
    shown = store.get(path).json()
    assert (shown["complainted_mchid"], shown["incoming_user_response"]) == (store.mchid, False)

    own = {"complainted_mchid": store.mchid}
    said = store.post(f"{path}/response", **own, response_content="马上补发")
    assert said.status_code == 204, said.text
    api = f"/api/v1/disputes/{number}"
    whose = f"?merchant_id={mall.store_id}"
    mall.operator.post(f"{api}/notes{whose}", text="没有收到", author="buyer")
    shown = store.get(path).json()
    assert (shown["complaint_state"], shown["incoming_user_response"]) == ("PROCESSING", True)
    refused(store.post(f"{path}/complete", **own), 400, "INVALID_REQUEST")

    decided = {"refund": order["amount"], "words": "全额退给买家"}
    assert mall.operator.post(f"{api}/decide{whose}", **decided).status_code == 200
    shown = store.get(path).json()
    assert (shown["complaint_state"], shown["complaint_full_refunded"]) == ("PROCESSED", True)
    for _ in range(2):
        assert store.post(f"{path}/complete", **own).status_code == 204
    late = store.post(f"{path}/response", **own, response_content="晚了")
    refused(late, 400, "INVALID_REQUEST")
    told = store.get(f"{path}/negotiation-historys").json()
    kinds = [entry["operate_type"] for entry in told["data"]]
    assert kinds == [
        "USER_CREATE_COMPLAINT", "MERCHANT_RESPONSE", "USER_RESPONSE", "PLATFORM_RESPONSE",
    ]  # fmt: skip
    assert told["data"][1]["operate_details"] == "马上补发"
    part = store.get(f"{path}/negotiation-historys?limit=1&offset=1").json()
    assert (part["data"], part["total_count"]) == (told["data"][1:2], 4)
    assert listed(store, "&offset=1")["data"] == []


def test_a_provider_sees_what_its_merchants_are_told(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    number = disputed(mall, buyer)
    with merchant(sandbox[0], "Service provider") as provider:
        named = f"&complainted_mchid={mall.store.mchid}"
        sandbox[0].command("sandbox", "partner", provider.mchid, mall.store.mchid)
        assert [one["complaint_id"] for one in listed(provider, named)["data"]] == [number]
        assert listed(provider)["data"] == []
        shown = provider.get(f"{COMPLAINTS}/{number}").json()
        assert shown["complainted_mchid"] == mall.store.mchid
        said = {"complainted_mchid": mall.store.mchid, "response_content": "代商家回复"}
        answer = provider.post(f"{COMPLAINTS}/{number}/response", **said)
        assert answer.status_code == 204, answer.text


@pytest.mark.parametrize(
    "query",
    ["end_date=2026-01-01", "begin_date=2026-01-01", days(0, -1), days(-30, 0),
     days() + "&limit=51", days() + "&limit=0", days() + "&offset=-1", "begin_date=x&end_date=y"],
)  # fmt: skip
def test_a_list_that_cannot_be_meant_is_refused(mall: Mall, query: str) -> None:
    refused(mall.store.get(f"{COMPLAINTS}?{query}"), 400, "PARAM_ERROR")


def test_another_merchants_complaint_does_not_exist(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    path = f"{COMPLAINTS}/{disputed(mall, buyer)}"
    with merchant(sandbox[0], "Curious") as other:
        own = {"complainted_mchid": other.mchid}
        refused(other.get(path), 404, "RESOURCE_NOT_EXISTS")
        history = other.get(f"{path}/negotiation-historys")
        refused(history, 404, "RESOURCE_NOT_EXISTS")
        whose = f"&complainted_mchid={mall.store.mchid}"
        refused(other.get(f"{COMPLAINTS}?{days()}{whose}"), 403, "NO_AUTH")
        refused(other.get(f"{COMPLAINTS}/nothing"), 404, "RESOURCE_NOT_EXISTS")
        answer = other.post(f"{path}/response", **own, response_content="我来")
        refused(answer, 404, "RESOURCE_NOT_EXISTS")
        of_store = {"complainted_mchid": mall.store.mchid, "response_content": "我来"}
        refused(other.post(f"{path}/response", **of_store), 403, "NO_AUTH")
    picture = {"complainted_mchid": mall.store.mchid, "response_images": ["x"]}
    answer = mall.store.post(f"{path}/response", **picture, response_content="看图")
    refused(answer, 400, "PARAM_ERROR")
