"""Red packets and coupons in real browsers: given, opened, claimed and used by people."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser

from tests.e2e.looks import is_well_made
from tests.e2e.site import (
    PIN,
    Site,
    enter,
    join_and_top_up,
    log_in,
    open_page,
    pay,
    person,
    place,
    signed,
)


def test_a_red_packet_is_given_on_a_phone_and_opened_by_its_link(
    site: Site, chromium: Browser
) -> None:
    complaints: list[str] = []
    giver = open_page(chromium, complaints, 390)
    join_and_top_up(giver, site.base)
    is_well_made(giver, f"{site.base}/w/packets")
    giver.goto(f"{site.base}/w/")
    giver.click("text=红包")
    giver.fill("#amount", "8.88")
    giver.fill("#shares", "2")
    giver.fill("#greeting", "大吉大利")
    giver.click("button[type=submit]")
    giver.click("[data-open-pin]")
    enter(giver, PIN)
    giver.wait_for_url("**/w/packet/*")
    link = giver.url
    is_well_made(giver, link, ("小满", "大吉大利"))

    got = 0
    for width in (360, 1280):
        friend = open_page(chromium, complaints, width)
        log_in(friend, site.base, person(site, 0).phone, link.removeprefix(site.base))
        assert "大吉大利" in friend.locator("main").inner_text()
        friend.click(".packet .open")
        friend.wait_for_selector(".packet .money")
        amount = re.search(r"(\d)\.(\d\d)", friend.locator(".packet .money").inner_text())
        assert amount
        got += int(amount[1]) * 100 + int(amount[2])
        is_well_made(friend, link, ("小满", "大吉大利"))
    assert got == 888
    late = open_page(chromium, complaints, 390)
    log_in(late, site.base, person(site, 0).phone, "/w/scan")
    late.fill("#code", link)
    late.click("main form button[type=submit]")
    late.wait_for_url("**/w/packet/*")
    assert "领完了" in late.locator("main").inner_text()
    giver.reload()
    assert "手气最佳" in giver.locator("main").inner_text()
    giver.goto(f"{site.base}/w/bills")
    assert "发红包" in giver.locator("main").inner_text()
    assert not complaints


def test_what_is_typed_wrong_is_kept_and_nothing_is_set_aside(
    site: Site, chromium: Browser
) -> None:
    page = open_page(chromium, [], 390)
    join_and_top_up(page, site.base)
    for amount, shares in (("0", "2"), ("8", "many"), ("x", "3")):
        page.goto(f"{site.base}/w/packets")
        page.fill("#amount", amount)
        page.fill("#shares", shares)
        page.click("button[type=submit]")
        assert page.locator("[role=alert]").count() == 1
        assert page.input_value("#shares") == shares
    page.goto(f"{site.base}/w/packets")
    page.fill("#amount", "0.01")
    page.fill("#shares", "2")
    page.click("button[type=submit]")
    page.click("[data-open-pin]")
    enter(page, PIN)
    page.wait_for_function("() => document.querySelector('[data-pin] [role=status]').innerText")
    page.goto(f"{site.base}/w/")
    assert "500.00" in page.locator(".hero-card").inner_text()
    page.goto(f"{site.base}/w/packet/{'A' * 40}")
    assert page.locator("h1").count() == 1


def test_a_coupon_is_taken_by_its_link_and_comes_off_at_the_cashier(
    site: Site, chromium: Browser
) -> None:
    complaints: list[str] = []
    pay(site, place(site), person(site))
    terms = {"name": "满减", "kind": "coupon", "cap": 5_000, "face": 1_800, "threshold": 10_000,
             "coupon_days": 7,
             "ends_at": (datetime.now(UTC) + timedelta(days=9)).isoformat()}  # fmt: skip
    budget = signed(site.base, site.shop, "/api/v1/budgets", terms)
    signed(site.base, site.shop, f"/api/v1/budgets/{budget['id']}/funding", {"funded": 5_000})
    page = open_page(chromium, complaints, 390)
    join_and_top_up(page, site.base)
    link = f"{site.base}/w/coupon/{budget['claim_url'].split('/')[-1]}"
    is_well_made(page, link, ("满减", "店"))
    page.click("main button[type=submit]")
    page.wait_for_url("**/w/coupons")
    is_well_made(page, f"{site.base}/w/coupons", ("满减", "店"))
    page.goto(link)
    page.click("main button[type=submit]")
    assert "次数用完" in page.locator("[role=alert]").inner_text()

    page.goto(f"{site.base}/c/{place(site).token}")
    assert "250.00" in page.locator("[data-open-pin]").inner_text()
    page.click("[data-open-pin]")
    enter(page, PIN)
    page.wait_for_selector(".icon.ok")
    assert "250" in page.locator("main").inner_text()
    page.goto(f"{site.base}/w/coupons")
    assert "已使用" in page.locator("main").inner_text()
    page.goto(f"{site.base}/w/")
    assert "250.00" in page.locator(".hero-card").inner_text()
    assert [one for one in complaints if "422" not in one] == []


def test_a_bill_is_split_among_friends(site: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    payee = open_page(chromium, complaints, 390)
    join_and_top_up(payee, site.base)
    is_well_made(payee, f"{site.base}/w/groups")
    payee.fill("#title", "火锅")
    payee.fill("#amount", "10.01")
    payee.fill("#shares", "many")
    payee.click("main form button[type=submit]")
    assert payee.locator("[role=alert]").count() == 1
    payee.fill("#shares", "2")
    payee.click("main form button[type=submit]")
    payee.wait_for_url("**/w/group/*")
    link = payee.url
    is_well_made(payee, link, ("小满", "火锅"))

    friend = open_page(chromium, complaints, 390)
    log_in(friend, site.base, person(site).phone, "/w/scan")
    friend.fill("#code", link)
    friend.click("main form button[type=submit]")
    friend.wait_for_url("**/w/group/*")
    is_well_made(friend, link, ("小满", "火锅"))
    assert "5.01" in friend.locator("main").inner_text().replace("\n", "")
    friend.click("[data-open-pin]")
    enter(friend, PIN)
    friend.wait_for_selector("text=你已付清")
    payee.reload()
    assert "1/2" in payee.locator("main").inner_text()
    payee.click("text=结束收款")
    payee.wait_for_selector("text=已结束")
    late = open_page(chromium, complaints, 1280)
    log_in(late, site.base, person(site).phone, link.removeprefix(site.base))
    assert late.locator("[data-open-pin]").count() == 0
    payee.goto(f"{site.base}/w/")
    assert "505.01" in payee.locator(".hero-card").inner_text().replace("\n", "")
    assert [one for one in complaints if "422" not in one] == []
