"""A member's key does what the member's role may do: every role at every route that acts."""

from collections.abc import Iterator
from typing import Any

import pytest

from changliao.core.members import OF_MERCHANTS, RIGHTS, Right, Role
from changliao.doors.rest.endpoint import Who
from changliao.doors.rest.routes import TABLE
from tests.doors.test_rest_roles import send
from tests.served import Rest, Served

Sandbox = tuple[Served, Rest]
ROLES = [role for role in Role if role not in OF_MERCHANTS and Right.USE_KEY in RIGHTS[role]]
ACTS = [one for one in TABLE if one.method == "POST" and one.who is not Who.MERCHANT]


@pytest.fixture(scope="module", params=ROLES, ids=lambda role: role.name.lower())
def member(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[tuple[Role, Rest]]:
    served, role = sandbox[0], request.param
    name = f"rights {role.name.lower()}"
    served.command("member", "add", name, "--role", role.name.lower())
    made = served.command("member", "key", name)
    client = Rest(served.base_url, made["operator_key"], made["operator_secret"])
    yield role, client
    client.http.close()


def test_a_members_key_does_what_the_role_may(member: tuple[Role, Rest]) -> None:
    role, client = member
    wrong = []
    for one in ACTS:
        answer = send(client, one)
        refused = answer.status_code == 403 and answer.json()["reason"] == "not_permitted"
        if refused != (one.needs not in RIGHTS[role]):
            wrong.append((one.path, answer.text))
    assert wrong == []


def test_whoever_only_drafts_moves_nobodys_money() -> None:
    needs = {one.path: one.needs for one in ACTS}
    assert needs["/users/{user_id}/withdrawals"] not in RIGHTS[Role.OPERATOR]
    assert needs["/payments"] not in RIGHTS[Role.OPERATOR]


def test_what_pages_ask_a_right_for_is_asked_for_here() -> None:
    by_path: dict[str, Any] = {one.path: one.right for one in ACTS}
    assert by_path["/orders/{order_id}/refunds"] is Right.REFUND_ORDERS
    assert by_path["/merchants/{number}/fees"] is Right.MANAGE_TERMS
    assert by_path["/channels/{channel_code}"] is Right.MANAGE_CHANNELS
