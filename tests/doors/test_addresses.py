"""Every page and form by its address: nonsense in it is no fault, and no form comes from elsewhere.

The routes are those of the doors' own tables, so that none is left out.
"""

import re
from collections.abc import Iterator
from typing import cast

import httpx
import pytest
from starlette.routing import Route

from changliao.core.members import Role
from changliao.doors.cashier import door as cashier
from changliao.doors.console.door import TABLE
from changliao.doors.wallet import door as wallet
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.web.pages import Pages
from changliao.web.security import Browser
from tests.doors.test_console_roles import STRANGER, logged_in
from tests.doors.test_passkeys import Tab
from tests.doors.test_passkeys import person as new_person
from tests.served import Rest, Served, Shop
from tests.wallets import hidden_in

Sandbox = tuple[Served, Rest]
NOBODYS = cast(Network, None), Pages(Browser(b"key", https=False), sandbox=True), cast(Desk, None)
PEOPLES: list[Route] = [*wallet.routes(*NOBODYS, ""), *cashier.routes(*NOBODYS, "", {})]
# For people who are not logged in.
OPEN = re.compile(r"/c/|/w/(login|join|logout|manifest|sw|offline)")
# Streams would go on; some addresses say in their query what they are about.
UNASKED = re.compile(r"/live$")
ODD = ("9" * 26, "-1", "0000-00-00", "0001-01-01", "9999-12-31", "\u202e", "'\"<b>", "x" * 300)
NAMES = (
    "abnormal", "after", "amount", "ask", "before", "by", "channel", "currency", "day", "days",
    "failed", "first", "format", "from", "goal", "issue", "kind", "last", "link", "member",
    "merchant", "method", "metric", "month", "next", "of", "part", "payer", "platform", "q",
    "state", "store", "terminal", "to", "token", "view", "with",
)  # fmt: skip


@pytest.fixture(scope="module")
def console(sandbox: Sandbox, shop: Shop) -> Iterator[httpx.Client]:
    made = logged_in(sandbox[0], Role.ADMIN, shop, "odd")
    yield made
    made.close()


@pytest.fixture(scope="module")
def portal(sandbox: Sandbox, shop: Shop) -> Iterator[httpx.Client]:
    made = logged_in(sandbox[0], Role.DEVELOPER, shop, "odd")
    yield made
    made.close()


@pytest.fixture(scope="module")
def person(sandbox: Sandbox) -> Iterator[httpx.Client]:
    tab = Tab(sandbox[0]).log_in(new_person(sandbox[1])["phone"])
    yield tab.http
    tab.http.close()


def gets() -> list[str]:
    """Every address of a page."""
    entries = [one.path for one in TABLE if one.method == "GET"]
    peoples = [one.path for one in PEOPLES if "GET" in (one.methods or ())]
    return sorted({path for path in (*entries, *peoples) if not UNASKED.search(path)})


@pytest.mark.parametrize("path", gets())
def test_nonsense_in_an_address_is_no_fault(
    console: httpx.Client, portal: httpx.Client, person: httpx.Client, path: str
) -> None:
    browser = {"w": person, "c": person, "portal": portal}.get(path.split("/")[1], console)
    for odd in ODD:
        named = re.sub(r"\{\w+(:int)?\}", "9" * 26 if ":int" in path else odd, path)
        for address in {named, path} if "{" in path else {path}:
            answer = browser.get(httpx.URL(address, params=dict.fromkeys(NAMES, odd)))
            assert answer.status_code < 500, (address, odd)


@pytest.mark.parametrize("one", PEOPLES, ids=lambda one: f"{min(one.methods)} {one.path}")
def test_a_strangers_form_does_nothing_and_a_page_asks_who_is_there(
    sandbox: Sandbox, person: httpx.Client, one: Route
) -> None:
    """As the console's tables are tried in test_console_roles."""
    path = re.sub(r"\{\w+(:int)?\}", STRANGER, one.path)
    if "POST" in (one.methods or ()):
        token = hidden_in(person.get("/w/me").text)["csrf"]
        same, other = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
        assert person.post(path, data={"csrf": token}, headers=other).status_code == 403
        for forged in ({}, {"csrf": "0" * 64}):
            answer = person.post(path, data=forged, headers=same, follow_redirects=False)
            # What names nothing is told so before its form is read.
            assert answer.status_code in {403, 404}, answer.text
    if not OPEN.match(one.path):
        client = httpx.Client(base_url=sandbox[0].base_url, trust_env=False, verify=False)
        with client as nobody:
            methods = one.methods or ()
            asked = [nobody.get(path)] if "GET" in methods else []
            for answer in asked:
                assert answer.status_code == 303
                assert answer.headers["location"].startswith("/w/login")


FORMS = [one.path for one in TABLE if one.method == "POST"]
FORMS += [one.path for one in PEOPLES if "POST" in (one.methods or ()) and not OPEN.match(one.path)]


@pytest.mark.parametrize("path", sorted(set(FORMS)))
def test_a_form_outlives_its_session_wherever_it_is(sandbox: Sandbox, path: str) -> None:
    """What was typed is still there while its person logs in again; secrets are not."""
    named = re.sub(r"\{\w+\}", STRANGER, path)
    client = httpx.Client(base_url=sandbox[0].base_url, trust_env=False, verify=False)
    client.headers["Sec-Fetch-Site"] = "same-origin"
    with client as ended:
        login = "/w/login" if path.startswith("/w/") else "/console/login"
        token = hidden_in(ended.get(login).text)["csrf"]
        answer = ended.post(named, data={"csrf": token, "note": "坏了 & broken", "pin": "135790"})
        if login == "/w/login" and not path.endswith("/picture"):
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/w/login?of=")
            assert "135790" not in ended.get(answer.headers["location"]).text
        elif login == "/console/login":
            kept = hidden_in(answer.text)
            assert (kept["path"], kept["kept_note"]) == (named, "坏了 & broken")
            assert "135790" not in answer.text
