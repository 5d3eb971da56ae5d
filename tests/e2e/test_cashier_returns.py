"""Every way out of the cashier: back to the merchant, by itself after paying, or said in words."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.site import PIN, Placed, Site, enter, log_in, open_page, pay, person, place, signed

DESK, HAND = 1280, 390
THANKS = "/w/login?shop=鞋&paid=1"
OUT = ".foot a[rel=noreferrer]"
Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Opens tabs in browsers of their own."""
    pages: list[Page] = []

    def tab(width: int, **options: Any) -> Page:
        pages.append(open_page(chromium, [], width, **options))
        return pages[-1]

    yield tab
    for page in pages:
        page.context.close()


def sold(site: Site, **terms: object) -> tuple[Placed, str]:
    """An order of a shop that hears of it on this host, and its page with the way back there."""
    order = place(site, notify_url=f"{site.base}/nowhere", **terms)
    return order, f"/c/{order.token}?back={quote(site.base + THANKS, safe='')}"


def returned(page: Page) -> None:
    """The page goes to the shop by itself."""
    page.wait_for_url("**/w/login?**")
    assert parse_qs(urlsplit(page.url).query) == {"shop": ["鞋"], "paid": ["1"]}


@pytest.mark.parametrize("scripts", [True, False])
def test_whoever_pays_on_a_phone_comes_back_to_the_shop(
    site: Site, opened: Opener, scripts: bool
) -> None:
    (_, path), payer = sold(site), person(site)
    hand = opened(HAND, java_script_enabled=scripts)
    hand.goto(site.base + path)
    for language in ("en", "zh-Hans"):
        hand.click(f"header nav a[hreflang={language}]")
    hand.click(".button:not(.plain)")
    hand.fill("#phone", payer.phone)
    hand.fill("#password", "changliao")
    hand.click("button[type=submit]")
    if scripts:
        hand.click("[data-open-pin]")
        enter(hand, PIN)
    else:
        for pin in ("000000", PIN):
            hand.fill("#pin", pin)
            hand.click("form[action*='/pay'] button[type=submit]")
    returned(hand)


def test_whoever_pays_on_a_desk_comes_back_to_the_shop(site: Site, opened: Opener) -> None:
    (_, path), payer = sold(site), person(site)
    desk = opened(DESK)
    log_in(desk, site.base, payer.phone)
    desk.goto(site.base + path)
    desk.click("a.tab:has-text('账户')")
    desk.click("header nav a[hreflang=en]")
    desk.fill("#pin", "000000")
    desk.click("form[action*='/pay'] button[type=submit]")
    desk.fill("#pin", PIN)
    desk.click("form[action*='/pay'] button[type=submit]")
    returned(desk)


def test_a_code_that_a_phone_paid_leads_its_desk_back(site: Site, opened: Opener) -> None:
    (order, path), payer = sold(site), person(site)
    desk = opened(DESK)
    desk.goto(site.base + path)
    pay(site, order, payer)
    returned(desk)


def test_an_address_elsewhere_is_never_followed(site: Site, opened: Opener) -> None:
    order, _ = sold(site)
    hand = opened(HAND)
    for other in ("https://elsewhere.example/", "javascript:alert(1)", "//elsewhere.example"):
        hand.goto(f"{site.base}/c/{order.token}?back={quote(other, safe='')}")
        assert hand.locator(OUT).count() == 0
        assert "elsewhere" not in hand.content().replace(quote(other, safe=""), "")


@pytest.mark.parametrize("width", [HAND, DESK])
def test_every_state_says_the_way_out(site: Site, opened: Opener, width: int) -> None:
    page = opened(width)
    for named in (True, False):
        _, path = sold(site)
        closed, to_closed = sold(site)
        signed(site.base, site.shop, f"/api/v1/orders/{closed.id}/close", {})
        for one in (path, to_closed):
            page.goto(site.base + (one if named else one.split("?", maxsplit=1)[0]))
            assert page.locator(OUT).count() == named
            assert named or "关闭本页，回到商家的网页或 App" in page.inner_text(".foot")
    page.goto(f"{site.base}/c/{'x' * 44}")
    assert "关闭本页，回到商家的网页或 App" in page.inner_text(".foot")


@pytest.mark.parametrize("width", [HAND, DESK])
def test_a_second_payer_is_told_that_somebody_else_paid(
    site: Site, opened: Opener, width: int
) -> None:
    (order, path), first, second = sold(site), person(site), person(site)
    pay(site, order, first)
    page = opened(width)
    log_in(page, site.base, second.phone)
    page.goto(site.base + path)
    said = page.inner_text("main")
    assert "别人付清" in said
    assert "没有扣你的款" in said
    assert page.locator(".icon.ok, [data-state=paid], meta[http-equiv=refresh]").count() == 0
    assert page.locator(OUT).count() == 1
    page.goto(f"{site.base}/c/{order.token}?lang=en")
    assert "paid by somebody else" in page.inner_text("main")
    assert "not charged" in page.inner_text("main")


def test_a_page_that_knows_nobody_says_that_it_is_paid_and_not_by_whom(
    site: Site, opened: Opener
) -> None:
    (order, path), first = sold(site), person(site)
    pay(site, order, first)
    page = opened(HAND)
    page.goto(site.base + path)
    assert "订单已付清" in page.inner_text("h1")
    assert "不用再付" in page.inner_text("main")
    log_in(page, site.base, first.phone)
    page.goto(site.base + path)
    assert "支付成功" in page.inner_text("h1")


def test_two_who_have_it_open_and_one_pays_first(site: Site, opened: Opener) -> None:
    """The slower one's page turns by itself, and says that nothing was taken."""
    (order, path), first, second = sold(site), person(site), person(site)
    page = opened(DESK)
    log_in(page, site.base, second.phone)
    page.goto(f"{site.base}{path}&tab=account")
    pay(site, order, first)
    page.wait_for_selector("[data-state=already]")
    assert "没有扣你的款" in page.inner_text("main")
    page.goto(f"{site.base}/w/")
    assert page.inner_text(".hero-card .money") == "¥500.00"
