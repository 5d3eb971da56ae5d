"""The pay code in a real browser: a scanner reads it, and the page follows what became of it."""

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e.looks import accessible
from tests.e2e.site import Site, join_and_top_up, open_page

CODE = "[data-paycode]"


def digits(page: Page) -> str:
    return str(page.locator(CODE).get_attribute("data-paycode")).rpartition("/")[2]


def read(page: Page) -> set[tuple[str, str]]:
    """What a scanner sees on the screen."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True, scale="css")))
    large = picture.resize((picture.width * 3, picture.height * 3))
    return {(one.format.name, one.text) for one in zxingcpp.read_barcodes(large)}


def test_both_codes_say_the_digits_and_the_page_is_for_everybody(
    site: Site, chromium: Browser
) -> None:
    complaints: list[str] = []
    page = open_page(chromium, complaints, 390)
    join_and_top_up(page, site.base)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.goto(f"{site.base}/w/pay-code?lang=en")
        shown = digits(page)
        assert read(page) == {("Code128", shown), ("QRCode", shown)}
        assert not page.locator(".digits p").is_visible()
        accessible(page)
    page.click(".digits summary")
    assert page.locator(".digits p").inner_text().replace(" ", "") == shown
    page.click("text=Another one")
    page.wait_for_load_state()
    assert digits(page) != shown
    assert not complaints
