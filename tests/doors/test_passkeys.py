"""Passkeys through the real process, with an authenticator that can lie: wallet and console."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.authenticators import Authenticator
from tests.e2e.members import code
from tests.phones import new_phone
from tests.served import Rest, Served
from tests.wallets import PIN, hidden_in

Sandbox = tuple[Served, Rest]
PASSWORD = "changliao"


class Tab:
    """A browser at `localhost`, where passkeys work."""

    def __init__(self, served: Served, host: str = "") -> None:
        self.host = host or f"localhost:{served.port}"
        self.http = httpx.Client(
            base_url=served.base_url,
            trust_env=False,
            verify=False,
            headers={"Sec-Fetch-Site": "same-origin", "Host": self.host},
        )
        self.see("/w/login")

    def see(self, path: str) -> str:
        return self.http.get(path, follow_redirects=True).text

    def send(self, path: str, **fields: str) -> httpx.Response:
        return self.http.post(path, data={"csrf": self.csrf} | fields)

    def follow(self, path: str, **fields: str) -> httpx.Response:
        """The page that a form leads to."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, answer.text
        return self.http.get(answer.headers["location"])

    @property
    def csrf(self) -> str:
        return hidden_in(self.see("/w/login"))["csrf"]

    def log_in(self, phone: str) -> "Tab":
        answer = self.send("/w/login", phone=phone, password=PASSWORD, next="/w/")
        assert answer.status_code == 303
        return self

    def challenge(self, path: str, **fields: str) -> str:
        answer = self.send(path, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["challenge"])

    def add(self, device: Authenticator, **lies: Any) -> httpx.Response:
        made = self.challenge("/w/passkeys/challenge", password=PASSWORD)
        return self.send("/w/passkeys", name="my phone", answer=device.create(made, **lies))

    def logged_in_by(self, device: Authenticator, **lies: Any) -> httpx.Response:
        made = self.challenge("/w/login/challenge")
        return self.send("/w/login/passkey", next="/w/me", answer=device.get(made, **lies))


def person(operator: Rest) -> dict[str, str]:
    """Somebody new with a wallet."""
    form = {"phone": new_phone(), "name": "小满", "password": PASSWORD, "pin": PIN}
    made: dict[str, str] = operator.made("/api/v1/users", **form)
    return made


@pytest.fixture
def phone(sandbox: Sandbox) -> str:
    return person(sandbox[1])["phone"]


@pytest.fixture
def tabs(sandbox: Sandbox) -> Iterator[list[Tab]]:
    made = [Tab(sandbox[0]) for _ in range(2)]
    yield made
    for one in made:
        one.http.close()


@pytest.fixture
def device(sandbox: Sandbox) -> Authenticator:
    return Authenticator(f"http://localhost:{sandbox[0].port}")


def test_a_passkey_logs_in_until_it_is_removed(
    tabs: list[Tab], phone: str, device: Authenticator
) -> None:
    mine, other = tabs
    mine.log_in(phone)
    assert mine.add(device).headers["location"] == "/w/passkeys?done=added"
    answer = other.logged_in_by(device)
    assert (answer.status_code, answer.headers["location"]) == (303, "/w/me")
    assert phone in other.see("/w/me")
    page = other.see("/w/passkeys")
    assert "my phone" in page
    shown = hidden_in(page)["passkey"]
    assert other.send("/w/passkeys/remove", passkey=shown).status_code == 303
    refused = tabs[0].logged_in_by(device)
    assert refused.status_code == 422
    assert "没有这个通行密钥" in refused.text


def test_adding_one_needs_the_password(tabs: list[Tab], phone: str) -> None:
    mine = tabs[0].log_in(phone)
    for typed in ("", "wrong"):
        answer = mine.send("/w/passkeys/challenge", password=typed)
        assert answer.status_code == 422
        assert "密码不正确" in answer.json()["message"]


def test_an_answer_counts_once_in_its_own_browser_for_its_own_act(
    tabs: list[Tab], phone: str, device: Authenticator
) -> None:
    mine, other = tabs
    mine.log_in(phone)
    mine.add(device)
    made = other.challenge("/w/login/challenge")
    answer = device.get(made)
    stolen = mine.send("/w/login/passkey", next="/w/", answer=answer)
    assert stolen.status_code == 422
    assert other.send("/w/login/passkey", next="/w/", answer=answer).status_code == 303
    for again in (answer, device.get(made)):
        replayed = other.send("/w/login/passkey", next="/w/", answer=again)
        assert replayed.status_code == 422
        assert "已经用过" in replayed.text
    # A challenge for adding logs nobody in, and one for logging in adds nothing.
    adding = mine.challenge("/w/passkeys/challenge", password=PASSWORD)
    assert mine.send("/w/login/passkey", answer=device.get(adding)).status_code == 422
    new = Authenticator(device.origin)
    logging_in = mine.challenge("/w/login/challenge")
    added = mine.send("/w/passkeys", name="x", answer=new.create(logging_in))
    assert added.status_code == 422


def test_an_operator_removes_those_of_a_lost_phone(
    sandbox: Sandbox, tabs: list[Tab], phone: str, device: Authenticator
) -> None:
    mine, operator = tabs[0].log_in(phone), sandbox[1]
    mine.add(device)
    user = operator.get(f"/api/v1/users?phone={phone}").json()["data"][0]["id"]
    [shown] = operator.get(f"/api/v1/users/{user}/passkeys").json()["data"]
    assert shown["name"] == "my phone"
    assert "used_at" not in shown
    path = f"/api/v1/users/{user}/passkeys/{shown['credential']}/remove"
    removed = operator.post(path).json()
    assert removed["removed_at"]
    assert operator.post(path).json() == removed
    assert operator.post(path.replace("/remove", "A/remove")).status_code == 404
    assert operator.get(f"/api/v1/users/{user}/passkeys").json()["data"] == []
    assert tabs[1].logged_in_by(device).status_code == 422


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "http://pay.evil"},
        {"party": "pay.evil"},
        {"flags": 1},
        {"cross_origin": True},
        {"altered": True},
        {"credential": b"somebody's"},
        {"credential": b""},
    ],
    ids=str,
)
def test_a_lie_opens_nothing(
    tabs: list[Tab], phone: str, device: Authenticator, lies: dict[str, Any]
) -> None:
    mine, other = tabs
    mine.log_in(phone)
    mine.add(device)
    assert other.logged_in_by(device, **lies).status_code == 422
    assert "/w/login" in str(other.http.get("/w/me").headers["location"])
    assert other.logged_in_by(device).status_code == 303


def test_a_counter_that_goes_back_is_told(
    tabs: list[Tab], phone: str, device: Authenticator
) -> None:
    mine, other = tabs
    mine.log_in(phone)
    mine.add(device)
    assert other.logged_in_by(device, count=41).status_code == 303
    copied = other.logged_in_by(device, count=41)
    assert copied.status_code == 422
    assert "可能被复制" in copied.text
    assert other.logged_in_by(device, count=42).status_code == 303


def test_nobody_uses_or_removes_anothers(
    sandbox: Sandbox, tabs: list[Tab], phone: str, device: Authenticator
) -> None:
    mine, theirs = tabs
    mine.log_in(phone)
    mine.add(device)
    shown = hidden_in(mine.see("/w/passkeys"))["passkey"]
    theirs.log_in(person(sandbox[1])["phone"])
    for named in (shown, "", "no base 64", "AAAA"):
        assert theirs.send("/w/passkeys/remove", passkey=named).status_code == 404
        assert theirs.send("/w/passkeys/rename", passkey=named, name="x").status_code == 404
    for name in ("", " ", "x" * 65):
        assert mine.send("/w/passkeys/rename", passkey=shown, name=name).status_code == 422
    # The very same passkey is nobody else's, and an answer of it is its owner.
    assert theirs.add(device).status_code == 422
    theirs.logged_in_by(device)
    assert phone in theirs.see("/w/me")
    assert "my phone" in mine.see("/w/passkeys")


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", '{"id":"AA","clientDataJSON":"AA"}', "x" * 20_000]
)
def test_what_is_no_answer_is_refused_in_words(tabs: list[Tab], phone: str, answer: str) -> None:
    mine = tabs[0].log_in(phone)
    for path in ("/w/login/passkey", "/w/passkeys"):
        refused = mine.send(path, name="x", answer=answer)
        assert refused.status_code == 422
        assert "没有通过验证" in refused.text


class Desk(Tab):
    """A member's browser, logged in once with a code."""

    def __init__(self, served: Served) -> None:
        super().__init__(served)
        self.who = served.command("member", "add", f"keys {new_phone()}", "--role", "viewer")

    def follow(self, path: str, **fields: str) -> httpx.Response:
        """The page that a form leads to."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, answer.text
        return self.http.get(answer.headers["location"])

    @property
    def csrf(self) -> str:
        return hidden_in(self.see("/console/login"))["csrf"]

    def enter(self, **second: str) -> httpx.Response:
        """Password and second factor."""
        fields = {"name": self.who["name"], "password": self.who["password"]}
        return self.send("/console/login", **(fields | second))

    def add(self, device: Authenticator, **lies: Any) -> httpx.Response:
        path = "/console/account/passkeys"
        made = self.challenge(f"{path}/challenge", password=self.who["password"])
        return self.send(path, name="desk key", answer=device.create(made, **lies))

    def answered(self, device: Authenticator, **lies: Any) -> str:
        return device.get(self.challenge("/console/login/challenge"), **lies)


@pytest.fixture
def desks(sandbox: Sandbox) -> Iterator[list[Desk]]:
    made = [Desk(sandbox[0]) for _ in range(2)]
    for one in made:
        entered = one.enter(code=code(one.who["totp_secret"], time.time()))
        assert entered.status_code == 303
    yield made
    for one in made:
        one.http.close()


def test_a_members_passkey_stands_for_the_code_and_every_act_is_kept(
    sandbox: Sandbox, desks: list[Desk], device: Authenticator
) -> None:
    mine, _ = desks
    wrong = mine.send("/console/account/passkeys/challenge", password="wrong")
    assert wrong.status_code == 422
    assert "密码不正确" in wrong.json()["message"]
    assert mine.add(device).headers["location"].endswith("?done=added")
    away = Desk.__new__(Desk)
    Tab.__init__(away, sandbox[0])
    away.who = mine.who
    answer = away.answered(device)
    assert away.enter(answer=answer).headers["location"] == "/console/"
    assert away.enter(answer=answer).status_code == 422
    page = away.see("/console/account/passkeys")
    assert "desk key" in page
    shown = hidden_in(page)["passkey"]
    removed = away.send("/console/account/passkeys/remove", passkey=shown)
    assert removed.headers["location"].endswith("?done=removed")
    assert away.enter(answer=away.answered(device)).status_code == 422
    audit = away.see(f"/console/audit?member={mine.who['member']}")
    for action in ("passkeys.add", "passkeys.remove"):
        assert audit.count(f">{action}<") == 1
    assert audit.count("desk key") == 2
    away.http.close()


def test_a_passkey_alone_or_anothers_opens_no_console(
    tabs: list[Tab], desks: list[Desk], phone: str, device: Authenticator
) -> None:
    mine, other = desks
    mine.add(device)
    theirs = Authenticator(device.origin)
    other.add(theirs)
    for second in (
        {"answer": mine.answered(theirs)},
        {"answer": mine.answered(device, altered=True)},
        {"answer": mine.answered(device, origin="http://pay.evil")},
    ):
        assert mine.enter(**second).status_code == 422
    wrong = mine.enter(password="wrong", answer=mine.answered(device))
    assert wrong.status_code == 422
    assert mine.enter(answer=mine.answered(device)).status_code == 303
    shown = hidden_in(mine.see("/console/account/passkeys"))["passkey"]
    refused = other.send("/console/account/passkeys/remove", passkey=shown)
    assert refused.status_code == 404
    # A member's passkey opens no wallet, and a person's no console.
    assert tabs[0].logged_in_by(device).status_code == 422
    person = Authenticator(device.origin)
    tabs[1].log_in(phone)
    tabs[1].add(person)
    assert mine.enter(answer=mine.answered(person)).status_code == 422


def test_an_address_that_can_have_none_says_so(sandbox: Sandbox, phone: str) -> None:
    served = sandbox[0]
    for host in (f"127.0.0.1:{served.port}", "pay.evil", "localhost.evil:80", "localhost:1:2"):
        tab = Tab(served, host)
        assert "passkey.js" not in tab.see("/w/login")
        assert tab.send("/w/login/challenge").status_code == 422
        tab.log_in(phone)
        assert "不能用通行密钥" in tab.see("/w/passkeys")
        assert tab.send("/w/passkeys/challenge", password=PASSWORD).status_code == 422
        tab.http.close()


def test_strangers_see_the_same_wish_whoever_they_may_be(tabs: list[Tab]) -> None:
    one, two = (tab.send("/w/login/challenge").json() for tab in tabs)
    assert one.pop("challenge") != two.pop("challenge")
    assert one == two
    assert not re.search("allowCredentials|phone", str(one))
    assert tabs[0].http.post("/w/login/challenge", data={}).status_code == 403
