"""People of the demo: they use the wallet's pages as a browser would, form by form."""

import re
from html import unescape
from typing import Final

import httpx

_HIDDEN: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_DIGITS: Final = re.compile(r'data-paycode="/w/pay-code/(\d{18})"')
_HEADERS: Final = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mobile demo"}


class WentWrong(Exception):
    """A page did not say what it should."""


class Person:
    """One browser with its cookies."""

    def __init__(self, base_url: str, phone: str, name: str, pin: str) -> None:
        self._browser = httpx.Client(
            base_url=base_url,
            headers=_HEADERS,
            follow_redirects=True,
            trust_env=False,
            timeout=30,
            verify=base_url.startswith("https:"),  # certificates are read for nothing else
        )
        self.phone = phone
        self.name = name
        self.password = f"{name}-{phone}"
        self._pin = pin

    def sign_up(self) -> None:
        """Open a wallet."""
        fields = {"phone": self.phone, "name": self.name, "password": self.password}
        self._submit("/w/join", "/w/join", fields | {"pin": self._pin}, "/w/")

    def top_up(self, yuan: str) -> None:
        """Bring money in from the sandbox bank."""
        bank = self._submit("/w/top-up", "/w/top-up", {"amount": yuan}, "/w/bank")
        self._send("/w/bank", bank.text, {}, "/w/")

    def pay(self, code: str) -> str:
        """Scan a code and pay with the PIN; the page that says so."""
        opened = self._submit("/w/scan", "/w/scan", {"code": code}, "/c/")
        paid = self._send(f"{opened.url.path}/pay", opened.text, {"pin": self._pin}, "/c/")
        if "icon ok" not in paid.text:
            raise WentWrong(f"{opened.url.path} was not paid")
        return str(paid.url)

    def pay_code(self) -> str:
        """The digits of a new pay code, as the page shows them."""
        page = self._browser.get("/w/pay-code").text
        found = _DIGITS.search(page)
        if found is None:
            raise WentWrong("the pay code page shows no code")
        return found[1]

    def confirm(self, code: str) -> None:
        """Pay what waits for this person's PIN after its pay code was charged."""
        following = self._browser.get(f"/w/pay-code/{code}").json()["next"]
        opened = self._browser.get(following)
        self._send(f"{opened.url.path}/pay", opened.text, {"pin": self._pin}, "/c/")

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def _submit(self, page: str, action: str, fields: dict[str, str], lands: str) -> httpx.Response:
        return self._send(action, self._browser.get(page).text, fields, lands)

    def _send(self, action: str, page: str, fields: dict[str, str], lands: str) -> httpx.Response:
        """Fill in the form on a page and send it; it must land where it should."""
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(page)}
        answer = self._browser.post(action, data=hidden | fields)
        if answer.status_code != httpx.codes.OK or not answer.url.path.startswith(lands):
            raise WentWrong(f"{action} answered {answer.status_code} at {answer.url.path}")
        return answer
