"""What the console reads: orders in a state, however few they are, and the sums of a day."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from changliao.core import ids
from changliao.core.bills import Day, day_of, starts_at
from changliao.core.clock import DAY, MINUTE, Instant
from changliao.core.ids import OrderId
from changliao.core.ledger import Account
from changliao.core.money import CNY
from changliao.core.orders import OrderState
from changliao.operations.books import Books
from changliao.operations.network import Network
from changliao.operations.today import Today
from changliao.operations.vault import Vault
from changliao.store.engine import Reader
from changliao.store.engines import open_engine
from changliao.store.views import closing, console, reports, search
from changliao.store.views import ledger as ledger_views
from changliao.store.views.console import Sums
from changliao.store.views.ledger import MovedIn
from changliao.store.views.orders import Wanted
from tests.operations import test_authorizations as freezes
from tests.operations import test_ledger as ledger
from tests.world import START, World

NEWEST = 1 << 62


def found_in_windows(
    world: World, merchant_id: int, state: OrderState
) -> tuple[list[OrderId], int]:
    """Every order of a state, two looked at a time; and how often that took a look."""
    before, looks = NEWEST, 0
    found: list[OrderId] = []
    while True:
        wanted = Wanted(merchant_id, before, 0, NEWEST, int(state))
        with world.engine.reader() as reader:
            looked = search.orders_of_anybody(reader, wanted, 30, window=2)
        looks += 1
        found += [one.order.id for one in looked.placed]
        if not looked.until:
            return found, looks
        before = looked.until


def test_a_state_is_looked_for_a_few_orders_at_a_time(world: World) -> None:
    payer = world.user(100_000)
    orders = [world.place() for _ in range(7)]
    for order in (orders[0], orders[3]):
        world.pay(order, payer)
    for merchant_id in (0, world.merchant):
        found, looks = found_in_windows(world, merchant_id, OrderState.PAID)
        assert found == [orders[3].id, orders[0].id]
        assert looks == 4
        assert found_in_windows(world, merchant_id, OrderState.CLOSED) == ([], 4)
    assert found_in_windows(world, 1, OrderState.PAID) == ([], 1)


def test_sums_are_of_what_happened_in_the_time(world: World) -> None:
    payer = world.user(100_000)
    world.top_up(payer, 5_000, "USD")
    early = world.place(2_000)
    world.now = Instant(world.now + MINUTE)
    first = ids.first_id(0, world.now)
    late, dollars = world.place(3_000), world.place(500, "USD")
    for order in (early, dollars):
        world.pay(order, payer)
    world.refund(early, 700)
    with world.engine.reader() as reader:
        sums = console.sums_between(reader, first, NEWEST)
        none = console.sums_between(reader, NEWEST, NEWEST)
    assert none == []
    assert sorted(sums, key=lambda one: one.currency) == [
        Sums(CNY.number, placed=1, paid=1, amount=2_000, refunded=700),
        Sums(840, placed=1, paid=1, amount=500),
    ]
    assert late.amount.amount == 3_000


def test_the_day_is_summed_once_and_goes_on(tmp_path: Path) -> None:
    world = World(str(tmp_path / "today.db"), starts_at(day_of(START)))
    payer = world.user(1_000_000)
    clock = [world.now]

    async def watched() -> list[tuple[Sums, ...]]:
        engine = open_engine(world.address)
        network = Network(engine, lambda: clock[0], Vault(bytes(32)), engine.claim_node(1))
        today, seen = Today(network), []
        await network.start()
        for step in (MINUTE, 10 * MINUTE, 1, DAY):
            world.pay(world.place(100), payer)
            seen.append(await today.sums())
            world.now = clock[0] = Instant(clock[0] + step)
        seen.append(await today.sums())
        await network.close()
        return seen

    seen = asyncio.run(watched())
    counted = [one[0].paid if one else 0 for one in seen]
    assert counted == [1, 2, 3, 4, 0]
    assert [one[0].amount for one in seen[:4]] == [100, 200, 300, 400]
    world.close()


def test_the_books_are_added_up_once_and_stay_those_of_every_account(world: World) -> None:
    """Money comes in, is paid, reserved and sent back, by people who were not there before."""
    payer = world.user(1_000_000)
    clock = [world.now]

    async def watched() -> list[tuple[tuple[reports.Book, ...], tuple[reports.Book, ...]]]:
        engine = open_engine(world.address)
        network = Network(engine, lambda: clock[0], Vault(bytes(32)), engine.claim_node(1))
        books, seen = Books(network), []
        await network.start()
        for step in (1, 10 * MINUTE, MINUTE, 1, DAY, MINUTE):
            order = world.place(1_000)
            world.pay(order, payer)
            world.refund(order, 300)
            freezes.frozen(world, world.user(5_000), 700)
            world.top_up(payer, 900, "USD")
            ledger.reserve(world, payer, 70)
            ledger.release(world, ledger.reserve(world, payer, 80))
            kept = await books.sums()
            seen.append((kept, tuple(await network.report(reports.books))))
            world.now = clock[0] = Instant(clock[0] + step)
        await network.close()
        return seen

    seen = asyncio.run(watched())
    for kept, whole in seen:
        assert kept == whole
    assert any(one.reserved for one in seen[-1][0])
    assert len({one.book for one in seen[-1][0]}) > 4


def test_a_books_sum_and_a_days_close_are_what_their_accounts_and_entries_add_up_to(
    world: World,
) -> None:
    payer, other = world.user(90_000), world.user(50_000)
    for amount, who in ((1_000, payer), (2_000, other), (3_000, payer)):
        world.pay(world.place(amount), who)
    world.now = Instant(world.now + DAY)
    order = world.place(4_000)
    world.pay(order, other)
    world.refund(order, 700)
    today = day_of(world.now)
    span = ids.first_id(0, starts_at(today)), ids.first_id(0, starts_at(Day(today + 1)))
    with world.engine.reader() as reader:
        for book in reports.books(reader):
            accounts: list[Account] = []
            while page := ledger_views.accounts_of_book(
                reader, book.book, accounts[-1].id.owner if accounts else 0, 2
            ):
                accounts += page
            assert len(accounts) == book.accounts
            assert sum(one.balance for one in accounts) == book.balance
        for close in closing.closes(reader, today):
            wanted = MovedIn(close.account.book, close.account.owner, *span)
            found, looks = entries_of(reader, wanted), len(entries_of(reader, wanted, 2))
            assert -sum(one for one in found if one < 0) == close.debits
            assert sum(one for one in found if one > 0) == close.credits
            assert looks == len(found)


def entries_of(reader: Reader, wanted: MovedIn, window: int = 1_000) -> list[int]:
    """What moved, two to a page."""
    found: list[int] = []
    while True:
        page, until = ledger_views.moved_in(reader, wanted, 3, window)
        found += [one.amount for _, one in page[:2]]
        further = page[2][1].leg_id if len(page) > 2 else until
        if not further:
            return found
        wanted = replace(wanted, first=further)
