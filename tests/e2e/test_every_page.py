"""Every page of the wallet's and the cashier's tables of routes, walked by its links.

What a page has in common with all others is looked at on each: WEB.md §8. A new route that no link
leads to, and that is not among `ELSEWHERE` with its reason, fails here.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page
from starlette.routing import compile_path

from tests.doors.test_addresses import PEOPLES
from tests.e2e.looks import WIDTHS, accessible, fits, light
from tests.e2e.site import Person, Site, log_in, open_page, pay, person, place, signed

FILE: Final = "a file"
FRAGMENT: Final = "part of a page, or for its script"
FORM: Final = "answers a form, and sends on when there was none"
PAGES: Final = [one.path for one in PEOPLES if "GET" in (one.methods or ())]
# What the walk has no link to, and why; or the test that looks at it.
ELSEWHERE: Final[Mapping[str, str]] = {
    "/w/statements/{month}/{currency}": FILE,
    "/w/manifest.webmanifest": FILE,
    "/w/sw.js": FILE,
    "/w/kept": FORM,
    "/w/coupon/{link}": "test_gifts",
    "/c/{token}/pay": FORM,
    "/c/{token}/tender": FORM,
    "/c/{token}/embed": FRAGMENT,
    "/w/pay-code/{code:int}": FRAGMENT,
    "/c/{token}/status": FRAGMENT,
    "/c/{token}/live": FRAGMENT,
}
HREFS: Final = "list => list.map((one) => one.getAttribute('href'))"
FOCUS: Final = """() => {
  const one = document.activeElement;
  const look = getComputedStyle(one), box = one.getBoundingClientRect();
  const shown = look.outlineStyle !== 'none' || look.boxShadow !== 'none';
  return [one.className, !!one.closest('main'), shown && box.width > 0 && box.height > 0];
}"""
FOCUSABLE: Final = (
    "main :is(a[href], button, input:not([type=hidden]), select, summary, [tabindex='0'])"
)


def walked(page: Page, base: str, *starts: str) -> set[str]:
    """The routes that links lead to from these addresses, each looked at once."""
    patterns = [(path, compile_path(path)[0]) for path in PAGES]
    titles: dict[str, str] = {}
    ahead = [*starts]
    seen: set[str] = set()
    while ahead:
        address = ahead.pop(0)
        path = re.split(r"[?#]", address)[0]
        # Those without a part of their own first: `search` is no `{id}`.
        named = [one for one, pattern in patterns if pattern.match(path)]
        route = min(named, key=lambda one: one.count("{"), default="")
        if route in {"", *seen, *ELSEWHERE} or re.search(r"[?&]format=", address):
            continue
        answer = page.goto(base + address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        seen.add(route)
        title = looked_at(page, address)
        if "{" not in route:  # the others are called after what they are about
            assert titles.setdefault(title, route) == route, (title, route)
        ahead += page.eval_on_selector_all("a[href]", HREFS)
    return seen


def looked_at(page: Page, address: str) -> str:
    """What holds of every page; its own title."""
    assert page.get_attribute("html", "lang") == "zh-Hans", address
    assert page.locator("h1").count() == 1, address
    light(page)
    accessible(page)
    fits(page, *WIDTHS)
    if page.locator(FOCUSABLE).count():
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS)[0] == "skip", address
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        _, inside, shown = page.evaluate(FOCUS)
        assert inside, address
        assert shown, address
    title = page.title().rpartition(" · ")[0]
    assert title, address
    return title


# What is filled in on the pages before those for checking.
FILLED: Final = {
    "/w/top-up": {"amount": "5"},
    "/w/transfer": {"amount": "1"},
    "/w/withdraw": {"account": "6222021234567890", "amount": "1"},
    "/w/packets": {"amount": "1", "shares": "2"},
}


def test_every_page_of_the_wallet_and_the_cashier(site: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    page = open_page(chromium, complaints, 390)
    owner, friend = person(site), person(site)
    log_in(page, site.base, owner.phone)
    starts = ["/w/", "/w/login", "/w/join", "/w/offline", *links(site, owner, friend)]
    for path, fields in FILLED.items():
        page.goto(site.base + path)
        for name, text in fields.items():
            page.fill(f"[name={name}]", text)
        if path == "/w/transfer":
            page.fill("[name=phone]", friend.phone)
        page.click("main form button[type=submit]")
        page.wait_for_url(re.compile(r"/(bank|confirm)\?"))
        starts.append(page.url.removeprefix(site.base))
    seen = walked(page, site.base, *starts)
    assert set(PAGES) - seen == set(ELSEWHERE)
    assert complaints == []
    page.context.close()


def links(site: Site, owner: Person, friend: Person) -> list[str]:
    """What people and merchants send somebody."""
    own, bill = f"/api/v1/users/{owner.id}", {"title": "火锅", "amount": 200, "shares": 2}
    pay(site, place(site), owner)
    moved = signed(site.base, site.operator, f"{own}/transfers",
                   {"payee_id": friend.id, "amount": 100})  # fmt: skip
    out = signed(site.base, site.operator, f"{own}/withdrawals",
                 {"amount": 100, "account": "6222021234567890"})  # fmt: skip
    packet = signed(site.base, site.operator, f"{own}/packets", {"amount": 200, "shares": 2})
    group = signed(site.base, site.operator, f"{own}/group-bills", bill)
    frozen = {"reference": "every-page", "title": "押金", "amount": 100}
    deposit = signed(site.base, site.shop, "/api/v1/authorizations", frozen)
    sent = {"reference": "every-page", "payee_id": owner.id, "amount": 10}
    waits = signed(site.base, site.shop, "/api/v1/payouts", sent | {"confirm_within_s": 600})
    return [
        f"/c/{place(site).token}",
        f"/w/done/{moved['id']}",
        f"/w/withdrawals/{out['id']}",
        f"/w/packet/{packet['link']}",
        f"/w/group/{group['link']}",
        f"/w/freeze?package={quote(deposit['package'])}",
        f"/w/receive?package={quote(waits['package'])}",
    ]
