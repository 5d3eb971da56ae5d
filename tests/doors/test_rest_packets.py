"""Red packets over REST: a giver, people with the link, and everybody's money."""

from pathlib import Path
from typing import Any

import pytest

from tests.phones import new_phone
from tests.served import Rest, Served, serve
from tests.waiting import becomes

Sandbox = tuple[Served, Rest]


def a_user(operator: Rest, balance: int = 0) -> str:
    phone = new_phone()
    made = operator.made("/api/v1/users", phone=phone, name="小满")
    if balance:
        operator.made(f"/api/v1/users/{made['id']}/top-ups", amount=balance)
    return str(made["id"])


def balance(operator: Rest, user: str) -> int:
    found = operator.get(f"/api/v1/users/{user}").json()["balances"]
    return sum(one["balance"] for one in found)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def claim(operator: Rest, user: str, link: str) -> Any:
    return operator.post(f"/api/v1/users/{user}/packet-claims", link=link)


def test_a_packet_is_given_claimed_and_shown(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    giver, people = a_user(operator, 10_000), [a_user(operator) for _ in range(4)]
    path = f"/api/v1/users/{giver}/packets"
    packet = operator.made(path, amount=1_000, shares=3, greeting="恭喜发财")
    assert (packet["state"], packet["kind"], packet["claims"]) == ("open", "lucky", 0)
    assert "seed" not in packet
    again = operator.made(path, amount=1_000, shares=3, greeting="恭喜发财", id=packet["id"])
    assert again == packet
    assert balance(operator, giver) == 9_000
    changed = operator.post(path, amount=1_001, shares=3, greeting="恭喜发财", id=packet["id"])
    assert refused(changed) == (409, "payment_id_reused")

    claims = [claim(operator, one, packet["link"]).json() for one in people[:3]]
    assert claim(operator, people[0], packet["link"]).json() == claims[0]
    assert refused(claim(operator, people[3], packet["link"])) == (409, "packet_empty")
    assert sum(one["amount"] for one in claims) == 1_000
    assert [balance(operator, one) for one in people] == [*(one["amount"] for one in claims), 0]

    shown = operator.get(f"{path}/{packet['id']}").json()
    assert (shown["state"], shown["claimed"], len(shown["seed"])) == ("empty", 1_000, 64)
    assert [one["user_id"] for one in shown["people"]] == people[:3]
    (best,) = [one for one in shown["people"] if one["luckiest"]]
    assert best["amount"] == max(one["amount"] for one in claims)
    (listed,) = operator.get(path).json()["data"]
    assert listed["id"] == packet["id"]


def test_equal_shares_differ_by_one_unit_at_most(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    giver = a_user(operator, 100)
    path = f"/api/v1/users/{giver}/packets"
    packet = operator.made(path, amount=11, shares=3, kind="equal")
    got = [claim(operator, a_user(operator), packet["link"]).json()["amount"] for _ in range(3)]
    assert got == [4, 4, 3]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"amount": 0}, (400, "malformed")),
        ({"shares": 0}, (400, "malformed")),
        ({"shares": 101}, (400, "malformed")),
        ({"kind": "all"}, (400, "malformed")),
        ({"amount": 2}, (422, "packet_shares_invalid")),
        ({"amount": 60_001}, (422, "amount_too_large")),
        ({"amount": 5_000}, (402, "insufficient_funds")),
        ({"currency": "XXX"}, (422, "currency_unknown")),
    ],
    ids=str,
)
def test_what_cannot_be_given_is_refused(sandbox: Sandbox, terms: Any, expected: Any) -> None:
    operator = sandbox[1]
    giver = a_user(operator, 1_000)
    fields = {"amount": 300, "shares": 3} | terms
    assert refused(operator.post(f"/api/v1/users/{giver}/packets", **fields)) == expected
    assert balance(operator, giver) == 1_000


def test_a_link_cannot_be_made_up(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    giver = a_user(operator, 1_000)
    link = operator.made(f"/api/v1/users/{giver}/packets", amount=300, shares=3)["link"]
    other = "B" if link[0] == "A" else "A"
    for wrong in (other + link[1:], link[:-1] + ("B" if link[-1] == "A" else "A"), "A" * 40):
        assert refused(claim(operator, giver, wrong)) == (404, "packet_not_found")
    assert refused(claim(operator, "usr_0000000000001", link)) == (404, "user_not_found")
    assert refused(operator.get(f"/api/v1/users/{giver}/packets/pkt_0000000000001")) == (
        404, "packet_not_found",
    )  # fmt: skip


def test_the_rest_comes_back_by_itself_after_a_day(tmp_path: Path) -> None:
    """A network of its own: its clock is moved."""
    with serve(tmp_path / "data", "changliao.db") as (served, operator):
        giver, other = a_user(operator, 1_000), a_user(operator)
        path = f"/api/v1/users/{giver}/packets"
        packet = operator.made(path, amount=900, shares=3)
        got = claim(operator, other, packet["link"]).json()["amount"]
        operator.post("/api/v1/sandbox/clock", ahead_s=86_401)
        late = claim(operator, a_user(operator), packet["link"])
        assert refused(late) == (409, "packet_expired")
        becomes(lambda: operator.get(f"{path}/{packet['id']}").json()["state"], "returned")
        assert balance(operator, giver) == 1_000 - got
        assert served.audit()["clean"]
