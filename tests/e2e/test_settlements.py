"""Settlement runs on pages: operators see everybody's, a merchant when, where to and how much."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import is_well_made
from tests.e2e.members import log_in, member
from tests.e2e.site import Site, open_page, pay, person, place, served, signed

DAY_S = 86_400


@pytest.fixture
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A network of its own, a day after its shop has earned something: its clock is moved."""
    with served(str(tmp_path_factory.mktemp("settlements") / "data")) as site:
        order = place(site)
        cycle = {"merchant_id": order.merchant_id, "channel": "sandbox_bank", "account": "6222 01"}
        signed(site.base, site.operator, "/api/v1/settlement-cycles", cycle)
        pay(site, order, person(site))
        signed(site.base, site.operator, "/api/v1/sandbox/clock", {"ahead_s": DAY_S + 400})
        yield site


def a_desk(site: Site, chromium: Browser, role: str, merchant: str = "") -> Page:
    page = open_page(chromium, [], 1280)
    who = member(site, role, merchant)
    log_in(page, site.base, who)
    page.wait_for_url("**/portal/" if merchant else "**/console/")
    return page


def test_a_run_is_seen_by_both_sides(settled: Site, chromium: Browser) -> None:
    viewer = a_desk(settled, chromium, "viewer")
    here = f"{settled.base}/console/settlements"
    for _ in range(60):
        viewer.goto(here)
        if "已出款" in viewer.locator("tbody, .result").first.inner_text():
            break
        time.sleep(0.5)
    assert viewer.locator("tbody tr").count() == 1
    assert "266.39" in viewer.inner_text("tbody")
    is_well_made(viewer, here, ("店",))
    viewer.locator("#state").select_option("returned")
    viewer.click("text=筛选")
    assert "没有这种状态" in viewer.inner_text("main")
    own = a_desk(settled, chromium, "accountant", settled.shop_number)
    own.goto(f"{settled.base}/portal/settlements")
    assert "T+1" in own.inner_text("main")
    assert "266.39" in own.inner_text("tbody")
    is_well_made(own, f"{settled.base}/portal/settlements")
