"""The market dashboard says what the API says, in a real browser, in both languages and themes."""

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from playwright.sync_api import Browser, Page

from changliao.doors.console import lab_runs
from tests.bazaar import API, Bazaar, bazaar
from tests.e2e.looks import is_well_made
from tests.e2e.members import desk
from tests.e2e.site import Key, Site

PAYMENTS = 4 + 2 + 4 + 2


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bazaar]:
    """Four people buy at taobao, two of them at jd as well; taobao bans, and they go to jd."""
    with bazaar(tmp_path_factory.mktemp("market") / "data", people=4, minimum=1) as made:
        made.later(days_until(20, made.today()))  # what follows lies in two months
        first = made.today()
        for person in range(4):
            made.buy(person, "taobao", 1_000)
        for person in range(2):
            made.buy(person, "jd", 500)
        made.later(1)
        made.switch("taobao", "banned", "safety")
        made.later(15)
        for person in range(4):
            made.buy(person, "jd", 500)
        made.buy(0, "jd", 500)
        made.operator.made(f"{API}/users/{made.people[0]}/top-ups", amount=700, currency="USD")
        made.buy(0, "jd", 700, "USD")
        made.buy(0, "corner", 100)
        made.settle(first, made.today(), PAYMENTS)
        yield made


def days_until(day: int, today: str) -> int:
    """Until the next such day of a month."""
    there, count = date.fromisoformat(today), 0
    while (there + timedelta(count)).day != day:
        count += 1
    return count


@pytest.fixture(scope="module")
def site(market: Bazaar) -> Site:
    served, operator = market.served, market.operator
    key = Key(operator.key, operator.secret)
    return Site(served.base_url, key, key, str(served.data), "")


@pytest.fixture(scope="module")
def viewer(site: Site, chromium: Browser) -> Page:
    return desk(site, chromium, "viewer", [])


def table(page: Page, place: int) -> list[list[str]]:
    """The table beside a chart."""
    figure = page.locator("figure").nth(place)
    figure.locator("summary").click()
    rows = figure.locator("tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_the_dashboard_is_well_made(site: Site, viewer: Page) -> None:
    for query in ("?by=platform", "?days=90&metric=payments", "?days=365&by=group&currency=USD"):
        is_well_made(viewer, f"{site.base}/console/market{query}")


def test_its_numbers_are_the_apis(site: Site, market: Bazaar, viewer: Page) -> None:
    viewer.goto(f"{site.base}/console/market?by=platform&metric=payments")
    head, *rows = table(viewer, 0)
    told = market.ask("shares", first=start(market), last=market.today())
    days: dict[str, dict[str, float]] = {one["first"][5:]: {} for one in told}
    for one in told:
        days[one["first"][5:]][one["name"]] = one["of_payments"]
    assert [row[0] for row in rows] == list(days)
    for row in rows:
        for name, cell in zip(head[1:], row[1:], strict=True):
            expected = days[row[0]].get("others" if "其他" in name else name, 0)
            assert cell == f"{expected:.1%}"
        assert sum(float(cell.rstrip("%")) for cell in row[1:]) == pytest.approx(100, abs=0.2)
    concentration = market.ask(
        "concentration", first=start(market), last=market.today(), every="day", measure="payments"
    )
    _, *lines = table(viewer, 2)
    assert [line[1] for line in lines] == [f"{one['hhi']:,.0f}" for one in concentration]


def test_people_are_a_measure_of_shares_and_concentration(
    site: Site, market: Bazaar, viewer: Page
) -> None:
    viewer.goto(f"{site.base}/market?by=platform")
    viewer.click("text=按人数")
    first, last = start(market), market.today()
    reach: dict[str, dict[str, float]] = {}
    people: dict[str, dict[str, int]] = {}
    for one in market.ask("shares", first=first, last=last):
        reach.setdefault(one["first"][5:], {})[one["name"]] = one["of_reach"]
        if one["key"] != "total":
            people.setdefault(one["first"][5:], {})[one["key"]] = one["users"]
    head, *rows = table(viewer, 0)
    for row in rows:
        for name, cell in zip(head[1:], row[1:], strict=True):
            expected = reach[row[0]].get("others" if "其他" in name else name, 0)
            assert cell == f"{expected:.1%}"
        assert sum(float(cell.rstrip("%")) for cell in row[1:]) == pytest.approx(100, abs=0.2)
    told = market.ask("concentration", first=first, last=last, every="day", measure="users")
    _, *lines = table(viewer, 2)
    assert [line[1] for line in lines] == [f"{one['hhi']:,.0f}" for one in told]
    for one in told:
        parts = people[one["first"][5:]]
        squares = sum(
            (100 * users / sum(parts.values())) ** 2
            for key, users in parts.items()
            if key != "others"
        )
        assert one["hhi"] == pytest.approx(squares)
        assert one["whole"] == sum(parts.values())


def test_charts_say_what_they_show_and_that_they_scroll(site: Site, viewer: Page) -> None:
    viewer.goto(f"{site.base}/market?by=platform&days=365")
    for figure in viewer.locator("figure").all():
        assert figure.locator("svg > title").text_content() == figure.locator("h2").inner_text()
        assert figure.locator("svg > desc").text_content()
        assert figure.locator("details table").count() == 1
        figure.locator(".scroll").focus()
        viewer.keyboard.press("ArrowLeft")
        assert figure.locator(".readout").inner_text()
    size = viewer.viewport_size
    viewer.set_viewport_size({"width": 390, "height": 844})
    hidden = "(box) => box.scrollWidth > box.clientWidth"
    for figure in viewer.locator("figure").all():
        hides = figure.locator(".scroll").evaluate(hidden)
        assert figure.locator(".swipe").is_visible() == hides
    assert size
    viewer.set_viewport_size(size)


def start(market: Bazaar) -> str:
    month_ago = (date.fromisoformat(market.today()) - timedelta(30)).isoformat()
    told = market.ask("shares", first=month_ago, last=market.today())
    return str(min(one["first"] for one in told))


def test_flows_and_events_are_the_apis(site: Site, market: Bazaar, viewer: Page) -> None:
    viewer.goto(f"{site.base}/console/market")
    _, *rows = table(viewer, 1)
    assert [row[1:] for row in rows] == [["taobao", "jd", "4"]]
    flows = market.ask("flows", first=start(market), last=market.today(), every="month")
    assert [one["users"] for one in flows if one["source_name"] == "taobao"] == [4]
    [event] = viewer.locator(".event").all_inner_texts()
    [change] = market.ask("changes")
    assert change["day"] in event
    assert re.search(r"taobao.*受理 → 禁止.*safety", event.replace("\n", " "))
    assert viewer.locator("svg .in").all_text_contents() == [str(change["number"])]
    assert "1/5" in viewer.inner_text("tbody >> nth=-1")


def test_the_read_out_follows_the_arrow_keys(site: Site, viewer: Page) -> None:
    viewer.goto(f"{site.base}/console/market?by=platform")
    out = viewer.locator("figure .readout").first
    last = out.inner_text()
    assert "jd" in last
    viewer.locator("figure .scroll").first.focus()
    viewer.keyboard.press("ArrowLeft")
    assert out.inner_text() != last
    viewer.keyboard.press("ArrowRight")
    assert out.inner_text() == last


def test_the_data_is_a_file(site: Site, market: Bazaar, viewer: Page) -> None:
    viewer.goto(f"{site.base}/console/market?by=platform")
    with viewer.expect_download() as held:
        viewer.click("text=下载数据")
    rows = list(csv.DictReader(StringIO(held.value.path().read_text("utf-8"))))
    told = market.ask("shares", first=start(market), last=market.today())
    assert [int(row["amount"]) for row in rows] == [one["amount"] for one in told]


def test_another_currency_is_a_choice(site: Site, market: Bazaar, viewer: Page) -> None:
    viewer.goto(f"{site.base}/console/market?by=platform")
    viewer.click("nav[aria-label='币种'] a:text-is('USD')")
    assert "USD 7.00" in viewer.inner_text(".kpis")
    head, *rows = table(viewer, 0)
    assert (head[1:], [row[1:] for row in rows]) == (["jd"], [["100.0%"]])
    head, *rows = table(viewer, 2)
    assert (head[-1], rows[0][-1]) == ("分母（USD）", "7.00")
    told = market.ask("shares", first=start(market), last=market.today(), currency="USD")
    assert [one["amount"] for one in told] == [700, 700]
    with viewer.expect_download() as held:
        viewer.click("text=下载数据")
    file = csv.DictReader(StringIO(held.value.path().read_text("utf-8")))
    assert [(row["currency"], row["amount"]) for row in file] == [("USD", "700")] * 2
    viewer.click("nav[aria-label='币种'] a:text-is('CNY')")
    assert "USD" not in viewer.inner_text(".kpis")


def test_the_lab_shows_two_runs_and_what_was_given(site: Site, viewer: Page) -> None:
    quotes = sorted({one.quote for one in lab_runs.told()}, key=len, reverse=True)
    quotes += [one.quote for one in lab_runs.played("story", 60).events]
    is_well_made(viewer, f"{site.base}/console/lab?with=untouched", tuple(quotes))
    viewer.goto(f"{site.base}/console/lab?days=60&with=untouched")
    story, untouched = lab_runs.played("story", 60), lab_runs.played("untouched", 60)
    for place, run in enumerate((story, untouched)):
        head, *rows = table(viewer, place)
        shares = run.shares["taobao"]
        assert [row[head.index("taobao")] for row in rows] == [f"{one:.1%}" for one in shares]
    assert untouched.events == ()
    facts = viewer.locator("main > section tbody tr").all_inner_texts()
    assert len(facts) == 13
    assert sum("给定" in fact for fact in facts) == sum(one.given for one in lab_runs.told())
    assert not any("不成立" in fact for fact in facts)
    viewer.locator("#with").select_option("merger_alone")
    viewer.click("text=并排")
    assert "with=merger_alone" in viewer.url


def test_who_is_on_no_platform_leaves_the_concentration_open(
    site: Site, market: Bazaar, viewer: Page
) -> None:
    """A sum over a small part of the market is no low concentration."""
    day = market.today()
    before = market.total(day, day)
    for person in range(4):
        market.buy(person, "corner", 9_000)
    market.settle(day, day, before + 4)
    viewer.goto(f"{site.base}/console/market")
    assert "集中度说不准：至少 42" in viewer.inner_text("main")
    assert "至少这么多" in viewer.inner_text(".kpis")
    assert "低集中" not in viewer.inner_text("main")


def test_an_event_tells_what_happened_to_a_method_once(
    site: Site, market: Bazaar, viewer: Page
) -> None:
    """Not once for each terminal: all of them, or which."""
    both = [("netbank", "pc"), ("netbank", "app"), ("alipay", "*")]
    cells = [{"method": method, "terminal": at, "state": "accepted"} for method, at in both]
    fields = {"platform_id": market.id("jd"), "cells": cells, "reason": "more ways"}
    draft = market.operator.made(f"{API}/acceptance/drafts", **fields)
    assert market.second.post(f"{API}/acceptance/drafts/{draft['id']}/approve").status_code == 200
    viewer.goto(f"{site.base}/console/market?lang=zh")
    told = viewer.locator(".event", has_text="more ways").inner_text().replace("\n", " ")
    assert "支付宝（全部终端）未接入 → 受理" in told
    assert "网银（电脑网页、手机应用）未接入 → 受理" in told
    viewer.goto(f"{site.base}/console/acceptance/history")
    assert "jd · 受理 (7)" in viewer.inner_text("main")


def test_a_merchant_on_no_platform_that_has_a_policy_is_a_row_with_its_name(
    site: Site, market: Bazaar, viewer: Page
) -> None:
    market.switch("corner", "suspended", "nobody there")
    viewer.goto(f"{site.base}/console/market")
    assert viewer.locator("th", has_text="corner").count() == 1
    assert "?" not in re.split(r"\s+", viewer.inner_text("main"))
