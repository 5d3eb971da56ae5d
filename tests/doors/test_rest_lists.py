"""Lists, reports and test events of the REST API over a real socket."""

import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from changliao.core.clock import BEIJING
from tests.served import Rest, Served
from tests.waiting import becomes, eventually
from tests.workers.receiver import receiving

Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox) -> Rest:
    return sandbox[1]


class Till:
    """A merchant with two paid orders of ¥10, one of them half refunded, and one open order."""

    def __init__(self, served: Served, operator: Rest) -> None:
        self.made = operator.made("/api/v1/merchants", name="Lists", fee_bps=100)
        self.id = self.made["id"]
        self.rest = Rest(served.base_url, self.made["rest_key"], self.made["rest_secret"])
        phone = f"1{secrets.randbelow(10**12):012d}"
        self.payer = operator.made("/api/v1/users", phone=phone, name="payer")["id"]
        self.phone = phone
        operator.made(f"/api/v1/users/{self.payer}/top-ups", amount=5000)
        self.orders = [
            self.rest.made("/api/v1/orders", reference=f"L-{n}", title="shoes", amount=1000)
            for n in range(3)
        ]
        for order in self.orders[:2]:
            operator.made(
                "/api/v1/payments",
                merchant_id=self.id,
                order_id=order["id"],
                payer_id=self.payer,
                amount=1000,
            )
        path = f"/api/v1/orders/{self.orders[0]['id']}/refunds"
        self.refund = self.rest.made(path, reference="F-1", amount=500)


@pytest.fixture(scope="module")
def till(sandbox: Sandbox) -> Iterator[Till]:
    made = Till(*sandbox)
    yield made
    made.rest.http.close()


def listed(client: Rest, path: str) -> list[Any]:
    """Every page of a list."""
    found: list[Any] = []
    target: str | None = path
    while target is not None:
        answer = client.get(target)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        joint = "&" if "?" in path else "?"
        target = f"{path}{joint}cursor={page['next']}" if "next" in page else None
    return found


def test_orders_are_filtered_by_state_and_time(till: Till) -> None:
    newest_first = [one["id"] for one in reversed(till.orders)]
    assert [one["id"] for one in listed(till.rest, "/api/v1/orders?limit=1")] == newest_first
    paid = listed(till.rest, "/api/v1/orders?state=paid&limit=1")
    assert [one["id"] for one in paid] == newest_first[1:]
    hour = quote(time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 3600)))
    assert len(listed(till.rest, f"/api/v1/orders?created_from={hour}")) == 3
    assert listed(till.rest, f"/api/v1/orders?created_before={hour}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=lost", "state"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=ord_0000000000001", "cursor"),
        ("created_from=yesterday", None),
        ("created_from=2026-11-25T00:00:00", None),
        ("unknown=1", "unknown"),
        ("state=%ff", None),
        ("merchant_id=x", "merchant_id"),
    ],
)
def test_a_wrong_query_is_refused_with_its_name(till: Till, query: str, field: str) -> None:
    answer = till.rest.get(f"/api/v1/orders?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "malformed")
    assert answer.json().get("field") == field


@pytest.mark.parametrize(
    "text",
    ["' OR 1=1 --", "x'; DROP TABLE orders; --", "%", "_", "L-1' UNION SELECT 1 --", "L-1\\"],
)
def test_a_filter_is_a_value_and_never_a_part_of_a_statement(
    operator: Rest, till: Till, text: str
) -> None:
    asked = [
        till.rest.get(f"/api/v1/orders?reference={quote(text)}"),
        till.rest.get(f"/api/v1/refunds?reference={quote(text)}"),
        operator.get(f"/api/v1/users?phone={quote(text)}"),
    ]
    for answer in asked:
        refused = (answer.status_code, answer.json().get("reason")) == (400, "malformed")
        assert refused or answer.json()["data"] == []
    assert len(listed(till.rest, "/api/v1/orders?limit=100")) == len(till.orders)


def test_refunds_are_listed_and_found(till: Till) -> None:
    for path in "?reference=F-1", "?state=succeeded", "?limit=1":
        assert listed(till.rest, f"/api/v1/refunds{path}") == [till.refund]
    assert listed(till.rest, "/api/v1/refunds?state=processing") == []
    assert till.rest.get(f"/api/v1/refunds/{till.refund['id']}").json() == till.refund


def test_users_top_ups_and_transfers_are_listed(operator: Rest, till: Till) -> None:
    found = operator.get(f"/api/v1/users?phone={till.phone}").json()["data"]
    assert [one["id"] for one in found] == [till.payer]
    assert till.payer in [one["id"] for one in listed(operator, "/api/v1/users?limit=100")]
    top_ups = listed(operator, f"/api/v1/users/{till.payer}/top-ups?limit=1")
    assert [one["amount"] for one in top_ups] == [5000]
    phone = f"1{secrets.randbelow(10**12):012d}"
    payee = operator.made("/api/v1/users", phone=phone, name="payee")["id"]
    for amount in (1, 2, 3):
        path = f"/api/v1/users/{till.payer}/transfers"
        operator.made(path, payee_id=payee, amount=amount, note="lunch")
    for user in till.payer, payee:
        sent = listed(operator, f"/api/v1/users/{user}/transfers?limit=1")
        assert [one["amount"] for one in sent] == [3, 2, 1]
        assert {(one["payer_id"], one["payee_id"]) for one in sent} == {(till.payer, payee)}


def test_merchants_apps_keys_and_partners_are_listed(operator: Rest, till: Till) -> None:
    number = till.made["mchid"]
    assert number in [one["mchid"] for one in listed(operator, "/api/v1/merchants?limit=2")]
    path = f"/api/v1/merchants/{number}"
    assert till.rest.get(path).json()["name"] == "Lists"
    assert [one["appid"] for one in listed(till.rest, f"{path}/apps")] == [till.made["appid"]]
    keys = listed(till.rest, f"{path}/keys")
    assert {one["kind"] for one in keys} == {"rsa_public", "hmac_secret"}
    assert "secret" not in str([key for one in keys for key in one])
    provider = operator.made("/api/v1/merchants", name="Provider")
    operator.made("/api/v1/partnerships", provider=provider["mchid"], merchant=number)
    assert [one["provider"] for one in listed(till.rest, f"{path}/partners")] == [provider["mchid"]]
    other = f"/api/v1/merchants/{provider['mchid']}"
    for hidden in other, f"{other}/apps", f"{other}/keys", f"{other}/partners":
        assert till.rest.get(hidden).json()["reason"] == "merchant_not_found"


def test_accounts_and_their_entries_say_what_happened(operator: Rest, till: Till) -> None:
    accounts = {one["purpose"]: one for one in listed(till.rest, "/api/v1/ledger/accounts")}
    assert accounts["payable"]["balance"] == 2 * (1000 - 10) - (500 - 5)
    entries = listed(till.rest, "/api/v1/ledger/entries?limit=2")
    assert sum(one["amount"] for one in entries) == accounts["payable"]["balance"]
    assert [one["code"] for one in entries] == ["refund", "fee_return", *["fee", "payment"] * 2]
    theirs = listed(operator, f"/api/v1/ledger/entries?owner={till.id}&limit=100")
    assert theirs == entries
    wallet = listed(operator, f"/api/v1/ledger/accounts?owner={till.payer}")
    assert [one["purpose"] for one in wallet] == ["wallet"]
    refusals = {
        f"/api/v1/ledger/accounts?owner={till.payer}": "merchant_not_found",
        "/api/v1/ledger/entries?purpose=nothing": "malformed",
        "/api/v1/ledger/entries?currency=XXX": "currency_unknown",
    }
    for path, reason in refusals.items():
        assert till.rest.get(path).json()["reason"] == reason
    assert operator.get("/api/v1/ledger/accounts").json()["reason"] == "owner_missing"


def is_closed(operator: Rest, till: Till) -> bool:
    """Does the day that it is there end where the books are? Others may pay in between."""
    placed = till.rest.made("/api/v1/orders", reference=f"C{time.time_ns()}", title="x", amount=1)
    moment = datetime.fromisoformat(placed["created_at"]).astimezone(BEIJING)
    closes = listed(operator, f"/api/v1/reports/closes?day={moment:%Y-%m-%d}")
    ended: dict[tuple[str, str], int] = {}
    for one in closes:
        book = one["purpose"], one["currency"]
        ended[book] = ended.get(book, 0) + one["closing"]
    for currency in {one["currency"] for one in closes}:
        rows = [one for one in closes if one["currency"] == currency]
        assert sum(one["opening"] for one in rows) == sum(one["closing"] for one in rows) == 0
        assert sum(one["debits"] for one in rows) == sum(one["credits"] for one in rows)
    assert "sandbox_bank" in {one.get("channel") for one in closes}
    books = listed(operator, "/api/v1/reports/books")
    return {(one["purpose"], one["currency"]): one["balance"] for one in books} == ended


def test_reports_add_up(operator: Rest, till: Till) -> None:
    sold_at = datetime.fromisoformat(till.orders[0]["created_at"])
    today = f"{sold_at.astimezone(BEIJING):%Y-%m-%d}"
    days = listed(till.rest, f"/api/v1/reports/days?first={today}&last={today}")
    wanted = {"payments": 2, "paid": 2000, "fees": 20, "refunds": 1, "refunded": 500}
    assert {name: days[0][name] for name in wanted} == wanted
    sums: dict[str, int] = {}
    for one in listed(operator, "/api/v1/reports/books"):
        sums[one["currency"]] = sums.get(one["currency"], 0) + one["balance"]
    assert set(sums.values()) == {0}
    eventually(lambda: is_closed(operator, till))
    assert all(len(one["hash"]) == 64 for one in listed(operator, "/api/v1/reports/journal"))
    for query in f"first={today}&last=2020-01-01", "first=2026-02-30&last=2026-03-01":
        answer = till.rest.get(f"/api/v1/reports/days?{query}")
        assert (answer.status_code, answer.json()["reason"]) == (400, "malformed")


def test_a_test_event_is_signed_told_and_logged(till: Till) -> None:
    with receiving() as receiver:
        box = receiver.mailbox()
        event = till.rest.made("/api/v1/events", notify_url=box.url)
        told = box.wait()[0]
        assert told.fields["type"] == "webhook.test"
        assert told.fields["data"] == {"merchant_id": till.id}
        assert told.headers["Changliao-Signature"]
        path = f"/api/v1/events/{event['id']}"
        becomes(lambda: till.rest.get(path).json()["state"], "delivered")
        shown = till.rest.get(path).json()
    assert [one["status"] for one in shown["deliveries"]] == [204]
    assert event["id"] in [one["id"] for one in listed(till.rest, "/api/v1/events?limit=1")]
