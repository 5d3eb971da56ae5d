"""Whatever a payer's browser does, an order is paid once and every screen says so."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page

from tests.e2e.site import (
    PIN,
    Placed,
    Site,
    enter,
    join,
    log_in,
    open_page,
    pay,
    person,
    place,
    signed,
    top_up,
)

DESK, HAND = 1280, 390
MOST_BYTES, MOST_SCRIPT_BYTES = 40_000, 20_000
PAID, WAITING, SCANNED = "[data-state=paid] .icon.ok", "[data-state=waiting]", ".cover"
LIT = ".dots i.on"
FOCUSED = "() => document.activeElement"
HIDEABLE = """
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
window.turn = (away) => {
  hidden = away;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Opens tabs in browsers of their own; where no refusal is expected none may complain."""
    pages: list[Page] = []
    complaints: list[str] = []

    def tab(width: int, *, complains: bool = False, **options: Any) -> Page:
        page = open_page(chromium, [] if complains else complaints, width, **options)
        pages.append(page)
        return page

    yield tab
    for page in pages:
        page.context.close()
    assert not complaints


def test_the_code_on_the_desk_is_the_orders_link_and_a_phone_pays_by_it(
    site: Site, opened: Opener
) -> None:
    order, payer = place(site), person(site)
    desk, hand = opened(DESK), opened(HAND)
    desk.goto(f"{site.base}/c/{order.token}")
    link = _decoded(desk)
    assert link == f"weixin://wxpay/bizpayurl?pr={order.token}"
    desk.emulate_media(color_scheme="dark")
    assert _decoded(desk) == link

    log_in(hand, site.base, payer.phone, "/w/scan")
    hand.fill("#code", link)
    hand.click("form[data-scan] button[type=submit]")
    hand.wait_for_selector("[data-open-pin]")
    desk.wait_for_selector(SCANNED)
    assert _decoded(desk) == "", "a scanned code is covered"

    hand.click("[data-open-pin]")
    enter(hand, PIN)
    hand.wait_for_selector(PAID)
    desk.wait_for_selector(PAID)
    assert _balance(hand, site) == "¥232.00"


def test_a_desk_shows_a_payment_by_itself(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    desk = opened(DESK)
    _listening(desk, site, order)
    with desk.expect_request(lambda _: True) as first:
        pay(site, order, payer)
    assert first.value.is_navigation_request(), "it was told and did not ask"
    desk.wait_for_selector(PAID)
    assert "268.00" in desk.inner_text("main")


def test_a_hidden_tab_listens_to_nothing_and_is_right_on_return(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    desk = opened(DESK)
    desk.add_init_script(HIDEABLE)
    _listening(desk, site, order)
    with desk.expect_event("requestfailed", lambda request: request.url.endswith("/live")):
        desk.evaluate("() => turn(true)")
    pay(site, order, payer)
    assert desk.locator(WAITING).count() == 1

    desk.evaluate("() => turn(false)")
    desk.wait_for_selector(PAID)


def test_a_desk_that_was_offline_is_right_once_it_is_back(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    desk = opened(DESK, complains=True)
    _listening(desk, site, order)
    desk.context.set_offline(True)
    desk.wait_for_selector("[data-away]")
    pay(site, order, payer)
    assert desk.locator(WAITING).count() == 1

    desk.context.set_offline(False)
    desk.wait_for_selector(PAID)


def test_an_order_that_expires_while_its_desk_is_offline_says_so_later(
    site: Site, opened: Opener
) -> None:
    # As long as this machine needs to open it and be offline before it expires.
    for seconds in (3, 12, 60):
        desk = opened(DESK, complains=True)
        desk.goto(f"{site.base}/c/{place(site, expires_in_s=seconds).token}")
        desk.context.set_offline(True)
        if desk.locator(WAITING).count():
            break
    desk.wait_for_function("() => document.querySelector('[data-left]').textContent === '0:00'")
    assert desk.is_visible("[data-away]")

    desk.context.set_offline(False)
    desk.wait_for_selector("[data-state=expired]")


def test_ten_tabs_of_one_order_all_show_the_payment(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    first = opened(DESK)
    tabs = [first, *(first.context.new_page() for _ in range(9))]
    for tab in tabs:
        tab.goto(f"{site.base}/c/{order.token}")
    pay(site, order, payer)
    for tab in tabs:
        tab.wait_for_selector(PAID)


def test_double_clicks_on_a_phone_pay_once(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    hand = opened(HAND)
    sent = _payments(hand)
    log_in(hand, site.base, payer.phone, f"/c/{order.token}")
    hand.dblclick("[data-open-pin]")
    assert hand.locator(LIT).count() == 0, "the second click types no digit"
    enter(hand, PIN[:-1])
    hand.dblclick(f'[data-key="{PIN[-1]}"]')
    hand.wait_for_selector(PAID)
    assert len(sent) == 1
    assert _balance(hand, site) == "¥232.00"


def test_double_clicks_on_a_desk_pay_once(site: Site, opened: Opener) -> None:
    payer = person(site, 100_000)
    for scripts, left in ((True, "¥732.00"), (False, "¥464.00")):
        order = place(site)
        desk = opened(DESK, java_script_enabled=scripts)
        log_in(desk, site.base, payer.phone)
        desk.goto(f"{site.base}/c/{order.token}?tab=account")
        desk.fill("#pin", PIN)
        desk.dblclick("form[action$='/pay'] button[type=submit]")
        desk.wait_for_selector(PAID)
        assert _balance(desk, site) == left, scripts


def test_going_back_after_paying_never_offers_to_pay(site: Site, opened: Opener) -> None:
    payer = person(site, 100_000)
    for width in (HAND, DESK):
        order = place(site)
        page = opened(width)
        log_in(page, site.base, payer.phone)
        page.goto(f"{site.base}/c/{order.token}")
        if width == HAND:
            page.click("[data-open-pin]")
            enter(page, PIN)
        else:
            page.click("#tab-account")
            page.fill("#pin", PIN)
            page.click("form[action$='/pay'] button[type=submit]")
        page.wait_for_selector(PAID)

        seen = 0
        while page.go_back() is not None and "/c/" in page.url:
            page.wait_for_selector(PAID)
            assert page.locator("[data-open-pin], #pin").count() == 0
            seen += 1
        assert seen >= (width == DESK)
        page.goto(f"{site.base}/c/{order.token}")
        page.wait_for_selector(PAID)


def test_five_wrong_pins_lock_the_wallet_and_the_page_says_for_how_long(
    site: Site, opened: Opener
) -> None:
    order, payer = place(site), person(site)
    hand = opened(HAND, complains=True)
    log_in(hand, site.base, payer.phone, f"/c/{order.token}")
    hand.click("[data-open-pin]")
    for left in (4, 3, 2, 1):
        assert f"还可以试 {left} 次" in _refused(hand, "000000")
    locked = _refused(hand, "000000")
    assert "锁定" in locked
    assert "10 分钟" in locked
    assert "10 分钟" in _refused(hand, PIN), "even the right PIN is refused"

    hand.goto(f"{site.base}/c/{order.token}?view=pc&tab=account")
    hand.fill("#pin", PIN)
    hand.click("form[action$='/pay'] button[type=submit]")
    assert "10 分钟" in hand.inner_text("[role=alert]")
    assert _balance(hand, site) == "¥500.00"


def test_a_pin_is_typed_with_the_keyboard_alone(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    hand = opened(HAND)
    log_in(hand, site.base, payer.phone, f"/c/{order.token}")
    _tab_to(hand, "[data-open-pin]")
    hand.keyboard.press("Enter")
    hand.wait_for_selector("dialog[open]")
    hand.keyboard.type("77")
    hand.keyboard.press("Backspace")
    assert hand.locator(LIT).count() == 1

    hand.keyboard.press("Escape")
    hand.wait_for_selector("dialog:not([open])", state="attached")
    assert _focused(hand, "[data-open-pin]"), "focus returns"

    hand.keyboard.press("Enter")
    assert hand.locator(LIT).count() == 0, "a closed sheet forgets"
    for _ in range(16):
        hand.keyboard.press("Tab")
        assert not hand.evaluate("() => document.activeElement.matches('main *:not(dialog *)')")
    _tab_to(hand, f'[data-key="{PIN[0]}"]')
    hand.keyboard.press("Enter")
    hand.keyboard.type(PIN[1:])
    hand.wait_for_selector(PAID)


def test_without_scripts_a_person_joins_logs_in_tops_up_and_pays(
    site: Site, opened: Opener
) -> None:
    hand = opened(HAND, complains=True, java_script_enabled=False)
    join(hand, site.base, "13712345678")
    hand.goto(f"{site.base}/w/me")
    hand.click("form[action='/w/logout'] button")
    hand.wait_for_url("**/w/login")
    log_in(hand, site.base, "13712345678")
    top_up(hand)

    order = place(site)
    hand.goto(f"{site.base}/c/{order.token}")
    assert not hand.is_visible("[data-open-pin]")
    _send_pin(hand, "000000")
    alert = hand.locator("[role=alert]")
    assert alert.count() == 1, "a problem is said once"
    assert "还可以试 4 次" in alert.inner_text()
    for language in ("en", "zh-Hans"):
        hand.click(f"header nav a[hreflang={language}]")
        assert hand.get_attribute("html", "lang") == language
    _send_pin(hand, PIN)
    hand.wait_for_selector(PAID)
    hand.reload()
    hand.wait_for_selector(PAID)
    assert _balance(hand, site) == "¥232.00"


def test_first_loads_are_small(site: Site, opened: Opener) -> None:
    order, payer = place(site), person(site)
    pages = ((DESK, f"/c/{order.token}"), (HAND, f"/c/{order.token}"), (HAND, "/w/"))
    for width, path in pages:
        visitor = opened(width)
        if width == HAND:
            log_in(visitor, site.base, payer.phone)
        page = opened(width, storage_state=visitor.context.storage_state())
        kinds, sizes = _counted(page.context.new_cdp_session(page))
        page.goto(site.base + path)
        page.wait_for_function("() => document.readyState === 'complete'")
        scripts = [sizes[one] for one in sizes if kinds.get(one) == "Script"]
        assert len(scripts) >= 1
        assert 0 < sum(scripts) <= MOST_SCRIPT_BYTES, (path, width)
        assert sum(scripts) < sum(sizes.values()) <= MOST_BYTES, (path, width)


def test_a_desk_says_that_its_order_expired(site: Site, opened: Opener) -> None:
    order = place(site, expires_in_s=2)
    desk = opened(DESK)
    desk.goto(f"{site.base}/c/{order.token}")
    desk.wait_for_selector("[data-state=expired]")
    _ended(desk, "已过期")
    desk.reload()
    _ended(desk, "已过期")


def test_a_desk_says_that_its_order_was_closed(site: Site, opened: Opener) -> None:
    order = place(site)
    desk = opened(DESK)
    _listening(desk, site, order)
    signed(site.base, site.shop, f"/api/v1/orders/{order.id}/close", {})
    desk.wait_for_selector("[data-state=closed]")
    _ended(desk, "已关闭")


def test_nobody_sees_another_persons_bills(site: Site, opened: Opener) -> None:
    order, owner, friend, stranger = place(site), person(site), person(site), person(site)
    pay(site, order, owner)
    path = f"/api/v1/users/{owner.id}/transfers"
    moved = signed(site.base, site.operator, path, {"payee_id": friend.id, "amount": 100})
    own, other = opened(HAND), opened(HAND, complains=True)
    log_in(own, site.base, owner.phone, "/w/bills")
    links = [str(one.get_attribute("href")) for one in own.locator("a.bill").all()]
    assert len(links) == 3
    pages = [*links, f"/w/done/{moved['id']}"]
    assert [_status(own, site, one) for one in pages] == [200] * 4

    assert {_status(other, site, one) for one in pages} == {200}
    assert other.url.startswith(f"{site.base}/w/login"), "nobody is asked to log in"
    log_in(other, site.base, stranger.phone)
    assert [_status(other, site, one) for one in pages] == [404] * 4
    for link in links:
        other.goto(f"{site.base}/w/bills?from={link.rsplit('/', 1)[1]}")
        assert other.locator("a.bill").count() == 0


def _decoded(page: Page) -> str:
    """What a camera reads off the screen where the code is; nothing when it cannot."""
    box = page.locator("svg.qr").bounding_box()
    assert box is not None
    edges = (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
    with Image.open(io.BytesIO(page.screenshot())) as screen:
        found = zxingcpp.read_barcodes(screen.convert("L").crop(edges))
    return str(found[0].text) if found else ""


def _listening(page: Page, site: Site, order: Placed) -> None:
    """Open an order and wait until its live status is on."""
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        page.goto(f"{site.base}/c/{order.token}")
    page.wait_for_selector(WAITING)


def _payments(page: Page) -> list[str]:
    """Every payment that this page sends from now on."""
    sent: list[str] = []

    def keep(request: Any) -> None:
        if request.method == "POST" and request.url.endswith("/pay"):
            sent.append(request.url)

    page.on("request", keep)
    return sent


def _balance(page: Page, site: Site) -> str:
    page.goto(f"{site.base}/w/")
    return page.inner_text(".hero-card .money")


def _refused(page: Page, pin: str) -> str:
    """Enter a PIN; what the sheet says to it."""
    status = page.locator("dialog [role=status]")
    with page.expect_response("**/pay") as answer:
        enter(page, pin)
    message = str(answer.value.json()["message"])
    page.wait_for_function(
        "text => document.querySelector('dialog [role=status]').textContent === text",
        arg=message,
    )
    return status.inner_text()


def _send_pin(page: Page, pin: str) -> None:
    """Pay by the plain form."""
    page.fill("#pin", pin)
    page.click("form[action$='/pay'] button[type=submit]")


def _focused(page: Page, selector: str) -> bool:
    return bool(page.evaluate("one => document.activeElement.matches(one)", selector))


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(20):
        if _focused(page, selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def _counted(session: CDPSession) -> tuple[dict[str, str], dict[str, int]]:
    """Kind and transferred bytes of every answer from now on, by request."""
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def loaded(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = str(event["type"])

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", loaded)
    session.send("Network.enable")
    return kinds, sizes


def _ended(page: Page, word: str) -> None:
    assert word in page.inner_text("h1")
    assert "没有扣款" in page.inner_text("main")
    assert page.locator("svg.qr, form").count() == 0


def _status(page: Page, site: Site, path: str) -> int:
    answer = page.goto(site.base + path)
    assert answer is not None
    return answer.status
