"""Net bank and a wallet for PCs at the cashier: every state is said, nothing is paid twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.site import (
    PRICE,
    Key,
    Person,
    Placed,
    Site,
    log_in,
    open_page,
    pay,
    person,
    place,
    served,
    signed,
)
from tests.served import Rest, command, later
from tests.waiting import eventually

HAN = re.compile(r"[\u4e00-\u9fff]")
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
FORM = "form[action$='/tender']"
DESK, HAND = 1280, 360


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A shop that takes online banking and Tenpay on PCs; Alipay is suspended, wallets are not."""
    data = str(tmp_path_factory.mktemp("tenders") / "data")
    with served(data) as site:
        accept(site, ("netbank", "accepted"), ("tenpay", "accepted"), ("alipay", "suspended"))
        yield site
        assert command("audit", data=Path(data))["clean"]


def accept(site: Site, *states: tuple[str, str]) -> None:
    known = place(site)
    made = command("sandbox", "operator-key", data=Path(site.data))
    second = Key(made["operator_key"], made["operator_secret"])
    cells = [{"method": method, "terminal": "pc", "state": state} for method, state in states]
    draft = {"platform_id": known.merchant_id, "cells": cells, "reason": "银行升级"}
    path = "/api/v1/acceptance/drafts"
    drafted = signed(site.base, site.operator, path, draft)
    signed(site.base, second, f"{path}/{drafted['id']}/approve", {})
    ahead(site, 3)


def ahead(site: Site, seconds: int) -> None:
    """Its clock goes on by so much."""
    rest = Rest(site.base, site.operator.id, site.operator.secret)
    later(rest, seconds)
    rest.http.close()


def fail(site: Site, fault: str, kind: str = "pay", channel: str = "sandbox_bank") -> None:
    form = {"kind": kind, "fault": fault, "off": -100}
    signed(site.base, site.operator, f"/api/v1/channels/{channel}/faults", form)


def shown(chromium: Browser, site: Site, payer: Person, order: Placed, width: int) -> Page:
    page = open_page(chromium, [], width)
    log_in(page, site.base, payer.phone, f"/c/{order.token}")
    return page


def use(page: Page, site: Site, order: Placed, method: str) -> None:
    """Pay by a method: on a PC behind its tab."""
    if page.viewport_size and page.viewport_size["width"] == DESK:
        page.goto(f"{site.base}/c/{order.token}?tab={method}")
    else:
        page.check(f"[data-methods] input[value={method}]")
    page.click(f"{FORM}:has(input[value={method}]) button")


def state(page: Page) -> str:
    return page.locator("[data-state]").first.get_attribute("data-state") or ""


def looks_right(page: Page) -> None:
    """For everybody, light and dark, without sideways scroll."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page)
        assert found.violations_count == 0, (page.url, theme, found.generate_report())
        assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("width", [DESK, HAND])
def test_an_order_is_paid_by_online_banking(market: Site, chromium: Browser, width: int) -> None:
    order, payer = place(market), person(market, 0)
    page = shown(chromium, market, payer, order, width)
    said = page.locator("main").inner_text()
    assert ("财付通" in said, "支付宝" in said, "网银" in said) == (True, True, True)
    looks_right(page)
    if width == DESK:
        page.goto(f"{market.base}/c/{order.token}?tab=alipay")
    assert "银行升级" in page.locator("main").inner_text(), "why a method is off is said"
    if width == HAND:
        assert page.locator(f"{FORM}:has(input[value=tenpay])").count() == 0, "it is for PCs"
    use(page, market, order, "netbank")
    page.wait_for_selector("[data-state=paid]")
    page.goto(f"{market.base}/w/bills?lang=en")
    assert "Paid in for an order" in page.locator("main").inner_text()
    page.context.close()


def test_a_bank_that_is_late_is_waited_for(market: Site, chromium: Browser) -> None:
    """The page says so, offers no second payment, and turns by itself when the answer comes."""
    order, payer = place(market), person(market, 0)
    desk = shown(chromium, market, payer, order, DESK)
    fail(market, "late")
    use(desk, market, order, "netbank")
    desk.wait_for_selector("[data-state=processing]")
    hand = shown(chromium, market, payer, order, HAND)
    for page in (desk, hand):
        assert state(page) == "processing"
        assert "请不要重复付款" in page.locator("main").inner_text()
        assert page.locator("form[action$='/tender'], form[action$='/pay']").count() == 0
    for page in (desk, hand):
        looks_right(page)
    desk.goto(f"{market.base}/c/{order.token}?lang=en")
    assert not HAN.search(desk.locator("[data-live]").inner_text())
    ahead(market, 30)
    for page in (desk, hand):
        page.wait_for_selector("[data-state=paid]")
        page.context.close()


def test_a_bank_that_declines_took_nothing_and_the_wallet_pays(
    market: Site, chromium: Browser
) -> None:
    order, payer = place(market), person(market)
    page = shown(chromium, market, payer, order, DESK)
    fail(market, "refused", channel="tenpay")
    use(page, market, order, "tenpay")
    page.wait_for_selector("text=没有同意付款，没有扣款")
    assert state(page) == "waiting"
    looks_right(page)
    pay(market, order, payer)
    page.wait_for_selector("[data-state=paid]")
    page.context.close()


def test_what_comes_too_late_or_wrong_goes_back_and_the_page_says_so(
    market: Site, chromium: Browser
) -> None:
    wrong, payer = place(market), person(market)
    page = shown(chromium, market, payer, wrong, DESK)
    fail(market, "wrong_amount")
    use(page, market, wrong, "netbank")
    page.wait_for_selector("text=会自动原路退回")
    assert state(page) == "waiting", "another amount pays nothing"
    late = place(market)
    page.goto(f"{market.base}/c/{late.token}")
    fail(market, "late")
    use(page, market, late, "netbank")
    page.wait_for_selector("[data-state=processing]")
    pay(market, late, payer)
    page.wait_for_selector("[data-state=paid]")
    assert "还没有答复。如果它扣了款" in page.locator("main").inner_text()
    looks_right(page)
    ahead(market, 120)
    main = page.locator("main")
    eventually(lambda: page.reload() and "没有用于这笔订单" in main.inner_text())
    page.goto(f"{market.base}/w/")
    assert f"{(50_000 - PRICE) / 100:.2f}" in page.locator(".hero-card").inner_text()
    page.context.close()


def test_a_form_made_up_asks_nobody(market: Site, chromium: Browser) -> None:
    order, payer = place(market), person(market, 0)
    page = shown(chromium, market, payer, order, HAND)
    field = "form[action$='/tender'] input[name=method]"
    made_up = f'() => {{ document.querySelector("{field}").value = "tenpay" }}'
    page.evaluate(made_up)
    page.click(f"{FORM} button")
    assert "没有扣款" in page.locator("main").inner_text()
    assert state(page) != "processing"
    stranger = open_page(chromium, [], HAND)
    stranger.goto(f"{market.base}/c/{order.token}")
    assert stranger.locator(FORM).count() == 0, "who is not logged in is asked to"
    looks_right(stranger)
    stranger.context.close()
    page.context.close()
