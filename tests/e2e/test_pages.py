"""A person pays a shop's order in a real browser, and both screens tell the truth."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.e2e.site import PIN, Site, enter, join_and_top_up, open_page, place

HAN = re.compile(r"[\u4e00-\u9fff]")
WIDTHS = (360, 390, 768, 1280)
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_payment_shows_on_both_screens(site: Site, chromium: Browser) -> None:
    base, token = site.base, place(site).token
    complaints: list[str] = []
    desk = open_page(chromium, complaints, 1280)
    desk.goto(f"{base}/c/{token}")
    hand = open_page(chromium, complaints, 390)
    join_and_top_up(hand, base)

    hand.goto(f"{base}/c/{token}")
    hand.click("[data-open-pin]")
    enter(hand, PIN)
    hand.wait_for_selector(".icon.ok")

    desk.wait_for_selector(".icon.ok", timeout=4000)
    assert not complaints


def test_pages_never_scroll_sideways(site: Site, chromium: Browser) -> None:
    base, token = site.base, place(site).token
    complaints: list[str] = []
    for width in WIDTHS:
        page = open_page(chromium, complaints, width)
        for path in (f"/c/{token}", "/w/login", "/w/join"):
            for chosen in ("zh", "en"):
                page.goto(f"{base}{path}?lang={chosen}")
                assert page.evaluate(OVERFLOW) <= 0, (path, chosen, width)
                assert page.locator("h1").count() == 1, path
        page.context.close()
    assert not complaints


def test_pages_are_accessible_and_english_is_whole(site: Site, chromium: Browser) -> None:
    base, token = site.base, place(site).token
    page = open_page(chromium, [], 390)
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
