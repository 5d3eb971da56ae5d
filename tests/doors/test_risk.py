"""Risk rules through the doors: two people over REST, refusals in each protocol's words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from changliao.commands.people import Person
from tests.doors.test_counter import CODEPAY, a_charge
from tests.doors.test_rest_packets import Sandbox, a_user, balance, refused
from tests.openapi import open_app
from tests.phones import new_phone
from tests.served import Rest, Shop

RULES = "/api/v1/risk-rules"


@pytest.fixture(scope="module")
def second(sandbox: Sandbox) -> Iterator[Rest]:
    """Another operator."""
    made = sandbox[0].command("sandbox", "operator-key")
    client = Rest(sandbox[0].base_url, made["operator_key"], made["operator_secret"])
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def listed(sandbox: Sandbox, second: Rest) -> Iterator[tuple[Person, str, str]]:
    """Somebody on a list, their id, and the rule's: reviewed before they pay."""
    served, operator = sandbox
    phone = new_phone()
    person = Person(served.base_url, phone, "名单上的人", "135790")
    person.sign_up()
    person.top_up("100.00")
    user = operator.get(f"/api/v1/users?phone={phone}").json()["data"][0]["id"]
    rule = operator.made(RULES, kind="listed", action="review", reason="被盗过", users=[user])
    assert refused(operator.post(f"{RULES}/{rule['id']}/approve")) == (
        403, "risk_rule_self_approval",
    )  # fmt: skip
    approved = second.post(f"{RULES}/{rule['id']}/approve").json()
    assert (approved["state"], approved["users"]) == ("in_force", [user])
    yield person, user, rule["id"]
    # The network is shared: the others go on without rules.
    assert operator.post(f"{RULES}/{rule['id']}/end").json()["state"] == "ended"
    person.close()


def test_both_protocols_say_it_in_their_own_words_and_each_try_is_a_hit(
    sandbox: Sandbox, shop: Shop, listed: tuple[Person, str, str]
) -> None:
    operator, (person, user, rule) = sandbox[1], listed
    no = shop.post(CODEPAY, **a_charge(shop, person.pay_code(), 1_200))
    assert (no.status_code, no.json()["code"]) == (403, "RULE_LIMIT")
    with open_app(sandbox[0], "Till") as till:
        asked = till.order(auth_code=person.pay_code(), total_amount="9.00")
        assert till.refused("alipay.trade.pay", asked) == "ACQ.PAYMENT_REQUEST_HAS_RISK"
    found = operator.get(f"/api/v1/risk-hits?payer_id={user}").json()["data"]
    assert [one["amount"] for one in found] == [900, 1_200]
    assert {(one["rule_id"], one["action"], one["passed"], one["terminal"]) for one in found} == {
        (rule, "review", False, "counter")
    }
    newest = operator.get(f"/api/v1/risk-hits?payer_id={user}&limit=1").json()
    older = operator.get(f"/api/v1/risk-hits?payer_id={user}&cursor={newest['next']}").json()
    assert [one["amount"] for one in (*newest["data"], *older["data"])] == [900, 1_200]


def test_a_cleared_payer_pays_until_the_time_is_over(
    sandbox: Sandbox, shop: Shop, listed: tuple[Person, str, str]
) -> None:
    operator, (person, user, _) = sandbox[1], listed
    path = f"/api/v1/users/{user}/risk-clearance"
    assert operator.get(path).json().keys() == {"user_id", "version"}
    far = "2090-01-01T00:00:00+08:00"
    assert refused(operator.post(path, until=far, note="x")) == (422, "risk_clearance_invalid")
    until = _ahead(operator)
    assert operator.post(path, until=until, note="电话核实").json()["note"] == "电话核实"
    paid = shop.post(CODEPAY, **a_charge(shop, person.pay_code(), 700))
    assert paid.status_code == 200, paid.text
    hit = operator.get(f"/api/v1/risk-hits?payer_id={user}&limit=1").json()["data"][0]
    assert (hit["passed"], hit["amount"]) == (True, 700)
    ended = operator.post(path, until="2020-01-01T00:00:00+08:00", note="只这一次")
    assert ended.status_code == 200
    no = shop.post(CODEPAY, **a_charge(shop, person.pay_code(), 700))
    assert (no.status_code, no.json()["code"]) == (403, "RULE_LIMIT")


def test_people_are_stopped_from_sending_giving_and_withdrawing(
    sandbox: Sandbox, second: Rest
) -> None:
    operator = sandbox[1]
    giver, payee = a_user(operator, 10_000), a_user(operator)
    rule = operator.made(
        RULES, kind="listed", action="refuse", reason="x", users=[giver],
        movements=["transfer", "packet", "withdrawal"],
    )  # fmt: skip
    assert rule["movements"] == ["transfer", "packet", "withdrawal"]
    second.post(f"{RULES}/{rule['id']}/approve")
    bill = operator.made(f"/api/v1/users/{payee}/group-bills", title="火锅", amount=300, shares=3)
    for path, asked in (
        ("transfers", {"payee_id": payee, "amount": 100}),
        ("packets", {"amount": 100, "shares": 2}),
        ("group-shares", {"link": bill["link"], "amount": 100}),
        ("withdrawals", {"amount": 100, "channel": "sandbox_bank", "account": "6222"}),
    ):
        answer = operator.post(f"/api/v1/users/{giver}/{path}", **asked)
        assert refused(answer) == (409, "risk_refused"), (path, answer.text)
    assert balance(operator, giver) == 10_000
    assert operator.post(f"{RULES}/{rule['id']}/end").status_code == 200
    found = operator.get(f"/api/v1/risk-hits?payer_id={giver}").json()["data"]
    assert [one["movement"] for one in found] == ["withdrawal", "transfer", "packet", "transfer"]
    assert [one.get("receiver_id") for one in found] == [None, payee, None, payee]
    assert not any("merchant_id" in one or "terminal" in one or one["passed"] for one in found)
    packets = operator.get(f"/api/v1/risk-hits?payer_id={giver}&movement=packet").json()["data"]
    assert [one["id"] for one in packets] == [found[2]["id"]]
    operator.made(f"/api/v1/users/{giver}/transfers", payee_id=payee, amount=100)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "listed"}, (422, "risk_rule_invalid")),
        ({"kind": "other"}, (400, "malformed")),
        ({"kind": "way", "amount": 1, "method": "nobody_has"}, (422, "method_unknown")),
        ({"kind": "way", "amount": 1, "terminal": "nobody"}, (422, "terminal_unknown")),
        ({"kind": "young_payer", "amount": 1}, (422, "risk_rule_invalid")),
        ({"kind": "young_payer", "amount": 1, "days": 1, "currency": "XXX"},
         (422, "currency_unknown")),
        ({"kind": "many_payments", "count": 0, "minutes": 1}, (400, "malformed")),
        ({"kind": "large", "amount": 5, "movements": []}, (400, "malformed")),
        ({"kind": "large", "amount": 5, "movements": ["top_up"]}, (400, "malformed")),
        ({"kind": "new_receiver", "amount": 5}, (422, "risk_rule_invalid")),
        ({"kind": "large_sum", "amount": 5}, (422, "risk_rule_invalid")),
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_no_sense_is_refused(sandbox: Sandbox, fields: Any, expected: Any) -> None:
    asked = {"action": "note", "reason": "x"} | fields
    assert refused(sandbox[1].post(RULES, **asked)) == expected


def test_a_draft_is_found_and_withdrawn(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    rule = operator.made(RULES, kind="way", action="refuse", reason="x", amount=5, terminal="app")
    shown = operator.get(f"{RULES}/{rule['id']}").json()
    assert shown == rule
    assert (shown["amount"], shown["terminal"], "method" in shown) == (5, "app", False)
    listed = operator.get(f"{RULES}?state=drafted").json()["data"]
    assert rule["id"] in [one["id"] for one in listed]
    assert operator.post(f"{RULES}/{rule['id']}/withdraw").json()["state"] == "withdrawn"
    assert refused(operator.post(f"{RULES}/{rule['id']}/end")) == (409, "risk_rule_state")


def _ahead(operator: Rest) -> str:
    """Tomorrow, as this network's clock has it: a sandbox's may have been moved."""
    made = operator.made("/api/v1/users", phone=new_phone(), name="钟")
    return (datetime.fromisoformat(made["created_at"]) + timedelta(days=1)).isoformat()
