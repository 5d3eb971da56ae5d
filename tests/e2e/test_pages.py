"""A person pays a shop's order in a real browser, and both screens tell the truth."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.looks import is_well_made
from tests.e2e.site import PIN, Site, enter, join_and_top_up, open_page, place

# Names that stay as they are in English.
DATA = ("越野跑鞋", "店")


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

    desk.wait_for_selector(".icon.ok")
    assert not complaints


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_well_made(site: Site, chromium: Browser, width: int) -> None:
    complaints: list[str] = []
    page = open_page(chromium, complaints, width)
    for view in ("pc", "phone"):
        is_well_made(page, f"{site.base}/c/{place(site).token}?view={view}", DATA)
    for path in ("/w/login", "/w/join"):
        is_well_made(page, site.base + path)
    assert not complaints
    is_well_made(page, f"{site.base}/nothing-here")
    page.context.close()
