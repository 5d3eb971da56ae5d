"""Merging platforms over REST: planned, drafted, approved, run a step at a time, reported."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.test_rest_platforms import Mall, rest_of
from tests.phones import new_phone
from tests.served import Rest, Served, Shop, later, merchant
from tests.wallets import Wallet, somebody

Sandbox = tuple[Served, Rest]


@pytest.fixture
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    """The platform that will be merged, with a store."""
    with (
        merchant(sandbox[0], "QQ 商城", fee_bps=0) as platform,
        merchant(sandbox[0], "美优", fee_bps=0) as store,
    ):
        made = Mall(sandbox, platform, store)
        made.apply("open", commission_bps=800)
        made.decide(made.operator, "approve")
        yield made
        made.close()


@pytest.fixture
def wanggou(sandbox: Sandbox) -> Iterator[Shop]:
    with merchant(sandbox[0], "QQ 网购", fee_bps=0) as platform:
        yield platform


@pytest.fixture
def second(sandbox: Sandbox) -> Iterator[Rest]:
    """Another operator."""
    made = sandbox[0].command("sandbox", "operator-key")
    client = Rest(sandbox[0].base_url, made["operator_key"], made["operator_secret"])
    yield client
    client.http.close()


@pytest.fixture
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", new_phone(), "买家", balance=100_000)
    yield person
    person.close()


def make_platform(operator: Rest, shop: Shop) -> str:
    merchant_id = operator.get(f"/api/v1/merchants/{shop.mchid}").json()["id"]
    operator.made("/api/v1/platforms", merchant_id=merchant_id, name="QQ 网购")
    return str(merchant_id)


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def merge(operator: Rest, second: Rest, **fields: Any) -> str:
    """A merger from its draft to its end; each step is asked for twice. Its path."""
    made = operator.made("/api/v1/mergers", **fields)
    path = f"/api/v1/mergers/{made['id']}"
    assert reason(operator.post(f"{path}/approve")) == (403, "merger_self_approval")
    assert reason(operator.post(f"{path}/run", position=0)) == (409, "merger_state")
    known = second.post(f"{path}/approve").json()
    assert known["state"] == "approved"
    while known["state"] != "done":
        step = {"position": known["position"]}
        known = operator.post(f"{path}/run", **step).json()
        assert operator.post(f"{path}/run", **step).json() == known
    return path


def test_a_platform_is_merged_and_its_sdk_goes_on(
    mall: Mall, wanggou: Shop, second: Rest, buyer: Wallet
) -> None:
    operator = mall.operator
    heir_id = make_platform(operator, wanggou)
    sides = {"source_id": mall.platform_id, "target_id": heir_id}
    old = mall.sell()
    buyer.pay(old.json()["code_url"])
    order = mall.seller.get("/api/v1/orders").json()["data"][0]
    store = {"platform_id": mall.platform_id, "merchant_id": mall.store_id}
    done = mall.owner.post("/api/v1/stores/settlements", order_id=order["id"], **store)
    assert done.json()["shared"] == 80
    waiting = mall.sell()

    query = f"source_id={mall.platform_id}&target_id={heir_id}"
    plan = operator.get(f"/api/v1/merger-plan?{query}").json()
    assert plan["source"]["stores"] == {"open": 1}
    assert (plan["source"]["users"], plan["target"]["users"]) == (1, 0)
    assert plan["source"]["balances"][0]["balance"] == 80
    assert plan["source"]["open_orders"][0]["orders"] == 1
    assert plan["conflicts"] == []

    see_what_moves(mall, sides, 80)
    path = merge(operator, second, **sides, reason="三个平台合并")
    [joined] = operator.get(f"{path}/report").json()["joined"]
    assert joined["amount"] == 80
    assert joined["sum_before"] == joined["sum_after"] == 80
    heir = rest_of(wanggou)
    assert (mall.earned(mall.owner), mall.earned(heir)) == (0, 80)

    buyer.pay(waiting.json()["code_url"])  # an order of before
    after = mall.sell()  # with the old SDK's numbers
    assert after.status_code == 200, after.text
    buyer.pay(after.json()["code_url"])
    number = f"/v3/pay/partner/transactions/out-trade-no/{order['reference']}"
    asked = f"sp_mchid={mall.platform.mchid}&sub_mchid={mall.store.mchid}"
    assert mall.platform.get(f"{number}?{asked}").json()["trade_state"] == "SUCCESS"
    back = mall.platform.post(
        "/v3/refund/domestic/refunds", sub_mchid=mall.store.mchid, out_trade_no=order["reference"],
        out_refund_no="F1", amount={"refund": 1_000, "total": 1_000, "currency": "CNY"},
    )  # fmt: skip
    assert back.json()["status"] == "SUCCESS", back.text
    assert (mall.earned(mall.owner), mall.earned(heir)) == (0, 0)
    report = operator.get(f"{path}/report").json()
    assert report["lent"][0]["balance"] == 80
    mine = {
        "sp_mchid": wanggou.mchid, "sp_appid": wanggou.appid, "sub_mchid": mall.store.mchid,
        "description": "跑鞋", "out_trade_no": f"N{time.time_ns()}",
        "notify_url": "http://127.0.0.1:9/", "amount": {"total": 1_000},
    }  # fmt: skip
    assert wanggou.post("/v3/pay/partner/transactions/native", **mine).status_code == 200
    heir.http.close()

    late = mall.apply("open")
    assert reason(late) == (409, "platform_merged")
    assert reason(operator.post("/api/v1/mergers", **sides, reason="x")) == (409, "platform_merged")
    listed = operator.get("/api/v1/platforms").json()["data"]
    assert [one.get("heir_id") for one in listed if one["merchant_id"] == mall.platform_id] == [
        heir_id
    ]


def see_what_moves(mall: Mall, sides: dict[str, str], earned: int) -> None:
    """What a payee may still take does not."""
    payee = mall.operator.made("/api/v1/users", phone=new_phone(), name="推广员")
    asked = {"reference": "P1", "payee_id": payee["id"], "amount": 30, "confirm_within_s": 600}
    paying = mall.owner.made("/api/v1/payouts", **asked)
    drafted = mall.operator.made("/api/v1/mergers", **sides, reason="预览")
    preview = mall.operator.get(f"/api/v1/mergers/{drafted['id']}/preview").json()
    assert preview["balances"] == [
        {"purpose": "payable", "currency": "CNY", "balance": earned - 30}
    ]
    assert mall.owner.post(f"/api/v1/payouts/{paying['id']}/cancel").status_code == 200


def test_a_plan_names_conflicts_and_a_draft_changes_their_answers(
    mall: Mall, wanggou: Shop, second: Rest
) -> None:
    operator = mall.operator
    heir_id = make_platform(operator, wanggou)
    both = {"platform_id": heir_id, "merchant_id": mall.store_id}
    mall.seller.made("/api/v1/stores", platform_id=heir_id, title="美优", mode="c2c")
    operator.post("/api/v1/stores/decisions", **both, decision="approve")
    cell = {"method": "netbank", "terminal": "pc", "state": "accepted"}
    policy = operator.made(
        "/api/v1/acceptance/drafts", platform_id=heir_id, cells=[cell], reason="已开通"
    )
    assert second.post(f"/api/v1/acceptance/drafts/{policy['id']}/approve").status_code == 200
    later(operator)
    query = f"source_id={mall.platform_id}&target_id={heir_id}"
    found = operator.get(f"/api/v1/merger-plan?{query}").json()["conflicts"]
    assert [(one["kind"], one["answer"]) for one in found] == [
        ("mode", "target"), ("commission", "target"), ("policy", "target"),
    ]  # fmt: skip
    answers = [{"merchant_id": mall.store_id, "keep": "source"}]
    made = operator.made(
        "/api/v1/mergers", source_id=mall.platform_id, target_id=heir_id, reason="合并",
        answers=answers, own_policies=True,
    )  # fmt: skip
    path = f"/api/v1/mergers/{made['id']}"
    preview = operator.get(f"{path}/preview").json()
    assert (preview["stores_on_source_terms"], preview["steps_left"]) == (1, 4)
    assert {one["answer"] for one in preview["conflicts"]} == {"source", "own_policies"}
    assert operator.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert operator.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert reason(second.post(f"{path}/approve")) == (409, "merger_state")
    assert (
        operator.get(f"/api/v1/mergers?platform_id={heir_id}").json()["data"][0]["id"]
        == (made["id"])
    )


def test_a_merger_that_cannot_be_meant_names_the_field(mall: Mall) -> None:
    operator = mall.operator
    fields = {"source_id": mall.platform_id, "target_id": mall.platform_id, "reason": "x"}
    no = operator.post("/api/v1/mergers", **fields)
    assert reason(no) == (422, "merger_invalid")
    assert no.json()["detail"].startswith("target_id")
    itself = f"source_id={mall.platform_id}&target_id={mall.platform_id}"
    no = operator.get(f"/api/v1/merger-plan?{itself}")
    assert reason(no) == (422, "merger_invalid")
    assert no.json()["detail"].startswith("target_id")
    no = operator.post("/api/v1/mergers", **fields | {"target_id": mall.store_id})
    assert reason(no) == (404, "platform_not_found")
    assert no.json()["detail"].startswith("target_id")
    assert reason(mall.owner.post("/api/v1/mergers", **fields)) == (403, "not_permitted")
