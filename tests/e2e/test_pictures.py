"""The pictures in README and docs are taken here, and pages still look as they do there.

`make docs` takes them anew. What changes from run to run (times, numbers, codes) and between
machines (fonts) is lost in tiles of twenty pixels; a page without its style, in the other theme or
with a part missing is not.
"""

import io
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from tests.bazaar import bazaar
from tests.e2e.members import desk
from tests.e2e.site import (
    Key,
    Person,
    Placed,
    Site,
    log_in,
    open_page,
    pay,
    person,
    place,
    served,
    signed,
)
from tests.e2e.test_tenders import accept

FOLDER = Path(__file__).parents[2] / "docs" / "images"
TILE = 20
GAP = 20
# Of 255 shades of grey, and of all tiles.
MOST_OFF, MOST_TILES_OFF = 40, 0.05


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A network of its own with one shop, so that pages show nothing else."""
    with served(str(tmp_path_factory.mktemp("pictures") / "data"), "京东") as site:
        accept(site, ("netbank", "accepted"), ("alipay", "suspended"))
        yield site


@pytest.fixture(scope="module")
def payer(shop: Site) -> Person:
    return person(shop)


@pytest.fixture(scope="module")
def order(shop: Site) -> Placed:
    return place(shop, title="越野跑鞋 42 码", reference="JD202611300042")


def taken(page: Page, width: int, height: int) -> Image.Image:
    """The page as somebody sees it without scrolling."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_load_state()
    return Image.open(io.BytesIO(page.screenshot(scale="css", animations="disabled"))).convert(
        "RGB"
    )


def beside(*parts: Image.Image) -> Image.Image:
    width = sum(one.width + GAP for one in parts) - GAP
    made = Image.new("RGB", (width, parts[0].height), "white")
    left = 0
    for one in parts:
        made.paste(one, (left, 0))
        left += one.width + GAP
    return made


def tiles_off(made: Image.Image, kept: Image.Image) -> float:
    """The share of tiles that look otherwise."""
    assert made.size == kept.size
    size = (made.width // TILE, made.height // TILE)
    small = [one.convert("L").resize(size, Image.Resampling.BOX) for one in (made, kept)]
    off = ImageChops.difference(*small).histogram()[MOST_OFF:]
    return sum(off) / (size[0] * size[1])


def keeps(name: str, made: Image.Image) -> None:
    """The picture is the one in the documentation, which `make docs` writes."""
    path = FOLDER / f"{name}.png"
    if os.environ.get("WRITE_DOCS"):
        made.quantize(256).save(path, optimize=True)
    with Image.open(path) as kept:
        off = tiles_off(made, kept.convert("RGB"))
    assert off <= MOST_TILES_OFF, f"{name}: {off:.1%} of the picture; `make docs` takes it anew"


def test_the_cashier_on_a_desk_and_in_a_hand(
    shop: Site, payer: Person, order: Placed, chromium: Browser
) -> None:
    wide = open_page(chromium, [], 900)
    wide.goto(f"{shop.base}/c/{order.token}?view=pc")
    on_desk = taken(wide, 900, 640)
    hand = open_page(chromium, [], 360)
    log_in(hand, shop.base, payer.phone, f"/c/{order.token}")
    hand.click("[data-open-pin]")
    made = beside(on_desk, taken(hand, 360, 640))
    keeps("cashier", made)
    wide.emulate_media(color_scheme="dark")
    with Image.open(FOLDER / "cashier.png") as kept:
        dark = beside(taken(wide, 900, 640), taken(hand, 360, 640))
        assert tiles_off(dark, kept.convert("RGB")) > MOST_TILES_OFF, "the other theme is noticed"


def test_the_wallet(shop: Site, payer: Person, chromium: Browser) -> None:
    page = open_page(chromium, [], 360)
    log_in(page, shop.base, payer.phone)
    parts = []
    for path in ("/w/", "/w/pay-code", "/w/me"):
        page.goto(shop.base + path)
        parts.append(taken(page, 360, 640))
    keeps("wallet", beside(*parts))


def test_an_order_and_the_acceptance_matrix_in_the_console(
    shop: Site, payer: Person, chromium: Browser
) -> None:
    paid = place(shop, title="越野跑鞋 42 码", reference="JD202611300043")
    pay(shop, paid, payer)
    refund = {"reference": "JDR1", "amount": 6800, "reason": "退运费险"}
    signed(shop.base, shop.shop, f"/api/v1/orders/{paid.id}/refunds", refund)
    signed(
        shop.base, shop.operator, "/api/v1/platforms",
        {"merchant_id": paid.merchant_id, "name": "京东"},
    )  # fmt: skip
    page = desk(shop, chromium, "supervisor", [])
    for name, path, height in (
        ("order", f"orders/{paid.id}", 1240), ("acceptance", "acceptance", 900),
    ):  # fmt: skip
        page.goto(f"{shop.base}/console/{path}")
        keeps(f"console-{name}", taken(page, 1280, height))


def days_until_spring(today: date) -> int:
    """Until a second Monday of March, in a hundred days or later: months and weeks fall alike."""
    days = (today + timedelta(ahead) for ahead in range(100, 500))
    return next((one - today).days for one in days
                if one.month == 3 and one.weekday() == 0 and 8 <= one.day < 15)  # fmt: skip


def test_the_market_after_a_ban(tmp_path: Path, chromium: Browser) -> None:
    """Eight people buy every fifth day; 淘宝 bans on the twentieth, 苏宁易购 accepts afterwards."""
    names = ("京东", "苏宁易购", "qq网购", "淘宝")
    jd, suning, qq, taobao = names
    before = [taobao, taobao, taobao, taobao, taobao, taobao, jd, qq]
    after = [jd, jd, taobao, suning, suning, qq, jd, qq]
    with bazaar(tmp_path / "data", people=8, minimum=1, platforms=names) as made:
        made.switch(suning, "suspended", "尚未接入")
        made.later(days_until_spring(date.fromisoformat(made.today())))
        first, payments = made.today(), 0
        for step in range(12):
            if step == 4:
                made.switch(taobao, "banned", "淘宝封杀畅聊支付")
            if step == 5:
                made.switch(suning, "accepted", "苏宁易购全面接入")
            for person in range(8):
                there = before[person] if step < 4 else after[person]
                if there == taobao and step >= 4:
                    continue
                if there == suning and step == 4:
                    there = qq
                made.buy(person, there, 1_000 + 97 * ((7 * person + 5 * step) % 11))
                payments += 1
            made.later(5)
        made.settle(first, made.today(), payments)
        operator = Key(made.operator.key, made.operator.secret)
        site = Site(made.served.base_url, operator, operator, str(made.served.data), "")
        page = desk(site, chromium, "viewer", [])
        page.goto(f"{site.base}/console/market?by=platform&metric=amount&days=90")
        keeps("market-dashboard", taken(page, 1280, 1080))


@pytest.mark.parametrize("days", [60, 540])
def test_the_story_in_the_lab(shop: Site, chromium: Browser, days: int) -> None:
    """Two charts side by side, as docs/market/story.md tells them."""
    page = desk(shop, chromium, "viewer", [])
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{shop.base}/console/lab?days={days}&with=untouched")
    page.wait_for_load_state()
    shot = page.locator(".runs").screenshot(scale="css", animations="disabled")
    keeps(f"market-lab-{days}", Image.open(io.BytesIO(shot)).convert("RGB"))
