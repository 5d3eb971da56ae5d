"""Money in and out on real pages: a bank that does not answer, a wallet that is for PCs only."""

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import OVERFLOW, is_well_made
from tests.e2e.site import PIN, Site, enter, join_and_top_up, log_in, open_page, person, signed
from tests.waiting import eventually

CHIPS = {"提现成功": "已完成", "提现处理中": "处理中", "提现没有成功": "没有成功"}


def fail(site: Site, kind: str, fault: str) -> None:
    path = "/api/v1/channels/sandbox_bank/faults"
    signed(site.base, site.operator, path, {"kind": kind, "fault": fault, "off": -100})


def fill_in(page: Page, site: Site, amount: str = "88.88") -> None:
    """From the wallet's home to the page on which the withdrawal is checked."""
    page.goto(f"{site.base}/w/")
    page.click("a[href='/w/withdraw']")
    page.fill("#account", "6222 0000 1234")
    page.fill("#amount", amount)
    page.click("button[type=submit]")


def balance(page: Page, site: Site) -> str:
    page.goto(f"{site.base}/w/")
    return page.locator(".hero-card").inner_text()


@pytest.mark.parametrize(
    ("fault", "headline", "left"),
    [
        (None, "提现成功", "411.12"),
        ("unanswered", "提现处理中", "411.12"),
        ("refused", "提现没有成功", "500.00"),
        ("wrong_amount", "提现成功", "412.12"),
    ],
)
def test_a_person_withdraws_with_the_pin(
    site: Site, chromium: Browser, fault: str | None, headline: str, left: str
) -> None:
    complaints: list[str] = []
    page = open_page(chromium, complaints, 390)
    join_and_top_up(page, site.base)
    if fault:
        fail(site, "payout", fault)
    fill_in(page, site)
    page.click("[data-open-pin]")
    enter(page, PIN)
    page.wait_for_url("**/w/withdrawals/*")
    assert headline in page.locator("h1").inner_text()
    assert page.evaluate(OVERFLOW) <= 0
    page.reload()
    assert headline in page.locator("h1").inner_text()
    assert ("少付的 ¥1.00" in page.locator("main").inner_text()) == (fault == "wrong_amount")
    assert left in balance(page, site)
    page.click("a.bill:has-text('提现'):has-text('−')")
    assert page.locator(".result .chip").inner_text() == CHIPS[headline]
    assert page.evaluate(OVERFLOW) <= 0
    page.context.close()
    assert not complaints


def test_a_wrong_pin_or_too_much_takes_nothing(site: Site, chromium: Browser) -> None:
    page = open_page(chromium, [], 390)
    join_and_top_up(page, site.base)
    fill_in(page, site)
    page.click("[data-open-pin]")
    enter(page, "000000")
    page.wait_for_selector("text=密码不正确")
    fill_in(page, site, "500.01")
    page.click("[data-open-pin]")
    enter(page, PIN)
    page.wait_for_selector("text=余额不足")
    assert "500.00" in balance(page, site)
    page.context.close()


def test_a_top_up_whose_answer_was_lost_says_so_and_comes(site: Site, chromium: Browser) -> None:
    page = open_page(chromium, [], 390)
    join_and_top_up(page, site.base)
    fail(site, "pay", "unanswered")
    page.click("a[href='/w/top-up']")
    page.fill("#amount", "10")
    page.click("button[type=submit]")
    page.click("form[action='/w/bank'] button[type=submit]")
    assert "请不要重复付款" in page.locator("main").inner_text()
    eventually(lambda: "510.00" in balance(page, site))
    page.context.close()


def test_going_back_after_a_top_up_shows_pages_and_pays_nothing_again(
    site: Site, chromium: Browser
) -> None:
    page = open_page(chromium, [], 390)
    join_and_top_up(page, site.base)
    page.go_back()
    assert "¥500.00" in page.locator("form[action='/w/bank']").inner_text()
    page.reload()
    page.click("form[action='/w/bank'] button[type=submit]")
    page.wait_for_url("**/w/")
    assert "500.00" in balance(page, site)
    page.goto(f"{site.base}/w/top-up")
    page.fill("#amount", "x")
    page.click("button[type=submit]")
    page.wait_for_selector("[role=alert]")
    page.reload()
    assert page.input_value("#amount") == "x"
    page.context.close()


def test_the_wallet_for_pcs_serves_on_a_pc_only(site: Site, chromium: Browser) -> None:
    somebody = person(site, 0)
    phone, desk = (open_page(chromium, [], width) for width in (390, 1280))
    for page in (phone, desk):
        log_in(page, site.base, somebody.phone)
        page.goto(f"{site.base}/w/top-up")
    tenpay = "input[value=tenpay]"
    assert phone.locator(tenpay).is_disabled()
    assert "只能在电脑上使用" in phone.locator("main").inner_text()
    # A form that was made up is refused as well.
    phone.evaluate("() => { document.querySelector('input[value=tenpay]').disabled = false }")
    for page in (phone, desk):
        page.fill("#amount", "20")
        page.check(tenpay)
        page.click("button[type=submit]")
        assert "财付通" in page.locator("h1").inner_text()
        page.click("form[action='/w/bank'] button[type=submit]")
    assert "只能在电脑上使用。没有扣款" in phone.locator("main").inner_text()
    desk.wait_for_url("**/w/")
    assert "20.00" in balance(desk, site)
    phone.context.close()
    desk.context.close()


def test_the_pages_are_for_everybody(site: Site, chromium: Browser) -> None:
    somebody = person(site)
    page = open_page(chromium, [], 390)
    log_in(page, site.base, somebody.phone)
    for path in ("/w/top-up", "/w/withdraw", "/w/statements"):
        is_well_made(page, site.base + path)
    page.context.close()
