"""Operators' keys belong to members: one person is one person in the console and over REST."""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from changliao.commands.context import visit
from changliao.core import chart
from changliao.operations.onboarding import RequestKey, add_request_key
from tests.e2e.members import code
from tests.served import CHANGLIAO, Rest, Served
from tests.waiting import becomes
from tests.wallets import hidden_in

Sandbox = tuple[Served, Rest]
DRAFTS = "/api/v1/acceptance/drafts"


class Somebody:
    """A member, in a browser and with a key."""

    def __init__(self, served: Served, name: str, role: str = "supervisor") -> None:
        self.served, self.name = served, name
        self.made = served.command("member", "add", name, "--role", role)
        self.key = served.command("member", "key", name)
        self.rest = Rest(served.base_url, self.key["operator_key"], self.key["operator_secret"])
        self.browser = httpx.Client(
            base_url=served.base_url,
            trust_env=False,
            verify=False,
            timeout=30,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        fields = {
            "name": name,
            "password": self.made["password"],
            "code": code(self.made["totp_secret"], time.time()),
        }
        entered = self.submit("/console/login", "/console/login", fields)
        assert entered.status_code == 303, entered.text

    def submit(self, page: str, action: str, fields: dict[str, Any]) -> httpx.Response:
        hidden = hidden_in(self.browser.get(page).text)
        return self.browser.post(action, data=hidden | fields)

    def drafts_in_console(self, platform_id: str) -> str:
        fields = {
            "platform": platform_id, "method": "changliao", "terminal": "pc", "state": "suspended",
            "reason": "安全检查",
        }  # fmt: skip
        path = "/console/acceptance"
        answer = self.submit(f"{path}?platform={platform_id}", path, fields)
        assert answer.status_code == 303, answer.text
        found = re.search(r"drf_\w{13}", answer.headers["location"])
        assert found is not None
        return found[0]

    def close(self) -> None:
        self.rest.http.close()
        self.browser.close()


@pytest.fixture(scope="module")
def people(sandbox: Sandbox) -> Any:
    both = Somebody(sandbox[0], "周航"), Somebody(sandbox[0], "林岚")
    yield both
    for one in both:
        one.close()


@pytest.fixture
def machine(sandbox: Sandbox) -> Iterator[Rest]:
    """With a key that belongs to nobody, as `init` makes one outside a sandbox."""

    async def add() -> RequestKey:
        async with visit(sandbox[0].data) as (network, _):
            return await add_request_key(network, chart.NETWORK)

    made = asyncio.run(add())
    rest = Rest(sandbox[0].base_url, made.name, made.secret)
    yield rest
    rest.http.close()


def draft(who: Rest, platform_id: str, **terms: str) -> httpx.Response:
    cell = {"method": "changliao", "terminal": "pc", "state": "suspended"}
    return who.post(DRAFTS, platform_id=platform_id, cells=[cell], reason="安全检查", **terms)


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


@pytest.fixture
def platform_id(sandbox: Sandbox) -> str:
    return str(sandbox[1].made("/api/v1/merchants", name="QQ 网购")["id"])


def test_a_person_is_one_person_on_pages_and_under_keys(
    people: tuple[Somebody, Somebody], platform_id: str
) -> None:
    one, other = people
    drafted = one.drafts_in_console(platform_id)
    shown = one.rest.get(f"{DRAFTS}/{drafted}").json()
    assert shown["drafted_by"] == one.made["member"]
    own = one.rest.post(f"{DRAFTS}/{drafted}/approve")
    assert reason(own) == (403, "policy_self_approval")
    agreed = other.rest.post(f"{DRAFTS}/{drafted}/approve")
    assert (agreed.status_code, agreed.json()["decided_by"]) == (200, other.made["member"])
    acts = one.browser.get("/console/audit").text
    assert drafted in acts
    assert other.key["operator_key"] in acts


def test_what_was_drafted_under_a_key_is_not_approved_on_the_own_page(
    people: tuple[Somebody, Somebody], platform_id: str
) -> None:
    one, other = people
    drafted = draft(one.rest, platform_id).json()["id"]
    path = f"/console/acceptance/drafts/{drafted}"
    own = one.submit(path, f"{path}/approve", {})
    assert own.status_code == 422
    assert "policy_self_approval" in own.text
    assert one.rest.get(f"{DRAFTS}/{drafted}").json()["state"] == "open"
    assert other.submit(path, f"{path}/approve", {}).status_code == 303
    assert one.rest.get(f"{DRAFTS}/{drafted}").json()["decided_by"] == other.made["member"]


def test_one_person_with_two_keys_is_one_person(
    sandbox: Sandbox, people: tuple[Somebody, Somebody], platform_id: str
) -> None:
    one, _ = people
    more = sandbox[0].command("member", "key", one.name)
    second = Rest(sandbox[0].base_url, more["operator_key"], more["operator_secret"])
    drafted = draft(one.rest, platform_id).json()["id"]
    assert reason(second.post(f"{DRAFTS}/{drafted}/approve")) == (403, "policy_self_approval")
    sandbox[0].command("member", "revoke-key", more["operator_key"])
    becomes(lambda: second.get(f"{DRAFTS}/{drafted}").status_code, 401)
    assert reason(second.get(f"{DRAFTS}/{drafted}")) == (401, "unknown_key")
    assert one.rest.get(f"{DRAFTS}/{drafted}").status_code == 200
    second.http.close()


def test_a_role_holds_under_a_key_too(sandbox: Sandbox, platform_id: str) -> None:
    served = sandbox[0]
    one = Somebody(served, "见习运营", "operator")
    drafted = draft(one.rest, platform_id)
    assert drafted.status_code == 201
    approval = one.rest.post(f"{DRAFTS}/{drafted.json()['id']}/approve")
    assert reason(approval) == (403, "not_permitted")
    merger = one.rest.post("/api/v1/mergers/mrg_0000000000001/approve")
    assert reason(merger) == (403, "not_permitted")
    one.close()


def test_who_may_use_no_key_gets_none_and_loses_the_one_there_was(
    sandbox: Sandbox, people: tuple[Somebody, Somebody]
) -> None:
    served, one = sandbox[0], Somebody(sandbox[0], "离职的人")
    assert one.rest.get(DRAFTS).status_code == 200
    path = f"/console/members/{one.made['member']}"
    admin = Somebody(served, "总管", "admin")
    done = admin.submit("/console/members", path, {"role": "viewer"})
    assert done.status_code == 303, done.text
    assert reason(one.rest.get(DRAFTS)) == (401, "unknown_key")
    words = [CHANGLIAO, "member", "key", one.name, "--data", str(served.data)]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (refused.returncode, "use_key" in refused.stderr) == (1, True)
    for somebody in (one, admin):
        somebody.close()


def test_a_machines_key_neither_drafts_nor_approves(
    people: tuple[Somebody, Somebody], machine: Rest, platform_id: str
) -> None:
    assert machine.get(DRAFTS).status_code == 200
    assert reason(draft(machine, platform_id)) == (403, "not_permitted")
    drafted = draft(people[0].rest, platform_id).json()["id"]
    approval = machine.post(f"{DRAFTS}/{drafted}/approve")
    assert reason(approval) == (403, "not_permitted")
