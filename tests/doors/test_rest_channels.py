"""Channels over REST: money in and out, faults on request, and operators' lists."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.phones import new_phone
from tests.served import Rest, Served, serve

Sandbox = tuple[Served, Rest]
CHANNELS = "/api/v1/channels"


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A network of its own: its bank fails and its clock is moved."""
    data = tmp_path_factory.mktemp("channels") / "data"
    with serve(data, "changliao.db") as (served, operator):
        yield served, operator
        assert served.audit()["clean"]


def a_user(operator: Rest, amount: int = 0) -> str:
    made = operator.made("/api/v1/users", phone=new_phone(), name="小满")
    if amount:
        top_up = operator.made(f"/api/v1/users/{made['id']}/top-ups", amount=amount)
        assert (top_up["state"], top_up["credited"]) == ("done", amount)
    return str(made["id"])


def balance(operator: Rest, user: str) -> int:
    found = operator.get(f"/api/v1/users/{user}").json()["balances"]
    return sum(one["balance"] for one in found)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def fail(operator: Rest, kind: str, fault: str, **more: Any) -> None:
    answer = operator.post(f"{CHANNELS}/sandbox_bank/faults", kind=kind, fault=fault, **more)
    assert answer.status_code == 200, answer.text


def settled(sandbox: Sandbox, path: str) -> Any:
    """The request once it is known what became of it; the clock is moved meanwhile."""
    operator = sandbox[1]
    for _ in range(150):
        shown = operator.get(path).json()
        if shown["state"] in ("done", "refused"):
            return shown
        ahead = operator.get("/api/v1/sandbox/clock").json()["ahead_s"]
        operator.post("/api/v1/sandbox/clock", ahead_s=ahead + 20)
        time.sleep(0.1)
    raise AssertionError(shown)


def test_a_withdrawal_leaves_the_wallet_once(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    user = a_user(operator, 5_000)
    path = f"/api/v1/users/{user}/withdrawals"
    made = operator.made(path, amount=1_200, account="6222 0000 1234")
    assert (made["state"], made["paid"], made["channel"]) == ("done", 1_200, "sandbox_bank")
    assert operator.get(f"{path}/{made['id']}").json() == made
    again = operator.made(path, amount=1_200, account="6222 0000 1234", id=made["id"])
    assert again == made
    assert balance(operator, user) == 3_800
    changed = operator.post(path, amount=1_201, account="6222 0000 1234", id=made["id"])
    assert refused(changed) == (409, "payment_id_reused")
    other = operator.made(path, amount=1, account="x")
    first = operator.get(f"{path}?limit=1").json()
    assert [one["id"] for one in first["data"]] == [other["id"]]
    rest = operator.get(f"{path}?cursor={first['next']}").json()["data"]
    assert [one["id"] for one in rest] == [made["id"]]


def test_under_an_idempotency_key_the_answer_is_that_of_the_writing(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    user = a_user(operator, 500)
    path = f"/api/v1/users/{user}/withdrawals"
    body = b'{"amount": 300, "account": "6222"}'
    answers = []
    for _ in range(2):
        request = operator.signed("POST", path, body)
        request.headers["Idempotency-Key"] = "once"
        answers.append(operator.http.send(request).json())
    assert answers[0] == answers[1]
    assert answers[0]["state"] == "asked"
    assert operator.get(f"{path}/{answers[0]['id']}").json()["state"] == "done"
    assert balance(operator, user) == 200


def test_a_top_up_goes_back_where_it_came_from(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    user = a_user(operator)
    top_up = operator.made(f"/api/v1/users/{user}/top-ups", amount=1_000)
    path = f"/api/v1/users/{user}/top-ups/{top_up['id']}"
    back = operator.made(f"{path}/refunds", amount=400)
    assert (back["state"], back["paid"]) == ("done", 400)
    assert operator.get(path).json()["returned"] == 400
    assert balance(operator, user) == 600
    assert refused(operator.post(f"{path}/refunds", amount=601)) == (422, "refund_exceeds_payment")
    assert operator.made(f"{path}/refunds", amount=400, id=back["id"]) == back
    assert balance(operator, user) == 600


def test_a_merchant_withdraws_what_it_has_earned(sandbox: Sandbox) -> None:
    served, operator = sandbox
    merchant = operator.made("/api/v1/merchants", name="Shop", fee_bps=0)
    shop = Rest(served.base_url, merchant["rest_key"], merchant["rest_secret"])
    none = shop.post("/api/v1/withdrawals", amount=1, account="6222")
    assert refused(none) == (402, "merchant_funds_insufficient")
    order = shop.made("/api/v1/orders", reference="W-1", title="shoes", amount=900)
    operator.made(
        "/api/v1/payments", merchant_id=merchant["id"], order_id=order["id"],
        payer_id=a_user(operator, 900), amount=900,
    )  # fmt: skip
    made = shop.made("/api/v1/withdrawals", amount=900, account="6222")
    assert (made["state"], made["owner_id"]) == ("done", merchant["id"])
    assert shop.get(f"/api/v1/withdrawals/{made['id']}").json() == made
    assert shop.get("/api/v1/withdrawals").json()["data"] == [made]
    seen = operator.get(f"/api/v1/withdrawals?merchant_id={merchant['id']}").json()
    assert seen["data"] == [made]
    shop.http.close()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"amount": 0}, (400, "malformed")),
        ({"account": ""}, (400, "malformed")),
        ({"amount": 1_001}, (402, "insufficient_funds")),
        ({"currency": "XXX"}, (422, "currency_unknown")),
        ({"channel": "nowhere"}, (404, "channel_not_found")),
    ],
    ids=str,
)
def test_what_cannot_be_withdrawn_is_refused(sandbox: Sandbox, fields: Any, expected: Any) -> None:
    operator = sandbox[1]
    user = a_user(operator, 1_000)
    body = {"amount": 100, "account": "6222"} | fields
    assert refused(operator.post(f"/api/v1/users/{user}/withdrawals", **body)) == expected
    assert balance(operator, user) == 1_000
    stranger = operator.post("/api/v1/users/usr_0000000000001/withdrawals", amount=1, account="x")
    assert refused(stranger) == (404, "user_not_found")


FAULTS = [
    ("lost", "unknown", "refused", 0),
    ("unanswered", "unknown", "done", 1_000),
    ("late", "unknown", "done", 1_000),
    ("wrong_amount", "done", "done", 990),
    ("duplicate", "done", "done", 1_000),
    ("refused", "refused", "refused", 0),
]


@pytest.mark.parametrize(("fault", "at_first", "at_last", "moved"), FAULTS)
def test_each_fault_of_each_kind_ends_right(
    failing: Sandbox, fault: str, at_first: str, at_last: str, moved: int
) -> None:
    operator = failing[1]
    user = a_user(operator, 5_000)
    top_ups = f"/api/v1/users/{user}/top-ups"
    fail(operator, "pay", fault, off=-10)
    top_up = operator.made(top_ups, amount=1_000)
    assert top_up["state"] == at_first
    done = settled(failing, f"{top_ups}/{top_up['id']}")
    assert (done["state"], done["credited"]) == (at_last, moved)
    assert balance(operator, user) == 5_000 + moved

    out = f"/api/v1/users/{user}/withdrawals"
    fail(operator, "payout", fault, off=-10)
    made = operator.made(out, amount=1_000, account="6222")
    assert made["state"] == at_first
    if at_first == "unknown":
        assert balance(operator, user) == 4_000 + moved
    done = settled(failing, f"{out}/{made['id']}")
    assert (done["state"], done["paid"]) == (at_last, moved)
    assert balance(operator, user) == 5_000


def test_a_wallet_for_pcs_is_refused_on_a_phone(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    user = a_user(operator)
    path = f"/api/v1/users/{user}/top-ups"
    on_phone = operator.post(path, amount=100, channel="tenpay", terminal="mobile_web")
    assert refused(on_phone) == (409, "channel_elsewhere")
    nowhere = operator.post(path, amount=100, channel="tenpay", terminal="tv")
    assert refused(nowhere) == (422, "terminal_unknown")
    assert balance(operator, user) == 0
    assert operator.made(path, amount=100, channel="tenpay", terminal="pc")["state"] == "done"
    # Nobody named it, so the bank is asked.
    operator.made(path, amount=100, terminal="pc")
    used = operator.get("/api/v1/channel-requests?channel=tenpay&limit=1").json()["data"]
    assert (used[0]["owner_id"], used[0]["amount"]) == (user, 100)
    assert balance(operator, user) == 200


def test_outside_a_sandbox_its_bank_is_not_asked(tmp_path: Path) -> None:
    with serve(tmp_path / "data", "changliao.db", sandbox="false") as (served, operator):
        user = a_user(operator)
        path = f"/api/v1/users/{user}/top-ups"
        named = operator.post(path, amount=100, channel="sandbox_bank")
        assert refused(named) == (404, "channel_not_found")
        assert refused(operator.post(path, amount=100)) == (409, "channel_suspended")
        fault = operator.post(f"{CHANNELS}/sandbox_bank/faults", kind="pay", fault="lost")
        assert refused(fault) == (403, "no_sandbox")
        assert operator.get("/api/v1/channel-requests").json()["data"] == []
        assert operator.post(f"{CHANNELS}/sandbox_bank", state="suspended").status_code == 200
        assert served.audit()["clean"]


def test_operators_see_what_was_asked_and_what_fails(failing: Sandbox) -> None:
    operator = failing[1]
    user = a_user(operator, 50)
    fail(operator, "payout", "refused", times=2)
    faults = operator.get(f"{CHANNELS}/sandbox_bank/faults").json()["data"]
    assert {"kind": "payout", "fault": "refused", "times": 2, "off": -1} in faults
    made = operator.made(f"/api/v1/users/{user}/withdrawals", amount=50, account="6222")
    assert made["reason"] == "declined by the bank"
    fail(operator, "payout", "refused", times=0)
    listed = operator.get("/api/v1/channel-requests?state=refused&limit=1").json()["data"]
    assert listed[0]["id"][4:] == made["id"][4:]
    assert (listed[0]["kind"], listed[0]["owner_id"]) == ("payout", user)
    none = operator.get("/api/v1/channel-requests?channel=sandbox_bank&state=asked").json()
    assert none["data"] == []
    nowhere = operator.get("/api/v1/channel-requests?channel=nowhere")
    assert refused(nowhere) == (404, "channel_not_found")


def test_a_channel_is_opened_suspended_and_used_by_cost(failing: Sandbox) -> None:
    operator = failing[1]
    user = a_user(operator, 1_000)
    terms = {
        "code": "city_bank", "name_zh": "城市银行", "name_en": "City Bank",
        "kind": "sandbox_bank", "cost_bps": 5, "terminals": ["pc"],
    }  # fmt: skip
    opened = operator.made(CHANNELS, **terms)
    assert (opened["state"], opened["terminals"], opened["misses"]) == ("healthy", ["pc"], 0)
    assert operator.made(CHANNELS, **terms) == opened
    assert refused(operator.post(CHANNELS, **terms | {"cost_bps": 6})) == (409, "channel_taken")
    assert refused(operator.post(CHANNELS, **terms | {"kind": "iban"})) == (400, "malformed")
    assert refused(operator.post(CHANNELS, **terms | {"terminals": ["tv"]})) == (400, "malformed")
    out = f"/api/v1/users/{user}/withdrawals"

    def used() -> str:
        made = operator.made(out, amount=10, account="6222")
        return str(made["channel"])

    assert used() == "sandbox_bank"
    suspended = operator.post(f"{CHANNELS}/sandbox_bank", state="suspended").json()
    assert suspended["state"] == "suspended"
    assert used() == "city_bank"
    named = operator.post(out, amount=10, account="6222", channel="sandbox_bank")
    assert refused(named) == (409, "channel_suspended")
    operator.post(f"{CHANNELS}/city_bank", state="suspended")
    assert refused(operator.post(out, amount=10, account="6222")) == (409, "channel_suspended")
    operator.post(f"{CHANNELS}/sandbox_bank", state="healthy")
    assert used() == "sandbox_bank"
    assert balance(operator, user) == 970
