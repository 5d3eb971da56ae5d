"""Two members edit one thing at once: the second sees both versions, and saves only knowingly."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from msgspec import Struct

from changliao.core.members import Role
from changliao.doors.console.door import TABLE
from tests.doors.test_console_roles import logged_in
from tests.phones import new_phone
from tests.served import Rest, Served, Shop

Sandbox = tuple[Served, Rest]
Fields = dict[str, str]
BANK = "/console/channels/sandbox_bank"


class Forms(HTMLParser):
    """Every form of a page: its action and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Fields]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((said.get("action", ""), {}))
        elif tag == "input" and said.get("type") == "hidden" and self.found:
            self.found[-1][1][said["name"]] = said.get("value", "")


class Edit(Struct, frozen=True):
    """Where something is edited, what two type, and what the second has to be shown."""

    page: str
    action: str
    named: Fields
    first: Fields
    second: Fields
    shown: tuple[str, ...]


@pytest.fixture(scope="module")
def two(sandbox: Sandbox, shop: Shop) -> Iterator[dict[str, tuple[httpx.Client, httpx.Client]]]:
    """Two administrators, and two accountants of a shop."""
    served = sandbox[0]
    made = {
        side: (logged_in(served, role, shop, "one"), logged_in(served, role, shop, "two"))
        for side, role in (("console", Role.ADMIN), ("portal", Role.ACCOUNTANT))
    }
    yield made
    for pair in made.values():
        for one in pair:
            one.close()


@pytest.fixture(scope="module")
def edits(
    sandbox: Sandbox, shop: Shop, two: dict[str, tuple[httpx.Client, httpx.Client]]
) -> Iterator[dict[str, Edit]]:
    served, operator = sandbox
    person = operator.made("/api/v1/users", phone=new_phone(), name="Wang", pin="135790")["id"]
    found = operator.get(f"/api/v1/merchants/{shop.mchid}").json()["id"]
    served.command("member", "add", "is edited", "--role", "viewer")
    listed = two["console"][0].get("/console/members").text
    [member] = re.findall(r'/console/members/(mbr_\w+)">is edited<', listed)
    merchant = f"/console/merchants/{found}"
    terms = {"state": "healthy", "cost_bps": "0"}
    account = {"days": "1", "channel": "sandbox_bank", "least": "1"}
    yield {
        "/console/limits": Edit(
            "/console/limits", "/console/limits", {"level": "3", "currency": "CNY"},
            {"per_payment": "9000000"}, {"per_payment": "9100000"},
            ("¥9,000,000.00", "9100000"),
        ),
        "/console/users/{id}/level": Edit(
            f"/console/ledger/{person}", f"/console/users/{person}/level", {},
            {"level": "2"}, {"level": "3"}, ("<bdi>1<", "<bdi>2<", "<bdi>3<"),
        ),
        "/console/channels/{code}": Edit(
            BANK, BANK, {}, terms | {"weight": "77"}, terms | {"weight": "78"},
            ("<bdi>77<", "<bdi>78<"),
        ),
        "/console/merchants/{id}/fees": Edit(
            f"{merchant}/fees", f"{merchant}/fees", {"method": "netbank"},
            {"fee_bps": "31"}, {"fee_bps": "32"}, ("<bdi>31<", "<bdi>32<"),
        ),
        "/console/merchants/{id}/settlements": Edit(
            f"{merchant}/settlements", f"{merchant}/settlements", {},
            account | {"currency": "CNY", "account": "6222 0000 0000 0001"},
            account | {"currency": "CNY", "account": "6222 0000 0000 0002", "paused": "1"},
            ("0001<", "0002<", "是"),
        ),
        "/console/members/{id}": Edit(
            "/console/members", f"/console/members/{member}", {},
            {"role": "operator", "state": "active"}, {"role": "viewer", "state": "disabled"},
            ("只读", "运营", "已停用登录"),
        ),
        "/console/risk/payers/{id}": Edit(
            f"/console/risk/hits?payer={person}", f"/console/risk/payers/{person}", {},
            {"hours": "1", "note": "looked"}, {"hours": "2", "note": "<b>&"},
            ("looked", "&lt;b&gt;&amp;"),
        ),
        "/console/refunds/threshold": Edit(
            "/console/refunds", "/console/refunds/threshold", {"currency": "CNY"},
            {"amount": "99999999"}, {"amount": "88888888"}, ("¥99,999,999.00", "88888888"),
        ),
        "/portal/refunds/threshold": Edit(
            "/portal/refunds", "/portal/refunds/threshold", {"currency": "CNY"},
            {"amount": "99999999"}, {"amount": "88888888", "keys": "1"},
            ("¥99,999,999.00", "88888888"),
        ),
    }  # fmt: skip
    # The network is shared: the others go on without limits.
    assert operator.post("/api/v1/identity-levels", level=3).status_code == 200


def form(browser: httpx.Client, edit: Edit) -> Fields:
    """The hidden fields of the form, as its page shows it."""
    found = [
        fields
        for action, fields in Forms(browser.get(edit.page).text).found
        if action == edit.action and edit.named.items() <= fields.items() and "seen" in fields
    ]
    assert found, edit
    return found[0]


# A case of a channel's statement is decided upon in tests/operations/test_acts.py.
CASES = {"/console/differences/{id}/propose", "/console/differences/{id}/decide"}
EDITS = {one.path: one for one in TABLE if one.shown_at}
# What is decided, made or ended at a press has a state machine or a name of its own.
ACTS = {
    *(
        "acceptance",
        "acceptance/cell",
        "acceptance/drafts/{id}/approve",
        "acceptance/drafts/{id}/withdraw",
    ),
    *("account/password", "account/sessions/{id}/end", "account/passkeys"),
    *("account/passkeys/challenge", "account/passkeys/rename", "account/passkeys/remove"),
    *("frames", "budgets/{owner_id}/{id}", "channels/{code}/faults"),
    *("disputes/{id}/notes", "disputes/{id}/decide", "events/resend", "events/{id}/resend"),
    *("keys", "keys/revoke", "members", "members/{id}/reset"),
    *("members/{id}/sessions/{session_id}/end", "stores/{id}/{store}", "stores"),
    *("mergers", "mergers/{id}/approve", "mergers/{id}/cancel", "mergers/{id}/run"),
    *("payouts/{merchant_id}/{id}/cancel", "orders/{id}/act", "events"),
    *("orders/{id}/refunds", "refunds/{id}/decide", "refunds/{id}/repair"),
    *("risk", "risk/rules/{id}/approve", "risk/rules/{id}/end", "risk/rules/{id}/withdraw"),
    "refunds/threshold-change",
}


def test_every_form_either_edits_with_a_version_or_is_an_act(edits: dict[str, Edit]) -> None:
    assert set(EDITS) == set(edits) | CASES
    posted = {one.path for one in TABLE if one.method == "POST" and not one.shown_at}
    assert {path.split("/", 2)[2] for path in posted} == ACTS


@pytest.mark.parametrize("path", sorted(set(EDITS) - CASES))
def test_the_second_sees_both_versions_and_saves_on_top(
    two: dict[str, tuple[httpx.Client, httpx.Client]], edits: dict[str, Edit], path: str
) -> None:
    edit = edits[path]
    one, other = two[path.split("/")[1]]
    mine, theirs = form(one, edit), form(other, edit)
    assert other.post(edit.action, data=theirs | edit.first).status_code == 303
    told = one.post(edit.action, data=mine | edit.second)
    assert told.status_code == 409, told.text
    for text in edit.shown:
        assert text in told.text, text
    assert "two ADMIN" in told.text or "two ACCOUNTANT" in told.text
    # Nothing was saved: whoever looks now sees the first one's.
    assert form(one, edit)["seen"] == form(other, edit)["seen"]
    # A second press of the first one's button is the same act, not a conflict.
    assert other.post(edit.action, data=theirs | edit.first).status_code == 303
    [(action, kept)] = [it for it in Forms(told.text).found if "seen" in it[1]]
    assert action == edit.action
    assert kept["seen"] == form(one, edit)["seen"]
    typed = {name: text for name, text in kept.items() if name not in ("act", "csrf", "seen")}
    assert typed == {**edit.named, **edit.second}
    assert one.post(action, data=kept).status_code == 303
    assert form(one, edit)["seen"] != kept["seen"]
    # The back link leads to the page.
    back = re.findall(r'<a class="button plain" href="([^"]+)"', told.text)
    assert back == [edit.page]
    # English says all of it too.
    english = one.post(f"{edit.action}?lang=en", data=mine | edit.second)
    assert english.status_code == 409
    assert "Somebody has just changed this" in english.text
    one.get("/console/account?lang=zh")


def test_what_a_browser_says_it_saw_is_not_believed_to_be_more(
    two: dict[str, tuple[httpx.Client, httpx.Client]], edits: dict[str, Edit]
) -> None:
    edit, one = edits["/console/channels/{code}"], two["console"][0]
    fields = form(one, edit) | edit.first
    for seen in ("", "{", "[]", '{"weight": 1}', '{"<b>": "<i>"}', "\ud7ff" * 9):
        answer = one.post(edit.action, data=fields | {"seen": seen})
        assert answer.status_code == 409
        assert "<i>" not in answer.text
    fields.pop("seen")
    assert one.post(edit.action, data=fields).status_code == 409


def test_the_audit_log_says_who_turned_what_into_what_and_from_where(
    two: dict[str, tuple[httpx.Client, httpx.Client]], edits: dict[str, Edit]
) -> None:
    edit, one = edits["/console/channels/{code}"], two["console"][0]
    fields = form(one, edit) | edit.first | {"weight": "55"}
    assert one.post(edit.action, data=fields).status_code == 303
    fields = form(one, edit) | edit.first | {"weight": "1"}
    assert one.post(edit.action, data=fields).status_code == 303
    row = one.get("/console/audit").text.split("<tr>")[2]
    said = " ".join(re.sub(r"<[^>]+>", " ", row).split())
    assert "one ADMIN" in said
    assert "权重 55 → 改为 1" in said
    assert "127.0.0.1" in said


def sent(rest: Rest, path: str, seen: str, **fields: Any) -> httpx.Response:
    """With an If-Match."""
    request = rest.signed("POST", path, json.dumps(fields).encode())
    request.headers["If-Match"] = seen
    return rest.http.send(request)


def no(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the reason as programs read it."""
    return answer.status_code, answer.json()["reason"]


def test_over_rest_if_match_is_compared_in_the_commit(sandbox: Sandbox, shop: Shop) -> None:
    operator = sandbox[1]
    path = f"/api/v1/merchants/{shop.mchid}/fees"
    shown = next(one for one in operator.get(path).json()["data"] if one["method"] == "tenpay")
    seen = f'"{shown["version"]}"'
    done = sent(operator, path, seen, method="tenpay", fee_bps=41)
    assert done.status_code == 200, done.text
    assert done.json()["version"] != shown["version"]
    stale = sent(operator, path, seen, method="tenpay", fee_bps=42)
    assert no(stale) == (412, "edited_meanwhile")
    now = f'"{done.json()["version"]}"'
    assert sent(operator, path, now, method="tenpay", fee_bps=42).status_code == 200
    # Whoever asks for no version overwrites, as before.
    assert operator.post(path, method="tenpay", fee_bps=None).status_code == 200
    for said in ("*", 'W/"1"', shown["version"], '"a", "b"'):
        assert no(sent(operator, path, said, method="tenpay", fee_bps=1)) == (400, "malformed")
    other = sent(operator, "/api/v1/users", now, phone=new_phone(), name="x", pin="135790")
    assert no(other) == (400, "malformed")
