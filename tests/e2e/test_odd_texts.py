"""Long, hostile and mixed-direction texts of others: pages hold and nothing of them runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.looks import WIDTHS, accessible, fits
from tests.e2e.members import desk
from tests.e2e.site import Key, Site, log_in, open_page, pay, person, place, served, signed

SCRIPT = "<script>window.ran=1</script><img src=x onerror=window.ran=1>"
LONG = "W" * 60
TURNED = "\u202e002.00¥ \u2067مرحبا\u202d"
NAME = f"{LONG[:24]}<b>店</b>\u202eمتجر"
TURNING = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(str(tmp_path_factory.mktemp("odd") / "data"), NAME) as site:
        yield site


def holds(page: Page, address: str) -> None:
    """The page fits, nothing of a text ran, and no mark turns what stands beside it."""
    page.goto(address)
    fits(page, *WIDTHS)
    accessible(page)
    assert page.evaluate("() => window.ran") is None
    assert not any(mark in page.content() for mark in TURNING), address


@pytest.mark.parametrize("title", [SCRIPT, LONG, TURNED], ids=["script", "long", "turned"])
def test_pages_hold_whatever_others_write(odd: Site, chromium: Browser, title: str) -> None:
    complaints: list[str] = []
    payer = person(odd)
    order = place(odd, title=title)
    for view in ("pc", "phone"):
        page = open_page(chromium, complaints, 390)
        holds(page, f"{odd.base}/c/{order.token}?view={view}")
        page.context.close()
    pay(odd, order, payer)
    refund = {"reference": f"R{order.id}", "amount": 100, "reason": title[:80]}
    signed(odd.base, odd.shop, f"/api/v1/orders/{order.id}/refunds", refund)
    hand = open_page(chromium, complaints, 390)
    log_in(hand, odd.base, payer.phone, "/w/bills")
    holds(hand, f"{odd.base}/w/bills")
    hand.goto(f"{odd.base}/w/bills")
    holds(hand, odd.base + (hand.locator("a.bill").first.get_attribute("href") or ""))
    hand.context.close()
    looks = desk(odd, chromium, "supervisor", complaints)
    for path in ("orders", f"orders/{order.id}", "refunds", "merchants"):
        holds(looks, f"{odd.base}/console/{path}")
    looks.context.close()
    assert complaints == []


def said(site: Site, path: str, key: Key | None = None, **form: object) -> dict[str, Any]:
    return signed(site.base, key or site.operator, f"/api/v1/{path}", form)


ODD = "<script>window.ran=1</script>\u202eمرحبا"


def test_pages_hold_what_people_write_to_each_other(odd: Site, chromium: Browser) -> None:
    """Names, notes, greetings, titles and reasons, in the wallet and at the cashier."""
    complaints: list[str] = []
    payer, friend = person(odd), person(odd, name=f"{ODD}{LONG[:16]}")
    pay(odd, place(odd), friend)
    said(odd, f"users/{friend.id}/transfers", payee_id=payer.id, amount=100, note=f"{ODD}{LONG}")
    packet = said(odd, f"users/{friend.id}/packets", amount=200, shares=2, greeting=f"{ODD}{LONG}")
    group = said(odd, f"users/{friend.id}/group-bills", title=ODD, amount=200, shares=2)
    ends = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    terms: dict[str, Any] = {
        "kind": "coupon",
        "cap": 5_000,
        "face": 1_800,
        "coupon_days": 7,
        "ends_at": ends,
    }
    budget = said(odd, "budgets", odd.shop, name=ODD, **terms)
    said(odd, f"budgets/{budget['id']}/funding", odd.shop, funded=5_000)
    shop = budget["merchant_id"]
    said(odd, f"users/{payer.id}/coupons", merchant_id=shop, budget_id=budget["id"])
    parts = [{"reference": f"B{n}", "title": f"{n}{ODD}{LONG}", "amount": 3_000} for n in range(2)]
    basket = said(odd, "baskets", odd.shop, reference="B", orders=parts)
    hand = open_page(chromium, complaints, 390)
    log_in(hand, odd.base, payer.phone)
    links = [f"/w/packet/{packet['link']}", f"/w/group/{group['link']}", "/w/coupons"]
    cashier = basket["pay_url"].removeprefix(odd.base)
    for path in ("/w/", "/w/bills", *links, f"{cashier}?view=phone", f"{cashier}?view=pc"):
        holds(hand, odd.base + path)
    hand.goto(f"{odd.base}{cashier}?view=phone")
    assert "42.00" in hand.locator("[data-open-pin]").inner_text(), "6,000 less the coupon"
    hand.context.close()
    assert complaints == []


def test_the_console_holds_what_people_write(odd: Site, chromium: Browser) -> None:
    complaints: list[str] = []
    payer, order = person(odd, name=ODD), place(odd)
    pay(odd, order, payer)
    said(odd, "risk-rules", kind="large", action="note", amount=100, reason=ODD)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    said(odd, f"users/{payer.id}/risk-clearance", until=until, note=ODD)
    cells = [{"method": "netbank", "terminal": "pc", "state": "suspended"}]
    mine: dict[str, Any] = {"platform_id": order.merchant_id, "cells": cells, "reason": ODD}
    draft = said(odd, "acceptance/drafts", **mine)
    looks = desk(odd, chromium, "supervisor", complaints)
    looks.goto(f"{odd.base}/console/risk/hits?payer={payer.id}")
    looks.fill("#note", ODD)
    looks.click("form[action*='/risk/payers/'] button")
    looks.wait_for_load_state()
    for path in (
        "risk", f"risk/hits?payer={payer.id}", "audit",
        "acceptance", f"acceptance/drafts/{draft['id']}", "budgets", f"ledger/{payer.id}",
    ):  # fmt: skip
        holds(looks, f"{odd.base}/console/{path}")
    looks.context.close()
    assert [one for one in complaints if "422" not in one] == []
