"""Every page and action of the console with every role: who may do what, from the tables."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from changliao.core.members import OF_MERCHANTS, RIGHTS, Right, Role
from changliao.doors.console.door import TABLE
from changliao.doors.console.visit import Entry
from tests.e2e.members import code
from tests.served import Rest, Served, Shop
from tests.wallets import hidden_in

Sandbox = tuple[Served, Rest]
ENTRIES = pytest.mark.parametrize("one", TABLE, ids=lambda one: f"{one.method} {one.path}")
STRANGER = "0000000000001"


@pytest.fixture(scope="module")
def browsers(sandbox: Sandbox, shop: Shop) -> Iterator[dict[Role, httpx.Client]]:
    """One of each role, logged in."""
    made = {role: logged_in(sandbox[0], role, shop) for role in Role}
    yield made
    for one in made.values():
        one.close()


def logged_in(served: Served, role: Role, shop: Shop, name: str = "roles") -> httpx.Client:
    words = ["member", "add", f"{name} {role.name}", "--role", role.name.lower()]
    if role in OF_MERCHANTS:
        words += ["--merchant", shop.mchid]
    who = served.command(*words)
    browser = httpx.Client(
        base_url=served.base_url,
        trust_env=False,
        verify=False,
        timeout=30,
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    fields = hidden_in(browser.get("/console/login").text) | {
        "name": who["name"],
        "password": who["password"],
        "code": code(who["totp_secret"], time.time()),
    }
    answer = browser.post("/console/login", data=fields)
    home = "/portal/" if role in OF_MERCHANTS else "/console/"
    assert (answer.status_code, answer.headers["location"]) == (303, home)
    return browser


def send(browser: httpx.Client, one: Entry, **fields: str) -> httpx.Response:
    """The entry with ids that name nothing and an empty form."""
    path = re.sub(r"\{(\w+)\}", lambda part: f"{part[1][:3]}_{STRANGER}", one.path)
    if one.method == "GET":
        return browser.get(path)
    return browser.request(one.method, path, data=fields)


@ENTRIES
@pytest.mark.parametrize("role", Role, ids=lambda role: role.name.lower())
def test_a_role_does_what_the_table_says(
    browsers: dict[Role, httpx.Client], one: Entry, role: Role
) -> None:
    browser = browsers[role]
    token = hidden_in(browser.get("/console/account").text)["csrf"]
    answer = send(browser, one, csrf=token)
    assert (answer.status_code == 403) == (one.right not in RIGHTS[role]), answer.text
    assert answer.status_code < 500


@ENTRIES
def test_nobody_is_let_in_without_logging_in(sandbox: Sandbox, one: Entry) -> None:
    with httpx.Client(
        base_url=sandbox[0].base_url, trust_env=False, verify=False, timeout=30
    ) as browser:
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        answer = send(browser, one)
    assert answer.headers["location"].startswith("/console/login"), answer.text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_without_its_token_or_from_elsewhere_does_nothing(
    browsers: dict[Role, httpx.Client], headers: dict[str, str]
) -> None:
    browser = browsers[Role.ADMIN]
    for one in TABLE:
        if one.method == "POST":
            path = re.sub(r"\{(\w+)\}", STRANGER, one.path)
            fields: Any = {"name": "forged", "role": "admin"}
            if headers:
                fields["csrf"] = hidden_in(browser.get("/console/account").text)["csrf"]
            assert browser.post(path, data=fields, headers=headers).status_code == 403
    assert "forged" not in browser.get("/console/members").text


def test_every_right_is_somebodys_and_an_administrator_has_all_of_the_consoles() -> None:
    assert set().union(*RIGHTS.values()) == set(Right)
    portal = {right for right in Right if right.value.startswith("portal")}
    assert RIGHTS[Role.ADMIN] == set(Right) - portal
    for role in OF_MERCHANTS:
        assert RIGHTS[role] <= portal | {Right.OWN_ACCOUNT}


def test_log_in_again_after_logging_out(sandbox: Sandbox, shop: Shop) -> None:
    served = sandbox[0]
    who = served.command("member", "add", "leaves")
    with httpx.Client(
        base_url=served.base_url, trust_env=False, verify=False, timeout=30
    ) as browser:
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        fields = hidden_in(browser.get("/console/login").text) | {
            "name": who["name"],
            "password": who["password"],
            "code": code(who["totp_secret"], time.time()),
        }
        browser.post("/console/login", data=fields)
        kept = dict(browser.cookies)
        token = hidden_in(browser.get("/console/account").text)
        assert browser.post("/console/logout", data=token).headers["location"] == "/console/login"
        browser.cookies.update(kept)
        # The old cookie opens nothing.
        assert browser.get("/console/").status_code == 303
