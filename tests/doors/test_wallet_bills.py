"""The bills and the home: filtered, searched, in months, hidden; bounded however many there are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest

from changliao.core import chart, ids
from changliao.core.clock import DAY, Instant
from changliao.core.ids import TopUpId, UserId
from changliao.core.money import CNY, Money
from changliao.core.wallet import TopUp
from changliao.doors.wallet.listing import Seen, Wanted, looked, month_of
from changliao.operations import wallet
from changliao.store.engine import Reader, Row
from changliao.store.views.statements import WINDOW
from tests.doors.conftest import Here
from tests.phones import new_phone
from tests.wallets import Wallet, hidden_in, somebody
from tests.world import World

MANY = 2 * WINDOW + 100
BILL = re.compile(r'href="/w/bills/(bil_\w+)"')


class Counted:
    """A reader that counts what it was asked and what it answered."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.asked = self.rows = 0

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        return self._counted(self._reader.select(name, parameters))

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        return self._counted(self._reader.find(name, keys))

    def _counted(self, rows: list[Row]) -> list[Row]:
        self.asked, self.rows = self.asked + 1, self.rows + len(rows)
        return rows


@pytest.fixture
def rich(world: World) -> UserId:
    """Somebody with more movements than are looked through at once, two a day."""
    user_id = world.user()
    for _ in range(7):
        batch = []
        for number in range(MANY // 7):
            money = Money(100 + number % 2, CNY)
            made = TopUp(TopUpId(world.ids.new()), user_id, money, chart.SANDBOX_BANK)
            batch.append((wallet.TOP_UP, made))
        world.batch(batch)
        world.now = Instant(world.now + 30 * DAY)
    return user_id


def walked(world: World, user_id: UserId, wanted: Wanted) -> list[Seen]:
    """One window after the other, as whoever goes on further back."""
    found: list[Seen] = []
    start = 0
    while not found or start:
        with world.engine.reader() as reader:
            counted = Counted(reader)
            found.append(looked(counted, user_id, start, wanted))
        assert counted.asked <= 8
        assert counted.rows <= 3 * WINDOW
        start = found[-1].after
    return found


def test_however_many_there_are_a_page_looks_through_one_window(world: World, rich: UserId) -> None:
    every = walked(world, rich, Wanted())
    legs = [one.leg_id for seen in every for one in seen.found]
    assert len(legs) == MANY // 7 * 7
    assert legs == sorted(set(legs), reverse=True)
    assert len(every) == 3
    for wanted, share in (
        (Wanted(way="out"), 0), (Wanted(least=101), 2), (Wanted(text="1.01"), 2),
        (Wanted(kind="top_up", most=100), 2), (Wanted(kind="escrow"), 0), (Wanted(text="x"), 0),
    ):  # fmt: skip
        found = sum(len(seen.found) for seen in walked(world, rich, wanted))
        assert found == (len(legs) // share if share else 0), wanted
    months = {month_of(one.at) for seen in every for one in seen.found}
    for month in months:
        seen = walked(world, rich, Wanted(month=month))
        assert {month_of(one.at) for each in seen for one in each.found} == {month}
    newest = max(months)
    assert len(walked(world, rich, Wanted(month=newest))) == 1, "what is older is not walked"


@pytest.fixture(scope="module")
def people(sandbox: Any) -> Iterator[tuple[Wallet, Wallet]]:
    """Two people who sent each other money."""
    with (
        closing(somebody(sandbox, "", new_phone(), "林小满", balance=50_000)) as one,
        closing(somebody(sandbox, "", new_phone(), "陈一诺", balance=5_000)) as other,
    ):
        for giver, taker, amount in ((one, other, 1_234), (other, one, 34), (one, other, 500)):
            path = f"/api/v1/users/{giver.id}/transfers"
            sandbox[1].made(path, payee_id=taker.id, amount=amount, note="茶")
        yield one, other


def bills(page: str) -> list[str]:
    return BILL.findall(page)


def test_months_say_what_came_and_went(people: tuple[Wallet, Wallet]) -> None:
    page = people[0].see("/w/bills")
    assert len(bills(page)) == 4
    assert "支出 ¥17.34 · 收入 ¥500.34" in page
    assert "支出 ¥12.34 · 收入 ¥0.00" in people[0].see("/w/bills?q=12.34")


@pytest.mark.parametrize(
    ("query", "count", "tags"),
    [
        ("kind=transfer", 3, 1),
        ("kind=top_up", 1, 1),
        ("way=in", 2, 1),
        ("kind=transfer&way=out", 2, 2),
        ("least=5&most=13", 2, 2),
        ("q=一诺", 3, 1),
        ("q=nobody", 0, 1),
        ("q=5", 1, 1),
        ("kind=nonsense&way=up&month=2011-01", 4, 0),
    ],
)
def test_filters_are_the_addresss_and_each_can_be_taken_off(
    people: tuple[Wallet, Wallet], query: str, count: int, tags: int
) -> None:
    page = people[0].see(f"/w/bills?{query}")
    assert len(bills(page)) == count
    assert page.count("去掉这个筛选") == tags
    assert ("没有符合条件的账单" in page) == (not count)
    if "q=一诺" in query:
        assert 'value="一诺"' in page
    if "kind=transfer" in query:
        assert '<option value="transfer" selected>' in page


def test_an_amount_that_is_none_is_said_so(people: tuple[Wallet, Wallet]) -> None:
    page = people[0].see("/w/bills?least=lots")
    assert "请填写金额" in page
    assert 'value="lots"' in page


def test_pages_go_on_where_the_last_one_ended(sandbox: Any) -> None:
    with closing(somebody(sandbox, "", new_phone(), "多笔", balance=1)) as person:
        for number in range(40):
            path = f"/api/v1/users/{person.id}/top-ups"
            sandbox[1].made(path, amount=1 + number % 3)
        first = person.see("/w/bills?kind=top_up")
        older = re.search(r'href="(/w/bills\?[^"]*from=[^"]*)"', first)
        assert older
        second = person.see(older[1].replace("&amp;", "&"))
        shown = bills(first) + bills(second)
        assert (len(bills(first)), len(shown), len(set(shown))) == (30, 41, 41)
        assert "收入 ¥" in first, "of the whole month"
        assert "收入 ¥" not in second, "the month's sums stand where it begins"
        assert "去掉这个筛选" in second


def test_a_purchase_is_found_by_its_shop_and_its_number(here: Here) -> None:
    bill = here.bill()
    number = re.search(r"订单号</dt><dd>(\w+)", here.tab.see(bill))
    assert number
    for wanted in (number[1], "跑鞋", "store"):
        assert bills(here.tab.see(f"/w/bills?q={wanted}&kind=purchase")) == [bill.split("/")[-1]]
    assert bills(here.tab.see("/w/bills?kind=escrow")) == [bill.split("/")[-1]]
    home = here.tab.see("/w/")
    assert "等我确认收货" in home
    assert "担保中 ¥1.00" in re.sub(r"\s+", " ", home)
    assert here.tab.send(f"{bill}/confirm", pin="123456").status_code == 303
    assert bills(here.tab.see("/w/bills?kind=escrow")) == []
    assert "等我确认收货" not in here.tab.see("/w/")


def test_hidden_amounts_are_not_in_the_page(here: Here) -> None:
    here.bill()
    shown = here.tab.see("/w/")
    assert "499.00" in shown.replace("</small>", "").replace("<small>", "")
    form = hidden_in(shown)
    assert form["hides"] == "1"
    answer = here.tab.send("/w/hide", hides="1")
    assert answer.headers["location"] == "/w/"
    hidden = here.tab.see("/w/")
    assert not re.search(
        r"\d\.\d\d|499|500", re.sub(r"<head>.*</head>|bil_\w+", "", hidden, flags=re.S)
    )
    assert "¥" not in hidden
    assert hidden_in(hidden)["hides"] == "0"
    here.tab.send("/w/hide", hides="0")
    assert "¥" in here.tab.see("/w/")


def test_a_bill_of_anothers_begins_nothing(people: tuple[Wallet, Wallet]) -> None:
    mine = set(bills(people[0].see("/w/bills")))
    theirs = bills(people[1].see("/w/bills"))[0]
    assert theirs not in mine
    assert bills(people[0].see(f"/w/bills?from={theirs}")) == []
    assert bills(people[0].see(f"/w/bills?from={ids.show('bil', 1)}")) == []
