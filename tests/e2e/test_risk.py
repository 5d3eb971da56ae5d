"""Risk on pages: one drafts, another approves, a payer is stopped, looked into and let pass."""

from playwright.sync_api import Browser, Page

from tests.e2e.looks import is_well_made
from tests.e2e.members import desk
from tests.e2e.site import PIN, Person, Site, enter, log_in, open_page, person, place

NAMES = ("小满", "店")


def test_a_payer_is_stopped_looked_into_and_let_pass(site: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    payer = person(site)
    drafter = desk(site, chromium, "operator", complaints)
    _draft(drafter, site, payer)
    assert "付款给商户 · 转账" in drafter.inner_text("tr:has-text('stolen phone')")
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
    _is_stopped(phone)

    payee = person(site)
    _send(phone, site, payee)
    _is_stopped(phone)

    approver.goto(f"{site.base}/console/risk/hits?movement=transfer&payer={payer.id}")
    assert approver.locator("tbody tr").count() == 1
    assert payee.id in (approver.get_attribute("tbody td:nth-child(6) a", "href") or "")
    assert _waits(approver, site, payer)
    is_well_made(approver, f"{site.base}/console/risk/hits", NAMES)
    approver.goto(f"{site.base}/console/risk/hits")
    approver.click(f"tr:has-text('{order.id}') >> text=小满")
    assert "拦下了" in approver.inner_text("tbody")
    is_well_made(approver, approver.url, NAMES)
    approver.fill("#note", "called back")
    approver.click("text=核实通过")
    approver.wait_for_selector("text=已核实")
    assert not _waits(approver, site, payer), "somebody looked into it"
    _pay(phone, f"{site.base}/c/{order.token}?view=phone")
    phone.wait_for_selector(".icon.ok")
    approver.goto(f"{site.base}/console/risk/hits?payer={payer.id}")
    assert "放行了" in approver.inner_text("tbody tr >> nth=0")
    assert not _waits(approver, site, payer), "what was let pass after that is not new"

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


def _draft(page: Page, site: Site, payer: Person) -> None:
    page.goto(f"{site.base}/console/risk")
    page.locator("#kind").select_option("listed")
    page.locator("#action").select_option("review")
    page.fill("#reason", "stolen phone")
    page.fill("#users", "13900000000000")
    page.click("main form button:text-is('起草规则')")
    assert "请填写" in page.inner_text("[role=alert]")
    assert page.input_value("#reason") == "stolen phone"
    page.fill("#users", payer.phone)
    assert page.is_checked("[name=movements][value=payment]")
    page.check("[name=movements][value=transfer]")
    page.click("main form button:text-is('起草规则')")
    page.wait_for_selector("tr:has-text('stolen phone')")


def _waits(page: Page, site: Site, payer: Person) -> bool:
    """Does the overview lead to this payer?"""
    page.goto(f"{site.base}/console/")
    link = page.locator("text=付款人遇到风险规则，等待核实")
    if link.count():
        link.click()
    waiting = page.locator("section", has_text="最近 7 天遇到规则")
    return waiting.locator(f"a[href$='{payer.id}']").count() == 1


def _send(page: Page, site: Site, payee: Person) -> None:
    page.goto(f"{site.base}/w/transfer")
    for name, text in {"phone": payee.phone, "amount": "1.00"}.items():
        page.fill(f"#{name}", text)
    page.click("main form button[type=submit]")
    page.click("[data-open-pin]")
    enter(page, PIN)


def _is_stopped(page: Page) -> None:
    page.wait_for_function(
        "() => document.querySelector('[data-pin] [role=status]').innerText.includes('核实')"
    )


def _pay(page: Page, address: str) -> None:
    page.goto(address)
    page.click("[data-open-pin]")
    enter(page, PIN)
