"""A forgotten PIN through the real process, whose clock is moved: the wait, or a passkey."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authenticators import Authenticator
from tests.doors.test_passkeys import PASSWORD, Tab, person
from tests.served import Rest, Served, serve
from tests.wallets import PIN, hidden_in

DAY_S = 86_400
NEW = "864209"
Network = tuple[Served, Rest]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of its own: its days pass quickly."""
    data: Path = tmp_path_factory.mktemp("resets") / "data"
    with serve(data, "changliao.db") as (served, operator):
        yield served, operator
        served.audit()


def tomorrow(network: Network) -> None:
    ahead = network[1].get("/api/v1/sandbox/clock").json()["ahead_s"]
    network[1].post("/api/v1/sandbox/clock", ahead_s=ahead + DAY_S)


@pytest.fixture
def mine(network: Network) -> Iterator[Tab]:
    made = person(network[1])
    network[1].made(f"/api/v1/users/{made['id']}/top-ups", amount=5000)
    tab = Tab(network[0]).log_in(made["phone"])
    yield tab
    tab.http.close()


def sent(tab: Tab, network: Network, pin: str) -> str:
    """What a person is told who sends one yuan."""
    payee = person(network[1])["phone"]
    check = tab.follow("/w/transfer", phone=payee, amount="1.00", note="")
    answer = tab.http.post("/w/transfer/confirm", data=hidden_in(check.text) | {"pin": pin})
    return tab.see(answer.headers["location"]) if answer.status_code == 303 else answer.text


def test_the_password_and_a_day_set_another_pin(mine: Tab, network: Network) -> None:
    wrong = mine.send("/w/pin/ask", password="wrong")
    assert wrong.status_code == 422
    assert "密码不正确" in wrong.text
    assert mine.send("/w/pin/ask", password=PASSWORD).status_code == 303
    for page in ("/w/", "/w/me"):
        assert "有人申请了重设支付密码" in mine.see(page)
    assert "期间不能付款" in sent(mine, network, PIN)
    assert "期间不能付款" in mine.http.get("/w/pay-code").text
    early = mine.send("/w/pin/reset", password=PASSWORD, new=NEW, again=NEW)
    assert early.status_code == 422
    assert "等 24 小时" in early.text
    tomorrow(network)
    assert "等待结束了" in mine.see("/w/pin")
    for typed, said in (
        ({"new": "12345", "again": "12345"}, "6 位数字"),
        ({"new": NEW, "again": "864208"}, "不一样"),
        ({"new": NEW, "again": NEW, "password": "wrong"}, "密码不正确"),
    ):
        answer = mine.send("/w/pin/reset", **({"password": PASSWORD} | typed))
        assert answer.status_code == 422
        assert said in answer.text
    done = mine.send("/w/pin/reset", password=PASSWORD, new=NEW, again=NEW)
    assert done.headers["location"] == "/w/me?changed=pin"
    assert "有人申请了" not in mine.see("/w/")
    assert "密码不正确" in sent(mine, network, PIN)
    assert "转账成功" in sent(mine, network, NEW)


def test_any_device_cancels_it(mine: Tab, network: Network) -> None:
    mine.send("/w/pin/ask", password=PASSWORD)
    found = re.search(r"<dd>(\d{11})</dd>", mine.see("/w/me"))
    assert found
    other = Tab(network[0]).log_in(found[1])
    assert "取消重设" in other.see("/w/pin")
    assert other.send("/w/pin/cancel").headers["location"] == "/w/pin?done=cancelled"
    assert "转账成功" in sent(mine, network, PIN)
    tomorrow(network)
    late = mine.send("/w/pin/reset", password=PASSWORD, new=NEW, again=NEW)
    assert late.status_code == 422
    other.http.close()


def test_a_passkey_of_yesterday_sets_it_at_once(mine: Tab, network: Network) -> None:
    device = Authenticator(f"http://localhost:{network[0].port}")

    def reset(**lies: object) -> str:
        made = mine.challenge("/w/pin/challenge")
        answer = device.get(made, **lies)
        fields = {"password": PASSWORD, "new": NEW, "again": NEW, "answer": answer}
        done = mine.send("/w/pin/reset", **fields)
        return str(done.headers.get("location", done.text))

    mine.add(device)
    assert "data-passkey" not in mine.see("/w/pin")
    assert "添加满一天" in reset()
    tomorrow(network)
    assert "data-passkey" in mine.see("/w/pin")
    # An answer for logging in is none for this.
    other = device.get(mine.challenge("/w/login/challenge"))
    fields = {"password": PASSWORD, "new": NEW, "again": NEW, "answer": other}
    assert mine.send("/w/pin/reset", **fields).status_code == 422
    assert "没有通过验证" in reset(flags=1)
    assert "转账成功" in sent(mine, network, PIN)
    assert reset() == "/w/me?changed=pin"
    assert "转账成功" in sent(mine, network, NEW)
