"""Every page of the wallet and the cashier on a phone: nothing too small, nothing too wide."""

import re
from typing import Any, cast

from playwright.sync_api import Browser, Page

from changliao.doors.wallet import door
from changliao.web.pages import Pages
from changliao.web.security import Browser as Cookies
from tests.e2e.looks import LARGER, OVERFLOW, easily_tapped
from tests.e2e.site import Site, log_in, open_page, pay, person, place, signed

# Not pages: what a script or the browser itself asks for, and downloads.
_NOT_PAGES = {
    "/w/manifest.webmanifest",
    "/w/sw.js",
    "/w/pay-code/{code:int}",
    "/w/statements/{month}/{currency}",
}
# Pages that only a merchant's package opens, or only a form that ended: without it they lead on.
_LEAD_ON = {"/w/receive", "/w/freeze", "/w/kept"}


def routes() -> list[str]:
    """Every page of the wallet, by its own routes."""
    none = cast(Any, None)
    found = door.routes(none, Pages(Cookies(b"key", https=False), sandbox=True), none, "")
    pages = {one.path for one in found if "GET" in (one.methods or ())}
    return sorted(pages - _NOT_PAGES - _LEAD_ON)


def looks_right(page: Page, address: str) -> None:
    for language in ("en", "zh"):
        page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
        page.evaluate(
            "() => document.querySelectorAll('details').forEach((one) => (one.open = true))"
        )
        easily_tapped(page)
        assert page.evaluate(OVERFLOW) <= 0, page.url
        page.evaluate(LARGER, "150%")
        assert page.evaluate(OVERFLOW) <= 0, (page.url, "150 % text")


def test_every_page_of_the_wallet(site: Site, chromium: Browser) -> None:
    somebody, friend = person(site, 500_000), person(site, 1_000, "陈一诺")
    pay(site, place(site), somebody)
    users = "/api/v1/users"
    group = signed(
        site.base, site.operator, f"{users}/{friend.id}/group-bills",
        {"title": "火锅", "amount": 600, "shares": 3},
    )  # fmt: skip
    packet = signed(
        site.base, site.operator, f"{users}/{friend.id}/packets",
        {"amount": 100, "shares": 2, "kind": "lucky"},
    )  # fmt: skip
    page = open_page(chromium, [], 360)
    log_in(page, site.base, somebody.phone)
    page.goto(f"{site.base}/w/bills")
    bill = str(page.locator("a.bill").first.get_attribute("href"))
    sent = {"transfer": {"phone": friend.phone, "amount": "1"},
            "withdraw": {"account": "6222 0000", "amount": "1"},
            "packets": {"amount": "1", "shares": "1"}}  # fmt: skip
    checks = {}
    for name, fields in sent.items():
        page.goto(f"{site.base}/w/{name}")
        for field, text in fields.items():
            page.fill(f"#{field}", text)
        page.click("main form button[type=submit]")
        page.wait_for_url(f"**/w/{name}/confirm?of=*")
        checks[f"/w/{name}/confirm"] = page.url.removeprefix(site.base)
    filled = {
        "/w/bank": "/w/bank?amount=5&channel=sandbox_bank&top_up_id=top_0SD2ZG7W80000",
        "/w/bills/{id}": bill,
        "/w/group/{link}": f"/w/group/{group['link']}",
        "/w/packet/{link}": f"/w/packet/{packet['link']}",
        **checks,
    }
    elsewhere = {"/w/coupon/{link}", "/w/done/{id}", "/w/withdrawals/{id}"}
    for path in routes():
        if path in elsewhere:
            continue  # looked at by test_gifts.py and test_banking.py
        assert "{" not in path or path in filled, path
        looks_right(page, site.base + filled.get(path, path))
        assert re.sub(r"\?.*", "", page.url) == site.base + re.sub(
            r"\?.*", "", filled.get(path, path)
        ), "the page itself was looked at"
    page.context.close()
