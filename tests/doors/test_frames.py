"""Origins that may frame a merchant's codes: over REST, on the portal, by the command."""

import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from changliao.core.members import Role
from tests.doors.test_console_roles import Sandbox, logged_in
from tests.served import Rest, Shop, merchant
from tests.waiting import eventually
from tests.wallets import hidden_in

ANCESTORS = re.compile(r"frame-ancestors ([^;]+)")
PAGE = "/portal/frames"


@pytest.fixture
def own(sandbox: Sandbox) -> Iterator[Shop]:
    with merchant(sandbox[0], "Framed") as made:
        yield made


def ancestors(shop: Shop) -> str:
    """Who may frame a new order's code."""
    token = shop.place(notify_url="https://hears.example/paid")[1]["code_url"].split("pr=")[1]
    answer = httpx.get(f"{shop.fields['base_url']}/c/{token}/embed", trust_env=False, verify=False)
    return str(ANCESTORS.findall(answer.headers["content-security-policy"])[0])


def test_a_merchant_registers_and_removes_its_own(sandbox: Sandbox, own: Shop) -> None:
    rest = Rest(own.fields["base_url"], own.fields["rest_key"], own.fields["rest_secret"])
    path = f"/api/v1/merchants/{own.mchid}/frame-origins"
    assert rest.get(path).json() == {"origins": []}
    for _ in range(2):
        made = rest.post(path, origin="https://Sells.Example/")
        assert (made.status_code, made.json()) == (200, {"origins": ["https://sells.example"]})
    eventually(lambda: ancestors(own) == "https://hears.example https://sells.example")
    wrong = rest.post(path, origin="https://x.example; script-src *")
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "origin_invalid")
    with merchant(sandbox[0], "Other") as other:
        theirs = f"/api/v1/merchants/{other.mchid}/frame-origins"
        assert rest.get(theirs).status_code == 404
        assert rest.post(theirs, origin="https://sells.example").status_code == 404
        assert ancestors(other) == "https://hears.example"
    assert sandbox[1].get(path).json() == {"origins": ["https://sells.example"]}
    assert rest.post(f"{path}/remove", origin="https://sells.example").json() == {"origins": []}
    eventually(lambda: ancestors(own) == "https://hears.example")
    rest.http.close()
    with closing(logged_in(sandbox[0], Role.SUPERVISOR, own, "frames by key")) as browser:
        # A program that signs with the shop's key is named by it.
        assert own.fields["rest_key"] in browser.get("/console/audit").text


def test_the_portal_lists_changes_and_keeps_who_did(sandbox: Sandbox, own: Shop) -> None:
    with closing(logged_in(sandbox[0], Role.DEVELOPER, own, "frames")) as browser:
        form = hidden_in(browser.get(PAGE).text) | {"origin": "ftp://x", "allowed": "1"}
        wrong = browser.post(PAGE, data=form)
        assert (wrong.status_code, 'value="ftp://x"' in wrong.text) == (422, True)
        form = hidden_in(wrong.text) | {"origin": "http://localhost:5000", "allowed": "1"}
        assert browser.post(PAGE, data=form).headers["location"] == PAGE
        shown = browser.get(PAGE).text
        assert "http://localhost:5000" in shown
        assert "http://localhost:5000" in ancestors(own)
        gone = hidden_in(shown) | {"origin": "http://localhost:5000", "allowed": "0"}
        assert browser.post(PAGE, data=gone).status_code == 303
        assert 'name="origin" value="http://localhost' not in browser.get(PAGE).text
    with closing(logged_in(sandbox[0], Role.SUPERVISOR, own, "frames")) as browser:
        audit = browser.get("/console/audit?lang=en").text
        for said in ("Register a site that may embed", "Remove a site that may embed"):
            assert said in audit
        assert "http://localhost:5000" in audit


def test_the_command_changes_it_too(sandbox: Sandbox, own: Shop) -> None:
    words = ("sandbox", "frame-origin", own.mchid, "https://sells.example")
    assert sandbox[0].command(*words)["origins"] == "https://sells.example"
    assert sandbox[0].command(*words, "--remove")["origins"] == ""
