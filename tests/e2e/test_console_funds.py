"""Money in the console: refunds, payouts, budgets and channels, seen by all, acted on by few."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import SIDEWAYS, is_well_made
from tests.e2e.members import desk
from tests.e2e.site import PRICE, Placed, Site, pay, person, place, signed

# Names that stay as they are in English.
DATA = ("店", "小满", "越野跑鞋", "满减", "稿费")


@pytest.fixture(scope="module")
def supervisor(site: Site, chromium: Browser) -> Page:
    return desk(site, chromium, "supervisor", [])


@pytest.fixture(scope="module")
def viewer(site: Site, chromium: Browser) -> Page:
    return desk(site, chromium, "viewer", [])


@pytest.fixture
def bought(site: Site) -> Placed:
    """An order that somebody paid."""
    order = place(site)
    pay(site, order, person(site))
    return order


@pytest.fixture
def budget(site: Site, bought: Placed) -> Any:
    ends = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    terms = {"name": "满减", "kind": "coupon", "cap": 5_000, "face": 1_800, "coupon_days": 7}
    made = signed(site.base, site.shop, "/api/v1/budgets", terms | {"ends_at": ends})
    signed(site.base, site.shop, f"/api/v1/budgets/{made['id']}/funding", {"funded": 4_000})
    return made


@pytest.fixture
def waiting(site: Site, bought: Placed) -> Any:
    """A payout that its payee has not confirmed."""
    payee = person(site, 0)
    form = {"reference": f"P{bought.id}"[:32], "payee_id": payee.id, "amount": 1_200}
    return signed(
        site.base, site.shop, "/api/v1/payouts", form | {"confirm_within_s": 600, "remark": "稿费"}
    )


@pytest.fixture
def bank(site: Site, supervisor: Page) -> Iterator[str]:
    """The sandbox bank's page; afterwards it is in use again."""
    address = f"{site.base}/console/channels/sandbox_bank"
    yield address
    supervisor.goto(address)
    supervisor.locator("#change-state").select_option("healthy")
    supervisor.click("button:has-text('保存')")


def send_back(page: Page, amount: str, reason: str) -> None:
    page.fill("#amount", amount)
    page.fill("#reason", reason)
    page.click("main form[action$='refunds'] button")
    page.wait_for_load_state()


def audited(page: Page, site: Site, action: str) -> str:
    page.goto(f"{site.base}/console/audit")
    return page.locator("tr", has_text=action).first.inner_text()


def test_an_order_is_refunded_in_part_and_never_above_what_was_paid(
    site: Site, bought: Placed, supervisor: Page, viewer: Page
) -> None:
    address = f"{site.base}/console/orders/{bought.id}"
    viewer.goto(address)
    assert viewer.locator("form[action$='refunds']").count() == 0
    supervisor.goto(address)
    assert supervisor.input_value("#amount") == "268.00"
    send_back(supervisor, "68.00", "one <b>shoe</b>")
    assert "部分退款" in supervisor.inner_text("main")
    send_back(supervisor, "200.01", "too much")
    assert "refund_exceeds_payment" in supervisor.inner_text("[role=alert]")
    assert supervisor.input_value("#reason") == "too much"
    for wrong in ("0", "-1", "1.234", "many"):
        send_back(supervisor, wrong, "wrong")
        assert "大于 0" in supervisor.inner_text("[role=alert]")
    send_back(supervisor, "200", "the rest")
    assert supervisor.locator("form[action$='refunds']").count() == 0
    assert "已退款" in supervisor.inner_text("main")
    row = audited(supervisor, site, "refunds.refund")
    assert "¥200.00" in row
    assert bought.id in row

    viewer.goto(f"{site.base}/console/refunds?merchant={site.shop_number}")
    rows = viewer.locator("tbody tr").all_inner_texts()
    assert "¥200.00" in rows[0]
    assert "one <b>shoe</b>" in rows[1]
    viewer.goto(f"{site.base}/console/refunds?merchant=1")
    assert "清除筛选" in viewer.inner_text("main")


def test_a_form_that_is_sent_twice_refunds_once(
    site: Site, bought: Placed, supervisor: Page
) -> None:
    supervisor.goto(f"{site.base}/console/orders/{bought.id}")
    supervisor.fill("#amount", "1")
    supervisor.fill("#reason", "twice")
    fields = supervisor.evaluate(
        "() => Object.fromEntries(new FormData(document.querySelector('form[action$=refunds]')))"
    )
    path = f"{site.base}/console/orders/{bought.id}/refunds"
    headers = {"Sec-Fetch-Site": "same-origin"}
    for _ in range(2):
        answer = supervisor.context.request.post(path, form=fields, headers=headers)
        assert answer.ok
    changed = supervisor.context.request.post(path, form=fields | {"amount": "2"}, headers=headers)
    assert "refund_reference_reused" in changed.text()
    supervisor.reload()
    assert "¥267.00" in supervisor.inner_text("form[action$='refunds']")


def test_a_large_refund_needs_another_member(
    site: Site, chromium: Browser, bought: Placed, supervisor: Page, viewer: Page
) -> None:
    address = f"{site.base}/console/refunds"
    supervisor.goto(address)
    supervisor.fill("#from-CNY", "200")
    supervisor.click("form[action$='threshold'] button")
    supervisor.wait_for_load_state()
    supervisor.goto(f"{site.base}/console/orders/{bought.id}")
    send_back(supervisor, "199.99", "a small one")
    assert "部分退款" in supervisor.inner_text("main")
    send_back(supervisor, "68", "together large")
    supervisor.wait_for_url(address)
    row = supervisor.locator("tr", has_text="together large")
    assert "另一位成员" in row.inner_text()
    assert row.get_by_role("button").all_inner_texts() == ["撤回"]
    is_well_made(supervisor, address, DATA)
    other = desk(site, chromium, "supervisor", [])
    other.goto(f"{site.base}/console/")
    other.click("text=大额退款等待复核")
    other.get_by_role("button", name="复核通过 together large").click()
    other.wait_for_load_state()
    rows = other.locator("tbody tr", has_text="together large")
    assert "¥68.00" in rows.inner_text()
    assert "已到账" in rows.inner_text()
    assert "¥68.00" in audited(other, site, "proposals.decide")
    viewer.goto(address)
    assert viewer.locator("main form[method=post]").count() == 0
    assert "200.00" in viewer.inner_text("main")
    # The network is shared: the others refund alone.
    supervisor.goto(address)
    supervisor.fill("#from-CNY", "")
    supervisor.click("form[action$='threshold'] button")
    supervisor.wait_for_load_state()
    assert supervisor.locator("text=同意放宽").count() == 0
    other.goto(f"{site.base}/console/")
    other.click("text=退款复核的放宽等待同意")
    other.click("text=同意放宽")
    other.wait_for_load_state()
    assert other.input_value("#from-CNY") == ""


def test_a_payout_that_waits_is_taken_back(
    site: Site, waiting: Any, supervisor: Page, viewer: Page
) -> None:
    viewer.goto(f"{site.base}/console/payouts?state=waiting")
    row = viewer.locator("tr", has_text=waiting["reference"])
    assert "¥12.00" in row.inner_text()
    assert row.locator("button").count() == 0
    supervisor.goto(viewer.url)
    supervisor.locator("tr", has_text=waiting["reference"]).locator("button").click()
    supervisor.wait_for_load_state()
    assert "已撤销" in supervisor.locator("tr", has_text=waiting["reference"]).inner_text()
    assert "¥12.00" in audited(supervisor, site, "payouts.end")
    viewer.reload()
    assert viewer.locator("tr", has_text=waiting["reference"]).count() == 0


def test_a_budget_is_paused_resumed_and_closed(
    site: Site, budget: Any, supervisor: Page, viewer: Page
) -> None:
    for page in (viewer, supervisor):
        page.goto(f"{site.base}/console/budgets")
    assert viewer.locator("td button").count() == 0
    for button, state in (("暂停", "已暂停"), ("恢复", "发放中"), ("结束", "已结束")):
        row = supervisor.locator("tr", has=supervisor.locator(f"[action$='{budget['id']}']"))
        assert "¥40.00" in row.inner_text()
        assert supervisor.evaluate(SIDEWAYS) <= 0
        row.locator(f"text={button}").click()
        supervisor.wait_for_load_state()
        assert state in supervisor.locator("tbody tr").first.inner_text()
    assert "结束" in audited(supervisor, site, "budgets.change")


def test_a_channel_is_suspended_and_its_faults_are_arranged(
    site: Site, bank: str, supervisor: Page, viewer: Page
) -> None:
    viewer.goto(bank)
    assert viewer.locator("main form[method=post]").count() == 0
    supervisor.goto(bank)
    supervisor.locator("#kind").select_option("payout")
    supervisor.locator("#fault").select_option("late")
    supervisor.fill("#times", "2")
    supervisor.click("button:has-text('安排')")
    assert "接下来 2 次出款：晚做" in supervisor.inner_text("main")
    is_well_made(supervisor, bank, DATA)
    supervisor.fill("#times", "0")
    supervisor.locator("#kind").select_option("payout")
    supervisor.click("button:has-text('安排')")
    assert "没有安排故障" in supervisor.inner_text("main")
    supervisor.fill("#weight", "1001")
    supervisor.click("button:has-text('保存')")
    assert "0 到 1000" in supervisor.inner_text("[role=alert]")
    supervisor.locator("#change-state").select_option("suspended")
    supervisor.click("button:has-text('保存')")
    supervisor.wait_for_load_state()
    assert "已暂停" in audited(supervisor, site, "channels.change")
    viewer.goto(f"{site.base}/console/channels")
    assert "已暂停" in viewer.locator("tr:has(a[href$='sandbox_bank'])").inner_text()


def test_what_was_asked_of_a_channel_is_listed(site: Site, bank: str, viewer: Page) -> None:
    payer = person(site, 0)
    path = f"/api/v1/users/{payer.id}/top-ups"
    signed(site.base, site.operator, path, {"amount": PRICE, "channel": "sandbox_bank"})
    viewer.goto(f"{bank}?state=done")
    assert "¥268.00" in viewer.locator("tbody tr").first.inner_text()
    viewer.goto(f"{bank}?state=refused")
    assert "清除筛选" in viewer.inner_text("main")


def test_a_level_is_limited_and_a_person_is_given_another(
    site: Site, supervisor: Page, viewer: Page
) -> None:
    payer = person(site)
    for page in (viewer, supervisor):
        page.goto(f"{site.base}/console/limits")
    assert viewer.locator("td button, td input").count() == 0
    limit(supervisor, "many", "", "")
    assert "不填就是没有限额" in supervisor.inner_text("[role=alert]")
    limit(supervisor, "500", "100", "")
    assert "limit_invalid" in supervisor.inner_text("[role=alert]")
    limit(supervisor, "500", "1000", "")
    row = supervisor.locator("tbody tr").nth(2)
    assert row.locator("input[name=per_day]").input_value() == "1,000.00"
    kept = audited(supervisor, site, "limits.set_limit")
    assert kept.index("–") < kept.index("¥500.00")
    supervisor.goto(f"{site.base}/console/ledger/{payer.id}")
    supervisor.locator("#level").select_option("3")
    supervisor.click("main button:has-text('保存')")
    supervisor.wait_for_load_state()
    assert supervisor.input_value("#level") == "3"
    assert payer.id in audited(supervisor, site, "limits.set_level")
    viewer.goto(f"{site.base}/console/ledger/{payer.id}")
    assert viewer.locator("main form").count() == 0
    supervisor.goto(f"{site.base}/console/limits")
    limit(supervisor, "", "", "")


def limit(page: Page, *typed: str) -> None:
    """Fill in the row of the third level."""
    row = page.locator("tbody tr").nth(2)
    for name, text in zip(("per_payment", "per_day", "per_year"), typed, strict=True):
        row.locator(f"input[name={name}]").fill(text)
    row.locator("button").click()
    page.wait_for_load_state()


@pytest.fixture
def shown(bought: Placed, budget: Any, waiting: Any) -> Placed:
    """Something to be seen on every page."""
    return bought


@pytest.mark.parametrize(
    "path", ["refunds", "payouts", "budgets", "channels", "limits", "orders/{id}"]
)
def test_pages_are_well_made(site: Site, shown: Placed, supervisor: Page, path: str) -> None:
    is_well_made(supervisor, f"{site.base}/console/{path.format(id=shown.id)}", DATA)
