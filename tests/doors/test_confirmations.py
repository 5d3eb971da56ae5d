"""Confirming by passkey through the real process, with an authenticator that can lie."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.authenticators import Authenticator
from tests.doors.test_passkeys import Sandbox, Tab, person
from tests.served import Shop
from tests.wallets import PIN, hidden_in


class Payer(NamedTuple):
    """Somebody with money, their browser, and a passkey that they permitted to confirm."""

    tab: Tab
    device: Authenticator
    id: str
    phone: str

    def confirm(self, path: str, fields: dict[str, str], **lies: Any) -> httpx.Response:
        """Ask for the challenge of a form, answer it, and send the form with the answer."""
        answer = self.device.get(self.challenge(path, fields), **lies)
        return self.tab.send(path, **(fields | {"answer": answer}))

    def challenge(self, path: str, fields: dict[str, str]) -> str:
        glue = "&" if "?" in path else "?"
        return self.tab.challenge(f"{path}{glue}ask=passkey", **fields)

    def transfer(self, phone: str, amount: str = "1.00") -> dict[str, str]:
        """The form of a transfer, as the page for checking has it."""
        page = self.tab.follow("/w/transfer", phone=phone, amount=amount, note="")
        assert "data-passkey" in page.text
        return _filled(page.text)


@pytest.fixture
def payer(sandbox: Sandbox) -> Iterator[Payer]:
    made = person(sandbox[1])
    sandbox[1].made(f"/api/v1/users/{made['id']}/top-ups", amount=50_000)
    tab = Tab(sandbox[0]).log_in(made["phone"])
    device = Authenticator(f"http://localhost:{sandbox[0].port}")
    assert tab.add(device).status_code == 303
    wrong = permit(tab, pin="000000")
    assert wrong.status_code == 422
    assert "密码不正确" in wrong.text
    assert permit(tab).headers["location"] == "/w/passkeys?done=permitted"
    yield Payer(tab, device, made["id"], made["phone"])
    tab.http.close()


def permit(tab: Tab, **fields: str) -> httpx.Response:
    named = re.search(r'name="passkey" value="([^"]+)"', tab.see("/w/passkeys"))
    assert named
    return tab.send(
        "/w/passkeys/permit", **({"passkey": named[1], "permitted": "1", "pin": PIN} | fields)
    )


def balance(sandbox: Sandbox, user: str) -> int:
    found = sandbox[1].get(f"/api/v1/users/{user}").json()["balances"]
    return sum(one["balance"] for one in found)


def test_each_of_the_wallets_forms_takes_a_passkey(sandbox: Sandbox, payer: Payer) -> None:
    payee, tab = person(sandbox[1]), payer.tab
    sent = payer.confirm("/w/transfer/confirm", payer.transfer(payee["phone"]))
    assert "转账成功" in tab.see(sent.headers["location"])
    given = tab.follow("/w/packets", amount="3.00", shares="2", kind="equal", greeting="恭喜")
    packet = payer.confirm("/w/packets/confirm", _filled(given.text))
    assert packet.headers["location"].startswith("/w/packet/")
    out = tab.follow("/w/withdraw", account="6222 0000", amount="5.00")
    gone = payer.confirm("/w/withdraw/confirm", _filled(out.text))
    assert "提现" in tab.see(gone.headers["location"])
    bill = sandbox[1].made(
        f"/api/v1/users/{payee['id']}/group-bills", title="火锅", amount=600, shares=3
    )
    path = f"/w/group/{bill['link']}"
    assert payer.confirm(path, _filled(tab.see(path))).status_code == 303
    assert balance(sandbox, payer.id) == 50_000 - 100 - 300 - 500 - 200
    # The PIN goes on working on the same pages.
    typed = payer.transfer(payee["phone"]) | {"pin": PIN}
    assert "转账成功" in tab.see(tab.send("/w/transfer/confirm", **typed).headers["location"])


def test_an_order_is_paid_by_the_answer_for_it_alone(
    sandbox: Sandbox, shop: Shop, payer: Payer
) -> None:
    tab, pages = payer.tab, []
    for _ in range(2):
        path = f"/c/{shop.place()[1]['code_url'].split('pr=')[1]}"
        page = tab.see(f"{path}?view=pc&tab=account")
        assert f'data-passkey="{path}/pay?ask=passkey"' in page
        pages.append((f"{path}/pay", _filled(page)))
    (first, fields), (second, others) = pages
    made = payer.challenge(first, fields)
    cheap = payer.device.get(made)
    for path, form in ((second, others), (first, others), (second, fields)):
        told = tab.send(path, **(form | {"answer": cheap}))
        assert told.status_code == 422
        assert "等得太久" in told.text
    for lies in ({"flags": 1}, {"origin": "http://localhost:1"}, {"altered": True}):
        told = payer.confirm(first, fields, **lies)
        assert (told.status_code, "没有通过验证" in told.text) == (422, True)
    assert balance(sandbox, payer.id) == 50_000
    assert payer.confirm(first, fields).status_code == 303
    assert balance(sandbox, payer.id) == 49_000
    # Sent again it is the same payment; for another one the answer is used up.
    assert tab.send(first, **(fields | {"answer": cheap})).status_code == 303
    assert balance(sandbox, payer.id) == 49_000


def test_what_was_not_permitted_confirms_nothing(sandbox: Sandbox, payer: Payer) -> None:
    payee, tab = person(sandbox[1])["phone"], payer.tab
    fields = payer.transfer(payee)
    path = "/w/transfer/confirm"
    answer = payer.device.get(payer.challenge(path, fields))
    more = tab.send(path, **(fields | {"amount": "100.00", "answer": answer}))
    assert (more.status_code, "等得太久" in more.text) == (422, True)
    login = payer.device.get(tab.challenge("/w/login/challenge"))
    assert tab.send(path, **(fields | {"answer": login})).status_code == 422
    assert permit(tab, permitted="").headers["location"] == "/w/passkeys?done=stopped"
    assert "还不能确认付款" in payer.confirm(path, fields).text
    assert permit(tab).status_code == 303
    listed = sandbox[1].get(f"/api/v1/users/{payer.id}/passkeys").json()["data"]
    assert "confirms_at" in listed[0]
    changed = tab.send("/w/me/pin", old=PIN, new="864209", again="864209")
    assert changed.headers["location"] == "/w/me?changed=pin"
    page = tab.follow("/w/transfer", phone=payee, amount="1.00", note="")
    assert "data-passkey" not in page.text
    assert "还不能确认付款" in payer.confirm(path, fields).text
    other = Tab(sandbox[0]).log_in(person(sandbox[1])["phone"])
    stolen = payer.device.get(payer.challenge(path, fields))
    assert other.send(path, **(fields | {"answer": stolen})).status_code == 422
    other.http.close()
    assert balance(sandbox, payer.id) == 50_000


def _filled(page: str) -> dict[str, str]:
    """What the page's forms send, without what stands for the payer."""
    fields = hidden_in(page)
    return {name: text for name, text in fields.items() if name not in ("csrf", "answer")}
