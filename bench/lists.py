"""Benchmark 5: what the console reads, with a million orders there, all of them of today."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import click
import psycopg
from rich.console import Console
from rich.table import Table

from bench.growth import fill
from bench.results import save
from bench.world import FEE_BPS, World, database, now
from changliao.core import chart
from changliao.core.clock import DAY, MINUTE, SECOND, Instant
from changliao.core.disputes import Dispute
from changliao.core.holds import Holding, HoldingState, Stage
from changliao.core.ids import DisputeId, MerchantId, UserId
from changliao.core.money import CNY
from changliao.core.orders import Order, OrderState
from changliao.core.parties import Merchant
from changliao.operations import orders
from changliao.operations.books import Books
from changliao.operations.network import Network
from changliao.operations.today import Today
from changliao.operations.vault import Vault
from changliao.store.disputes import DISPUTES
from changliao.store.engines import open_engine
from changliao.store.holds import HOLDINGS
from changliao.store.parties import MERCHANTS as MERCHANT_TABLE
from changliao.store.views import console, escrows, funds, ledger, search
from changliao.store.views.escrows import EscrowsOf
from changliao.store.views.ledger import MovedIn
from changliao.store.views.orders import Wanted

ORDERS = 1_000_000
MERCHANTS = 1_000
READS = 15
NEWEST = 1 << 62
PAGE = 31
CHUNK = 5_000


def run(engine: str, size: int, merchants: int = MERCHANTS) -> dict[str, Any]:
    """Medians in milliseconds."""
    with database(engine) as address:
        world = World(address)
        world.merchants = [MerchantId(world.ids.new()) for _ in range(merchants)]
        fill(world, size)
        _name(world)
        _hold(world, size)
        # The chain of one account, for its page.
        sold = world.place(2 * PAGE, hot=True)
        world.perform(orders.PAY, world.payments(sold), PAGE)
        with world.engine.reader() as reader:
            some = search.orders_of_anybody(reader, Wanted(0, NEWEST, 0, NEWEST, 0), PAGE).placed
        world.close()
        if engine == "postgresql":
            # As it does by itself within a minute: else plans are made for empty tables.
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("ANALYZE")
        reads = asyncio.run(_timed(address, some[-1].order))
    return {"engine": engine, "orders": size, "merchants": merchants, "ms": reads}


def _name(world: World) -> None:
    """Rows of the merchants, who until now are only names: a search asks each of them."""
    rows = [
        MERCHANT_TABLE.to_row(Merchant(one, f"19{place:08d}", f"shop {place}", FEE_BPS, b"", now()))
        for place, one in enumerate(world.merchants)
    ]
    session = world.engine.session()
    session.begin([])
    session.commit([("merchants_insert", sorted(rows))])
    session.close()


def _hold(world: World, size: int) -> None:
    """Every fifth order is an escrow: most wait, some have ended, and few are disputed."""
    session = world.engine.session()
    last = NEWEST
    for start in range(0, size // 5, CHUNK):
        with world.engine.reader() as reader:
            sold = search.orders_of_anybody(reader, Wanted(0, last, 0, NEWEST, 0), CHUNK).placed
        session.begin([])
        held = [_holding(start + place, one.order) for place, one in enumerate(sold)]
        disputed = [one for one in held if one.state is HoldingState.DISPUTED]
        cases = [
            Dispute(DisputeId(world.ids.new()), one.merchant_id, one.order_id, UserId(0), "worn")
            for one in disputed
        ]
        rows = [DISPUTES.to_row(one) for one in cases]
        session.commit(
            [
                ("holdings_insert", sorted(HOLDINGS.to_row(one) for one in held)),
                ("disputes_insert", sorted(rows)),
            ]
        )
        last = sold[-1].order.id
    session.close()


def _holding(place: int, order: Order) -> Holding:
    until = Instant(now() + place * SECOND)
    state = HoldingState.DISPUTED if place % 1_000 == 0 else HoldingState(1 + place % 2)
    amount = order.amount.amount
    held = 0 if state is HoldingState.RELEASED else amount
    return Holding(
        order.id, order.merchant_id, CNY, amount, held, until, released=amount - held, state=state
    )


async def _timed(address: str, order: Order) -> dict[str, float]:
    merchant, payer = order.merchant_id, order.payer_id
    engine = open_engine(address)
    # The orders were placed within minutes; seen from a little later the last minute is empty.
    network = Network(
        engine, lambda: Instant(now() + 2 * MINUTE), Vault(bytes(32)), engine.claim_node(1)
    )
    await network.start()
    today, books = Today(network), Books(network)
    read, report = network.read, network.report
    earned = chart.payable(merchant, CNY)
    last = (await read(ledger.account, earned)).last_leg
    closed = int(OrderState.CLOSED)
    everybody, theirs = Wanted(0, NEWEST, 0, NEWEST, 0), Wanted(merchant, NEWEST, 0, NEWEST, 0)
    none = Wanted(0, NEWEST, 0, NEWEST, closed)
    none_of_one = Wanted(merchant, NEWEST, 0, NEWEST, closed)
    of_book = MovedIn(chart.suspense(CNY).book, 0, 0, NEWEST)
    began = time.perf_counter()
    await today.sums()
    figures = {"the day so far, the first time": (time.perf_counter() - began) * 1_000}
    began = time.perf_counter()
    await books.sums()
    figures["the books, the first time"] = (time.perf_counter() - began) * 1_000
    reads: dict[str, Callable[[], Awaitable[Any]]] = {
        "the day so far": today.sums,
        "what waits": lambda: read(console.waiting, network.clock()),
        "orders, first page": lambda: read(search.orders_of_anybody, everybody, PAGE),
        "orders of one merchant": lambda: read(search.orders_of_anybody, theirs, PAGE),
        "orders in a state that none has": lambda: report(search.orders_of_anybody, none, PAGE),
        "the same, of one merchant": lambda: report(search.orders_of_anybody, none_of_one, PAGE),
        "search by an order's id": lambda: read(search.order_by_id, order.id),
        "search by a payment's id": lambda: read(search.by_payment, order.payment_id),
        "search by a merchant's number": lambda: read(search.by_reference, order.reference),
        "search by a number that nobody has": lambda: read(search.by_reference, "nobody's"),
        "ledger: the books": books.sums,
        "ledger: accounts of one": lambda: read(ledger.accounts_of, payer),
        "ledger: entries of a merchant": lambda: read(ledger.statement, earned, last, PAGE),
        "ledger: a transfer": lambda: read(ledger.movement, last),
        "refunds, first page": lambda: read(funds.refunds, 0, NEWEST, PAGE),
        "ledger: accounts of a book": lambda: read(ledger.accounts_of_book, earned.book, 0, PAGE),
        "ledger: a day of a book": lambda: report(ledger.moved_in, of_book, PAGE),
        **_of_escrows(network, merchant),
        "payouts that wait": lambda: read(funds.payouts, NEWEST, PAGE, waiting=True),
    }
    for name, ask in reads.items():
        figures[name] = statistics.median([await _once(ask) for _ in range(READS)])
    await network.close()
    engine.close()
    return figures


def _of_escrows(network: Network, merchant: int) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Every way to list them; nothing is a platform's, so that filter looks at a whole window."""
    soon = network.clock() + 3 * DAY
    wanted = {
        "of everybody": EscrowsOf(),
        "that wait": EscrowsOf(Stage.WAITING),
        "released soon": EscrowsOf(Stage.WAITING, due_before=soon),
        "disputed": EscrowsOf(Stage.DISPUTED),
        "back to the buyer (none)": EscrowsOf(Stage.REFUNDED),
        "of a platform that has none": EscrowsOf(platform_id=1),
        "of a platform that has none, that wait": EscrowsOf(Stage.WAITING, platform_id=1),
        "of a merchant": EscrowsOf(merchant_id=merchant),
        "of a merchant, back to the buyer (none)": EscrowsOf(Stage.REFUNDED, merchant_id=merchant),
    }
    asked = {
        f"escrows {name}": partial(network.report, escrows.escrows, one, None, PAGE)
        for name, one in wanted.items()
    }
    lists: dict[str, Callable[[], Awaitable[Any]]] = {
        "disputes": partial(network.read, console.disputes, 0, NEWEST, PAGE),
        "disputes that are open": partial(network.read, console.disputes, 1, NEWEST, PAGE),
    }
    return {**asked, **lists}


async def _once(ask: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await ask()
    return (time.perf_counter() - began) * 1_000


def show(figures: dict[str, Any]) -> None:
    """A table on the terminal."""
    title = (
        f"{figures['engine']}: lists with {figures['orders']:,} orders of {figures['merchants']:,}"
    )
    table = Table("read", "ms", title=title)
    for name, taken in figures["ms"].items():
        table.add_row(name, f"{taken:.1f}")
    Console().print(table)


@click.command()
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--orders", default=ORDERS, show_default=True)
@click.option("--merchants", default=MERCHANTS, show_default=True)
def main(engine: Sequence[str], orders: int, merchants: int) -> None:
    """Pages that must answer in 50 ms; both engines by default."""
    for one in engine or ("sqlite", "postgresql"):
        figures = run(one, orders, merchants)
        show(figures)
        save(f"lists-{one}", figures)


if __name__ == "__main__":
    main()
