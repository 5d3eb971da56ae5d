"""Notices: what has no address of its own is told where a merchant wants to hear it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.test_rest_budgets import a_budget, earn
from tests.doors.test_rest_platforms import Mall, Sandbox, reason, rest_of
from tests.served import Shop, merchant
from tests.wallets import Wallet, somebody
from tests.workers.receiver import Mailbox, Receiver, receiving


class Told:
    """A platform and its store, each with an address."""

    def __init__(self, mall: Mall, receiver: Receiver) -> None:
        self.mall = mall
        self.platform, self.store = receiver.mailbox(), receiver.mailbox()
        for own, shop, box in (
            (mall.owner, mall.platform, self.platform),
            (mall.seller, mall.store, self.store),
        ):
            said = own.post(notices(shop), notify_url=box.url)
            assert said.json()["notify_url"] == box.url, said.text

    def sold(self, buyer: Wallet) -> dict[str, str]:
        """An order of the store that its buyer paid."""
        buyer.pay(self.mall.sell().json()["code_url"])
        order = self.mall.seller.get("/api/v1/orders").json()["data"][0]["id"]
        return {"merchant_id": self.mall.store_id, "order_id": order, "payer_id": buyer.id}


def notices(shop: Shop) -> str:
    return f"/api/v1/merchants/{shop.mchid}/notices"


def kinds(box: Mailbox, count: int) -> list[str]:
    """What was told, in the order of the facts: letters may overtake each other."""
    return [one["type"] for one in bodies(box, count)]


def bodies(box: Mailbox, count: int) -> list[Any]:
    return sorted((one.fields for one in box.wait(count)), key=lambda one: one["id"])


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def told(sandbox: Sandbox, receiver: Receiver) -> Iterator[Told]:
    with (
        merchant(sandbox[0], "QQ 网购", fee_bps=0) as platform,
        merchant(sandbox[0], "美优", fee_bps=0) as store,
    ):
        mall = Mall(sandbox, platform, store)
        yield Told(mall, receiver)
        mall.close()


@pytest.fixture
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", "13720000001", "买家", balance=100_000)
    yield person
    person.close()


def test_a_store_an_escrow_and_a_dispute_are_told(told: Told, buyer: Wallet) -> None:
    mall = told.mall
    mall.apply("c2c")
    mall.decide(mall.owner, "approve")
    first = told.sold(buyer)
    opened = mall.operator.made("/api/v1/disputes", **first, reason="不是描述的那双")
    decided = {"refund": 400, "words": "各担一部分"}
    path = f"/api/v1/disputes/{opened['id']}/decide?merchant_id={mall.store_id}"
    assert mall.operator.post(path, **decided).status_code == 200
    second = told.sold(buyer)
    assert mall.operator.post("/api/v1/stores/receipts", **second).status_code == 200
    expected = [
        "store.decided", "dispute.opened", "dispute.ended", "escrow.released", "escrow.released",
    ]  # fmt: skip
    assert kinds(told.store, 5) == expected
    heard = bodies(told.store, 5)
    assert heard[0]["data"]["state"] == "open"
    assert (heard[2]["data"]["id"], heard[2]["data"]["refunded"]) == (opened["id"], 400)
    assert [one["data"]["order_id"] for one in heard[3:]] == [first["order_id"], second["order_id"]]
    applied = bodies(told.platform, 1)[0]
    assert (applied["type"], applied["data"]["merchant_id"]) == ("store.applied", mall.store_id)


def test_a_budget_that_is_spent_or_closed_is_told_once(told: Told, buyer: Wallet) -> None:
    mall, terms = told.mall, {"cap": 300, "face": 150, "most_each": 3}
    mall.apply("open")
    mall.decide(mall.owner, "approve")
    earn(mall.operator, mall.platform_id, mall.owner, 1_000)
    budget = a_budget(mall.owner, funded=300, **terms)
    for _ in range(3):
        buyer.pay(mall.sell().json()["code_url"])
    path = f"/api/v1/budgets/{budget['id']}"
    assert mall.owner.get(path).json()["figures"]["left"] == 0
    assert mall.owner.post(f"{path}/changes", change="close").status_code == 200
    assert mall.owner.post(f"{path}/changes", change="close").status_code == 200
    assert kinds(told.platform, 3) == ["store.applied", "budget.spent", "budget.closed"]
    last = bodies(told.platform, 3)[-1]["data"]
    assert (last["id"], last["state"], last["left"]) == (budget["id"], "closed", 0)


def test_without_an_address_nothing_is_written(told: Told, buyer: Wallet) -> None:
    mall = told.mall
    assert mall.seller.post(notices(mall.store), notify_url="").json()["notify_url"] == ""
    mall.apply("c2c")
    mall.decide(mall.owner, "approve")
    kept = mall.seller.get("/api/v1/events").json()["data"]
    assert [one["kind"] for one in kept] == []


def test_only_the_merchant_and_operators_say_where(told: Told, sandbox: Sandbox) -> None:
    mall = told.mall
    other = mall.owner.post(notices(mall.store), notify_url="http://127.0.0.1:9/")
    assert reason(other) == (404, "merchant_not_found")
    assert mall.operator.get(notices(mall.store)).json()["notify_url"] == told.store.url
    wrong = mall.seller.post(notices(mall.store), notify_url="ftp://x")
    assert reason(wrong) == (400, "malformed")
    with merchant(sandbox[0], "新店") as fresh:
        own = rest_of(fresh)
        assert own.get(notices(fresh)).json()["notify_url"] == ""
        own.http.close()
