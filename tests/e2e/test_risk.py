"""Risk on pages: one drafts, another approves, a payer is stopped, looked into and let pass."""

from playwright.sync_api import Browser, Page

from tests.e2e.looks import is_well_made
from tests.e2e.members import desk
from tests.e2e.site import PIN, Site, enter, log_in, open_page, person, place

NAMES = ("小满", "店")


def test_a_payer_is_stopped_looked_into_and_let_pass(site: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    payer = person(site)
    drafter = desk(site, chromium, "operator", complaints)
    drafter.goto(f"{site.base}/console/risk")
    drafter.locator("#kind").select_option("listed")
    drafter.locator("#action").select_option("review")
    drafter.fill("#reason", "stolen phone")
    drafter.fill("#users", "13900000000000")
    drafter.click("main form button:text-is('起草规则')")
    assert "请填写" in drafter.inner_text("[role=alert]")
    assert drafter.input_value("#reason") == "stolen phone"
    drafter.fill("#users", payer.phone)
    drafter.click("main form button:text-is('起草规则')")
    drafter.wait_for_selector("tr:has-text('stolen phone')")
    assert "另一位成员" in drafter.inner_text("tr:has-text('stolen phone')")
    is_well_made(drafter, f"{site.base}/console/risk", NAMES)

    approver = desk(site, chromium, "supervisor", complaints)
    approver.goto(f"{site.base}/console/")
    approver.click("text=风险规则等待复核")
    approver.get_by_role("button", name="复核通过 stolen phone").click()
    approver.goto(f"{site.base}/console/risk?state=in_force")
    assert "生效中" in approver.inner_text("tr:has-text('stolen phone')")

    phone = open_page(chromium, complaints, 360)
    order = place(site)
    log_in(phone, site.base, payer.phone)
    _pay(phone, f"{site.base}/c/{order.token}?view=phone")
    phone.wait_for_function(
        "() => document.querySelector('[data-pin] [role=status]').innerText.includes('核实')"
    )

    approver.goto(f"{site.base}/console/risk/hits")
    approver.click(f"tr:has-text('{order.id}') >> text=小满")
    assert "拦下了" in approver.inner_text("tbody")
    is_well_made(approver, approver.url, NAMES)
    approver.fill("#note", "called back")
    approver.click("text=核实通过")
    approver.wait_for_selector("text=已核实")
    _pay(phone, f"{site.base}/c/{order.token}?view=phone")
    phone.wait_for_selector(".icon.ok")
    approver.reload()
    assert "付了" in approver.inner_text("tbody tr >> nth=0")

    approver.goto(f"{site.base}/console/risk?state=in_force")
    approver.get_by_role("button", name="停用 stolen phone").click()
    approver.goto(f"{site.base}/console/audit")
    kept = approver.inner_text("main")
    assert all(name in kept for name in ("risk.draft", "risk.decide", "risk.clear"))
    viewer = desk(site, chromium, "viewer", complaints)
    viewer.goto(f"{site.base}/console/risk")
    assert viewer.locator("main form[method=post]").count() == 0
    viewer.goto(f"{site.base}/console/risk/hits?payer={payer.id}")
    assert viewer.locator("main form[method=post]").count() == 0
    assert [one for one in complaints if "422" not in one] == []


def _pay(page: Page, address: str) -> None:
    page.goto(address)
    page.click("[data-open-pin]")
    enter(page, PIN)
