"""Platforms and stores over REST, sold for through WeChat Pay, confirmed on the wallet's page."""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.phones import new_phone
from tests.served import Rest, Served, Shop, merchant
from tests.wallets import PIN, Wallet, somebody

Sandbox = tuple[Served, Rest]


class Mall:
    """QQ Wanggou with a store of a mode, each with a key of its own."""

    def __init__(self, sandbox: Sandbox, platform: Shop, store: Shop) -> None:
        self.operator, self.platform, self.store = sandbox[1], platform, store
        self.platform_id, self.store_id = (
            self.operator.get(f"/api/v1/merchants/{one.mchid}").json()["id"]
            for one in (platform, store)
        )
        self.owner, self.seller = rest_of(platform), rest_of(store)
        self.operator.made("/api/v1/platforms", merchant_id=self.platform_id, name="QQ 网购")

    def apply(self, mode: str, **terms: Any) -> Any:
        fields = {"platform_id": self.platform_id, "title": "美优旗舰店", "mode": mode}
        return self.seller.post("/api/v1/stores", **fields | terms)

    def decide(self, by: Rest, decision: str, reason: str = "") -> Any:
        fields = {"platform_id": self.platform_id, "merchant_id": self.store_id}
        return by.post("/api/v1/stores/decisions", **fields, decision=decision, reason=reason)

    def sell(self, amount: int = 1_000) -> Any:
        """What the platform's WeChat Pay SDK would ask for its store."""
        order = {
            "sp_mchid": self.platform.mchid, "sp_appid": self.platform.appid,
            "sub_mchid": self.store.mchid, "description": "跑鞋",
            "out_trade_no": f"M{time.time_ns()}", "notify_url": "http://127.0.0.1:9/",
            "amount": {"total": amount},
        }  # fmt: skip
        return self.platform.post("/v3/pay/partner/transactions/native", **order)

    def earned(self, client: Rest) -> int:
        found = client.get("/api/v1/ledger/accounts").json()["data"]
        return sum(one["balance"] for one in found if one["purpose"] == "payable")

    def close(self) -> None:
        self.owner.http.close()
        self.seller.http.close()


def rest_of(shop: Shop) -> Rest:
    return Rest(shop.fields["base_url"], shop.fields["rest_key"], shop.fields["rest_secret"])


@pytest.fixture
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    with (
        merchant(sandbox[0], "QQ 网购", fee_bps=0) as platform,
        merchant(sandbox[0], "美优", fee_bps=0) as store,
    ):
        made = Mall(sandbox, platform, store)
        yield made
        made.close()


@pytest.fixture
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", new_phone(), "买家", balance=100_000)
    yield person
    person.close()


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def test_a_store_applies_is_reviewed_sells_and_is_settled(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    applied = mall.apply("open", commission_bps=800).json()
    assert (applied["state"], applied["mode"]) == ("applied", "open")
    assert mall.sell().json()["code"] == "NO_AUTH"
    assert reason(mall.decide(mall.seller, "approve")) == (404, "platform_not_found")
    assert mall.decide(mall.owner, "approve").json()["state"] == "open"
    sold = mall.sell()
    assert sold.status_code == 200, sold.text
    buyer.pay(sold.json()["code_url"])
    assert (mall.earned(mall.seller), mall.earned(mall.owner)) == (0, 0)
    order = mall.seller.get("/api/v1/orders").json()["data"][0]
    fields = {"platform_id": mall.platform_id, "merchant_id": mall.store_id}
    assert reason(mall.seller.post(
        "/api/v1/stores/settlements", **fields, order_id=order["id"]
    )) == (404, "platform_not_found")  # fmt: skip
    for _ in range(2):
        done = mall.owner.post("/api/v1/stores/settlements", **fields, order_id=order["id"])
        assert (done.json()["state"], done.json()["shared"]) == ("released", 80)
    assert (mall.earned(mall.seller), mall.earned(mall.owner)) == (920, 80)
    refund = {"reference": "R1", "amount": 1_000}
    assert mall.operator.post(
        f"/api/v1/orders/{order['id']}/refunds?merchant_id={mall.store_id}", **refund
    ).status_code == 201  # fmt: skip
    assert (mall.earned(mall.seller), mall.earned(mall.owner)) == (0, 0)
    assert buyer.balance() == 100_000


def test_what_a_platform_places_over_rest_is_sold_in_each_stores_mode(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    mall.apply("open", commission_bps=800)
    mall.decide(mall.owner, "approve")
    with merchant(sandbox[0], "个人卖家", fee_bps=0) as person:
        c2c = Mall(sandbox, mall.platform, person)
        c2c.apply("c2c")
        c2c.decide(mall.owner, "approve")
        parts = [
            {"reference": f"P{number}-{time.time_ns()}", "title": "件", "amount": amount, **whose}
            for number, (amount, whose) in enumerate(
                [(1_000, {}), (500, {"merchant_id": mall.store_id}),
                 (300, {"merchant_id": c2c.store_id})]
            )
        ]  # fmt: skip
        asked = {"reference": f"B{time.time_ns()}", "orders": parts}
        cart = mall.owner.made("/api/v1/baskets", **asked)
        buyer.pay(f"?pr={cart['pay_url'].rpartition('/')[2]}")
        clients = (mall.owner, mall.seller, c2c.seller)
        assert [mall.earned(one) for one in clients] == [1_000, 0, 0]
        own, sold, secondhand = (one["id"] for one in cart["orders"])
        for client, order, amount in zip(
            clients, (own, sold, secondhand), (9, 100, 50), strict=True
        ):
            client.made(f"/api/v1/orders/{order}/refunds", reference="F1", amount=amount)
        assert [mall.earned(one) for one in clients] == [991, 0, 0]
        fields = {"platform_id": mall.platform_id, "merchant_id": mall.store_id}
        mall.owner.post("/api/v1/stores/settlements", **fields, order_id=sold)
        fields = {"merchant_id": c2c.store_id, "order_id": secondhand, "payer_id": buyer.id}
        mall.operator.post("/api/v1/stores/receipts", **fields)
        assert [mall.earned(one) for one in clients] == [991 + 32, 368, 250]
        c2c.close()


def test_a_platform_places_an_order_for_its_store_and_sees_it(mall: Mall, buyer: Wallet) -> None:
    mall.apply("c2c")
    terms = {"reference": f"P{time.time_ns()}", "title": "鞋", "amount": 700}
    asked = terms | {"merchant_id": mall.store_id}
    none = mall.owner.post("/api/v1/orders", **asked)
    assert reason(none) == (403, "partner_relation_missing")
    mall.decide(mall.owner, "approve")
    made = mall.owner.made("/api/v1/orders", **asked)
    assert made["merchant_id"] == mall.store_id
    assert mall.owner.made("/api/v1/orders", **asked)["id"] == made["id"]
    mine = mall.seller.made("/api/v1/orders", **terms)
    assert mine["id"] != made["id"]
    again = mall.owner.made("/api/v1/orders", **asked)
    for device in ("pc", "phone"):
        page = buyer.see(f"/c/{again['pay_url'].rpartition('/')[2]}?view={device}")
        assert "担保交易" in page, "the buyer is told that the money waits"
    buyer.pay(f"?pr={again['pay_url'].rpartition('/')[2]}")
    named = f"?merchant_id={mall.store_id}"
    shown = mall.owner.get(f"/api/v1/orders/{made['id']}{named}")
    assert shown.json()["state"] == "paid"
    held = mall.owner.get(f"/api/v1/orders/{made['id']}/holding{named}")
    assert (held.json()["state"], held.json()["held"]) == ("held", 700)
    for order in (made["id"], mine["id"]):
        other = mall.owner.get(f"/api/v1/orders/{order}")
        assert reason(other) == (404, "order_not_found")
    hidden = mall.owner.get(f"/api/v1/orders/{mine['id']}{named}")
    assert reason(hidden) == (404, "order_not_found")
    next_one = mall.owner.made("/api/v1/orders", **asked | {"reference": f"N{time.time_ns()}"})
    closed = mall.owner.post(f"/api/v1/orders/{next_one['id']}/close{named}")
    assert closed.json()["state"] == "closed"


def test_a_suspended_store_sells_nothing_and_says_why(mall: Mall) -> None:
    mall.apply("open")
    mall.decide(mall.owner, "approve")
    assert mall.sell().status_code == 200
    mall.decide(mall.operator, "suspend", "假货")
    refused = mall.sell()
    assert (refused.status_code, refused.json()["code"]) == (403, "NO_AUTH")
    assert reason(mall.decide(mall.owner, "approve")) == (409, "store_state")
    mall.decide(mall.owner, "resume")
    assert mall.sell().status_code == 200
    assert mall.decide(mall.seller, "close").json()["state"] == "closed"
    assert reason(mall.apply("open")) == (409, "store_state")


def test_a_buyer_confirms_receipt_on_the_bills_page(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    mall.apply("c2c", days=3)
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    assert mall.earned(mall.seller) == 0
    found = re.search(r"/w/bills/(bil_\w{13})", buyer.see("/w/bills"))
    assert found
    page = f"/w/bills/{found[1]}"
    assert "确认收货" in buyer.see(page)
    other = somebody(sandbox, "", new_phone(), "别人")
    assert other.submit(f"{page}/confirm", pin=PIN) == 404
    other.close()
    assert "不能撤回" in buyer.see(page)
    for nothing in ({}, {"pin": ""}, {"pin": "000000"}):
        assert buyer.submit(f"{page}/confirm", **nothing) == 422
    assert mall.earned(mall.seller) == 0
    assert buyer.submit(f"{page}/confirm", pin=PIN) == 200
    assert mall.earned(mall.seller) == 1_000
    assert "确认收货" not in buyer.see(page)
    assert buyer.submit(f"{page}/confirm", pin=PIN) == 200
    assert mall.earned(mall.seller) == 1_000


def test_a_buyer_disputes_on_the_bills_page(mall: Mall, buyer: Wallet) -> None:
    mall.apply("c2c")
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    found = re.search(r"/w/bills/(bil_\w{13})", buyer.see("/w/bills"))
    assert found
    page = f"/w/bills/{found[1]}"
    assert "提出纠纷" in buyer.see(page)
    assert buyer.submit(f"{page}/dispute", reason=" ") == 404
    for _ in range(2):
        assert buyer.submit(f"{page}/dispute", reason="不是描述的那双") == 200
    shown = buyer.see(page)
    assert "未决的纠纷" in shown
    assert "确认收货" not in shown
    assert buyer.submit(f"{page}/confirm", pin=PIN) == 422
    assert mall.earned(mall.seller) == 0
    (opened,) = mall.seller.get("/api/v1/disputes").json()["data"]
    assert opened["reason"] == "不是描述的那双"


def test_a_bill_says_where_its_purchase_stands(mall: Mall, buyer: Wallet) -> None:
    mall.apply("c2c", days=3)
    mall.decide(mall.owner, "approve")

    def bought() -> tuple[str, dict[str, str]]:
        buyer.pay(mall.sell().json()["code_url"])
        order = mall.seller.get("/api/v1/orders").json()["data"][0]["id"]
        found = re.search(r"/w/bills/(bil_\w{13})", buyer.see("/w/bills"))
        assert found
        return f"/w/bills/{found[1]}", {"merchant_id": mall.store_id, "order_id": order}

    page, fields = bought()
    assert stands(buyer, page) == ("担保中", ["下单", "已付款", "自动付给卖家"])
    assert "担保中" in buyer.see("/w/bills")
    path = f"/api/v1/orders/{fields['order_id']}/refunds"
    mall.seller.made(path, reference=f"F{time.time_ns()}", amount=300)
    assert stands(buyer, page) == ("担保中", ["下单", "已付款", "退款", "自动付给卖家"])
    mall.operator.post("/api/v1/stores/receipts", **fields, payer_id=buyer.id)
    assert stands(buyer, page) == ("部分退款", ["下单", "已付款", "退款", "已付给卖家"])
    mall.seller.made(path, reference=f"F{time.time_ns()}", amount=700)
    assert stands(buyer, page)[0] == "已退款"

    page, fields = bought()
    buyer.submit(f"{page}/dispute", reason="不是描述的那双")
    assert stands(buyer, page) == ("争议中", ["下单", "已付款", "已提出纠纷"])
    (opened,) = mall.seller.get("/api/v1/disputes").json()["data"]
    decided = f"/api/v1/disputes/{opened['id']}/decide?merchant_id={mall.store_id}"
    mall.operator.post(decided, refund=0, words="货没有问题")
    assert stands(buyer, page) == (
        "已完成", ["下单", "已付款", "已提出纠纷", "纠纷已裁决", "已付给卖家"],
    )  # fmt: skip


def stands(buyer: Wallet, page: str) -> tuple[str, list[str]]:
    """The chip of a bill, and the steps of its timeline."""
    shown = buyer.see(page)
    chip = re.search(r'<span class="chip [^"]*">([^<]+)<', shown)
    assert chip
    steps = shown.partition('class="timeline"')[2].partition("</ol>")[0]
    return chip[1], re.findall(r'<span class="grow">([^<]+)<', steps)


def test_an_operator_confirms_for_a_buyer(mall: Mall, buyer: Wallet) -> None:
    mall.apply("c2c")
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    order = mall.seller.get("/api/v1/orders").json()["data"][0]["id"]
    fields = {"merchant_id": mall.store_id, "order_id": order}
    wrong = mall.operator.post("/api/v1/stores/receipts", **fields, payer_id="usr_0000000000001")
    assert reason(wrong) == (404, "order_not_found")
    done = mall.operator.post("/api/v1/stores/receipts", **fields, payer_id=buyer.id)
    assert done.json()["state"] == "released"
    assert mall.earned(mall.seller) == 1_000


@pytest.mark.parametrize("mode", ["open", "c2c"])
def test_a_platforms_client_cannot_release_what_a_store_holds(
    mall: Mall, buyer: Wallet, mode: str
) -> None:
    mall.apply(mode)
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    placed = mall.seller.get("/api/v1/orders").json()["data"][0]
    path = f"/v3/pay/partner/transactions/out-trade-no/{placed['reference']}"
    sides = f"sp_mchid={mall.platform.mchid}&sub_mchid={mall.store.mchid}"
    known = mall.platform.get(f"{path}?{sides}").json()
    asked = {
        "sub_mchid": mall.store.mchid, "transaction_id": known["transaction_id"],
        "out_order_no": "B1", "description": "解冻",
    }  # fmt: skip
    refused = mall.platform.post("/v3/profitsharing/orders/unfreeze", **asked)
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
    assert "店铺" in refused.json()["message"]
    assert mall.earned(mall.seller) == 0


def test_a_receipt_in_parts_and_more_time(mall: Mall, buyer: Wallet) -> None:
    mall.apply("c2c", days=3)
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    order = mall.seller.get("/api/v1/orders").json()["data"][0]["id"]
    path = f"/api/v1/orders/{order}/holding"
    held = mall.seller.get(path).json()
    assert (held["state"], held["held"], held["released"]) == ("held", 1_000, 0)
    fields = {"merchant_id": mall.store_id, "order_id": order}
    part = fields | {"payer_id": buyer.id, "released": 400}
    assert mall.operator.post("/api/v1/stores/receipts", **part).json()["held"] == 600
    assert mall.operator.post("/api/v1/stores/receipts", **part).json()["held"] == 600
    assert mall.earned(mall.seller) == 400

    until = (datetime.fromisoformat(held["until"]) + timedelta(days=4)).isoformat()
    for client in (mall.owner, mall.seller, mall.operator):
        answer = client.post("/api/v1/stores/extensions", **fields, until=until)
        assert datetime.fromisoformat(answer.json()["until"]) == datetime.fromisoformat(until)
    for wrong, said in (
        (held["until"], (422, "hold_extension_invalid")), ("soon", (400, "malformed")),
    ):  # fmt: skip
        answer = mall.seller.post("/api/v1/stores/extensions", order_id=order, until=wrong)
        assert reason(answer) == said
    stranger = {"merchant_id": mall.platform_id, "order_id": order, "until": until}
    assert reason(mall.seller.post("/api/v1/stores/extensions", **stranger)) == (
        404, "order_not_found",
    )  # fmt: skip


def test_a_dispute_is_argued_and_decided(mall: Mall, buyer: Wallet) -> None:
    mall.apply("c2c")
    mall.decide(mall.owner, "approve")
    buyer.pay(mall.sell().json()["code_url"])
    order = mall.seller.get("/api/v1/orders").json()["data"][0]["id"]
    fields = {"merchant_id": mall.store_id, "order_id": order, "payer_id": buyer.id}
    opened = mall.operator.made("/api/v1/disputes", **fields, reason="不是描述的那双")
    path = f"/api/v1/disputes/{opened['id']}"
    asked = f"?merchant_id={mall.store_id}"
    assert reason(mall.operator.post("/api/v1/stores/receipts", **fields)) == (
        409, "hold_disputed",
    )  # fmt: skip
    assert mall.seller.post(f"{path}/notes", text="发货单").json()["author"] == "seller"
    assert (
        mall.operator.post(f"{path}/notes{asked}", text="照片", author="buyer").status_code == 201
    )
    shown = mall.seller.get(path).json()
    assert [one["author"] for one in shown["notes"]] == ["seller", "buyer"]
    assert mall.owner.get(path).status_code == 404
    assert mall.seller.post(f"{path}/decide", refund=0, words="x").status_code == 403
    done = mall.operator.post(f"{path}/decide{asked}", refund=400, words="各担一部分").json()
    assert (done["state"], done["refunded"]) == ("decided", 400)
    assert (mall.earned(mall.seller), buyer.balance()) == (600, 99_400)
    late = mall.operator.post(f"{path}/decide{asked}", refund=400, words="x")
    assert reason(late) == (409, "dispute_ended")
    assert reason(mall.operator.post(f"{path}/withdraw{asked}")) == (409, "dispute_ended")
    found = mall.seller.get("/api/v1/disputes?state=decided").json()["data"]
    assert [one["id"] for one in found] == [opened["id"]]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"mode": "self_operated"}, (422, "store_invalid")),
        ({"commission_bps": 10_001}, (400, "malformed")),
        ({"days": 0}, (400, "malformed")),
        ({"platform_id": "mch_0000000000001"}, (404, "platform_not_found")),
        ({"receivers": [{"merchant_id": "mch_0000000000001", "bps": 1}]},
         (404, "merchant_not_found")),
    ],
    ids=str,
)  # fmt: skip
def test_an_application_that_cannot_be_meant_is_refused(
    mall: Mall, terms: Any, expected: Any
) -> None:
    assert reason(mall.apply("open", **terms) if "mode" not in terms else mall.apply(
        terms["mode"])) == expected  # fmt: skip


def test_everybody_sees_their_own_stores_only(sandbox: Sandbox, mall: Mall) -> None:
    mall.apply("open")
    for client in (mall.owner, mall.seller):
        assert len(client.get("/api/v1/stores").json()["data"]) == 1
    with merchant(sandbox[0], "Stranger") as stranger:
        client = rest_of(stranger)
        assert client.get(f"/api/v1/stores?platform_id={mall.platform_id}").json()["data"] == []
        client.http.close()
