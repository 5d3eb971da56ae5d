"""Operators find an order, follow its money, review a store, decide a dispute, send again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.doors.test_rest_platforms import Mall
from tests.e2e.looks import is_well_made
from tests.e2e.members import desk
from tests.e2e.site import Key, Site
from tests.served import Rest, Served, merchant, serve
from tests.wallets import Wallet, somebody

Sandbox = tuple[Served, Rest]
# Names that stay as they are in English.
DATA = ("QQ 网购", "美优旗舰店", "美优", "跑鞋")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A network of its own: what other tests call their shops would be on these pages."""
    with serve(tmp_path_factory.mktemp("console") / "data", "changliao.db") as made:
        yield made


@pytest.fixture(scope="module")
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    """A platform with a store; names without Chinese, so that English pages have none."""
    with merchant(sandbox[0], "QQ Mall") as platform, merchant(sandbox[0], "Meiyou") as store:
        made = Mall(sandbox, platform, store)
        yield made
        made.close()


@pytest.fixture(scope="module")
def here(sandbox: Sandbox, mall: Mall) -> Site:
    """The same network, for browsers."""
    served, operator = sandbox
    shop = Key(mall.seller.key, mall.seller.secret)
    key = Key(operator.key, operator.secret)
    return Site(served.base_url, key, shop, str(served.data), mall.store.mchid)


@pytest.fixture(scope="module")
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", "13500000001", "Buyer", balance=500_000)
    yield person
    person.close()


@pytest.fixture(scope="module")
def supervisor(here: Site, chromium: Browser) -> Page:
    return desk(here, chromium, "supervisor", [])


@pytest.fixture(scope="module")
def viewer(here: Site, chromium: Browser) -> Page:
    return desk(here, chromium, "viewer", [])


@pytest.fixture(scope="module")
def sold(mall: Mall, buyer: Wallet, supervisor: Page, here: Site) -> str:
    """The store is reviewed on the page; then an order of it is paid. Its own number."""
    assert mall.apply("c2c", days=3, title="Flagship").status_code < 300
    supervisor.goto(f"{here.base}/console/")
    supervisor.click("text=店铺申请等待审核")
    supervisor.locator(f"form[action*='{mall.platform_id}'] >> text=通过").first.click()
    supervisor.wait_for_load_state()
    assert mall.sell().status_code == 200
    answer = mall.sell()
    buyer.pay(answer.json()["code_url"])
    orders = mall.seller.get("/api/v1/orders").json()["data"]
    return str(next(one["reference"] for one in orders if one["state"] == "paid"))


def facts(mall: Mall, reference: str) -> dict[str, str]:
    orders = mall.seller.get("/api/v1/orders").json()["data"]
    return dict(next(one for one in orders if one["reference"] == reference))


def test_a_review_is_kept_with_who_did_it(sold: str, supervisor: Page, here: Site) -> None:
    supervisor.goto(f"{here.base}/console/audit")
    row = supervisor.locator("tr", has_text="stores.decide").first.inner_text()
    assert "supervisor" in row
    assert "同意" in row


def test_an_order_is_found_by_each_of_its_numbers(
    sold: str, mall: Mall, viewer: Page, here: Site
) -> None:
    order = facts(mall, sold)
    transaction = mall.platform.get(
        f"/v3/pay/partner/transactions/out-trade-no/{sold}"
        f"?sp_mchid={mall.platform.mchid}&sub_mchid={mall.store.mchid}"
    ).json()["transaction_id"]
    for number in (sold, order["id"], transaction):
        viewer.goto(f"{here.base}/console/")
        viewer.keyboard.press("/")
        viewer.keyboard.type(number)
        viewer.keyboard.press("Enter")
        viewer.wait_for_url(f"**/console/orders/{order['id']}")
    viewer.goto(f"{here.base}/console/search?q={mall.store.mchid}")
    assert mall.store_id in viewer.url
    viewer.goto(f"{here.base}/console/search?q=nothing-has-this")
    assert "没有找到" in viewer.inner_text("main")


def test_money_is_followed_from_the_order_to_both_sides(
    sold: str, mall: Mall, viewer: Page, here: Site
) -> None:
    viewer.goto(f"{here.base}/console/orders/{facts(mall, sold)['id']}")
    assert "担保中" in viewer.inner_text("main")
    viewer.locator("a", has_text=re.compile("^付款$")).click()
    sides = viewer.locator("tbody tr").all_inner_texts()
    assert len(sides) == 2
    assert all("¥10.00" in side for side in sides)
    assert "¥0.00" in viewer.inner_text("tfoot")
    viewer.click("tbody a >> nth=0")
    assert "−¥10.00" in viewer.inner_text("table")
    viewer.goto(f"{here.base}/console/ledger")
    assert "¥0.00" in viewer.inner_text("tfoot")


def test_a_sum_leads_to_its_accounts_and_these_to_both_sides_of_each_transfer(
    sold: str, mall: Mall, viewer: Page, here: Site
) -> None:
    viewer.goto(f"{here.base}/console/ledger")
    whole = viewer.locator("tbody tr", has_text="担保").locator("td").nth(3).inner_text()
    viewer.click("tbody a:has-text('担保')")
    assert viewer.locator(".head .money").inner_text() == whole
    assert viewer.locator("tbody tr td.num >> nth=0").inner_text() == whole
    for asked, rows in ((mall.store.mchid, 1), (mall.store_id, 1), ("nobody", 0)):
        viewer.fill("#owner", asked)
        viewer.click("text=筛选")
        assert viewer.locator("tbody tr").count() == rows
    viewer.click("main >> text=清除筛选")
    viewer.click("tbody a:has-text('Meiyou')")
    viewer.click("tbody a >> nth=0")
    assert "¥0.00" in viewer.inner_text("tfoot")
    viewer.goto(f"{here.base}/console/closes")
    row = viewer.locator("tbody tr", has_text="担保")
    credited = row.locator("td.num a").last.inner_text()
    row.locator("td.num a").last.click()
    assert viewer.locator("tbody tr >> nth=0").locator("td.num").last.inner_text() == credited
    is_well_made(viewer, viewer.url, DATA)
    viewer.click("tbody a >> nth=0")
    assert "¥0.00" in viewer.inner_text("tfoot")
    day = "ledger/books/4156/days"
    for path in ("ledger/books/1", f"{day}/never", f"{day}/2026-01-01?owner=x", f"{day}/9999-12-31",
                 f"{day}/0001-01-01", "closes?day=9999-12-31"):  # fmt: skip
        assert viewer.request.get(f"{here.base}/console/{path}").status == 404, path
    viewer.goto(f"{here.base}/console/{day}/2001-01-01")
    assert "什么都没有发生" in viewer.inner_text("main")
    assert viewer.request.get(f"{here.base}/console/orders?to=9999-12-31").status == 200


def test_a_day_is_closed_and_downloaded_as_others_read_it(
    sold: str, viewer: Page, here: Site
) -> None:
    viewer.goto(f"{here.base}/console/ledger")
    viewer.click("main >> text=日终结账")
    assert "当天还没有结束" in viewer.inner_text("h1")
    opening, debited, credited, closing = viewer.locator("tfoot tr td.num").all_inner_texts()[:4]
    assert opening == closing == "¥0.00"
    assert debited == credited != "¥0.00"
    for _ in range(2):
        with viewer.expect_download() as downloading:
            viewer.click("text=下载 >> nth=-1")
    text = downloading.value.path().read_text("utf-8")
    assert downloading.value.suggested_filename.endswith(".beancount")
    assert 'option "operating_currency" "CNY"' in text
    assert "Liabilities:Wallets" in text
    viewer.click("text=前一天")
    assert "什么都没有" in viewer.inner_text("main")
    for query in "first=2026-01-01&last=2025-01-01&format=ledger", "first=x&last=y&format=ledger":
        answer = viewer.request.get(f"{here.base}/console/closes/file?{query}")
        assert answer.status == 422
        assert "最多 92 天" in answer.text()
    is_well_made(viewer, f"{here.base}/console/closes")


def test_filters_are_in_the_address_and_survive(
    sold: str, mall: Mall, viewer: Page, here: Site
) -> None:
    viewer.goto(f"{here.base}/console/orders")
    viewer.locator("#state").select_option("paid")
    viewer.fill("#merchant", mall.store.mchid)
    viewer.click("text=筛选")
    assert "state=paid" in viewer.url
    assert viewer.locator("tbody tr").count() == 1
    viewer.reload()
    assert viewer.input_value("#merchant") == mall.store.mchid
    viewer.click(".tags a >> nth=0")
    assert "state" not in viewer.url
    assert viewer.locator("tbody tr").count() == 2
    viewer.goto(f"{here.base}/console/orders?state=paid&from=2020-01-01&to=2020-01-02")
    viewer.click(".filters a:has-text('最近 7 天')")
    assert viewer.input_value("#state") == "paid"
    assert viewer.input_value("#to") == ""
    assert viewer.input_value("#from") > "2026"
    viewer.goto(f"{here.base}/console/orders?from=2020-01-01&to=2020-01-02")
    assert "清除筛选" in viewer.inner_text("main")


def test_a_letter_is_sent_again(sold: str, viewer: Page, supervisor: Page, here: Site) -> None:
    viewer.goto(f"{here.base}/console/events")
    viewer.click("tbody a >> nth=0")
    assert viewer.locator("text=立即重发").count() == 0
    supervisor.goto(viewer.url)
    supervisor.click("text=立即重发")
    supervisor.wait_for_load_state()
    supervisor.goto(f"{here.base}/console/audit")
    assert "events.resend" in supervisor.inner_text("main")


def test_escrows_are_found_by_how_far_they_have_come(
    sold: str, mall: Mall, viewer: Page, here: Site
) -> None:
    viewer.goto(f"{here.base}/console/")
    viewer.click(".menu >> text='担保'")
    row = viewer.locator("tbody tr", has_text=sold)
    assert "等待确认收货" in row.inner_text()
    assert "¥9.94" in row.inner_text()
    viewer.locator("#state").select_option("soon")
    viewer.fill("#platform", mall.platform.mchid)
    viewer.fill("#merchant", mall.store.mchid)
    viewer.click("text=筛选")
    assert viewer.locator("tbody tr").count() == 1
    viewer.reload()
    assert viewer.input_value("#state") == "soon"
    assert viewer.input_value("#platform") == mall.platform.mchid
    viewer.locator("#state").select_option("released")
    viewer.click("text=筛选")
    viewer.click("main >> text=清除筛选")
    viewer.click(f"tbody a:has-text('{sold}')")
    assert "担保中" in viewer.inner_text("main")
    for nobody in ("platform=nobody", "merchant=nobody", "state=split", "after=1.ord_1"):
        viewer.goto(f"{here.base}/console/escrows?{nobody}")
        assert (viewer.locator("tbody tr").count() == 0) == ("after" not in nobody), nobody


def test_a_dispute_is_decided_and_the_books_agree(
    sold: str, mall: Mall, buyer: Wallet, supervisor: Page, here: Site
) -> None:
    order = facts(mall, sold)
    fields = {"merchant_id": mall.store_id, "order_id": order["id"], "payer_id": buyer.id}
    opened = mall.operator.made("/api/v1/disputes", **fields, reason="<b>not</b> as described")
    before = buyer.balance()
    is_well_made(supervisor, f"{here.base}/console/disputes/{opened['id']}", DATA)
    assert "<b>not</b>" in supervisor.inner_text("main")
    supervisor.fill("#text", "We asked the courier.")
    supervisor.click("text=记下")
    supervisor.fill("#refund", "100")
    supervisor.fill("#words", "half")
    supervisor.click("form[action$='decide'] button")
    assert "refund_exceeds" in supervisor.inner_text("[role=alert]")
    supervisor.fill("#refund", "4.00")
    supervisor.click("form[action$='decide'] button")
    supervisor.wait_for_selector("text=已裁决")
    assert buyer.balance() == before + 400
    assert supervisor.locator("form[action$='decide']").count() == 0
    supervisor.goto(f"{here.base}/console/escrows?state=released")
    supervisor.click(f"tbody tr:has-text('{sold}') >> text=看纠纷")
    assert supervisor.url.endswith(opened["id"])
    supervisor.click("main dd a >> nth=0")
    assert order["id"] in supervisor.url


@pytest.mark.parametrize(
    "path",
    ["orders", "orders/{order}", "search?q=none", "ledger", "ledger/{store}", "ledger/{store}/2156",
     "ledger/books/1156", "merchants", "merchants/{store}", "stores", "events", "disputes",
     "escrows"],
)  # fmt: skip
def test_pages_are_well_made(
    sold: str, mall: Mall, supervisor: Page, here: Site, path: str
) -> None:
    named = path.format(order=facts(mall, sold)["id"], store=mall.store_id)
    is_well_made(supervisor, f"{here.base}/console/{named}", DATA)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_opens_at_its_top_and_its_menu_shows_it(
    here: Site, viewer: Page, width: int
) -> None:
    """Its place in the menu is below the fold of a PC, and far to the right on a phone."""
    viewer.set_viewport_size({"width": width, "height": 640})
    viewer.goto(f"{here.base}/console/lab")
    viewer.wait_for_load_state()
    box = viewer.locator(".menu [aria-current]").bounding_box()
    assert box is not None
    assert viewer.evaluate("scrollY") == 0
    assert 0 <= box["x"] <= width - box["width"]
