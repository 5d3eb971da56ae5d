"""A person pays a shop's order in a real browser, and both screens tell the truth."""

import hashlib
import hmac
import json
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests import requirements

CHANGLIAO = str(Path(sys.executable).with_name("changliao"))
PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Chrome/150"
PIN = "135790"
HAN = re.compile(r"[\u4e00-\u9fff]")
WIDTHS = (360, 390, 768, 1280)
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A served network's address and its data folder."""
    data = str(tmp_path_factory.mktemp("network") / "data")
    subprocess.run([CHANGLIAO, "init", "--sandbox", "--data", data], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([CHANGLIAO, "serve", "--data", data, "--port", str(port)])
    try:
        _wait_for(base)
        yield base, data
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all pages."""
    path = requirements.chromium()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_a_payment_shows_on_both_screens(site: tuple[str, str], chromium: Browser) -> None:
    base, data = site
    token = _place(base, data)
    complaints: list[str] = []
    desk = _page(chromium, complaints, 1280)
    desk.goto(f"{base}/c/{token}")
    hand = _page(chromium, complaints, 390)
    _join_and_top_up(hand, base)

    hand.goto(f"{base}/c/{token}")
    hand.click("[data-open-pin]")
    _enter(hand, PIN)
    hand.wait_for_selector(".icon.ok")

    desk.wait_for_selector(".icon.ok", timeout=4000)
    assert not complaints


def test_pages_never_scroll_sideways(site: tuple[str, str], chromium: Browser) -> None:
    base, data = site
    token = _place(base, data)
    complaints: list[str] = []
    for width in WIDTHS:
        page = _page(chromium, complaints, width)
        for path in (f"/c/{token}", "/w/login", "/w/join"):
            for chosen in ("zh", "en"):
                page.goto(f"{base}{path}?lang={chosen}")
                assert page.evaluate(OVERFLOW) <= 0, (path, chosen, width)
                assert page.locator("h1").count() == 1, path
        page.context.close()
    assert not complaints


def test_pages_are_accessible_and_english_is_whole(
    site: tuple[str, str], chromium: Browser
) -> None:
    base, data = site
    token = _place(base, data)
    page = _page(chromium, [], 390)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for path in (f"/c/{token}?view=pc&", "/w/login?", "/w/join?", "/nothing-here?"):
            page.goto(f"{base}{path}lang=en")
            found = Axe().run(page)
            assert found.violations_count == 0, (path, theme, found.generate_report())
            if not path.startswith("/c/"):
                shown = page.locator("main").inner_text()
                assert not HAN.search(shown), (path, shown)
    page.context.close()


def _page(chromium: Browser, complaints: list[str], width: int) -> Page:
    agent = PHONE if width < 768 else None
    context = chromium.new_context(
        viewport={"width": width, "height": 840}, locale="zh-CN", user_agent=agent
    )
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def _join_and_top_up(page: Page, base: str) -> None:
    page.goto(f"{base}/w/join")
    fields = {"phone": "13912345678", "name": "小满", "password": "changliao", "pin": PIN}
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.click("button[type=submit]")
    page.wait_for_url("**/w/")
    page.click(".hero-card a")
    page.fill("#amount", "500")
    page.click("button[type=submit]")
    page.click("button[type=submit]")
    page.wait_for_url("**/w/")


def _enter(page: Page, pin: str) -> None:
    for digit in pin:
        page.click(f'[data-key="{digit}"]')


def _place(base: str, data: str) -> str:
    made = subprocess.check_output(
        [CHANGLIAO, "sandbox", "merchant", "--data", data, f"店 {secrets.token_hex(3)}", "--json"]
    )
    order = {"reference": f"JD{time.time_ns()}", "title": "越野跑鞋", "amount": 26800}
    answer: dict[str, Any] = _signed(base, json.loads(made), "/api/v1/orders", order)
    return str(answer["pay_url"]).split("/c/")[1]


def _signed(base: str, shop: dict[str, str], path: str, body: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(body).encode()
    now, nonce = str(int(time.time())), secrets.token_hex(8)
    text = f"POST\n{path}\n{now}\n{nonce}\n".encode() + content + b"\n"
    signature = hmac.digest(bytes.fromhex(shop["rest_secret"]), text, hashlib.sha256).hex()
    authorization = (
        f'CHANGLIAO-HMAC-SHA256 key="{shop["rest_key"]}",timestamp="{now}",'
        f'nonce="{nonce}",signature="{signature}"'
    )
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    answer = httpx.post(base + path, content=content, headers=headers)
    answer.raise_for_status()
    return dict(answer.json())


def _wait_for(base: str) -> None:
    for _ in range(100):
        try:
            httpx.get(f"{base}/w/login")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(base)
