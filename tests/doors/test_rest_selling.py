"""Selling over REST: pay codes, several orders at once, the bill of a day, a provider's orders."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests import yesterday
from tests.doors.test_rest_splits import Seller, reason
from tests.served import Rest, Served, merchant
from tests.wallets import Wallet, somebody
from tests.workers.receiver import receiving

Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def seller(sandbox: Sandbox) -> Iterator[Seller]:
    made = Seller(sandbox, "Till")
    yield made
    made.rest.http.close()


@pytest.fixture(scope="module")
def other(sandbox: Sandbox) -> Iterator[Seller]:
    made = Seller(sandbox, "Neighbour")
    yield made
    made.rest.http.close()


@pytest.fixture(scope="module")
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", "13600000281", "买家", balance=500_000)
    yield person
    person.close()


def charge(seller: Seller, code: str, amount: int, **more: Any) -> Any:
    fields = {"reference": secrets.token_hex(8), "title": "咖啡", "amount": amount}
    return seller.rest.post("/api/v1/charges", **fields | {"pay_code": code} | more)


def test_a_code_is_charged_once_and_the_payment_undone(seller: Seller, buyer: Wallet) -> None:
    before, code, reference = buyer.balance(), buyer.pay_code(), secrets.token_hex(8)
    paid = charge(seller, code, 1_800, reference=reference)
    assert (paid.status_code, paid.json()["state"]) == (201, "paid")
    again = charge(seller, code, 1_800, reference=reference)
    assert again.json()["id"] == paid.json()["id"]
    assert buyer.balance() == before - 1_800
    assert reason(charge(seller, code, 1_800)) == (409, "pay_code_used")
    assert reason(charge(seller, "130000000000000000", 1)) == (404, "pay_code_unknown")
    path = f"/api/v1/orders/{paid.json()['id']}/reversal"
    for _ in range(2):
        assert seller.rest.post(path).json()["refunded"] == 1_800
    assert buyer.balance() == before


def test_a_large_charge_waits_and_may_be_given_up(seller: Seller, buyer: Wallet) -> None:
    made = charge(seller, buyer.pay_code(), 150_000).json()
    assert made["state"] == "open"
    path = f"/api/v1/orders/{made['id']}/reversal"
    assert seller.rest.post(path).json()["state"] == "closed"
    order = seller.rest.made("/api/v1/orders", reference=secrets.token_hex(8), title="x", amount=1)
    refused = seller.rest.post(f"/api/v1/orders/{order['id']}/reversal")
    assert reason(refused) == (404, "order_not_found")


def basket(seller: Seller, other: Seller, **more: Any) -> dict[str, Any]:
    parts = [
        {"reference": secrets.token_hex(8), "title": "鞋", "amount": 300},
        {"reference": secrets.token_hex(8), "title": "袜", "amount": 700, "merchant_id": other.id},
    ]
    return {"reference": secrets.token_hex(8), "orders": parts} | more


def test_orders_of_two_merchants_are_paid_together_or_not_at_all(
    sandbox: Sandbox, seller: Seller, other: Seller, buyer: Wallet
) -> None:
    stranger = seller.rest.post("/api/v1/baskets", **basket(seller, other))
    assert reason(stranger) == (403, "partner_relation_missing")
    sandbox[1].post("/api/v1/partnerships", provider=seller.number, merchant=other.number)
    with receiving() as receiver:
        box = receiver.mailbox()
        asked = basket(seller, other, notify_url=box.url)
        made = seller.rest.made("/api/v1/baskets", **asked)
        assert (made["amount"], [one["state"] for one in made["orders"]]) == (1_000, ["open"] * 2)
        again = seller.rest.post("/api/v1/baskets", **asked).json()
        assert again["id"] == made["id"]
        before = other.earned()
        buyer.pay(f"?pr={again['pay_url'].rpartition('/')[2]}")
        told = box.wait(1)[0].fields
    assert (told["type"], told["data"]["id"]) == ("basket.paid", made["id"])
    shown = seller.rest.get(f"/api/v1/baskets/{made['id']}").json()
    assert [one["state"] for one in shown["orders"]] == ["paid"] * 2
    assert other.earned() == before + 700
    assert reason(other.rest.get(f"/api/v1/baskets/{made['id']}")) == (404, "order_not_found")
    close = f"/api/v1/baskets/{made['id']}/close"
    assert reason(seller.rest.post(close)) == (409, "order_already_paid")
    gone = seller.rest.made("/api/v1/baskets", **basket(seller, other))
    for _ in range(2):
        closed = seller.rest.post(f"/api/v1/baskets/{gone['id']}/close").json()
        assert [one["state"] for one in closed["orders"]] == ["closed"] * 2


def test_the_bill_of_yesterday_has_its_rows_and_sums(sandbox: Sandbox, seller: Seller) -> None:
    with yesterday.past(sandbox[0], seller.number) as world:
        sold = yesterday.sell(world, "", 1_000)
        back = yesterday.send_back(world, sold, 300)
    bill = seller.rest.get(f"/api/v1/reports/bill?day={yesterday.date()}").json()
    assert (bill["paid"], bill["refunded"], bill["payments"]) == (1_000, 300, 1)
    refund, payment = bill["rows"]
    assert (payment["kind"], payment["reference"]) == ("payment", sold.reference)
    assert (refund["kind"], refund["refund_reference"]) == ("refund", back.reference)
    today = seller.rest.get(f"/api/v1/reports/bill?day={yesterday.date(0)}")
    assert reason(today) == (400, "malformed")
    none = seller.rest.get("/api/v1/reports/bill?day=2026-13-01")
    assert reason(none) == (400, "malformed")


def test_a_providers_orders_are_found_by_their_number(sandbox: Sandbox, other: Seller) -> None:
    with merchant(sandbox[0], "Provider of orders") as provider:
        sandbox[0].command("sandbox", "partner", provider.mchid, other.number)
        number = f"T{time.time_ns()}"
        order = {
            "sp_mchid": provider.mchid, "sp_appid": provider.appid, "sub_mchid": other.number,
            "description": "茶", "out_trade_no": number, "notify_url": "http://127.0.0.1:9/",
            "amount": {"total": 100},
        }  # fmt: skip
        placed = provider.post("/v3/pay/partner/transactions/native", **order)
        assert placed.status_code == 200, placed.text
        own = Rest(
            provider.fields["base_url"], provider.fields["rest_key"], provider.fields["rest_secret"]
        )
        path = f"/api/v1/orders?reference={number}"
        (found,) = other.rest.get(path).json()["data"]
        assert (found["reference"], found["merchant_id"]) == (number, other.id)
        assert own.get(path).json()["data"] == []
        assert own.get(f"{path}&merchant_id={other.id}").json()["data"] == [found]
        operator = sandbox[1].get(f"{path}&merchant_id={other.id}").json()["data"]
        assert operator == [found]
        own.http.close()
    stranger = Seller(sandbox, "Stranger to orders")
    assert stranger.rest.get(f"{path}&merchant_id={other.id}").json()["data"] == []
    stranger.rest.http.close()
