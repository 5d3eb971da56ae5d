"""A buyer and the owner of a store, each in a browser from the first page to the last."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.doors.test_rest_platforms import Mall
from tests.e2e.looks import is_well_made
from tests.e2e.members import desk, log_in, member
from tests.e2e.site import PIN, Key, Site, enter, join_and_top_up, open_page
from tests.served import DAY_S, Rest, Served, later, merchant, serve
from tests.waiting import eventually

Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A network of its own: its clock is moved."""
    with serve(tmp_path_factory.mktemp("paths") / "data", "changliao.db") as made:
        yield made


@pytest.fixture(scope="module")
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    with (
        merchant(sandbox[0], "Paipai", fee_bps=0) as platform,
        merchant(sandbox[0], "Corner", fee_bps=0) as store,
    ):
        made = Mall(sandbox, platform, store)
        yield made
        made.close()


@pytest.fixture(scope="module")
def site(sandbox: Sandbox, mall: Mall) -> Site:
    served, operator = sandbox
    shop, key = Key(mall.seller.key, mall.seller.secret), Key(operator.key, operator.secret)
    return Site(served.base_url, key, shop, str(served.data), mall.store.mchid)


def portal(site: Site, chromium: Browser, number: str, role: str = "accountant") -> Page:
    page = open_page(chromium, [], 1280)
    log_in(page, site.base, member(site, role, number))
    page.wait_for_url("**/portal/")
    return page


def buy(page: Page, site: Site, mall: Mall, amount: int) -> None:
    """Scan the code of an order, and pay it with the PIN."""
    page.goto(f"{site.base}/w/")
    page.click("a[href='/w/scan']")
    page.fill("#code", mall.sell(amount).json()["code_url"])
    page.click("form[data-scan] button[type=submit]")
    page.click("[data-open-pin]")
    enter(page, PIN)
    page.wait_for_selector(".icon.ok")


def test_a_buyers_whole_path(site: Site, mall: Mall, chromium: Browser) -> None:
    mall.apply("c2c", title="Corner shop", days=3)
    mall.decide(mall.owner, "approve")
    complaints: list[str] = []
    page = open_page(chromium, complaints, 390)
    join_and_top_up(page, site.base)
    buy(page, site, mall, 26_800)
    assert mall.earned(mall.seller) == 0
    page.goto(f"{site.base}/w/bills")
    page.click("a.bill >> nth=0")
    assert "不能撤回" in page.inner_text("main")
    is_well_made(page, page.url, ("Corner", "跑鞋"))
    page.click("[data-open-pin]")
    enter(page, "000000")
    page.wait_for_selector("dialog .shake")
    assert mall.earned(mall.seller) == 0
    enter(page, PIN)
    page.wait_for_selector("main:not(:has([data-open-pin]))")
    assert mall.earned(mall.seller) == 26_800
    page.go_back()
    assert page.locator("[data-open-pin]").count() == 0, "there is nothing left to confirm"
    page.goto(f"{site.base}/w/")
    assert "232.00" in page.inner_text(".hero-card")
    page.context.close()
    assert all("422" in one for one in complaints), "the wrong PIN is refused, and nothing else"
    mall.decide(mall.seller, "close")


def test_a_store_owners_whole_path(sandbox: Sandbox, site: Site, chromium: Browser) -> None:
    served, operator = sandbox
    with (
        merchant(served, "Mall", fee_bps=0) as platform,
        merchant(served, "Fruit", fee_bps=0) as store,
    ):
        mall = Mall(sandbox, platform, store)
        own = portal(site, chromium, mall.store.mchid)
        own.click("nav a[href='/portal/stores']")
        own.locator("#platform").select_option(mall.platform_id)
        own.fill("#title", "Fruit stand")
        own.fill("#commission", "120")
        own.click("main form[action='/portal/stores'] button")
        assert "百分数" in own.inner_text("[role=alert]")
        assert own.input_value("#title") == "Fruit stand"
        own.fill("#commission", "8")
        own.fill("#days", "1")
        own.click("main form[action='/portal/stores'] button")
        assert "8.00%" in own.inner_text("tbody")
        is_well_made(own, f"{site.base}/portal/stores", ("QQ", "网购"))
        assert mall.sell().status_code == 403
        platforms = portal(site, chromium, mall.platform.mchid)
        platforms.goto(f"{site.base}/portal/stores")
        platforms.click("button[value=approve]")
        assert "营业中" in platforms.inner_text("main")
        is_well_made(platforms, f"{site.base}/portal/stores", ("QQ", "网购"))
        # Another platform's member decides nothing here.
        stranger = portal(site, chromium, site.shop_number)
        path = f"{site.base}/portal/stores/{mall.platform_id}/{mall.store_id}"
        stranger.goto(f"{site.base}/portal/stores")
        csrf = str(stranger.locator("[name=csrf]").first.get_attribute("value"))
        for event in ("suspend", "close", "approve"):
            form: dict[str, Any] = {"csrf": csrf, "event": event}
            answer = stranger.request.post(
                path, form=form, headers={"Sec-Fetch-Site": "same-origin"}
            )
            assert answer.status == 404, event

        buyer = open_page(chromium, [], 390)
        join_and_top_up(buyer, site.base)
        buy(buyer, site, mall, 10_000)
        cycle = {"merchant_id": mall.store_id, "channel": "sandbox_bank", "account": "6222 01"}
        assert operator.post("/api/v1/settlement-cycles", **cycle).status_code == 200
        later(operator, DAY_S + 60)
        eventually(lambda: mall.earned(mall.seller) == 9_200)
        assert mall.earned(mall.owner) == 800
        later(operator, 2 * DAY_S + 600)
        # Days later nobody is logged in any more.
        again = portal(site, chromium, mall.store.mchid)
        again.goto(f"{site.base}/portal/settlements")
        eventually(lambda: again.reload() and "92.00" in again.inner_text("main"))
        viewer = desk(site, chromium, "viewer", [])
        viewer.goto(f"{site.base}/console/audit")
        assert "申请开店" in viewer.inner_text("main")
        for page in (own, again, platforms, stranger, buyer, viewer):
            page.context.close()
        mall.close()
