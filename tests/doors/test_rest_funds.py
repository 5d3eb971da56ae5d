"""Payouts and authorizations over REST, told by webhook, over a real socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.phones import new_phone
from tests.served import Rest, Served
from tests.workers.receiver import Receiver, receiving

Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


class Books:
    """A merchant that has earned 5,000, and a user with 10,000 more."""

    def __init__(self, sandbox: Sandbox) -> None:
        served, self.operator = sandbox
        made = self.operator.made("/api/v1/merchants", name="Funds", fee_bps=0)
        self.id = made["id"]
        self.rest = Rest(served.base_url, made["rest_key"], made["rest_secret"])
        phone = new_phone()
        self.user = self.operator.made("/api/v1/users", phone=phone, name="小满")["id"]
        self.operator.made(f"/api/v1/users/{self.user}/top-ups", amount=15_000)
        order = self.rest.made("/api/v1/orders", reference="first", title="x", amount=5_000)
        fields = {"merchant_id": self.id, "order_id": order["id"], "payer_id": self.user}
        self.operator.made("/api/v1/payments", **fields, amount=5_000)

    def has(self, purpose: str, owner: str) -> int:
        found = self.operator.get(f"/api/v1/ledger/accounts?owner={owner}").json()["data"]
        return sum(one["available"] for one in found if one["purpose"] == purpose)

    def as_operator(self, path: str, **fields: Any) -> Any:
        answer = self.operator.post(f"{path}?merchant_id={self.id}", **fields)
        return answer.json() | {"status": answer.status_code}


@pytest.fixture
def books(sandbox: Sandbox) -> Iterator[Books]:
    made = Books(sandbox)
    yield made
    made.rest.http.close()


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def test_a_payout_at_once_is_told_listed_and_not_paid_twice(
    books: Books, receiver: Receiver
) -> None:
    box = receiver.mailbox()
    terms = {"reference": "P1", "payee_id": books.user, "amount": 1_200, "notify_url": box.url}
    made = books.rest.made("/api/v1/payouts", **terms, payee_name="小满")
    assert made["state"] == "paid"
    assert books.rest.made("/api/v1/payouts", **terms, payee_name="小满")["id"] == made["id"]
    assert books.has("payable", books.id) == 3_800
    assert books.has("wallet", books.user) == 11_200
    told = box.wait(1)[0].fields
    assert (told["type"], told["data"]["id"]) == ("payout.finished", made["id"])
    assert books.rest.get(f"/api/v1/payouts/{made['id']}").json() == made
    assert books.rest.get("/api/v1/payouts?reference=P1").json()["data"] == [made]
    more = books.rest.made("/api/v1/payouts", **terms | {"reference": "P2"})
    first = books.rest.get("/api/v1/payouts?limit=1").json()
    assert [one["id"] for one in first["data"]] == [more["id"]]
    rest = books.rest.get(f"/api/v1/payouts?limit=1&cursor={first['next']}").json()
    assert [one["id"] for one in rest["data"]] == [made["id"]]


def test_a_payout_that_waits_is_taken_or_taken_back(books: Books) -> None:
    terms = {"payee_id": books.user, "amount": 500, "confirm_within_s": 60}
    one, two = (books.rest.made("/api/v1/payouts", reference=name, **terms) for name in "ab")
    assert (one["state"], books.has("payable", books.id)) == ("waiting", 4_000)
    assert books.as_operator(f"/api/v1/payouts/{one['id']}/confirm")["state"] == "paid"
    assert books.rest.post(f"/api/v1/payouts/{two['id']}/cancel").json()["state"] == "cancelled"
    assert refused(books.rest.post(f"/api/v1/payouts/{one['id']}/cancel")) == (409, "payout_paid")
    late = books.as_operator(f"/api/v1/payouts/{two['id']}/confirm")
    assert (late["status"], late["reason"]) == (409, "payout_cancelled")
    assert books.has("payable", books.id) == 4_500
    assert books.has("wallet", books.user) == 10_500


def test_what_may_not_be_paid_out_is_refused(books: Books) -> None:
    terms = {"reference": "x", "payee_id": books.user, "amount": 100}
    for changes, expected in (
        ({"amount": 5_001}, (422, "merchant_funds_insufficient")),
        ({"payee_name": "别人"}, (422, "payee_name_mismatch")),
        ({"payee_id": "usr_0000000000001"}, (404, "user_not_found")),
        ({"amount": 0}, (400, "malformed")),
        ({"confirm_within_s": 1}, (400, "malformed")),
    ):
        answer = books.rest.post("/api/v1/payouts", **terms | changes)
        assert refused(answer)[1] == expected[1], answer.text
    assert books.has("payable", books.id) == 5_000
    books.rest.made("/api/v1/payouts", **terms)
    assert refused(books.rest.post("/api/v1/payouts", **terms | {"amount": 101})) == (
        409, "payout_reference_reused",
    )  # fmt: skip


def test_an_authorization_from_asking_to_what_comes_back(books: Books, receiver: Receiver) -> None:
    box = receiver.mailbox()
    terms = {"reference": "A1", "title": "deposit", "amount": 6_000, "notify_url": box.url}
    asked = books.rest.made("/api/v1/authorizations", **terms)
    path = f"/api/v1/authorizations/{asked['id']}"
    early = books.rest.post(f"{path}/captures", reference="c", title="x", amount=1)
    assert refused(early)[1] == "authorization_not_frozen"
    wrong = books.as_operator(f"{path}/freeze", payer_id=books.user, amount=5_999)
    assert wrong["reason"] == "amount_changed"
    frozen = books.as_operator(f"{path}/freeze", payer_id=books.user, amount=6_000)
    assert (frozen["state"], frozen["frozen"]) == ("frozen", 6_000)
    assert books.has("wallet", books.user) == 4_000

    part = {"reference": "C1", "title": "first night", "amount": 2_500}
    paid = books.rest.made(f"{path}/captures", **part)
    assert (paid["state"], paid["amount"]) == ("paid", 2_500)
    assert books.rest.made(f"{path}/captures", **part)["id"] == paid["id"]
    over = books.rest.post(f"{path}/captures", reference="C2", title="x", amount=3_501)
    assert refused(over)[1] == "authorization_exceeded"
    back = books.rest.made(f"{path}/releases", reference="R1", amount=500)
    assert (back["released"], back["frozen"]) == (500, 3_000)
    assert refused(books.rest.post(f"{path}/cancel"))[1] == "authorization_captured"
    last = {"reference": "C3", "title": "rest", "amount": 1_000, "finishes": True}
    books.rest.made(f"{path}/captures", **last)
    done = books.rest.get(path).json()
    assert (done["state"], done["captured"], done["released"]) == ("finished", 3_500, 2_500)
    assert books.has("wallet", books.user) == 6_500
    assert books.has("payable", books.id) == 8_500
    refund = books.rest.made(f"/api/v1/orders/{paid['id']}/refunds", reference="B1", amount=2_500)
    assert refund["state"] == "succeeded"
    kinds = sorted(one.fields["type"] for one in box.wait(3))
    assert kinds == ["authorization.frozen", "authorization.released", "authorization.released"]


def test_cancelling_and_another_merchants_authorization(books: Books, sandbox: Sandbox) -> None:
    asked = books.rest.made("/api/v1/authorizations", reference="A2", title="x", amount=100)
    path = f"/api/v1/authorizations/{asked['id']}"
    other = Books(sandbox)
    for answer in (
        other.rest.get(path), other.rest.post(f"{path}/cancel"),
        other.rest.post(f"{path}/captures", reference="c", title="x", amount=1),
        other.rest.post(f"{path}/releases", reference="r", amount=1),
    ):  # fmt: skip
        assert refused(answer) == (404, "authorization_not_found")
    other.rest.http.close()
    assert books.rest.post(f"{path}/cancel").json()["state"] == "closed"
    late = books.as_operator(f"{path}/freeze", payer_id=books.user, amount=100)
    assert late["reason"] == "authorization_closed"
    assert books.has("wallet", books.user) == 10_000
    found = books.rest.get("/api/v1/authorizations?reference=A2").json()["data"]
    assert [one["id"] for one in found] == [asked["id"]]
