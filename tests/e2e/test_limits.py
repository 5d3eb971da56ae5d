"""What is left of a person's limits, on pages; a refusal says when it works again."""

import re

from playwright.sync_api import Browser

from tests.e2e.looks import is_well_made
from tests.e2e.site import PIN, Site, enter, log_in, open_page, person, place, signed
from tests.waiting import clear_of_midnight


def test_a_person_sees_what_is_left_and_is_told_when_it_works_again(
    site: Site, chromium: Browser
) -> None:
    clear_of_midnight()
    complaints: list[str] = []
    payer = person(site, 200_000)
    limits = {"level": 2, "per_payment": 100_000, "per_day": 150_000, "per_year": 900_000}
    signed(site.base, site.operator, "/api/v1/identity-levels", limits)
    user = f"/api/v1/users/{payer.id}"
    signed(site.base, site.operator, f"{user}/identity", {"level": 2})
    page = open_page(chromium, complaints, 360)
    log_in(page, site.base, payer.phone, "/w/me")
    page.click("text=额度和身份等级")
    page.wait_for_url("**/w/limits")
    assert page.locator("main .bill").count() == 3
    assert "面签" in page.locator("main").inner_text()
    is_well_made(page, f"{site.base}/w/limits")
    other = person(site)
    signed(site.base, site.operator, f"{user}/transfers",
           {"payee_id": other.id, "amount": 100_000})  # fmt: skip
    page.goto(f"{site.base}/w/limits")
    left = page.locator("main .bill .money").all_inner_texts()
    assert [re.sub(r"[^0-9.]", "", one) for one in left] == ["1000.00", "500.00", "8000.00"]
    page.goto(f"{site.base}/c/{place(site, amount=60_000).token}?view=phone")
    page.click("[data-open-pin]")
    enter(page, PIN)
    said = page.locator("[data-pin] [role=status]")
    page.wait_for_function(
        "() => document.querySelector('[data-pin] [role=status]').innerText.includes('恢复')"
    )
    assert re.search(r"今天的额度不够.* 2\d{3}-\d\d-\d\d 起恢复", said.inner_text())
    wide = open_page(chromium, complaints, 1280)
    log_in(wide, site.base, payer.phone, "/w/limits")
    is_well_made(wide, f"{site.base}/w/limits")
    signed(site.base, site.operator, "/api/v1/identity-levels", {"level": 2})
    assert [one for one in complaints if "422" not in one] == []
