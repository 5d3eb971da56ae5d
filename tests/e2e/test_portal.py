"""A merchant's developer: keys, a failed signature explained, a simulated payment, a webhook."""

import csv
import json
import re
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.doors.test_refund_repairs import sold
from tests.doors.test_rest_acceptance import id_of, switched
from tests.doors.test_rest_platforms import rest_of
from tests.e2e.looks import accessible, fits, is_well_made, light
from tests.e2e.members import desk
from tests.e2e.site import Key, Site
from tests.phones import new_phone
from tests.served import DAY_S, Rest, Served, Shop, later, merchant, serve
from tests.waiting import LONGEST_S, becomes, clear_of_midnight, eventually
from tests.workers.receiver import Handler, receiving

Sandbox = tuple[Served, Rest]
# What orders of `Shop` are of: data, also in English.
GOODS = "越野跑鞋 42 码"
FIELDS = "() => Object.fromEntries(new FormData(document.querySelector('form[action$=refunds]')))"


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


def send_back(page: Page, amount: str, reason: str) -> None:
    page.fill("#amount", amount)
    page.fill("#reason", reason)
    page.click("main form[action$='refunds'] button")
    page.wait_for_load_state()


def set_threshold(page: Page, refunds: str, amount: str, *, keys: bool = False) -> None:
    page.goto(refunds)
    form = page.locator("form[action$='threshold']")
    form.locator("[name=amount]").fill(amount)
    form.locator("[name=keys]").set_checked(keys)
    form.locator("button").click()
    page.wait_for_load_state()


def paid(here: Site, rest: Rest, page: Page, amount: int) -> str:
    """An order that a simulated payer paid; its page is open."""
    made = rest.made(
        "/api/v1/orders", reference=f"P{uuid4().hex[:20]}", title="Shoes", amount=amount
    )
    page.goto(f"{here.base}/portal/orders/{made['id']}")
    page.click("button:has-text('付款')")
    page.wait_for_selector("text=已支付")
    return str(made["id"])


def sold_by_bank(sandbox: Sandbox, shop: Shop) -> str:
    """An order that a bank paid."""
    number, _ = sold(sandbox, shop)
    of = f"merchant_id={id_of(sandbox, shop)}&reference={number}"
    (order,) = sandbox[1].get(f"/api/v1/orders?{of}").json()["data"]
    return str(order["id"])


def refunded(sandbox: Sandbox, rest: Rest, order: dict[str, Any]) -> dict[str, Any]:
    """A refund of a part of an order that somebody pays."""
    operator = sandbox[1]
    payer = operator.made("/api/v1/users", phone=new_phone(), name="Payer")["id"]
    operator.made(f"/api/v1/users/{payer}/top-ups", amount=100)
    named = {"merchant_id": order["merchant_id"], "order_id": order["id"], "payer_id": payer}
    operator.made("/api/v1/payments", amount=order["amount"], **named)
    path = f"/api/v1/orders/{order['id']}/refunds"
    refund: dict[str, Any] = rest.made(path, reference="R1", amount=1, reason="Theirs")
    return refund


def refund_becomes(operator: Rest, shop: Shop, order: str, state: str) -> None:
    """Wait for the order's only refund."""
    merchant_id = operator.get(f"/api/v1/merchants/{shop.mchid}").json()["id"]
    path = f"/api/v1/orders/{order}/refunds?merchant_id={merchant_id}"
    becomes(lambda: operator.get(path).json()["data"][0]["state"], state)


def logged(page: Page, here: Site, text: str) -> None:
    """Wait until the log of requests has it."""
    address = f"{here.base}/portal/requests"
    eventually(lambda: page.goto(address) and text in page.inner_text("main"))


def test_a_developers_whole_path(here: Site, developer: Page) -> None:
    clear_of_midnight()
    key = made_key(developer, here.base)
    rest = client(here, key)
    refused = rest.http.send(rest.signed("GET", "/api/v1/orders", signature="0" * 64))
    assert refused.status_code == 401
    logged(developer, here, "wrong_signature")
    developer.locator("tr", has_text="wrong_signature").first.locator("a").click()
    developer.wait_for_url("**/requests/rqs_*")
    assert "GET\n/api/v1/orders" in developer.inner_text("pre.code >> nth=0")
    assert "密钥或签名的文本不同" in developer.inner_text("p.note.bad")
    developer.goto(f"{developer.url}?lang=en")
    assert "compare with ours line by line" in developer.inner_text("p.note.bad")
    developer.goto(f"{here.base}/portal/requests?lang=zh")
    assert "密钥或签名的文本不同" in developer.inner_text("main")

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
    developer.goto(f"{here.base}/portal/orders/{order['id']}")
    send_back(developer, "68.00", "one shoe")
    assert "部分退款" in developer.inner_text("main")
    (refund,) = rest.get(f"/api/v1/orders/{order['id']}/refunds").json()["data"]
    assert (refund["amount"], refund["state"]) == (6_800, "succeeded")
    developer.goto(f"{here.base}/portal/bills")
    assert "¥268.00" in developer.inner_text("main")
    assert "还没结束" in developer.inner_text("main")
    rest.http.close()


def test_the_log_is_live_walked_by_keys_and_says_where_a_text_differs(
    here: Site, mine: Shop, developer: Page
) -> None:
    rest = rest_of(mine)
    order = rest.made("/api/v1/orders", reference="LIVE", title="Shoes", amount=200)
    page = developer.context.new_page()
    page.goto(f"{here.base}/portal/requests?lang=zh")
    for act, status in (("scan", "200"), ("wrong-pin", "409"), ("pay", "200")):
        assert rest.post("/api/v1/sandbox/acts", order_id=order["id"], act=act).status_code == 200
        row = page.locator("tr", has_text=f"{act.upper()} {order['id']}")
        row.wait_for()
        assert "模拟付款人" in row.inner_text()
        assert status in row.inner_text()
    sent = rest.signed("GET", "/api/v1/refunds")
    sent.url = sent.url.copy_with(path="/api/v1/orders")
    assert rest.http.send(sent).status_code == 401
    page.wait_for_selector("tbody tr:first-child:has-text('wrong_signature')")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/rqs_*")
    assert "第 2 行" in page.inner_text(".pane")
    assert page.locator("mark").all_inner_texts() == ["orders↵", "refunds↵"]
    page.click("summary:has-text('curl')")
    assert page.inner_text("#curl").startswith(f"curl -X GET {here.base}/api/v1/orders \\\n")
    assert page.locator("[data-log] tr.here").count() == 1
    is_well_made(page, page.url.partition("?")[0])
    page.close()
    rest.http.close()


def test_a_refund_form_refunds_once_and_never_above_what_was_paid(
    here: Site, mine: Shop, developer: Page
) -> None:
    rest = rest_of(mine)
    order = paid(here, rest, developer, 26_800)
    address = f"{here.base}/portal/orders/{order}"
    send_back(developer, "268.01", "too much")
    assert "refund_exceeds_payment" in developer.inner_text("[role=alert]")
    assert developer.input_value("#reason") == "too much"
    developer.fill("#amount", "100")
    fields = developer.evaluate(FIELDS)
    kept = {one["name"]: one["value"] for one in developer.context.cookies()}
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(
        cookies=kept, trust_env=False, verify=False, timeout=30, headers=headers
    ) as browser:
        assert (
            browser.post(f"{address}/refunds", data=fields | {"csrf": "0" * 64}).status_code == 403
        )
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert browser.post(f"{address}/refunds", data=fields, headers=elsewhere).status_code == 403
        for _ in range(2):
            assert browser.post(f"{address}/refunds", data=fields).status_code == 303
        changed = browser.post(f"{address}/refunds", data=fields | {"amount": "99"})
        assert "refund_reference_reused" in changed.text
    developer.goto(address)
    developer.fill("#reason", "two clicks")
    developer.dblclick("main form[action$='refunds'] button")
    developer.wait_for_selector("text=已退款")
    found = rest.get(f"/api/v1/orders/{order}/refunds").json()["data"]
    assert [one["amount"] for one in found] == [10_000, 16_800]
    developer.goto(f"{here.base}/portal/refunds")
    row = developer.locator("tr", has_text="two clicks").inner_text()
    assert "¥168.00" in row
    assert "已到账" in row
    rest.http.close()


def test_a_merchant_that_wants_two_for_large_refunds_has_them(
    here: Site, mine: Shop, chromium: Browser, developer: Page
) -> None:
    rest, accountant = rest_of(mine), desk(here, chromium, "accountant", [])
    order = paid(here, rest, developer, 26_800)
    refunds = f"{here.base}/portal/refunds"
    developer.goto(refunds)
    assert developer.locator("input[name=amount]").count() == 0
    set_threshold(accountant, refunds, "100")
    developer.goto(f"{here.base}/portal/orders/{order}")
    send_back(developer, "100", "large one")
    assert developer.url == refunds
    waiting = developer.locator("section", has_text="等另一位成员复核的退款")
    assert "要由另一位成员复核" in waiting.inner_text()
    assert rest.get(f"/api/v1/orders/{order}/refunds").json()["data"] == []
    is_well_made(developer, refunds)
    accountant.goto(refunds)
    accountant.click("button:has-text('复核通过')")
    accountant.wait_for_load_state()
    (made,) = rest.get(f"/api/v1/orders/{order}/refunds").json()["data"]
    assert (made["amount"], made["reason"]) == (10_000, "large one")
    set_threshold(accountant, refunds, "")
    assert "放宽要另一位成员同意" in accountant.inner_text("form[action$='threshold-change']")
    assert accountant.locator("text=同意放宽").count() == 0
    developer.goto(refunds)
    developer.click("text=同意放宽")
    developer.wait_for_selector("text=退款一个人就能做")
    rest.http.close()


def test_a_merchants_keys_may_need_a_member_too(
    here: Site, mine: Shop, chromium: Browser, developer: Page
) -> None:
    rest, accountant = rest_of(mine), desk(here, chromium, "accountant", [])
    order = paid(here, rest, developer, 26_800)
    refunds, path = f"{here.base}/portal/refunds", f"/api/v1/orders/{order}/refund"
    set_threshold(accountant, refunds, "100", keys=True)
    is_well_made(accountant, refunds)
    large = {"reference": "L1", "amount": 10_000, "reason": "by a program"}
    refused = rest.post(f"{path}s", **large)
    assert (refused.status_code, refused.json()["reason"]) == (409, "refund_needs_second")
    same = {"out_trade_no": rest.get(f"/api/v1/orders/{order}").json()["reference"]}
    sums = {"total": 26_800, "refund": 10_000, "currency": "CNY"}
    answer = mine.post("/v3/refund/domestic/refunds", **same, out_refund_no="L2", amount=sums)
    assert (answer.status_code, answer.json()["code"]) == (403, "RULE_LIMIT")
    [kept] = rest.get("/api/v1/refund-thresholds").json()["data"]
    assert (kept["currency"], kept["amount"], kept["keys"]) == ("CNY", 10_000, True)
    proposed = rest.made(f"{path}-proposals", **large)
    developer.goto(refunds)
    row = developer.locator("tr", has_text="by a program")
    assert "要由不能生成密钥的成员复核" in row.inner_text()
    assert row.locator("text=复核通过").count() == 0
    accountant.goto(refunds)
    assert accountant.locator(".menu .badge").count() == 1
    is_well_made(accountant, refunds)
    accountant.goto(refunds)
    accountant.locator("tr", has_text="by a program").locator("text=复核通过").click()
    accountant.wait_for_load_state()
    done = rest.get(f"/api/v1/refund-proposals/{proposed['id']}").json()
    assert done["state"] == "approved"
    assert rest.get(f"/api/v1/refunds/{done['refund_id']}").json()["state"] == "succeeded"
    set_threshold(accountant, refunds, "100")
    developer.goto(refunds)
    developer.click("text=同意放宽")
    developer.wait_for_load_state()
    assert rest.post(f"{path}s", **large | {"reference": "L3", "amount": 1}).status_code == 201
    set_threshold(accountant, refunds, "")
    developer.goto(refunds)
    developer.click("text=同意放宽")
    developer.wait_for_selector("text=退款一个人就能做")
    rest.http.close()


def test_a_refund_that_its_bank_declines_is_repaired_on_the_page(
    sandbox: Sandbox, here: Site, mine: Shop, chromium: Browser, developer: Page
) -> None:
    served, operator = sandbox
    made = served.command("sandbox", "operator-key")
    second = Rest(served.base_url, made["operator_key"], made["operator_secret"])
    switched(sandbox, second, mine, ("netbank", "pc", "accepted"))
    second.http.close()
    for page, base, goal in (
        (developer, f"{here.base}/portal", "card"),
        (desk(here, chromium, "supervisor", []), f"{here.base}/console", "merchant"),
    ):
        order = sold_by_bank(sandbox, mine)
        fault = operator.post(
            "/api/v1/channels/sandbox_bank/faults", kind="refund", fault="refused"
        )
        assert fault.status_code == 200
        page.goto(f"{base}/orders/{order}")
        send_back(page, "4", "bank says no")
        refund_becomes(operator, mine, order, "abnormal")
        page.goto(f"{base}/refunds?abnormal=1")
        page.locator("tr", has_text="bank says no").locator("a").click()
        if goal == "card":
            is_well_made(page, page.url, (GOODS,))
            page.goto(f"{base}/orders/{order}")
            form = page.locator("form", has_text="退到这张卡")
            card = {"bank": "ICBC", "number": "1", "holder": "Zhang San"}
            for name, text in card.items():
                form.locator(f"[name={name}]").fill(text)
            form.locator("button").click()
            assert "8 到 19 位" in page.inner_text("[role=alert]")
            form = page.locator("form", has_text="退到这张卡")
            assert form.locator("[name=bank]").input_value() == "ICBC"
            form.locator("[name=number]").fill("6222 0202 0011 2233")
            form.locator("button").click()
        else:
            page.locator("form", has_text="退回商户").locator("button").click()
        page.wait_for_load_state()
        assert page.locator("text=退到这张卡").count() == 0
        refund_becomes(operator, mine, order, "succeeded")


def test_keys_rotate_with_overlap(here: Site, developer: Page) -> None:
    old, new = made_key(developer, here.base), made_key(developer, here.base)
    clients = [client(here, one) for one in (old, new)]
    assert [one.get("/api/v1/orders").status_code for one in clients] == [200, 200]
    developer.locator("tr", has_text=old.id).locator("text=作废").click()
    developer.wait_for_load_state()
    assert "已作废" in developer.locator("tr", has_text=old.id).inner_text()
    becomes(lambda: clients[0].get("/api/v1/orders").status_code, 401)
    assert [one.get("/api/v1/orders").status_code for one in clients] == [401, 200]
    for one in clients:
        one.http.close()


def test_the_reference_is_in_its_place(here: Site, developer: Page) -> None:
    developer.goto(f"{here.base}/portal/?lang=en")
    developer.click(".menu a:has-text('API reference')")
    assert developer.url == f"{here.base}/portal/docs"
    assert developer.inner_text(".menu [aria-current]") == "API reference"
    assert developer.locator("h1").all_inner_texts() == ["REST API"]
    assert developer.locator("article#schema-Problem").count() == 1
    light(developer)
    accessible(developer, "duplicate-id-aria", "heading-order", "landmark-unique")
    fits(developer, 1280, 390)
    developer.goto(f"{here.base}/portal/?lang=zh")


def test_what_is_no_key_is_refused_in_words(here: Site, developer: Page) -> None:
    developer.goto(f"{here.base}/portal/keys")
    developer.fill("#pem", "-----BEGIN PUBLIC KEY-----\nnot one\n-----END PUBLIC KEY-----")
    developer.click("text=上传 >> nth=-1")
    assert "不能用这个公钥" in developer.inner_text("[role=alert]")


def test_a_test_letter_and_its_answer_are_shown_as_they_come(here: Site, developer: Page) -> None:
    seen = threading.Event()

    def held(handler: Handler) -> None:
        seen.wait(LONGEST_S)
        handler.send_response(418)
        handler.send_header("Set-Cookie", "session=theirs")
        handler.send_header("X-Kettle", "small")
        handler.send_header("Content-Length", "4000")
        handler.end_headers()
        handler.wfile.write(b"teapot" + b"." * 3_994)

    with receiving() as receiver:
        box = receiver.mailbox(held)
        developer.goto(f"{here.base}/portal/events?lang=zh")
        developer.fill("#address", box.url)
        developer.select_option("#sample", "wechatpay refund.abnormal")
        developer.click("text=发送")
        developer.wait_for_url("**/portal/events/evt_*")
        assert "还没有投递过" in developer.inner_text("main")
        developer.evaluate("() => { window.kept = true; }")
        seen.set()
        developer.wait_for_selector("text=teapot")
        assert developer.evaluate("() => window.kept")
        text = developer.inner_text("main")
    (told,) = box.told
    assert told.fields["event_type"] == "REFUND.ABNORMAL"
    for part in ("418", "X-Kettle: small", "Set-Cookie: ***", told.headers["Wechatpay-Nonce"]):
        assert part in text
    assert told.body.decode() in text
    assert "theirs" not in text
    assert "teapot" + "." * 2_042 in text
    assert "teapot" + "." * 2_043 not in text
    fits(developer)
    accessible(developer)


def test_an_address_that_is_none_gets_no_test(here: Site, developer: Page) -> None:
    for address in ("ftp://127.0.0.1/", "http://me:secret@127.0.0.1/hook"):
        developer.goto(f"{here.base}/portal/events")
        developer.fill("#address", address)
        developer.click("text=发送")
        assert "https://" in developer.inner_text("main")


def test_one_merchant_never_sees_anothers(sandbox: Sandbox, here: Site, developer: Page) -> None:
    with merchant(sandbox[0], "Theirs") as other:
        theirs = rest_of(other)
        order = theirs.made("/api/v1/orders", reference="SECRET", title="Theirs", amount=2)
        refund = refunded(sandbox, theirs, order)
        event = theirs.made("/api/v1/events", notify_url="http://127.0.0.1:9/")
        refused = theirs.http.send(theirs.signed("GET", "/api/v1/orders", signature="1" * 64))
        assert refused.status_code == 401
        key = theirs.key
        theirs.http.close()
    base = f"{here.base}/portal"
    kept = {one["name"]: one["value"] for one in developer.context.cookies()}
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(
        cookies=kept, trust_env=False, verify=False, timeout=30, headers=headers
    ) as browser:
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
            "refunds",
            "refunds?abnormal=1",
            f"refunds?merchant={other.mchid}",
        ]
        pages += [f"search?q={order['id']}", f"orders?merchant={other.mchid}"]
        for path in pages:
            text = browser.get(f"{base}/{path}", follow_redirects=True).text
            asked = f"search?q={order['id']}" == path
            for secret in ("Theirs", key, event["id"], *(() if asked else (order["id"],))):
                assert secret not in text, path
        token = re.search(r'name="csrf" value="(\w+)"', browser.get(f"{base}/keys").text)
        assert token
        form = {"csrf": token[1], "serial": key, "does": "pay", "goal": "merchant"}
        form |= {"amount": "0.01", "reason": "theirs"}
        for path, status in (
            ("keys/revoke", 422),
            (f"orders/{order['id']}/act", 404),
            (f"events/{event['id']}/resend", 404),
            (f"orders/{order['id']}/refunds", 404),
            (f"refunds/{refund['id']}/repair", 404),
        ):
            assert browser.post(f"{base}/{path}", data=form).status_code == status, path
        assert browser.get(f"{here.base}/console/orders").status_code == 403
    audit = json.dumps(sandbox[1].get(f"/api/v1/merchants/{other.mchid}/keys").json())
    assert '"revoked_at"' not in audit


def test_an_accountant_sees_and_does_nothing(here: Site, chromium: Browser) -> None:
    page = desk(here, chromium, "accountant", [])
    page.goto(f"{here.base}/portal/keys")
    assert page.locator("main button").count() == 0


@pytest.mark.parametrize("path", ["", "keys", "requests", "orders", "refunds", "events", "bills"])
def test_pages_are_well_made(here: Site, developer: Page, path: str) -> None:
    is_well_made(developer, f"{here.base}/portal/{path}", (GOODS,))


def test_a_day_that_is_over_is_downloaded(
    sandbox: Sandbox, here: Site, chromium: Browser, developer: Page
) -> None:
    rest = client(here, made_key(developer, here.base))
    order = rest.made("/api/v1/orders", reference="=1+1", title='a, "b"', amount=12_345)
    developer.goto(f"{here.base}/portal/orders/{order['id']}")
    developer.click("button:has-text('付款')")
    developer.wait_for_selector("text=已支付")
    rest.http.close()
    # Before the log-in: two days later nobody is logged in any more.
    later(sandbox[1], 2 * DAY_S)
    page = desk(here, chromium, "accountant", [])
    page.goto(f"{here.base}/portal/bills")
    with page.expect_download() as coming:
        page.locator("td >> text=下载").first.click()
    rows = list(csv.reader(coming.value.path().read_text("utf-8-sig").splitlines()))
    row = next(one for one in rows if order["id"] in one)
    assert row[3:7] == ["'=1+1", 'a, "b"', "123.45", "0.74"]
