"""A person's settings: another PIN and password, devices, theme; and the wallet as an app."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import is_well_made
from tests.e2e.site import PASSWORD, PIN, Site, enter, log_in, open_page, person, place


@pytest.fixture
def phone(site: Site) -> str:
    return person(site).phone


def change(page: Page, site: Site, part: str, *typed: str) -> None:
    """Fill in one of the two forms."""
    page.goto(f"{site.base}/w/me")
    page.click(f"details:has(form[action$='{part}']) summary")
    for name, text in zip(("old", "new", "again"), typed, strict=True):
        page.fill(f"#{part}-{name}", text)
    page.click(f"form[action$='{part}'] button")
    page.wait_for_load_state()


def test_another_pin_pays_and_the_old_one_does_not(
    site: Site, chromium: Browser, phone: str
) -> None:
    page = open_page(chromium, [], 390)
    log_in(page, site.base, phone)
    tries = (
        (PIN, "12345", "12345", "6 位数字"),
        (PIN, "246802", "246803", "不一样"),
        (PIN, PIN, PIN, "不要与原来的相同"),
        ("000000", "246802", "246802", "还可以试 4 次"),
    )
    for *typed, said in tries:
        change(page, site, "pin", *typed)
        assert said in page.inner_text("[role=alert]")
    change(page, site, "pin", PIN, "246802", "246802")
    assert "支付密码已换" in page.inner_text("[role=status]")
    page.goto(f"{site.base}/c/{place(site).token}")
    page.click("[data-open-pin]")
    enter(page, PIN)
    page.wait_for_selector("text=还可以试")
    enter(page, "246802")
    page.wait_for_selector(".icon.ok")
    page.context.close()


def test_another_password_logs_out_every_other_device(
    site: Site, chromium: Browser, phone: str
) -> None:
    here, there, third = (open_page(chromium, [], 390) for _ in range(3))
    for page in (here, there, third):
        log_in(page, site.base, phone)
    here.goto(f"{site.base}/w/me")
    assert here.locator(".devices li").count() == 3
    here.locator(".devices button").first.click()
    here.wait_for_load_state()
    assert here.locator(".devices li").count() == 2
    third.goto(f"{site.base}/w/me")
    assert "/w/login" in third.url
    change(here, site, "password", "not it at all", "another one", "another one")
    assert "密码不正确" in here.inner_text("[role=alert]")
    change(here, site, "password", PASSWORD, "another one", "another one")
    assert "登录密码已换" in here.inner_text("[role=status]")
    assert here.locator("[role=status] a[href='/w/passkeys']").count() == 1
    assert here.locator(".devices li").count() == 1
    there.goto(f"{site.base}/w/me")
    assert "/w/login" in there.url
    for page in (here, there, third):
        page.context.close()


def test_nobody_ends_anothers_session(site: Site, chromium: Browser, phone: str) -> None:
    mine, theirs = open_page(chromium, [], 390), open_page(chromium, [], 390)
    log_in(mine, site.base, phone)
    log_in(theirs, site.base, phone)
    theirs.goto(f"{site.base}/w/me")
    token = theirs.locator("[name=session]").get_attribute("value")
    other = open_page(chromium, [], 390)
    log_in(other, site.base, person(site).phone)
    csrf = other.locator("[name=csrf]").first
    other.goto(f"{site.base}/w/me")
    fields: dict[str, Any] = {"csrf": str(csrf.get_attribute("value")), "session": str(token)}
    headers = {"Sec-Fetch-Site": "same-origin"}
    for session in (str(token), "", "xy" * 32):
        path = f"{site.base}/w/me/sessions/end"
        answer = other.context.request.post(
            path, form=fields | {"session": session}, headers=headers
        )
        assert answer.status == 404
    mine.goto(f"{site.base}/w/me")
    assert mine.locator(".devices li").count() == 2
    for page in (mine, theirs, other):
        page.context.close()


def test_a_form_outlives_its_session(site: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    giver, taker = person(site), person(site, 0)
    hand = open_page(chromium, complaints, 390)
    log_in(hand, site.base, giver.phone, "/w/transfer")
    for name, text in {"phone": taker.phone, "amount": "1.00", "note": "<b>tea</b>"}.items():
        hand.fill(f"#{name}", text)
    kept = hand.context.cookies()
    hand.context.clear_cookies(name=re.compile("session"))
    assert len(hand.context.cookies()) < len(kept)
    hand.click("main form button[type=submit]")
    assert "已经保留" in hand.inner_text("main")
    hand.fill("#phone", giver.phone)
    hand.fill("#password", "wrong password")
    hand.click("main form[action='/w/login'] button")
    assert "已经保留" in hand.inner_text("main")
    hand.fill("#password", PASSWORD)
    hand.click("main form[action='/w/login'] button")
    assert "<b>tea</b>" in hand.inner_text("dl")
    hand.click("main form button[type=submit]")
    hand.wait_for_selector("[data-open-pin]")
    assert "¥1.00" in hand.inner_text("main")
    # Now it ends while the PIN is typed.
    hand.context.clear_cookies(name=re.compile("session"))
    hand.click("[data-open-pin]")
    enter(hand, PIN)
    hand.wait_for_selector("main form[action='/w/login']")
    assert "已经保留" in hand.inner_text("main")
    hand.fill("#phone", giver.phone)
    hand.fill("#password", PASSWORD)
    hand.click("main form[action='/w/login'] button")
    assert "对方手机号" in hand.inner_text("dl")
    hand.fill("#pin", PIN)
    hand.click("main form button[type=submit]")
    hand.wait_for_selector(".icon.ok")
    hand.context.close()


def test_a_theme_is_chosen_whatever_the_system_says(
    site: Site, chromium: Browser, phone: str
) -> None:
    page = open_page(chromium, [], 390, color_scheme="light")
    log_in(page, site.base, phone)
    seen = {}
    for theme in ("auto", "dark", "light", "auto"):
        page.goto(f"{site.base}/w/me?theme={theme}")
        page.goto(f"{site.base}/w/")
        seen[theme] = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert seen["auto"] == seen["light"] == "rgb(244, 246, 248)"
    assert seen["dark"] == "rgb(14, 21, 26)"
    page.context.close()


def test_the_wallet_is_an_app_and_says_so_without_network(
    site: Site, chromium: Browser, phone: str
) -> None:
    page = open_page(chromium, [], 390, service_workers="allow")
    log_in(page, site.base, phone)
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    told = json.loads(manifest["data"])
    assert (told["start_url"], told["display"], told["lang"]) == ("/w/", "standalone", "zh-Hans")
    for icon in told["icons"]:
        answer = page.context.request.get(site.base + icon["src"])
        assert answer.headers["content-type"] == icon["type"]
    page.wait_for_function("async () => (await navigator.serviceWorker.ready).active !== null")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto(f"{site.base}/w/bills")
    assert "没有网络" in page.inner_text("h1")
    assert "268" not in page.content()
    kept = page.evaluate(
        """async () => { const paths = [];
        for (const name of await caches.keys()) {
          for (const one of await (await caches.open(name)).keys()) {
            paths.push(new URL(one.url).pathname);
          }
        }
        return paths; }"""
    )
    assert all(one.startswith("/static/") or one == "/w/offline" for one in kept), kept
    page.context.set_offline(False)
    page.click("text=再试一次")
    page.wait_for_selector(".hero-card")
    page.context.close()


def test_pages_are_well_made(site: Site, chromium: Browser, phone: str) -> None:
    page = open_page(chromium, [], 390)
    log_in(page, site.base, phone)
    for path in ("", "me", "bills", "scan", "transfer", "offline"):
        is_well_made(page, f"{site.base}/w/{path}", ("小满",))
    page.context.close()
