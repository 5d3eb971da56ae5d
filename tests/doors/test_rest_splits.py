"""Profit sharing over REST: terms, receivers, shares, what came back, and who hears of it."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.served import Rest, Served, merchant
from tests.wallets import Wallet, somebody
from tests.workers.receiver import Receiver, receiving

Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


class Seller:
    """A merchant with its own REST key."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        with merchant(sandbox[0], name, fee_bps=0) as shop:
            fields = shop.fields
        self.rest = Rest(fields["base_url"], fields["rest_key"], fields["rest_secret"])
        self.number = fields["mchid"]
        self.id = sandbox[1].get(f"/api/v1/merchants/{self.number}").json()["id"]
        self.operator = sandbox[1]

    def sold(self, buyer: Wallet, amount: int = 10_000, **terms: Any) -> str:
        """The id of an order that was paid."""
        fields = {"reference": secrets.token_hex(8), "title": "鞋", "amount": amount}
        order = self.rest.made("/api/v1/orders", **fields, **terms)
        paid = {"merchant_id": self.id, "order_id": order["id"], "payer_id": buyer.id}
        self.operator.made("/api/v1/payments", **paid, amount=amount)
        return str(order["id"])

    def earned(self) -> int:
        found = self.rest.get("/api/v1/ledger/accounts").json()["data"]
        return sum(one["balance"] for one in found if one["purpose"] == "payable")


@pytest.fixture(scope="module")
def seller(sandbox: Sandbox) -> Iterator[Seller]:
    made = Seller(sandbox, "Market")
    yield made
    made.rest.http.close()


@pytest.fixture(scope="module")
def supplier(sandbox: Sandbox) -> Iterator[Seller]:
    made = Seller(sandbox, "Supplier")
    yield made
    made.rest.http.close()


@pytest.fixture(scope="module")
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", "13600000271", "买家", balance=200_000)
    yield person
    person.close()


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("reason", "")


def test_a_share_and_its_return_are_told_to_who_received(
    seller: Seller, supplier: Seller, buyer: Wallet, receiver: Receiver
) -> None:
    box = receiver.mailbox()
    address = f"/api/v1/merchants/{supplier.number}/sharing"
    assert supplier.rest.post(address, notify_url=box.url).json()["notify_url"] == box.url
    seller.rest.made("/api/v1/share-receivers", merchant_id=supplier.id, relation="SUPPLIER")
    seller.rest.made("/api/v1/share-receivers", user_id=buyer.id)
    order_id = seller.sold(buyer, hold="split")
    assert seller.earned() == 0
    shares = f"/api/v1/orders/{order_id}/shares"
    asked = {
        "reference": f"S-{order_id}",
        "receivers": [
            {"merchant_id": supplier.id, "amount": 2_000, "description": "货款"},
            {"user_id": buyer.id, "amount": 100},
        ],
    }
    made = seller.rest.made(shares, **asked)
    assert [one["amount"] for one in made["receivers"]] == [2_000, 100]
    assert seller.rest.post(shares, **asked).json() == made
    assert supplier.earned() == 2_000
    told = box.wait(1)[0].fields
    assert told["type"] == "share.received"
    assert (told["data"]["amount"], told["data"]["share_id"]) == (2_000, made["id"])

    path = f"/api/v1/shares/{made['id']}/returns"
    back = {"reference": "R-1", "merchant_id": supplier.id, "amount": 500}
    returned = seller.rest.made(path, **back)
    assert seller.rest.post(path, **back).json() == returned
    assert supplier.earned() == 1_500
    told = box.wait(2)[1].fields
    assert (told["type"], told["data"]["amount"]) == ("share.returned", 500)
    assert told["data"]["return_id"] == returned["id"]
    logged = supplier.rest.get("/api/v1/events").json()["data"]
    assert [one["kind"] for one in logged] == ["share_returned", "share_received"]

    rest = seller.rest.made(shares, reference=f"U-{order_id}", release=True)
    assert rest["released"] == 10_000 - 2_000 - 100 + 500
    assert seller.earned() == rest["released"]
    listed = seller.rest.get(shares).json()["data"]
    assert [one["id"] for one in listed] == [made["id"], rest["id"]]
    assert listed[0]["receivers"][0]["returned"] == 500


def test_who_has_no_address_is_told_nothing(
    seller: Seller, buyer: Wallet, sandbox: Sandbox
) -> None:
    quiet = Seller(sandbox, "Quiet")
    seller.rest.made("/api/v1/share-receivers", merchant_id=quiet.id)
    order_id = seller.sold(buyer, hold="split")
    part = {"merchant_id": quiet.id, "amount": 1}
    seller.rest.made(f"/api/v1/orders/{order_id}/shares", reference=order_id, receivers=[part])
    assert quiet.rest.get("/api/v1/events").json()["data"] == []
    quiet.rest.http.close()


def test_what_may_not_be_shared_is_refused_and_nothing_moves(
    seller: Seller, supplier: Seller, buyer: Wallet, sandbox: Sandbox
) -> None:
    seller.rest.made("/api/v1/share-receivers", merchant_id=supplier.id)
    order_id, before = seller.sold(buyer, hold="split"), supplier.earned()

    def share(amount: int, order: str = order_id, **more: Any) -> Any:
        parts = [{"merchant_id": supplier.id, "amount": amount}]
        fields = {"reference": secrets.token_hex(8), "receivers": parts} | more
        return seller.rest.post(f"/api/v1/orders/{order}/shares", **fields)

    assert reason(share(3_001)) == (422, "share_exceeds_ratio")
    assert reason(share(10_001)) == (422, "share_exceeds_hold")
    assert reason(share(1, order=seller.sold(buyer))) == (409, "hold_missing")
    nobody = [{"amount": 1}]
    assert reason(share(1, receivers=nobody)) == (400, "malformed")
    stranger = [{"user_id": "usr_0000000000001", "amount": 1}]
    assert reason(share(1, receivers=stranger)) == (422, "receiver_not_found")
    assert reason(share(1, receivers=[])) == (422, "amount_not_positive")
    terms = f"/api/v1/merchants/{seller.number}/sharing"
    assert reason(seller.rest.post(terms, ratio_bps=10_000)) == (403, "not_permitted")
    assert reason(supplier.rest.post(terms, notify_url="")) == (404, "merchant_not_found")
    assert sandbox[1].post(terms, ratio_bps=5_000).json()["ratio_bps"] == 5_000
    assert share(5_000).status_code == 201
    assert sandbox[1].post(terms, ratio_bps=3_000).json()["ratio_bps"] == 3_000
    removed = seller.rest.post("/api/v1/share-receivers/removals", merchant_id=supplier.id)
    assert removed.json()["active"] is False
    assert reason(share(1, order=seller.sold(buyer, hold="split"))) == (422, "receiver_not_found")
    other = supplier.rest.post("/api/v1/shares/shr_0000000000001/returns", reference="x",
                               merchant_id=seller.id, amount=1)  # fmt: skip
    assert reason(other) == (404, "share_not_found")
    assert supplier.earned() == before + 5_000
