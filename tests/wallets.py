"""Somebody with a wallet and a browser, for pages that a merchant sends people to."""

import re
from html import unescape
from typing import Any

import httpx

from tests.served import Rest, Served

PIN = "123456"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Wallet:
    """Logged in. `user` are the fields that `sandbox user --json` prints."""

    def __init__(self, base_url: str, user: dict[str, str], operator: Rest) -> None:
        self._operator, self.id, self.phone = operator, user["id"], user["phone"]
        self.openid = user.get("openid", "")
        self._browser = httpx.Client(
            base_url=base_url,
            follow_redirects=True,
            trust_env=False,
            verify=False,
            timeout=30,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        fields = {"phone": user["phone"], "password": "changliao"}
        login = hidden_in(self.see("/w/login"))
        assert self._browser.post("/w/login", data=login | fields).url.path == "/w/"

    def see(self, page: str) -> str:
        """What a page shows."""
        return self._browser.get(page).text

    def submit(self, page: str, **fields: str) -> int:
        """Send the form of a page; the status of the answer. A page without one is sent anyway."""
        hidden = hidden_in(self.see("/w/transfer")) | hidden_in(self.see(page))
        return self._browser.post(page, data=hidden | fields).status_code

    def send(self, path: str, fields: dict[str, str]) -> str:
        """Send a form that was filled in; the page that comes of it."""
        return self._browser.post(path, data=fields).text

    def pay(self, code_url: str) -> str:
        """Scan a code and pay with the PIN on the cashier's page; the page that says so."""
        path = f"/c/{code_url.split('pr=')[1]}"
        self.submit(f"{path}?view=phone")
        fields = hidden_in(self.see(f"{path}?view=phone"))
        return self.send(f"{path}/pay", fields | {"pin": PIN})

    def balance(self, purpose: str = "wallet") -> int:
        """What is in an account of this person's."""
        found = self._operator.get(f"/api/v1/ledger/accounts?owner={self.id}").json()["data"]
        return sum(one["balance"] for one in found if one["purpose"] == purpose)

    def pay_code(self) -> str:
        """The digits of a new pay code."""
        found = re.search(r'data-paycode="/w/pay-code/(\d{18})"', self.see("/w/pay-code"))
        assert found
        return found[1]

    def close(self) -> None:
        self._browser.close()


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}


def somebody(
    sandbox: tuple[Served, Rest], appid: str, phone: str, name: str, **options: Any
) -> Wallet:
    """A user with a name; `balance` is in fen."""
    words = ["sandbox", "user", phone, "--name", name]
    if appid:
        words += ["--appid", appid]
    for option, value in options.items():
        words += [f"--{option}", str(value)]
    return Wallet(sandbox[0].base_url, sandbox[0].command(*words), sandbox[1])
