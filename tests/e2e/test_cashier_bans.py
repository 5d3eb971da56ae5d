"""A method that its platform stops taking: every cashier page says which, why and since when."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.site import Key, Person, Site, log_in, open_page, person, place, served, signed
from tests.e2e.test_tenders import HAN, accept, ahead
from tests.served import command

DESK, HAND = 1280, 390
WHY = "安全检查"
DATED = re.compile(r"自 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d 起")
DATED_EN = re.compile(r"Since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.")


@pytest.fixture
def market(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Site]:
    """A shop that takes wallets and online banking; Alipay is suspended."""
    with served(str(tmp_path_factory.mktemp("bans") / "data")) as site:
        accept(site, ("netbank", "accepted"), ("alipay", "suspended"))
        yield site
        for context in chromium.contexts:
            context.close()


def stop(site: Site, merchant_id: str, terminal: str) -> None:
    """Ban the wallet at once, for what is under way too."""
    made = command("sandbox", "operator-key", data=Path(site.data))
    second = Key(made["operator_key"], made["operator_secret"])
    cells = [{"method": "changliao", "terminal": terminal, "state": "banned"}]
    draft = {"platform_id": merchant_id, "cells": cells, "reason": WHY, "under_way": "stop"}
    path = "/api/v1/acceptance/drafts"
    drafted = signed(site.base, site.operator, path, draft)
    signed(site.base, second, f"{path}/{drafted['id']}/approve", {})
    ahead(site, 3)


def shown(chromium: Browser, site: Site, payer: Person, path: str, width: int) -> Page:
    page = open_page(chromium, [], width)
    log_in(page, site.base, payer.phone)
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        page.goto(site.base + path)
    return page


def test_a_ban_reaches_the_pages_that_are_open(market: Site, chromium: Browser) -> None:
    order, payer = place(market), person(market)
    pages = [shown(chromium, market, payer, f"/c/{order.token}", one) for one in (DESK, HAND)]
    assert all(WHY not in page.inner_text("main") for page in pages)
    stop(market, order.merchant_id, "pc")
    began = time.monotonic()
    for page in pages:
        page.wait_for_selector(f"text={WHY}")
    assert time.monotonic() - began < 5
    desk, hand = pages
    for page in pages:
        said = page.inner_text("main")
        assert WHY in said
        assert DATED.search(said), said
        assert "since" not in said
        assert page.locator("form[action$='/pay'], [data-open-pin]").count() == 0
    assert "银行升级" in hand.inner_text("main"), "the other method that is off, with its reason"
    for tab in ("scan", "account", "alipay"):
        desk.click(f"a.tab[href*='tab={tab}']")
        assert desk.get_attribute(f"a.tab[href*='tab={tab}']", "aria-selected") == "true"
        assert DATED.search(desk.inner_text("[role=tabpanel]")), tab
        assert desk.locator("[role=tabpanel] svg.qr").count() == 0
    tabs = desk.locator(".tablist").inner_text()
    assert tabs.count("禁止") == 2
    assert tabs.count("暂停") == 1
    assert (WHY in tabs, "银行升级" in tabs) == (True, True)
    for page, path in ((desk, "&tab=scan"), (hand, "")):
        page.goto(f"{market.base}/c/{order.token}?lang=en{path}")
        said = page.inner_text("main")
        assert DATED_EN.search(said)
        assert not HAN.search(re.sub("安全检查|银行升级|越野跑鞋|店", "", said)), said


TARGETS = """
() => [...document.querySelectorAll('a, button, summary, label.method, input')]
  .filter((one) => one.checkVisibility() && !one.closest('label') && !one.matches('.skip'))
  .filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < 44)
  .map((one) => `${one.outerHTML.slice(0, 90)} ${one.offsetWidth}x${one.offsetHeight}`)
"""


def sticky(page: Page) -> str:
    """What the bar at the bottom says; everything on the page is large enough for a thumb."""
    assert page.evaluate(TARGETS) == []
    box = page.locator(".sticky").bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert abs(box["y"] + box["height"] - page.viewport_size["height"]) < 2, "it is in sight"
    return page.inner_text(".sticky")


def test_on_a_phone_one_list_chooses_and_one_bar_says_what_is_next(
    market: Site, chromium: Browser
) -> None:
    order, rich, poor = place(market), person(market), person(market, 100)
    for width in (360, HAND):
        page = open_page(chromium, [], width)
        page.goto(f"{market.base}/c/{order.token}")
        assert "登录后付款 ¥268.00" in sticky(page)
    page = open_page(chromium, [], HAND)
    log_in(page, market.base, poor.phone, f"/c/{place(market).token}")
    radios = page.locator("[data-methods] input")
    names = [one.get_attribute("value") for one in radios.all()]
    assert names == ["changliao", "netbank", "alipay"]
    assert [one.is_disabled() for one in radios.all()] == [False, False, True]
    assert "用网银付款 ¥268.00" in sticky(page), "what covers it is chosen"
    radios.first.check()
    assert "先充值，再付 ¥268.00" in sticky(page)
    radios.nth(1).check()
    page.click(".sticky form:visible button")
    page.wait_for_selector("[data-state=paid]")
    assert page.evaluate(TARGETS) == []
    log_in(page, market.base, rich.phone, f"/c/{order.token}")
    assert radios.first.get_attribute("value") == "netbank", "the last used is first"
    radios.nth(1).check()
    assert "确认付款 ¥268.00" in sticky(page)
    page.click("[data-open-pin]")
    assert page.evaluate(TARGETS) == []
    stop(market, order.merchant_id, "pc")
    page.wait_for_selector(f"text={WHY}")
    assert "用网银付款 ¥268.00" in sticky(page)


def test_tabs_are_one_stop_and_arrows_move_in_them(market: Site, chromium: Browser) -> None:
    page = open_page(chromium, [], DESK)
    page.goto(f"{market.base}/c/{place(market).token}")
    page.focus("#tab-scan")
    said = []
    for key in ("ArrowDown", "ArrowDown", "End", "ArrowRight", "ArrowUp", "Home"):
        page.keyboard.press(key)
        said.append(page.evaluate("() => document.activeElement.id"))
    tabs = [f"tab-{one}" for one in ("account", "netbank", "alipay", "scan", "alipay", "scan")]
    assert said == tabs
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('role')") != "tab"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#tab-account[aria-selected=true]")
    page.click(".help summary")
    assert "不要再付" in page.inner_text(".help")
    assert market.base.split("//")[1] in page.inner_text(".foot")
