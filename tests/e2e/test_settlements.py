"""Settlement runs on pages: operators see everybody's, a merchant when, where to and how much."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import is_well_made
from tests.e2e.members import log_in, member
from tests.e2e.site import Site, open_page, pay, person, place, served, signed
from tests.waiting import eventually

DAY_S = 86_400


@pytest.fixture(scope="module")
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
    shown = viewer.locator("tbody, .result").first
    eventually(lambda: viewer.goto(here) and "已出款" in shown.inner_text())
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
    own.click("tbody a")
    held = own.locator("table tr").all_inner_texts()
    assert [one.split()[-1] for one in held[1:]] == ["¥0.00", "+¥268.00", "−¥1.61", "¥266.39"]
    is_well_made(own, own.url, ("店",))
    number = own.url.split("?")[0].rsplit("/", 1)[1]
    viewer.goto(here)
    viewer.click(f"a[href$='{number}']")
    assert "266.39" in viewer.inner_text("tfoot")
    stranger = number[:-1] + ("1" if number[-1] != "1" else "2")
    answer = own.goto(f"{settled.base}/portal/settlements/{stranger}")
    assert answer is not None
    assert answer.status == 404


def test_fees_and_cycles_are_agreed_on_pages(settled: Site, chromium: Browser) -> None:
    desk = a_desk(settled, chromium, "supervisor")
    desk.goto(f"{settled.base}/console/merchants")
    desk.click(f"tr:has-text('{settled.shop_number}') a")
    desk.click("main a:text-is('费率')")
    fees = desk.url
    desk.get_by_label("网银 基点").fill("25")
    desk.get_by_role("button", name="保存 网银").click()
    desk.wait_for_selector("tr:has-text('网银') >> text=0.25%")
    desk.get_by_label("网银 基点").fill("10001")
    desk.get_by_role("button", name="保存 网银").click()
    assert "0 到 10000" in desk.inner_text("[role=alert]")
    is_well_made(desk, fees, ("店",))
    desk.goto(fees.replace("fees", "settlements"))
    desk.fill("#account-CNY", "6222 02")
    desk.fill("#days-CNY", "3")
    desk.locator("section:has(#account-CNY) >> text=保存").click()
    desk.wait_for_selector("h2:has-text('T+3')")
    desk.fill("#account", "6222 03")
    desk.locator("#currency").select_option("USD")
    desk.fill("#days", "31")
    desk.locator("section:has(#account) >> text=保存").click()
    assert "cycle_invalid" in desk.inner_text("[role=alert]")
    is_well_made(desk, desk.url, ("店",))
    desk.goto(f"{settled.base}/console/audit")
    kept = desk.inner_text("main")
    assert "fees.set" in kept
    row = desk.locator("tr", has_text="settlements.set_cycle").first.inner_text()
    assert row.index("6222 01") < row.index("6222 02")
    assert "¥0.01" in row
    viewer = a_desk(settled, chromium, "viewer")
    viewer.goto(fees)
    assert viewer.locator("main form, main input").count() == 0
    own = a_desk(settled, chromium, "accountant", settled.shop_number)
    own.goto(f"{settled.base}/portal/fees")
    assert "0.25%" in own.inner_text("tr:has-text('网银')")
    is_well_made(own, f"{settled.base}/portal/fees")
    own.goto(f"{settled.base}/portal/settlements")
    assert "T+3" in own.inner_text("main")
