"""A method is suspended by two members, and the cashier shows it; mergers and the request log."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.doors.test_rest_platforms import Mall
from tests.e2e.looks import SIDEWAYS, is_well_made
from tests.e2e.members import desk, log_in, member
from tests.e2e.site import Key, Site, open_page
from tests.served import Rest, Served, later, merchant, serve
from tests.waiting import eventually

Sandbox = tuple[Served, Rest]
DATA = ("QQ 网购", "美优")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A network of its own: what other tests call their shops would be on these pages."""
    with serve(tmp_path_factory.mktemp("console") / "data", "changliao.db") as made:
        yield made


@pytest.fixture(scope="module")
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    with merchant(sandbox[0], "Paipai") as platform, merchant(sandbox[0], "Corner") as store:
        made = Mall(sandbox, platform, store)
        made.apply("open", title="Corner shop")
        made.decide(made.owner, "approve")
        yield made
        made.close()


@pytest.fixture(scope="module")
def here(sandbox: Sandbox, mall: Mall) -> Site:
    served, operator = sandbox
    shop = Key(mall.seller.key, mall.seller.secret)
    key = Key(operator.key, operator.secret)
    return Site(served.base_url, key, shop, str(served.data), mall.store.mchid)


@pytest.fixture(scope="module")
def one(here: Site, chromium: Browser) -> Page:
    return desk(here, chromium, "supervisor", [])


@pytest.fixture(scope="module")
def two(here: Site, chromium: Browser) -> Page:
    return desk(here, chromium, "supervisor", [])


def draft(page: Page, here: Site, mall: Mall, state: str, reason: str) -> None:
    """Fill in the form for this platform's own method on a PC."""
    page.goto(
        f"{here.base}/console/acceptance/cell"
        f"?platform={mall.platform_id}&method=changliao&terminal=pc"
    )
    page.locator("#state").select_option(state)
    page.locator("#under_way").select_option("stop")
    page.fill("#reason", reason)
    page.click("text=提交复核")


def test_two_members_suspend_a_method_and_the_cashier_shows_it(
    here: Site, mall: Mall, one: Page, two: Page
) -> None:
    sold = mall.sell().json()["code_url"].split("pr=")[1]
    draft(one, here, mall, "suspended", "maintenance <i>tonight</i>")
    one.wait_for_selector("text=待复核")
    assert one.locator("text=复核通过").count() == 0
    own = one.url
    # Drawing the form by hand does not help either.
    one.evaluate(
        """() => { const form = document.querySelector("form[action$=withdraw]");
        form.action = form.action.replace("withdraw", "approve"); form.submit(); }"""
    )
    one.wait_for_selector("text=policy_self_approval")
    two.goto(f"{here.base}/console/")
    two.click("text=受理策略等待复核")
    assert two.locator("td.drafted").count() == 1
    two.goto(own)
    assert "<i>tonight</i>" in two.inner_text("main")
    two.click("text=复核通过")
    two.wait_for_selector("text=已生效")
    later(mall.operator)
    two.goto(f"{here.base}/c/{sold}?view=pc")
    assert "maintenance <i>tonight</i>" in two.inner_text("main")
    assert mall.sell().status_code == 403
    two.goto(f"{here.base}/console/acceptance")
    assert two.locator("td.suspended").count() == 1
    two.goto(f"{here.base}/console/audit")
    row = two.locator("tr", has_text="acceptance.approve").first.inner_text()
    assert "drf_" in row
    assert row.index("待复核") < row.index("已生效")
    assert row.index("已受理") < row.rindex("暂停")
    draft(one, here, mall, "accepted", "over")
    url = one.url
    two.goto(url)
    two.click("text=复核通过")
    two.wait_for_selector("text=已生效")


def test_arrows_move_in_the_matrix_which_is_one_tab_stop(here: Site, mall: Mall, one: Page) -> None:
    one.goto(f"{here.base}/console/acceptance")
    links = one.locator("[data-grid] tbody a")
    assert one.locator("[data-grid] tbody a[tabindex='0']").count() == 1
    links.first.focus()
    one.keyboard.press("ArrowRight")
    assert links.nth(1).evaluate("node => node === document.activeElement")
    one.keyboard.press("ArrowLeft")
    assert links.first.evaluate("node => node === document.activeElement")


def test_a_cell_says_what_a_change_touches_before_it_is_saved(
    here: Site, mall: Mall, one: Page
) -> None:
    later(mall.operator)
    assert mall.sell().status_code == 200
    one.goto(f"{here.base}/console/acceptance?q=Paipai")
    link = one.locator("[data-grid] td a[href*='method=changliao&terminal=pc']")
    link.click()
    waiting = one.locator("dialog[open] [data-effect] dd").first
    assert int(waiting.inner_text().split()[0]) >= 1
    one.select_option("dialog #terminal", "counter")
    eventually(lambda: waiting.inner_text().startswith("0 "))
    one.keyboard.press("Escape")
    assert one.locator("dialog[open]").count() == 0
    assert link.evaluate("node => node === document.activeElement")
    link.click()
    one.select_option("dialog #state", "suspended")
    one.fill("dialog #reason", "only the counter")
    one.select_option("dialog #terminal", "counter")
    eventually(lambda: waiting.inner_text().startswith("0 "))
    one.click("dialog >> text=提交复核")
    one.wait_for_selector("text=待复核")
    one.click("text=撤回")
    one.wait_for_selector("text=已撤回")
    one.goto(f"{here.base}/console/acceptance/history")
    one.locator("#terminal").select_option("counter")
    one.click("text=筛选")
    assert "only the counter" in one.inner_text("main")
    one.locator("#terminal").select_option("pc")
    one.click("text=筛选")
    assert "only the counter" not in one.inner_text("main")


def test_a_merchant_on_no_platform_is_a_row_and_is_found(
    sandbox: Sandbox, here: Site, mall: Mall, one: Page
) -> None:
    with merchant(sandbox[0], "Alone 100%") as shop:
        number = shop.mchid
    rows = one.locator("[data-grid] tbody tr")
    for asked in ("alone 100%", number):
        one.goto(f"{here.base}/console/acceptance")
        assert rows.filter(has_text="Alone 100%").count() == 1
        one.fill("#q", asked)
        one.click("text=筛选")
        assert rows.all_inner_texts()[0].startswith("Alone 100%")
        assert rows.count() == 1
    one.fill("#q", "nobody_")
    one.click("text=筛选")
    assert rows.count() == 0
    one.click("main >> text=清除筛选 >> nth=-1")
    assert rows.count() > 1


def test_a_draft_that_cannot_be_is_refused_and_the_form_is_kept(
    here: Site, mall: Mall, one: Page
) -> None:
    draft(one, here, mall, "banned", " ")
    assert "policy_invalid" in one.inner_text("[role=alert]")
    assert one.input_value("#state") == "banned"


def test_platforms_are_merged_by_two_members(
    sandbox: Sandbox, here: Site, mall: Mall, one: Page, two: Page
) -> None:
    with merchant(sandbox[0], "Heir") as shop:
        heir = mall.operator.get(f"/api/v1/merchants/{shop.mchid}").json()["id"]
        mall.operator.made("/api/v1/platforms", merchant_id=heir, name="Heir")
        with merchant(sandbox[0], "Leaves") as leaving:
            source = mall.operator.get(f"/api/v1/merchants/{leaving.mchid}").json()["id"]
            mall.operator.made("/api/v1/platforms", merchant_id=source, name="Leaves")
    one.goto(f"{here.base}/console/mergers")
    one.locator("#source").select_option(source)
    one.locator("#target").select_option(heir)
    one.fill("#reason", "one market")
    one.click("text=提交复核")
    one.wait_for_selector("text=待复核")
    assert one.locator("text=复核通过").count() == 0
    two.goto(one.url)
    two.click("text=复核通过")
    while two.locator("text=做下一步").count():
        two.click("text=做下一步")
        two.wait_for_load_state()
    assert "已完成" in two.inner_text(".head")
    assert mall.operator.get(f"/api/v1/mergers/{two.url.split('/')[-1]}").json()["state"] == "done"
    is_well_made(one, two.url)


def test_a_failed_signature_is_explained(here: Site, mall: Mall, one: Page) -> None:
    bad = mall.seller.signed("POST", "/api/v1/orders", b"{}", signature="0" * 64)
    assert mall.seller.http.send(bad).status_code == 401
    one.goto(f"{here.base}/console/requests?failed=1")
    eventually(lambda: one.reload() and "wrong_signature" in one.inner_text("main"))
    one.locator("tr", has_text="wrong_signature").first.locator("a").click()
    assert "应当签名的文本" in one.inner_text("main")
    assert "POST\n/api/v1/orders" in one.inner_text("pre.code >> nth=0")
    is_well_made(one, re.sub(r"\?.*", "", one.url), DATA)


@pytest.mark.parametrize(
    "path",
    [
        "acceptance",
        "acceptance/history",
        "acceptance/cell?platform={id}&method=changliao&terminal=*",
        "mergers",
        "requests",
    ],
)
def test_pages_are_well_made(here: Site, mall: Mall, one: Page, path: str) -> None:
    is_well_made(one, f"{here.base}/console/{path.format(id=mall.platform_id)}", DATA)


def test_what_was_typed_stays_while_one_looks_at_effects_without_scripts(
    here: Site, mall: Mall, chromium: Browser
) -> None:
    page = open_page(chromium, [], 1280, java_script_enabled=False)
    log_in(page, here.base, member(here, "supervisor"))
    page.goto(f"{here.base}/console/acceptance?q=Paipai")
    page.click("[data-grid] td a[href*='method=changliao&terminal=pc']")
    page.locator("#state").select_option("banned")
    page.locator("#under_way").select_option("stop")
    page.fill("#to", "2030-01-01T08:00")
    page.locator("#terminal").select_option("counter")
    page.fill("#reason", "a <b>long</b> story")
    page.click("button:has-text('看影响')")
    assert page.locator("[data-effect] dd").first.inner_text().startswith("0 ")
    for language in ("zh-Hans", "en", "zh-Hans"):
        assert page.locator("html").get_attribute("lang") == language
        kept = [page.input_value(f"#{one}") for one in ("state", "under_way", "to", "terminal")]
        assert kept == ["banned", "stop", "2030-01-01T08:00", "counter"]
        assert page.input_value("#reason") == "a <b>long</b> story"
        page.click(".who a[hreflang]")
    page.go_back()
    page.reload()
    page.click("text=提交复核")
    assert "<b>long</b>" in page.inner_text("main")
    page.click("text=撤回")
    page.context.close()


def test_four_methods_on_five_terminals_fit_beside_the_menu(
    here: Site, mall: Mall, one: Page
) -> None:
    for language in ("zh", "en"):
        one.goto(f"{here.base}/console/acceptance?lang={language}")
        assert one.locator("[data-grid] thead tr >> nth=1").locator("th").count() == 20
        assert one.evaluate(SIDEWAYS) <= 0, language
    one.goto(f"{here.base}/console/acceptance?lang=zh")
