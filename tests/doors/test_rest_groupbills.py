"""Group bills over REST."""

from typing import Any

import pytest

from tests.doors.test_rest_packets import Sandbox, a_user, balance, refused
from tests.served import Rest


def give(operator: Rest, user: str, link: str, amount: int) -> Any:
    return operator.post(f"/api/v1/users/{user}/group-shares", link=link, amount=amount)


def test_a_bill_is_asked_for_paid_and_shown(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    payee, people = a_user(operator), [a_user(operator, 1_000) for _ in range(3)]
    path = f"/api/v1/users/{payee}/group-bills"
    bill = operator.made(path, title="火锅", amount=1_001, shares=2)
    again = operator.made(path, title="火锅", amount=1_001, shares=2, id=bill["id"])
    assert again == bill
    first = give(operator, people[0], bill["link"], 501).json()
    assert give(operator, people[0], bill["link"], 501).json() == first
    assert refused(give(operator, people[1], bill["link"], 501)) == (409, "amount_changed")
    assert give(operator, people[1], bill["link"], 500).json()["place"] == 1
    assert refused(give(operator, people[2], bill["link"], 500)) == (409, "group_bill_full")
    shown = operator.get(f"{path}/{bill['id']}").json()
    assert (shown["state"], shown["collected"]) == ("full", 1_001)
    assert [one["user_id"] for one in shown["people"]] == people[:2]
    assert [balance(operator, one) for one in (payee, *people)] == [1_001, 499, 500, 1_000]
    [listed] = operator.get(path).json()["data"]
    assert listed["id"] == bill["id"]


def test_a_closed_bill_takes_no_more(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    payee, payer = a_user(operator), a_user(operator, 1_000)
    path = f"/api/v1/users/{payee}/group-bills"
    bill = operator.made(path, title="火锅", amount=100, shares=2)
    for _ in range(2):
        assert operator.post(f"{path}/{bill['id']}/close").json()["state"] == "closed"
    assert refused(give(operator, payer, bill["link"], 50)) == (409, "group_bill_closed")
    assert refused(give(operator, payer, "A" * 40, 50)) == (404, "group_bill_not_found")
    unknown = operator.get(f"{path}/gbl_0000000000001")
    assert refused(unknown) == (404, "group_bill_not_found")
    assert balance(operator, payer) == 1_000


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"shares": 0}, (400, "malformed")),
        ({"shares": 101}, (400, "malformed")),
        ({"title": ""}, (400, "malformed")),
        ({"amount": 1}, (422, "group_bill_invalid")),
        ({"currency": "XXX"}, (422, "currency_unknown")),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(sandbox: Sandbox, terms: Any, expected: Any) -> None:
    operator = sandbox[1]
    payee = a_user(operator)
    fields = {"title": "火锅", "amount": 300, "shares": 3} | terms
    assert refused(operator.post(f"/api/v1/users/{payee}/group-bills", **fields)) == expected
