"""Members log in with two factors, and do what their role lets them, in a real browser."""

import gzip
import re
import time

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import is_well_made
from tests.e2e.members import code, desk, log_in, member
from tests.e2e.site import Site, open_page, pay, person, place
from tests.waiting import clear_of_midnight


@pytest.fixture(scope="module")
def admin(site: Site, chromium: Browser) -> Page:
    return desk(site, chromium, "admin", [])


def test_both_factors_are_needed_and_a_code_works_once(site: Site, chromium: Browser) -> None:
    who = member(site, "viewer")
    digits = code(who.secret, time.time())
    page = open_page(chromium, [], 1280)
    wrong = who._replace(password="not it")
    for one, typed in ((wrong, digits), (who, "000000")):
        log_in(page, site.base, one, typed)
        page.wait_for_selector("[role=alert]")
    log_in(page, site.base, who, digits)
    page.wait_for_url("**/console/")
    again = open_page(chromium, [], 1280)
    log_in(again, site.base, who, digits)
    again.wait_for_selector("[role=alert]")


def test_five_wrong_codes_lock_even_the_right_one(site: Site, chromium: Browser) -> None:
    who = member(site, "viewer")
    page = open_page(chromium, [], 1280)
    for _ in range(5):
        log_in(page, site.base, who, "000000")
        page.wait_for_selector("[role=alert]")
    log_in(page, site.base, who)
    assert "锁定" in page.inner_text("[role=alert]")


def test_a_page_is_shown_after_logging_in_for_it(site: Site, chromium: Browser) -> None:
    who = member(site, "viewer")
    page = open_page(chromium, [], 1280)
    page.goto(f"{site.base}/console/members")
    assert "/console/login" in page.url
    page.fill("#name", who.name)
    page.fill("#password", who.password)
    page.fill("#code", code(who.secret, time.time()))
    page.click("main button[type=submit]")
    page.wait_for_url("**/console/members")


def test_a_session_is_seen_and_ended_by_an_administrator(
    site: Site, chromium: Browser, admin: Page
) -> None:
    who = member(site, "viewer")
    theirs = open_page(chromium, [], 1280)
    log_in(theirs, site.base, who)
    theirs.wait_for_url("**/console/")
    admin.goto(f"{site.base}/console/members/{who.id}")
    admin.click("text=结束")
    admin.wait_for_selector("text=没有登录中的浏览器")
    theirs.goto(f"{site.base}/console/")
    assert "/console/login" in theirs.url
    admin.goto(f"{site.base}/console/audit")
    assert "members.end_session" in admin.inner_text("main")


def test_a_disabled_member_is_out_at_once(site: Site, chromium: Browser, admin: Page) -> None:
    who = member(site, "operator")
    theirs = open_page(chromium, [], 1280)
    log_in(theirs, site.base, who)
    theirs.wait_for_url("**/console/")
    admin.goto(f"{site.base}/console/members")
    form = admin.locator(f"form[action$='{who.id}']")
    form.locator("[name=state]").select_option("disabled")
    form.locator("button").click()
    admin.wait_for_load_state()
    theirs.goto(f"{site.base}/console/")
    assert "/console/login" in theirs.url
    admin.goto(f"{site.base}/console/audit")
    row = admin.locator("tr", has_text="members.change").first.inner_text()
    assert row.index("运营") < row.index("可登录") < row.index("已停用登录")


def test_a_new_member_logs_in_with_what_was_shown_once(
    site: Site, chromium: Browser, admin: Page
) -> None:
    admin.goto(f"{site.base}/console/members")
    admin.fill("#name", "newcomer")
    admin.locator("#role").select_option("supervisor")
    admin.click("text=开通")
    admin.wait_for_selector("svg.qr")
    shown = admin.locator("dd.id").all_inner_texts()
    page = open_page(chromium, [], 390)
    log_in(page, site.base, member(site, "viewer")._replace(
        name="newcomer", password=shown[0], secret=shown[1]
    ))  # fmt: skip
    page.wait_for_url("**/console/")
    assert "主管" in page.inner_text("header")


def test_a_form_outlives_its_session(site: Site, chromium: Browser, admin: Page) -> None:
    who = member(site, "admin")
    page = open_page(chromium, [], 1280)
    log_in(page, site.base, who)
    page.goto(f"{site.base}/console/members")
    page.fill("#name", "kept <b>name</b>")
    admin.goto(f"{site.base}/console/members/{who.id}")
    admin.click("text=结束")
    admin.wait_for_selector("text=没有登录中的浏览器")
    page.click("text=开通")
    page.wait_for_selector("text=已经保留")
    for digits in ("000000", code(who.secret, time.time() + 30)):
        page.fill("#name", who.name)
        page.fill("#password", who.password)
        page.fill("#code", digits)
        page.click("main button[type=submit]")
    assert "kept <b>name</b>" in page.inner_text("main")
    page.click("text=提交 >> nth=-2")
    page.wait_for_selector("svg.qr")
    assert "kept <b>name</b>" in page.inner_text("main")


def test_who_lost_a_factor_gets_others_and_is_out_everywhere(
    site: Site, chromium: Browser, admin: Page
) -> None:
    who = member(site, "operator")
    theirs = open_page(chromium, [], 1280)
    log_in(theirs, site.base, who)
    theirs.wait_for_url("**/console/")
    admin.goto(f"{site.base}/console/members/{who.id}")
    admin.click("text=重设 >> nth=-1")
    admin.wait_for_selector("svg.qr")
    password, secret = admin.locator("dd.id").all_inner_texts()
    theirs.goto(f"{site.base}/console/")
    assert "/console/login" in theirs.url
    log_in(theirs, site.base, who)
    theirs.wait_for_selector("[role=alert]")
    log_in(theirs, site.base, who._replace(password=password, secret=secret))
    theirs.wait_for_url("**/console/")


def test_a_member_changes_the_own_password_and_is_out_elsewhere(
    site: Site, chromium: Browser, admin: Page
) -> None:
    who = member(site, "viewer")
    here, there = open_page(chromium, [], 1280), open_page(chromium, [], 1280)
    log_in(there, site.base, who)
    there.wait_for_url("**/console/")
    log_in(here, site.base, who, code(who.secret, time.time() + 30))
    here.wait_for_url("**/console/")
    new = "a longer password"
    tries = (
        (who.password, "short", "short", "至少 12"),
        (who.password, new, new + "!", "不一样"),
        ("wrong", new, new, "原来的密码不正确"),
    )
    for old, first, second, said in tries:
        change_password(here, site, old, first, second)
        assert said in here.inner_text("[role=alert]")
    change_password(here, site, who.password, new, new)
    assert "密码已换" in here.inner_text("[role=status]")
    there.goto(f"{site.base}/console/")
    assert "/console/login" in there.url
    admin.goto(f"{site.base}/console/members/{who.id}")
    assert admin.locator("tbody tr").count() == 1
    admin.goto(f"{site.base}/console/audit")
    assert "members.change_password" in admin.inner_text("main")
    assert new not in admin.content()


def change_password(page: Page, site: Site, *typed: str) -> None:
    page.goto(f"{site.base}/console/account")
    form = page.locator("form[action$='/password']")
    form.evaluate("one => { one.noValidate = true; }")
    for name, text in zip(("old", "new", "again"), typed, strict=True):
        page.fill(f"#{name}", text)
    form.locator("button").click()
    page.wait_for_load_state()


def test_pages_work_without_scripts(site: Site, chromium: Browser) -> None:
    page = open_page(chromium, [], 1280, java_script_enabled=False)
    log_in(page, site.base, member(site, "viewer"))
    page.goto(f"{site.base}/console/orders?state=paid")
    page.locator("#state").select_option("closed")
    page.click("text=筛选")
    assert "state=closed" in page.url


def test_a_page_is_small(site: Site, chromium: Browser) -> None:
    page = open_page(chromium, [], 1280)
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(gzip.compress(answer.body()))))
    page.goto(f"{site.base}/console/login")
    log_in(page, site.base, member(site, "admin"))
    page.wait_for_url("**/console/")
    page.goto(f"{site.base}/console/members", wait_until="networkidle")
    # Several pages, and still less than one may take.
    assert sum(sizes) < 60_000, sizes


def test_the_overview_counts_the_day(site: Site, chromium: Browser) -> None:
    clear_of_midnight()
    complaints: list[str] = []
    page = desk(site, chromium, "viewer", complaints)
    before = paid_today(page)
    pay(site, place(site), person(site))
    page.reload()
    assert paid_today(page) == before + 26_800
    assert not complaints


def paid_today(page: Page) -> int:
    """What the overview says, in minor units."""
    shown = re.search(r"支付金额 CNY\s+¥([\d,]+)\.(\d\d)", page.inner_text("main"))
    return int(shown[1].replace(",", "") + shown[2]) if shown else 0


@pytest.mark.parametrize("path", ["", "members", "audit", "account", "nothing"])
def test_pages_are_well_made(site: Site, admin: Page, path: str) -> None:
    is_well_made(admin, f"{site.base}/console/{path}")


def test_the_login_page_is_well_made(site: Site, chromium: Browser) -> None:
    is_well_made(open_page(chromium, [], 1280), f"{site.base}/console/login")
