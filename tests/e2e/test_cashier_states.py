"""Every state of the cashier is for everybody: both languages, themes, widths, larger text, axe."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.looks import is_well_made
from tests.e2e.site import Person, Placed, Site, log_in, open_page, pay, person, place, signed

NAMES = ("越野跑鞋", "店", "小满")
STATES = (
    "waiting", "scanned", "paid", "already", "closed", "taken", "bad", "stranger",
    "embed", "embed paid", "embed bad",
)  # fmt: skip


def address(site: Site, state: str, mine: Person) -> str:
    """Where it is seen, by somebody who is logged in."""
    if state.endswith("bad"):
        return f"/c/{'x' * 44}{'/embed' if 'embed' in state else ''}"
    order = place(site, notify_url=f"{site.base}/paid")
    if state in ("paid", "already", "embed paid", "stranger"):
        pay(site, order, mine if state == "paid" else person(site))
    if state == "closed":
        signed(site.base, site.shop, f"/api/v1/orders/{order.id}/close", {})
    return f"/c/{order.token}{'/embed' if 'embed' in state else ''}"


def opened_by(site: Site, chromium: Browser, order: Placed, who: Person) -> None:
    """Scanned on a phone: from now on it is this person's to pay."""
    phone = open_page(chromium, [], 390)
    log_in(phone, site.base, who.phone, f"/c/{order.token}")
    phone.context.close()


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_well_made(site: Site, chromium: Browser, state: str) -> None:
    mine, page = person(site), open_page(chromium, [], 390)
    if state != "stranger":
        log_in(page, site.base, mine.phone)
    if state in ("scanned", "taken"):
        order = place(site)
        opened_by(site, chromium, order, mine if state == "scanned" else person(site))
        where = f"/c/{order.token}"
    else:
        where = address(site, state, mine)
    page.goto(site.base + where)
    if state in ("paid", "already", "closed", "taken", "bad"):
        assert page.locator(f"[data-state={state}]").count() == 1
    views = ("",) if state not in ("waiting", "scanned") else ("?view=pc", "?view=phone")
    for view in views:
        is_well_made(page, site.base + where + view, NAMES)
    page.context.close()
