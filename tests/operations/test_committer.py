"""The committer: one batch, one commit; a bug or a lost race costs only what it must."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import UnderWay
from changliao.core.clock import DAY, Instant
from changliao.core.ids import MerchantId, OrderId
from changliao.core.money import CNY
from changliao.core.orders import CloseOrder, Order, OrderState
from changliao.core.outcome import Reason, Refused
from changliao.operations import committer, orders
from changliao.operations.network import Network
from changliao.operations.operation import Operation
from changliao.operations.vault import Vault
from changliao.store.engine import Conflict, Unavailable
from changliao.store.engines import open_engine
from changliao.store.orders import ORDERS
from tests import postgres
from tests.operations.test_acceptance import switch
from tests.world import World, refused


def writes_then_fails(tx, command, now):
    order = tx.find(ORDERS, command)
    tx.update(
        ORDERS,
        type(order)(**{**{f: getattr(order, f) for f in order.__struct_fields__}, "issue": 99}),
    )
    raise ZeroDivisionError("a bug")


BUG = Operation("tests.bug", writes_then_fails, lambda command: [(ORDERS, command)])


def test_a_faulting_command_costs_only_itself(world):
    payer = world.user(5000)
    first, second = world.place(), world.place()
    key = (first.merchant_id, first.id)
    outcomes = world.batch(
        [
            (orders.PAY, world.a_payment(first, payer)),
            (BUG, key),
            (orders.PAY, world.a_payment(second, payer)),
        ]
    )
    assert isinstance(outcomes[0], Order)
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert isinstance(outcomes[2], Order)
    assert world.balance(chart.wallet(payer, CNY)) == 3000
    assert 99 not in {row[13] for row in world.rows()["orders"]}


def test_keys_that_fail_cost_only_their_own_command(world):
    def keys(command):
        raise ZeroDivisionError

    broken = Operation("tests.keys", lambda tx, command, now: None, keys)
    payer = world.user(5000)
    outcomes = world.batch([(broken, None), (orders.PAY, world.a_payment(world.place(), payer))])
    assert isinstance(outcomes[0], ZeroDivisionError)
    assert isinstance(outcomes[1], Order)


def test_a_lost_race_is_tried_again_with_fresh_rows(world, monkeypatch):
    payer = world.user(5000)
    order = world.place()
    session = type(world.committer._session)
    real = session.write
    losses = iter([True, True, False])

    def write(self, work):
        if next(losses, False):
            raise Conflict("somebody was quicker")
        return real(self, work)

    monkeypatch.setattr(session, "write", write)
    assert isinstance(world.pay(order, payer), Order)
    assert world.committer.tally.retries == 2


def test_a_lost_race_is_never_told_as_missing_money(world, monkeypatch):
    payer = world.user(5000)
    order = world.place()
    monkeypatch.setattr(committer, "_RETRY_S", 0)

    def write(self, work):
        raise Conflict("always")

    monkeypatch.setattr(type(world.committer._session), "write", write)
    assert refused(world.pay(order, payer), Reason.BUSY)
    assert world.balance(chart.wallet(payer, CNY)) == 5000


def test_two_writers_on_one_database_never_overdraw_or_pay_twice(address):
    first, second = World(address), World(address)
    payer = first.user(1000)
    order = first.place(800)
    assert isinstance(first.pay(order, payer), Order)
    assert refused(second.pay(order, payer), Reason.ORDER_ALREADY_PAID)
    other = second.do(orders.PLACE, second.an_order(800))
    assert refused(second.pay(other, payer), Reason.INSUFFICIENT_FUNDS)
    assert first.ids.node != second.ids.node
    assert set(first.audit().heads) == {first.ids.node}
    first.close()
    second.close()


def test_a_full_queue_says_busy_and_keeps_nothing(address, monkeypatch):
    monkeypatch.setattr(committer, "MOST_WAITING", 3)

    async def scene():
        world = World(address)
        payer = world.user(50_000)
        placed = [world.place() for _ in range(10)]
        network = Network(world.engine, lambda: world.now, Vault(bytes(32)), 99)
        payments = [network.perform(orders.PAY, world.a_payment(one, payer)) for one in placed]
        tasks = [asyncio.ensure_future(one) for one in payments]
        await asyncio.sleep(0)
        await network.start()
        outcomes = await asyncio.gather(*tasks)
        await asyncio.to_thread(network.committer.close)
        paid = sum(isinstance(one, Order) for one in outcomes)
        assert (paid, sum(one == Refused(Reason.BUSY) for one in outcomes)) == (3, 7)
        assert world.balance(chart.wallet(payer, CNY)) == 50_000 - 3 * 1000
        world.audit()
        world.close()

    asyncio.run(scene())


def test_a_database_that_goes_away_in_mid_flight_is_answered_and_comes_back():
    try:
        postgres.binaries()
    except postgres.NoServer:
        pytest.skip("postgresql is missing")
    with postgres.server() as running:
        world = World(running.database())
        payer = world.user(5000)
        order, later = world.place(), world.place()
        world.pay(order, payer)
        payment = world.a_payment(later, payer)
        running.process.kill()
        running.process.wait()
        began = time.monotonic()
        assert refused(world.do(orders.PAY, payment), Reason.UNAVAILABLE)
        assert time.monotonic() - began < 30
        running.restart()
        assert isinstance(world.do(orders.PAY, payment), Order)
        assert isinstance(world.do(orders.PAY, payment), Order)
        assert world.balance(chart.wallet(payer, CNY)) == 3000
        world.audit()
        world.close()


def test_a_broken_connection_is_replaced_within_one_command():
    with postgres.server() as running:
        world = World(running.database())
        payer = world.user(5000)
        order = world.place()
        running.disconnect_everybody()
        assert isinstance(world.pay(order, payer), Order)
        world.audit()
        world.close()


def test_a_missing_database_is_said_at_once():
    engine = open_engine("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable):
        engine.migrate()


def test_the_clock_is_read_once_for_each_batch(world):
    reads = []

    def clock():
        reads.append(world.now)
        return Instant(world.now)

    world.committer._clock = clock
    payer = world.user(3000)
    reads.clear()
    world.batch([(orders.PAY, world.a_payment(world.place(), payer))])
    assert len(reads) == 2


def test_what_was_known_is_forgotten_when_another_process_writes(world, address):
    payer = world.user(5000)
    order = world.place()  # the order and the wallet are known from here on
    other = open_engine(address)
    session = other.session()
    session.begin([])
    assert ORDERS.change is not None
    closed = ORDERS.change(order, replace(order, state=OrderState.CLOSED))
    session.write([("orders_update", [closed])])
    session.commit([])
    session.close()
    other.close()
    assert refused(world.pay(order, payer), Reason.ORDER_CLOSED)
    if world.engine.embedded:
        assert world.committer.tally.retries == 0  # a guard would have caught it, later
    assert world.balance(chart.wallet(payer, CNY)) == 5000


def test_a_rule_that_another_process_makes_holds_for_the_next_payment(world, address):
    payer, first, second = world.user(5000), world.place(), world.place()
    assert isinstance(world.pay(first, payer), Order)
    # That this merchant's platform has no rules is known from here on.
    other = World(address)
    other.merchant = world.merchant
    world.now = switch(other, under_way=UnderWay.STOP)
    other.close()
    assert refused(world.pay(second, payer), Reason.METHOD_SUSPENDED)
    assert world.balance(chart.wallet(payer, CNY)) == 5000 - first.amount.amount


def test_a_lone_command_waits_for_another_writer_beside_the_loop(tmp_path):
    asyncio.run(_beside_another_writer(str(tmp_path / "network.db")))


async def _beside_another_writer(address: str) -> None:
    engine = open_engine(address)
    engine.migrate()
    network = Network(engine, lambda: Instant(1), Vault(bytes(32)), engine.claim_node(0))
    await network.start()
    session = engine.session()
    session.begin([])
    nobody = orders.CLOSE, CloseOrder(MerchantId(1), OrderId(1))
    waiting = asyncio.create_task(network.perform(*nobody))
    turns = 0
    while turns < 20 and not waiting.done():
        await asyncio.sleep(0.005)  # the loop goes on: a command that blocked it would show
        turns += 1
    assert (turns, waiting.done()) == (20, False)
    session.commit([])
    session.close()
    assert await waiting == Refused(Reason.ORDER_NOT_FOUND)
    assert await network.perform(*nobody) == Refused(Reason.ORDER_NOT_FOUND)
    await network.close()


def test_a_clock_that_went_back_between_two_processes_keeps_the_chain(address: str) -> None:
    first = World(address)
    user = first.user(100)
    first.close()
    second = World(address)
    second.now = Instant(second.now - DAY)
    second.top_up(user, 50)
    assert second.audit().fault is None
    second.close()
