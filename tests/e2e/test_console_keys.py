"""The console's lists are walked by keys, Esc goes back, and filters are what the address says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.looks import accessible, fits
from tests.e2e.members import desk
from tests.e2e.site import Placed, Site, place, served

FOCUSED = "() => document.activeElement.getAttribute('href') ?? ''"
OUTLINED = "() => getComputedStyle(document.activeElement).outlineStyle"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A network of its own: its lists show nothing else."""
    with served(str(tmp_path_factory.mktemp("keys") / "data"), "Shop") as site:
        yield site


@pytest.fixture(scope="module")
def operator(shop: Site, chromium: Browser) -> Page:
    return desk(shop, chromium, "supervisor", [])


@pytest.fixture(scope="module")
def developer(shop: Site, chromium: Browser) -> Page:
    return desk(shop, chromium, "developer", [])


@pytest.fixture(scope="module")
def orders(shop: Site) -> list[Placed]:
    """The newest first, as lists have them."""
    return [place(shop, title="Shoes") for _ in range(3)][::-1]


def test_j_and_k_walk_any_list_and_enter_opens(
    shop: Site, orders: list[Placed], operator: Page, developer: Page
) -> None:
    for page, area in ((operator, "console"), (developer, "portal")):
        page.goto(f"{shop.base}/{area}/orders")
        for key, row in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
            page.keyboard.press(key)
            assert page.evaluate(FOCUSED) == f"/{area}/orders/{orders[row].id}"
            assert page.evaluate(OUTLINED) == "solid"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{area}/orders/{orders[1].id}")
    operator.goto(f"{shop.base}/console/search?q=Shop")
    operator.keyboard.press("/")
    operator.keyboard.type("jk")
    assert operator.input_value("[data-find]") == "jk"


def test_esc_closes_what_is_open_and_focus_goes_back(
    shop: Site, orders: list[Placed], developer: Page
) -> None:
    page = developer
    page.goto(f"{shop.base}/portal/requests")
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{row}")
    page.click("summary:has-text('curl')")
    page.focus("#curl")
    page.keyboard.press("Escape")
    assert page.locator("details[open]").count() == 0
    assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Escape")
    page.wait_for_url("**/portal/requests#rqs_*")
    assert page.evaluate(FOCUSED) == row
    assert page.evaluate(OUTLINED) == "solid"


def test_a_list_that_is_slow_to_come_anew_is_busy(shop: Site, developer: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = developer
    page.goto(f"{shop.base}/portal/requests")
    page.route("**/requests?seen=*", hold, times=1)
    page.wait_for_selector("[data-log][aria-busy=true]")
    held[0].continue_()
    page.wait_for_selector("[data-log]:not([aria-busy])")


def test_filters_are_what_the_address_says_also_after_going_back(
    shop: Site, operator: Page
) -> None:
    page = operator
    page.goto(f"{shop.base}/console/orders?state=paid")
    page.select_option("#state", "closed")
    page.fill("#from", "2026-01-01")
    page.click("main form.filters button")
    page.wait_for_url("**state=closed**")
    page.go_back()
    page.wait_for_url("**state=paid")
    page.wait_for_load_state()
    assert (page.input_value("#state"), page.input_value("#from")) == ("paid", "")


def test_an_order_shows_the_request_that_placed_it_as_the_log_has_it(
    shop: Site, orders: list[Placed], operator: Page, developer: Page
) -> None:
    for page, area in ((operator, "console"), (developer, "portal")):
        page.goto(f"{shop.base}/{area}/orders/{orders[0].id}")
        reference = page.title().split()[1]
        link = page.locator("section:has(h2:text('下单的请求')) a")
        for _ in range(20):
            if link.count():
                break
            page.reload()
            page.wait_for_load_state("networkidle")
        asked = page.inner_text("section:has(h2:text('下单的请求'))")
        assert f'"{reference}"' in asked
        assert shop.shop.secret not in asked
        accessible(page)
        fits(page, 1280, 390)
        link.click()
        page.wait_for_url(f"**/{area}/requests/rqs_*")
        assert reference in page.inner_text(".pane")


def test_what_does_not_wait_is_not_shown_and_an_empty_list_says_what_to_do(
    shop: Site, operator: Page, developer: Page
) -> None:
    operator.goto(f"{shop.base}/console/")
    assert "需要处理" not in operator.inner_text("main")
    developer.goto(f"{shop.base}/portal/orders?state=paid")
    assert developer.inner_text("main .result a") == "清除筛选"
    for page, path in (
        (operator, "console/settlements"),
        (operator, "console/events"),
        (operator, "console/payouts"),
        (operator, "console/stores"),
        (operator, "console/refunds"),
        (operator, "console/budgets"),
        (operator, "console/differences"),
        (operator, "console/risk/hits"),
        (developer, "portal/settlements"),
        (developer, "portal/refunds"),
        (developer, "portal/events"),
    ):
        page.goto(f"{shop.base}/{path}")
        href = page.get_attribute("main .result a", "href")
        assert href, path
        answer = page.request.get(f"{shop.base}{href}")
        assert answer.status == 200, (path, href)
