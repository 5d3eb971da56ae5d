"""Benchmark 3: the same payments when many orders and accounts are already there."""

import gc
import random
from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.results import save
from bench.world import FEE_BPS, PRICE, RICH, World, database, now
from changliao.commands.serve import THRESHOLDS
from changliao.core import chart
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.clock import DAY, Instant
from changliao.core.events import Event, EventKind, EventState
from changliao.core.ids import AppId, EventId, MerchantId, OrderId, PaymentId, UserId
from changliao.core.ledger import Code
from changliao.core.money import CNY, Money, portion
from changliao.core.orders import Attempt, Order, OrderState, Scene, Terms
from changliao.core.parties import User
from changliao.operations import orders
from changliao.store.events import EVENTS
from changliao.store.orders import ATTEMPTS, ORDERS, TERMS
from changliao.store.parties import USERS

MERCHANTS = 10_000
BATCH = 256
MEASURED = 8_192
ROUNDS = 3
CHUNK = 5_000
FEE = portion(PRICE, FEE_BPS)


def run(engine: str, sizes: Sequence[int], measured: int = MEASURED) -> dict[str, Any]:
    """Sales a second (place and pay, 256 waiting) at each size, in one growing database."""
    figures: dict[str, Any] = {"engine": engine, "sizes": {}}
    with database(engine) as address:
        world = World(address)
        world.merchants = [MerchantId(world.ids.new()) for _ in range(MERCHANTS)]
        there = 0
        for size in sizes:
            fill(world, size - there)
            gc.freeze()
            there = size
            measure(world, measured // 2)
            before = world.engine.size_bytes()
            rates = sorted(measure(world, measured) for _ in range(ROUNDS))
            grown = (world.engine.size_bytes() - before) / (ROUNDS * measured)
            there += measured * ROUNDS + measured // 2
            figures["sizes"][size] = {
                "sales_per_s": rates[ROUNDS // 2],
                "database_mb": world.engine.size_bytes() / 1e6,
                "bytes_per_sale": grown,
            }
        world.close()
    first = figures["sizes"][sizes[0]]["sales_per_s"]
    for one in figures["sizes"].values():
        one["ratio"] = one["sales_per_s"] / first
    return figures


def measure(world: World, count: int) -> float:
    """Orders placed and paid a second, by people and at merchants anywhere in the database."""
    wanted = world.orders(count)
    payments = world.payments(wanted)
    taken = world.perform(orders.PLACE, wanted, BATCH) + world.perform(orders.PAY, payments, BATCH)
    return count / taken


def fill(world: World, count: int) -> None:
    """Paid orders with everything that hangs on them, and as many people with wallets."""
    session = world.engine.session()
    dice = random.Random(count)
    chunks = range(0, count, CHUNK)
    for start in track(chunks, f"filling {count:,} orders and accounts", transient=True):
        size = min(CHUNK, count - start)
        people = [UserId(world.ids.new()) for _ in range(size)]
        session.begin([])
        session.write(list(people_rows(people)))
        if not world.users:
            session.write([("accounts_insert", sorted(merchant_rows(world.merchants)))])
        session.commit(list(order_rows(world, people, dice)))
        world.users += people
    session.close()


def people_rows(people: Sequence[UserId]) -> Iterator[tuple[str, list[Any]]]:
    """Users, their phones and wallets."""
    users = [User(one, f"1{one:020d}", "u", now()) for one in people]
    yield "users_insert", [USERS.to_row(user) for user in users]
    yield "phones_insert", sorted((user.phone, user.id) for user in users)
    wallets = [chart.wallet(one, CNY) for one in people]
    yield "accounts_insert", [(*wallet, 0, RICH, 0, 0, 0, 0) for wallet in wallets]


def merchant_rows(merchants: Sequence[MerchantId]) -> Iterator[Any]:
    """Both accounts of each merchant."""
    for one in merchants:
        yield (*chart.payable(one, CNY), 0, RICH, 0, 0, 0, 0)
        yield (*chart.fees(one, CNY), 0, RICH, 0, 0, 0, 0)


def order_rows(
    world: World, people: Sequence[UserId], dice: random.Random
) -> Iterator[tuple[str, list[Any]]]:
    """A paid and told order for each person: terms, attempt, event and four legs."""
    made = []
    for payer in people:
        merchant = dice.choice(world.merchants)
        order_id, payment_id = OrderId(world.ids.new()), PaymentId(world.ids.new())
        order = Order(
            id=order_id, merchant_id=merchant, app_id=AppId(1), reference=f"R{order_id}",
            amount=Money(PRICE, CNY), scene=Scene.NATIVE, expires_at=Instant(now() + DAY),
            fee_bps=FEE_BPS, digest=bytes(16), notifies=True, state=OrderState.PAID,
            payer_id=payer, payment_id=payment_id, paid_at=now(), fee=FEE,
        )  # fmt: skip
        made.append(order)
    terms = [
        Terms(one.id, one.merchant_id, "goods", "", "http://127.0.0.1:9/n", "rest", b"{}")
        for one in made
    ]
    yield "orders_insert", sorted(ORDERS.to_row(one) for one in made)
    yield "order_terms_insert", [TERMS.to_row(one) for one in terms]
    paid = [
        Attempt(
            one.payment_id,
            one.merchant_id,
            one.id,
            one.payer_id,
            "",
            OWN_METHOD,
            TERMINAL_OF[one.scene],
        )
        for one in made
    ]
    yield "payments_insert", [ATTEMPTS.to_row(one) for one in paid]
    delivered = EventState.DELIVERED
    told = [
        Event(
            EventId(one.payment_id),
            one.merchant_id,
            EventKind.ORDER_PAID,
            one.id,
            Instant(0),
            delivered,
            1,
        )
        for one in made
    ]
    yield "events_insert", [EVENTS.to_row(one) for one in told]
    yield "legs_insert", list(leg_rows(world, made))


def leg_rows(world: World, made: Sequence[Order]) -> Iterator[Any]:
    """Both legs of the payment and of the fee."""
    for one in made:
        wallet, payable = chart.wallet(one.payer_id, CNY), chart.payable(one.merchant_id, CNY)
        fees = chart.fees(one.merchant_id, CNY)
        moves = ((wallet, payable, PRICE, Code.PAYMENT), (payable, fees, FEE, Code.FEE))
        for debit, credit, amount, code in moves:
            leg = world.ids.new()
            yield (leg, *debit, amount, 0, *credit, int(code), one.payment_id, 0)
            yield (leg | 1, *credit, amount, 0, *debit, int(code), one.payment_id, 0)


def show(figures: dict[str, Any]) -> None:
    table = Table(title=f"{figures['engine']}: sales a second as it grows", title_justify="left")
    for heading in ("orders there", "sales a second", "of the first", "MB", "bytes a sale"):
        table.add_column(heading, justify="right")
    for size, one in figures["sizes"].items():
        table.add_row(
            f"{size:,}",
            f"{one['sales_per_s']:,.0f}",
            f"{one['ratio']:.0%}",
            f"{one['database_mb']:,.0f}",
            f"{one['bytes_per_sale']:,.0f}",
        )
    Console().print(table)


@click.command()
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--largest", type=int, default=1_000_000, show_default=True)
def main(engine: Sequence[str], largest: int) -> None:
    """How payments slow down as the database grows; 10,000,000 takes about half an hour."""
    # As the server does it: else ever more time goes into looking through this list of people.
    gc.set_threshold(*THRESHOLDS)
    sizes = [size for size in (10_000, 1_000_000, 10_000_000) if size <= largest]
    for one in engine or ("sqlite", "postgresql"):
        figures = run(one, sizes)
        show(figures)
        save(f"growth-{one}", figures)


if __name__ == "__main__":
    main()
