"""The wallet's home and bills, as a person uses them on a phone; every target is large enough."""

import re

from playwright.sync_api import Browser

from tests.e2e.looks import is_well_made
from tests.e2e.site import Site, log_in, open_page, pay, person, place, signed

NAMES = ("越野跑鞋", "店", "小满", "陈一诺")


def test_a_person_finds_a_bill(site: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    somebody, friend = person(site, 500_000), person(site, 0, "陈一诺")
    pay(site, place(site), somebody)
    for amount in (1_999, 280_000):
        path = f"/api/v1/users/{somebody.id}/transfers"
        signed(site.base, site.operator, path, {"payee_id": friend.id, "amount": amount})
    page = open_page(chromium, complaints, 390)
    log_in(page, site.base, somebody.phone)
    is_well_made(page, f"{site.base}/w/", NAMES)
    page.click(".head a[href='/w/bills']")
    assert "支出 ¥3,087.99 · 收入 ¥5,000.00" in page.inner_text("section.bills .head")
    page.click("details.filter summary")
    page.select_option("#kind", "transfer")
    page.fill("#most", "100")
    page.click("details.filter button")
    page.wait_for_url(re.compile("kind=transfer"))
    assert page.locator("a.bill").count() == 1
    assert page.locator(".row-tags a").all_inner_texts()[0].startswith("转账")
    is_well_made(page, page.url, NAMES)
    page.reload()
    assert page.input_value("#most") == "100"
    page.locator(".row-tags a").nth(1).click()
    page.wait_for_url(re.compile(r"kind=transfer$"))
    assert page.locator("a.bill").count() == 2
    page.go_back()
    assert page.locator("a.bill").count() == 1
    page.fill("#q", "跑鞋")
    page.press("#q", "Enter")
    page.wait_for_selector("text=没有符合条件的账单")
    page.click("text=清除筛选")
    page.fill("#q", "跑鞋")
    page.press("#q", "Enter")
    page.click("a.bill")
    assert "越野跑鞋" in page.inner_text("main")
    page.context.close()
    assert not complaints


def test_amounts_are_hidden_on_this_device_with_and_without_scripts(
    site: Site, chromium: Browser
) -> None:
    somebody = person(site, 123_456)
    for scripts in (True, False):
        page = open_page(chromium, [], 360, java_script_enabled=scripts)
        log_in(page, site.base, somebody.phone)
        assert "1,234.56" in page.inner_text(".hero-card").replace("\n", "")
        page.click("button[aria-label=隐藏金额]")
        page.wait_for_selector("button[aria-label=显示金额]")
        assert "1,234" not in page.content()
        page.reload()
        assert "1,234" not in page.content()
        if scripts:
            is_well_made(page, f"{site.base}/w/", NAMES)
        page.click("button[aria-label=显示金额]")
        page.wait_for_selector("button[aria-label=隐藏金额]")
        assert "1,234.56" in page.inner_text(".hero-card").replace("\n", "")
        page.context.close()
