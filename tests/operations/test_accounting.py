"""The books day by day: each close follows from the one before, and files add up by themselves."""

import asyncio
import re
from collections import defaultdict
from decimal import Decimal
from itertools import takewhile
from typing import Any

import pytest

from changliao.core import chart
from changliao.core.bills import Day, day_of
from changliao.core.clock import BEIJING, DAY, HOUR, Instant, to_datetime
from changliao.core.closing import CHANNELS, EVERYBODY
from changliao.operations.accounting import FORMATS, export
from changliao.operations.network import Network
from changliao.operations.vault import Vault
from changliao.store.engine import Reader
from changliao.store.engines import open_engine
from changliao.store.views import closing, reports
from tests.world import START, World

FIRST = day_of(START)
LAST = Day(FIRST + 3)


def three_days(world: World) -> World:
    """Payments in two currencies, a refund days later, a day without anything."""
    payer, other = world.user(50_000), world.user(9_000, "JPY")
    order, in_yen = world.place(1_000), world.place(700, "JPY")
    world.pay(order, payer)
    world.pay(in_yen, other)
    world.now = Instant(world.now + DAY + 9 * HOUR)
    world.refund(order, 400)
    world.now = Instant(world.now + 2 * DAY)
    world.pay(world.place(250), payer)
    return world


def read(world: World, view: Any, *given: Any) -> Any:
    with world.engine.reader() as reader:
        return view(reader, *given)


def lines(
    world: World, form: str, first: Day = FIRST, last: Day = LAST, *, each: bool
) -> list[str]:
    with world.engine.snapshot() as reader:
        return list(export(reader, first, last, FORMATS[form], each=each))


def test_each_days_opening_is_the_closing_of_the_day_before(world: World) -> None:
    three_days(world)
    held: dict[Any, int] = {}
    for day in range(FIRST, LAST + 1):
        found = read(world, closing.closes, Day(day))
        assert {one.account: one.opening for one in found if one.opening} == held
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in found:
            for turn, figure in enumerate((one.closing, one.debits, one.credits)):
                sums[chart.currency(one.account).code][turn] += figure
        assert all(
            closings == 0 and debits == credited for closings, debits, credited in sums.values()
        )
        held = {one.account: one.closing for one in found if one.closing}
    books = {one.book: one.balance for one in read(world, reports.books)}
    ended: dict[int, int] = defaultdict(int)
    for account, balance in held.items():
        ended[account.book] += balance
    assert ended == {book: balance for book, balance in books.items() if balance}


def test_a_day_on_which_nothing_moved_closes_as_it_opened(world: World) -> None:
    three_days(world)
    found = read(world, closing.closes, Day(FIRST + 1))
    quiet = read(world, closing.closes, Day(FIRST + 2))
    assert [one.closing for one in found] == [one.closing for one in quiet]
    assert not any(one.debits or one.credits for one in quiet)


def test_books_that_are_empty_have_no_days(world: World) -> None:
    assert read(world, closing.days) is None
    three_days(world)
    assert read(world, closing.days) == (FIRST, LAST)


def test_channels_are_told_apart_and_everybody_is_on_request(world: World) -> None:
    three_days(world).user(1)
    whole = read(world, closing.standing_before, Day(LAST + 1), CHANNELS)
    every = read(world, closing.standing_before, Day(LAST + 1), EVERYBODY)
    assert {account.owner for account in whole} == {0, chart.SANDBOX_BANK}
    assert sum(every.values()) == sum(whole.values()) == 0
    assert len(every) == len(whole) + 1


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("first", [FIRST, Day(FIRST + 1)])
def test_a_file_adds_up_to_what_it_asserts(world: World, first: Day, *, each: bool) -> None:
    three_days(world)
    check_adds_up(lines(world, "beancount", first, each=each))


def test_a_file_is_of_one_moment_while_others_pay(sqlite_world: World) -> None:
    world = three_days(sqlite_world)
    payer, order = world.user(900), world.place(900)

    def view(reader: Reader) -> list[str]:
        written = export(reader, FIRST, LAST, FORMATS["beancount"], each=False)
        today = f"{to_datetime(world.now, BEIJING):%Y-%m-%d}"
        begun = [*takewhile(lambda line: not line.startswith(today), written)]
        begun.append(next(written))
        world.pay(order, payer)
        return [*begun, *written]

    async def read() -> list[str]:
        network = Network(open_engine(world.address), lambda: world.now, Vault(b"s" * 32), 9)
        await network.start()
        try:
            return await network.snapshot(view)
        finally:
            await network.close()

    check_adds_up(asyncio.run(read()))


def test_decimals_are_the_currencys(world: World) -> None:
    dinar = world.user(1_234, "KWD")
    assert dinar
    three_days(world)
    text = "\n".join(lines(world, "ledger", each=False))
    assert "Liabilities:Wallets  -1.234 KWD" in text
    assert "Liabilities:Wallets  700 JPY" in text
    assert "Liabilities:Merchants:Payable  -2.50 CNY" in text


def check_adds_up(written: list[str]) -> None:
    """Every balance that is asserted is what the postings before it make."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    asserted = 0
    for line in written:
        if posting := re.fullmatch(r"  ([A-Z][\w:-]+)  (-?[\d.]+) ([A-Z]{3})", line):
            held[posting[1], posting[3]] += Decimal(posting[2])
        elif balance := re.fullmatch(r"\S+ balance (\S+)  (-?[\d.]+) ~ 0 ([A-Z]{3})", line):
            assert held[balance[1], balance[3]] == Decimal(balance[2]), line
            asserted += 1
    assert asserted > len(held), "at the end of all, and of a day before"
    assert sum(held.values()) == 0
