"""What risk rules remember was rows of two tables once: all of it is carried over."""

from typing import Any

import apsw
import msgspec
import psycopg

from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import UserId
from changliao.core.money import CNY
from changliao.core.orders import Order
from changliao.core.outcome import Reason
from changliao.core.risk import Movement, RuleKind
from changliao.core.risk_memory import RecentKind, topic
from changliao.operations import orders
from changliao.store import migrations
from changliao.store.risk import MEMORIES
from changliao.store.unit import UnitOfWork
from tests.operations.test_risk import in_force
from tests.world import World, refused

MIGRATION = "0095_risk_memories"
OLD = ("risk_recents", "risk_moved")


def test_what_was_remembered_in_two_tables_is_carried_over(address: str) -> None:
    world = World(address)
    buyer, other = world.user(10_000), world.user(10_000)
    in_force(world, RuleKind.MANY_PAYMENTS, count=3, minutes=60)
    in_force(world, RuleKind.LARGE_SUM, currency=CNY.number, amount=1_000, minutes=60)
    in_force(world, RuleKind.MANY_RETURNS, count=1, minutes=60)
    world.close()
    now = world.now
    first, second, third = (Instant(now - ago * MINUTE) for ago in (50, 40, 30))
    rows: dict[str, list[Any]] = {
        "risk_recents": [
            (buyer, RecentKind.PAYMENT, [first, third], 7),
            (buyer, RecentKind.WRONG_PIN, [second], 1),
            (world.merchant, RecentKind.RETURN, [], 1),
        ],
        "risk_moved": [(buyer, Movement.PAYMENT, CNY.number, [(first, 300), (third, 400)], 7)],
    }
    _as_it_was(address, rows)

    later = World(address, now)
    later.merchant = world.merchant
    with later.engine.reader() as reader:
        session: Any = reader
        memory = UnitOfWork(session).find(MEMORIES, buyer)
    assert memory is not None
    assert memory.times((RecentKind.PAYMENT,)) == [first, third]
    assert memory.times((RecentKind.WRONG_PIN,)) == [second]
    summed = (topic(Movement.PAYMENT, CNY.number),)
    assert [memory.amounts(summed, Instant(at - 1)) for at in (first, third, now)] == [700, 400, 0]
    assert memory.total == 700
    assert isinstance(_pay(later, other, 999), Order)
    assert refused(_pay(later, buyer, 300), Reason.RISK_REFUSED)
    assert isinstance(_pay(later, buyer, 10), Order)
    assert refused(_pay(later, buyer, 10), Reason.RISK_REFUSED)
    later.audit()
    later.close()


def _pay(world: World, user: UserId, amount: int) -> Any:
    found = world.do(orders.PAY, world.a_payment(world.place(amount), user))
    assert isinstance(found, Order) or found.reason is Reason.RISK_REFUSED
    return found


def _as_it_was(address: str, rows: dict[str, list[Any]]) -> None:
    """The database before the migration, with these rows."""
    made = [
        text
        for migration in migrations.all_of(())
        for text in migration.statements
        if text.startswith(tuple(f"CREATE TABLE {name} " for name in OLD))
    ]
    assert len(made) == len(OLD)
    gone = ["DROP TABLE risk_memories", f"DELETE FROM migrations WHERE name = '{MIGRATION}'"]
    filled = [
        (table, (*row[:-2], msgspec.json.encode(row[-2]), row[-1]))
        for table, of_it in rows.items()
        for row in of_it
    ]
    connection: Any
    if "postgresql" in address:
        connection, place = psycopg.connect(address, autocommit=True), "%s"
    else:
        connection, place = apsw.Connection(address), "?"
    for text in (*made, *gone):
        connection.execute(text)
    for table, row in filled:
        places = ", ".join([place] * len(row))
        connection.execute(f"INSERT INTO {table} VALUES ({places})", row)
    connection.close()
