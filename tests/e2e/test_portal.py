"""A merchant's developer: keys, a failed signature explained, a simulated payment, a webhook."""

import csv
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.doors.test_rest_platforms import rest_of
from tests.e2e.looks import is_well_made
from tests.e2e.members import desk
from tests.e2e.site import Key, Site
from tests.served import Rest, Served, Shop, merchant, serve

Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serve(
        tmp_path_factory.mktemp("portal") / "data", "changliao.db", retry_scale="0.01"
    ) as made:
        yield made


@pytest.fixture(scope="module")
def mine(sandbox: Sandbox) -> Iterator[Shop]:
    with merchant(sandbox[0], "Mine") as made:
        yield made


@pytest.fixture(scope="module")
def here(sandbox: Sandbox, mine: Shop) -> Site:
    served, operator = sandbox
    key = Key(operator.key, operator.secret)
    shop = Key(mine.fields["rest_key"], mine.fields["rest_secret"])
    return Site(served.base_url, key, shop, str(served.data), mine.mchid)


@pytest.fixture(scope="module")
def developer(here: Site, chromium: Browser) -> Page:
    return desk(here, chromium, "developer", [])


def made_key(page: Page, base: str) -> Key:
    """A new key, made on the page: its secret is there once."""
    page.goto(f"{base}/portal/keys")
    page.click("text=生成")
    name, secret = page.locator("dd.id").all_inner_texts()
    page.click("text=返回密钥")
    assert secret not in page.content()
    return Key(name, secret)


def client(here: Site, key: Key) -> Rest:
    return Rest(here.base, key.id, key.secret)


def logged(page: Page, here: Site, text: str) -> None:
    """Wait until the log of requests has it."""
    for _ in range(30):
        page.goto(f"{here.base}/portal/requests")
        if text in page.inner_text("main"):
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.inner_text("main"))


def test_a_developers_whole_path(here: Site, developer: Page) -> None:
    key = made_key(developer, here.base)
    rest = client(here, key)
    refused = rest.http.send(rest.signed("GET", "/api/v1/orders", signature="0" * 64))
    assert refused.status_code == 401
    logged(developer, here, "wrong_signature")
    developer.locator("tr", has_text="wrong_signature").first.locator("a").click()
    assert "GET\n/api/v1/orders" in developer.inner_text("pre.code >> nth=0")

    order = rest.made("/api/v1/orders", reference="P1", title="Shoes", amount=26_800)
    developer.goto(f"{here.base}/portal/orders")
    developer.click("text=P1")
    developer.click("button:has-text('付款')")
    developer.wait_for_selector("text=已支付")
    assert rest.get(f"/api/v1/orders/{order['id']}").json()["state"] == "paid"
    assert "/console/" not in developer.inner_html("main")

    developer.goto(f"{here.base}/portal/")
    assert developer.locator("li:has-text('第一个订单付款成功') >> text=完成").count() == 1
    developer.goto(f"{here.base}/portal/events")
    developer.fill("#address", "http://127.0.0.1:9/hook")
    developer.click("text=发送")
    developer.wait_for_url("**/portal/events/evt_*")
    developer.click("text=立即重发")
    developer.goto(f"{here.base}/portal/bills")
    assert "¥268.00" in developer.inner_text("main")
    assert "还没结束" in developer.inner_text("main")
    rest.http.close()


def test_keys_rotate_with_overlap(here: Site, developer: Page) -> None:
    old, new = made_key(developer, here.base), made_key(developer, here.base)
    clients = [client(here, one) for one in (old, new)]
    assert [one.get("/api/v1/orders").status_code for one in clients] == [200, 200]
    developer.locator("tr", has_text=old.id).locator("text=作废").click()
    developer.wait_for_load_state()
    assert "已作废" in developer.locator("tr", has_text=old.id).inner_text()
    for _ in range(20):
        if clients[0].get("/api/v1/orders").status_code == 401:
            break
        developer.wait_for_timeout(200)
    assert [one.get("/api/v1/orders").status_code for one in clients] == [401, 200]
    for one in clients:
        one.http.close()


def test_what_is_no_key_is_refused_in_words(here: Site, developer: Page) -> None:
    developer.goto(f"{here.base}/portal/keys")
    developer.fill("#pem", "-----BEGIN PUBLIC KEY-----\nnot one\n-----END PUBLIC KEY-----")
    developer.click("text=上传 >> nth=-1")
    assert "不能用这个公钥" in developer.inner_text("[role=alert]")


def test_an_address_that_is_none_gets_no_test(here: Site, developer: Page) -> None:
    developer.goto(f"{here.base}/portal/events")
    developer.fill("#address", "ftp://127.0.0.1/")
    developer.click("text=发送")
    assert "https://" in developer.inner_text("main")


def test_one_merchant_never_sees_anothers(sandbox: Sandbox, here: Site, developer: Page) -> None:
    with merchant(sandbox[0], "Theirs") as other:
        theirs = rest_of(other)
        order = theirs.made("/api/v1/orders", reference="SECRET", title="Theirs", amount=1)
        event = theirs.made("/api/v1/events", notify_url="http://127.0.0.1:9/")
        refused = theirs.http.send(theirs.signed("GET", "/api/v1/orders", signature="1" * 64))
        assert refused.status_code == 401
        key = theirs.key
        theirs.http.close()
    base = f"{here.base}/portal"
    kept = {one["name"]: one["value"] for one in developer.context.cookies()}
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(cookies=kept, trust_env=False, timeout=30, headers=headers) as browser:
        for path in (f"orders/{order['id']}", f"events/{event['id']}"):
            assert browser.get(f"{base}/{path}").status_code == 404
        pages = [
            "orders",
            "orders?merchant=1",
            "search?q=SECRET",
            "requests",
            "events",
            "keys",
            "bills",
        ]
        pages += [f"search?q={order['id']}", f"orders?merchant={other.mchid}"]
        for path in pages:
            text = browser.get(f"{base}/{path}", follow_redirects=True).text
            asked = f"search?q={order['id']}" == path
            for secret in ("Theirs", key, event["id"], *(() if asked else (order["id"],))):
                assert secret not in text, path
        token = re.search(r'name="csrf" value="(\w+)"', browser.get(f"{base}/keys").text)
        assert token
        form = {"csrf": token[1], "serial": key, "does": "pay"}
        for path, status in (
            ("keys/revoke", 422),
            (f"orders/{order['id']}/act", 404),
            (f"events/{event['id']}/resend", 404),
        ):
            assert browser.post(f"{base}/{path}", data=form).status_code == status, path
        assert browser.get(f"{here.base}/console/orders").status_code == 403
    audit = json.dumps(sandbox[1].get(f"/api/v1/merchants/{other.mchid}/keys").json())
    assert '"revoked_at"' not in audit


def test_an_accountant_sees_and_does_nothing(here: Site, chromium: Browser) -> None:
    page = desk(here, chromium, "accountant", [])
    page.goto(f"{here.base}/portal/keys")
    assert page.locator("main button").count() == 0


@pytest.mark.parametrize("path", ["", "keys", "requests", "orders", "events", "bills"])
def test_pages_are_well_made(here: Site, developer: Page, path: str) -> None:
    is_well_made(developer, f"{here.base}/portal/{path}")


def test_a_day_that_is_over_is_downloaded(
    sandbox: Sandbox, here: Site, chromium: Browser, developer: Page
) -> None:
    rest = client(here, made_key(developer, here.base))
    order = rest.made("/api/v1/orders", reference="=1+1", title='a, "b"', amount=12_345)
    developer.goto(f"{here.base}/portal/orders/{order['id']}")
    developer.click("button:has-text('付款')")
    developer.wait_for_selector("text=已支付")
    rest.http.close()
    sandbox[0].command("sandbox", "clock", "+2d")
    page = desk(here, chromium, "accountant", [])
    page.goto(f"{here.base}/portal/bills")
    with page.expect_download() as coming:
        page.click("td >> text=下载")
    rows = list(csv.reader(coming.value.path().read_text("utf-8-sig").splitlines()))
    row = next(one for one in rows if order["id"] in one)
    assert row[3:7] == ["'=1+1", 'a, "b"', "123.45", "0.74"]
