"""A served network, people on it and their browsers, for tests that use real pages."""

import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from playwright.sync_api import Browser, Page

from tests.served import serve
from tests.waiting import LONGEST_S

PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Chrome/150"
PASSWORD = "changliao"
PIN = "135790"
PRICE = 26800
# A worker for each of many browsers only takes time; tests that want one say so.
_NO_WORKER = "Service Worker registration blocked by Playwright"
_PHONES = itertools.count(13_800_000_000)


class Key(NamedTuple):
    """What signs a request to the REST API."""

    id: str
    secret: str


class Site(NamedTuple):
    """Where a network is served, who runs it and whose shop is in it."""

    base: str
    operator: Key
    shop: Key
    data: str = ""
    shop_number: str = ""


class Placed(NamedTuple):
    """An order: its id, its merchant's id, and the token of its payment link."""

    id: str
    merchant_id: str
    token: str


class Person(NamedTuple):
    """Somebody with a wallet."""

    id: str
    phone: str


@contextmanager
def served(data: str, name: str = "店") -> Iterator[Site]:
    """A fresh network with one shop, in a process of its own."""
    with serve(Path(data), "changliao.db") as (running, rest):
        made = running.command("sandbox", "merchant", name)
        operator, shop = Key(rest.key, rest.secret), Key(made["rest_key"], made["rest_secret"])
        yield Site(running.base_url, operator, shop, data, made["mchid"])


def place(site: Site, **terms: object) -> Placed:
    """An order of the shop's."""
    order = {"reference": f"JD{time.time_ns()}", "title": "越野跑鞋", "amount": PRICE} | terms
    answer = signed(site.base, site.shop, "/api/v1/orders", order)
    return Placed(answer["id"], answer["merchant_id"], answer["pay_url"].split("/c/")[1])


def person(site: Site, balance: int = 50_000, name: str = "小满") -> Person:
    """Somebody new, with money."""
    form = {"phone": str(next(_PHONES)), "name": name, "password": PASSWORD, "pin": PIN}
    made = signed(site.base, site.operator, "/api/v1/users", form)
    if balance:
        path = f"/api/v1/users/{made['id']}/top-ups"
        signed(site.base, site.operator, path, {"amount": balance})
    return Person(made["id"], made["phone"])


def pay(site: Site, order: Placed, payer: Person) -> None:
    """Pay without a page, on the operator's word."""
    form = {"merchant_id": order.merchant_id, "order_id": order.id, "payer_id": payer.id}
    signed(site.base, site.operator, "/api/v1/payments", form | {"amount": PRICE})


def signed(base: str, key: Key, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A request to the REST API; it must be taken."""
    content = json.dumps(body).encode()
    now, nonce = str(int(time.time())), secrets.token_hex(8)
    text = f"POST\n{path}\n{now}\n{nonce}\n".encode() + content + b"\n"
    signature = hmac.digest(bytes.fromhex(key.secret), text, hashlib.sha256).hex()
    authorization = (
        f'CHANGLIAO-HMAC-SHA256 key="{key.id}",timestamp="{now}",'
        f'nonce="{nonce}",signature="{signature}"'
    )
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    answer = httpx.post(
        base + path, content=content, headers=headers, trust_env=False, verify=False, timeout=30
    )
    answer.raise_for_status()
    return dict(answer.json())


def open_page(chromium: Browser, complaints: list[str], width: int, **options: Any) -> Page:
    """A tab of a browser of its own: a phone's when it is narrow."""

    def complain(text: str) -> None:
        if text != _NO_WORKER:
            complaints.append(text)

    agent = PHONE if width < 768 else None
    options = {"service_workers": "block", **options}
    context = chromium.new_context(
        viewport={"width": width, "height": 840}, locale="zh-CN", user_agent=agent, **options
    )
    context.set_default_timeout(LONGEST_S * 1000)
    page = context.new_page()
    page.on("console", lambda message: complain(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def join(page: Page, base: str, phone: str) -> None:
    """Open a wallet on its page."""
    page.goto(f"{base}/w/join")
    fields = {"phone": phone, "name": "小满", "password": PASSWORD, "pin": PIN}
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.click("button[type=submit]")
    page.wait_for_url("**/w/")


def log_in(page: Page, base: str, phone: str, path: str = "/w/") -> None:
    """Log in on the page for it and go on to `path`."""
    page.goto(f"{base}/w/login?next={path}")
    page.fill("#phone", phone)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"**{path}")


def top_up(page: Page) -> None:
    """Bring in 500 yuan, from the wallet's home."""
    page.click(".hero-card a")
    page.fill("#amount", "500")
    page.click("button[type=submit]")
    page.click("form[action='/w/bank'] button[type=submit]")
    page.wait_for_url("**/w/")


def join_and_top_up(page: Page, base: str) -> None:
    """A new wallet with 500 yuan in it."""
    join(page, base, str(next(_PHONES)))
    top_up(page)


def enter(page: Page, pin: str) -> None:
    """Tap a PIN on the sheet."""
    for digit in pin:
        page.click(f'[data-key="{digit}"]')
