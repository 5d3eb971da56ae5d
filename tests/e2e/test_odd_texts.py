"""Long, hostile and mixed-direction texts of others: pages hold and nothing of them runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import WIDTHS, accessible, fits
from tests.e2e.members import desk
from tests.e2e.site import Site, log_in, open_page, pay, person, place, served, signed

SCRIPT = "<script>window.ran=1</script><img src=x onerror=window.ran=1>"
LONG = "W" * 60
TURNED = "\u202e002.00¥ \u2067مرحبا\u202d"
NAME = f"{LONG[:24]}<b>店</b>\u202eمتجر"
TURNING = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(str(tmp_path_factory.mktemp("odd") / "data"), NAME) as site:
        yield site


def holds(page: Page, address: str) -> None:
    """The page fits, nothing of a text ran, and no mark turns what stands beside it."""
    page.goto(address)
    fits(page, *WIDTHS)
    accessible(page)
    assert page.evaluate("() => window.ran") is None
    assert not any(mark in page.content() for mark in TURNING), address


@pytest.mark.parametrize("title", [SCRIPT, LONG, TURNED], ids=["script", "long", "turned"])
def test_pages_hold_whatever_others_write(odd: Site, chromium: Browser, title: str) -> None:
    complaints: list[str] = []
    payer = person(odd)
    order = place(odd, title=title)
    for view in ("pc", "phone"):
        page = open_page(chromium, complaints, 390)
        holds(page, f"{odd.base}/c/{order.token}?view={view}")
        page.context.close()
    pay(odd, order, payer)
    refund = {"reference": f"R{order.id}", "amount": 100, "reason": title[:80]}
    signed(odd.base, odd.shop, f"/api/v1/orders/{order.id}/refunds", refund)
    hand = open_page(chromium, complaints, 390)
    log_in(hand, odd.base, payer.phone, "/w/bills")
    holds(hand, f"{odd.base}/w/bills")
    hand.goto(f"{odd.base}/w/bills")
    holds(hand, odd.base + (hand.locator("a.bill").first.get_attribute("href") or ""))
    hand.context.close()
    looks = desk(odd, chromium, "supervisor", complaints)
    for path in ("orders", f"orders/{order.id}", "refunds", "merchants"):
        holds(looks, f"{odd.base}/console/{path}")
    looks.context.close()
    assert complaints == []
