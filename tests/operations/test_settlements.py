"""Settlement runs: each day once, only what is earned and free, paid out once whatever happens."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.core import chart
from changliao.core.bank import BankFault
from changliao.core.bills import SETTLING, Day, day_of, ends_at
from changliao.core.channels import RequestKind
from changliao.core.clock import DAY, MINUTE, Instant
from changliao.core.ids import MerchantId, SettlementId
from changliao.core.ledger import Account, Code
from changliao.core.money import CNY, MAX_AMOUNT
from changliao.core.outcome import Reason, Refused
from changliao.core.settlements import (
    MOST_TRIES,
    TRANSITIONS,
    Cycle,
    Settle,
    Settled,
    Settlement,
    SettlementEvent,
    SettlementState,
    Standing,
    decide_settlement,
)
from changliao.operations.bank import SandboxBank
from changliao.operations.connectors import Connector, Desk
from changliao.operations.network import Network
from changliao.operations.settlements import SET_CYCLE
from changliao.operations.vault import Vault
from changliao.store.engines import open_engine
from changliao.store.views import settlements as views
from changliao.workers import channels as channel_worker
from changliao.workers import settlements as worker
from tests.operations.test_acceptance import known
from tests.operations.test_channels import set_fault
from tests.world import START, World, refused

Step = Callable[[Network, Desk], Awaitable[Any]]
TODAY = day_of(START)
_nodes = itertools.cycle(range(10, 200))


class Shop:
    """A merchant whose days are settled to a bank account."""

    def __init__(self, world: World, **changes: Any) -> None:
        self.world = world
        self.id = known(world, MerchantId(world.ids.new()))
        self.payer = world.user(1_000_000)
        if changes.get("days", 1):
            assert isinstance(self.cycle(**changes), Cycle)

    def cycle(self, **changes: Any) -> Any:
        fields: dict[str, Any] = {
            "merchant_id": self.id,
            "currency": CNY,
            "days": 1,
            "channel": "sandbox_bank",
            "account": "6222 0000 0000 0001",
            "since": day_of(self.world.now),
        }
        return self.world.do(SET_CYCLE, Cycle(**fields | changes))

    def sell(self, amount: int = 1_000) -> Any:
        order = self.world.place(amount, merchant_id=self.id, fee_bps=0)
        return self.world.pay(order, self.payer)

    @property
    def settlements(self) -> list[Settlement]:
        """The oldest first."""
        with self.world.engine.reader() as reader:
            return views.of_merchant(reader, self.id, 1 << 62, 100)[::-1]

    def has(self) -> tuple[int, int, int]:
        """Earned, available, and on its way out."""
        available = chart.available(self.id, CNY)
        accounts = (chart.payable(self.id, CNY), available, chart.leaving(available))
        earned, waiting, leaving = (self.world.balance(one) for one in accounts)
        return earned, waiting, leaving


def work(world: World, *steps: Step) -> None:
    """Do as workers of another process do. Its clock stands, so its numbers are its own."""
    node = next(_nodes)

    async def process() -> None:
        network = Network(open_engine(world.address), lambda: world.now, Vault(bytes(32)), node)
        await network.start()
        connectors: dict[str, Connector] = {"sandbox_bank": SandboxBank(network)}
        for step in steps:
            await step(network, Desk(network, connectors))
        await network.close()

    asyncio.run(process())


async def settle(network: Network, desk: Desk) -> None:
    await worker.settle_due(network)


async def pay(network: Network, desk: Desk) -> None:
    await worker.pay_due(network, desk)


async def finish(network: Network, desk: Desk) -> None:
    await worker.finish_paid(network)


async def look(network: Network, desk: Desk) -> None:
    await channel_worker.resolve_due(network, desk)


def run(world: World) -> None:
    work(world, settle, pay, finish)


def next_day(world: World) -> None:
    """Just when yesterday is certainly in the ledger."""
    world.now = Instant(ends_at(day_of(Instant(world.now - SETTLING))) + SETTLING)


def by_bank(world: World) -> int:
    """What the bank paid out in all."""
    return sum(row[4] for row in world.rows()["bank_entries"] if row[2] == RequestKind.PAYOUT)


def test_a_day_is_settled_once_and_paid_out(world: World) -> None:
    shop = Shop(world)
    shop.sell(700)
    shop.sell(300)
    run(world)
    assert shop.settlements == []
    next_day(world)
    shop.sell(50)
    run(world)
    (one,) = shop.settlements
    assert (one.first_day, one.day, one.opening, one.closing) == (TODAY, TODAY, 0, 1_000)
    assert (one.state, one.amount, one.paid) == (SettlementState.PAID, 1_000, 1_000)
    assert shop.has() == (50, 0, 0)
    run(world)
    assert shop.settlements == [one]
    next_day(world)
    run(world)
    assert [(it.opening, it.closing, it.paid) for it in shop.settlements[1:]] == [(1_000, 50, 50)]
    with world.engine.reader() as reader:
        held = views.holds(reader, chart.payable(shop.id, CNY), TODAY, Day(TODAY + 1))
    assert held == [(Code.PAYMENT, 3, 1_050), (Code.SETTLE, 1, -1_000)]


def test_what_leaves_meanwhile_is_the_oldest(world: World) -> None:
    shop = Shop(world)
    first = shop.sell(1_000)
    next_day(world)
    world.now = Instant(world.now + MINUTE)
    world.refund(first, 300)
    shop.sell(900)
    run(world)
    (one,) = shop.settlements
    assert (one.closing, one.amount) == (1_000, 700)
    assert shop.has() == (900, 0, 0)


def test_two_days_later_only_what_is_that_old(world: World) -> None:
    shop = Shop(world, days=2)
    shop.sell(100)
    next_day(world)
    shop.sell(20)
    run(world)
    assert shop.settlements == []
    next_day(world)
    shop.sell(3)
    run(world)
    assert [(it.day, it.paid) for it in shop.settlements] == [(TODAY, 100)]
    next_day(world)
    run(world)
    assert [it.paid for it in shop.settlements] == [100, 20]
    assert shop.has() == (3, 0, 0)


def test_what_is_little_waits_and_what_was_missed_is_settled_with_it(world: World) -> None:
    shop = Shop(world, least=100)
    shop.sell(99)
    next_day(world)
    run(world)
    assert [it.state for it in shop.settlements] == [SettlementState.EMPTY]
    shop.sell(1)
    world.now = Instant(world.now + 3 * DAY)
    run(world)
    second = shop.settlements[1]
    assert (second.first_day, second.day) == (TODAY + 1, TODAY + 3)
    assert (second.opening, second.closing, second.paid) == (99, 100, 100)


def test_a_paused_merchant_keeps_what_it_earned(world: World) -> None:
    shop = Shop(world)
    shop.sell()
    shop.cycle(paused=True)
    next_day(world)
    run(world)
    assert (shop.settlements, shop.has()) == ([], (1_000, 0, 0))
    shop.cycle(paused=False, account="another")
    run(world)
    assert shop.has() == (0, 0, 0)


@pytest.mark.parametrize("killed", ["after settling", "after writing", "after asking"])
def test_a_run_that_is_killed_goes_on_and_pays_once(
    world: World, killed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(world)
    shop.sell()
    next_day(world)

    async def dies(network: Network, desk: Desk) -> None:
        async def never(request: Any) -> Any:
            if killed == "after asking":
                await SandboxBank(network).payout(request)
            raise ConnectionError

        monkeypatch.setattr(desk, "ask", never)
        with pytest.raises(ConnectionError):
            await worker.pay_due(network, desk)

    work(world, settle, *(() if killed == "after settling" else (dies,)))
    for _ in range(8):
        work(world, settle, pay, look, finish)
        world.now = Instant(world.now + MINUTE)
    (one,) = shop.settlements
    assert (one.state, one.paid) == (SettlementState.PAID, 1_000)
    assert one.tries == (2 if killed == "after writing" else 1)
    assert (by_bank(world), shop.has()) == (1_000, (0, 0, 0))


def test_what_the_bank_refuses_is_tried_again_and_then_earned_again(world: World) -> None:
    shop = Shop(world)
    shop.sell()
    next_day(world)
    work(world, settle)
    for turn in range(MOST_TRIES):
        set_fault(world, RequestKind.PAYOUT, BankFault.REFUSED)
        work(world, pay, finish)
        assert shop.settlements[0].tries == turn + 1
    (one,) = shop.settlements
    assert (one.state, one.paid, bool(one.reason)) == (SettlementState.RETURNED, 0, True)
    assert shop.has() == (1_000, 0, 0)
    next_day(world)
    run(world)
    assert [it.paid for it in shop.settlements] == [0, 1_000]


def test_what_the_bank_pays_short_is_earned_again(world: World) -> None:
    shop = Shop(world)
    shop.sell()
    next_day(world)
    set_fault(world, RequestKind.PAYOUT, BankFault.WRONG_AMOUNT)
    run(world)
    (one,) = shop.settlements
    assert (one.state, one.paid) == (SettlementState.PAID, 970)
    assert shop.has() == (30, 0, 0)


def test_workers_of_several_processes_settle_and_pay_once(world: World) -> None:
    shops = [Shop(world) for _ in range(5)]
    for shop in shops:
        shop.sell()
    next_day(world)

    async def race() -> None:
        networks = [
            Network(open_engine(world.address), lambda: world.now, Vault(bytes(32)), node)
            for node in (8, 9)
        ]
        for one in networks:
            await one.start()
        desks = [Desk(one, {"sandbox_bank": SandboxBank(one)}) for one in networks]
        await asyncio.gather(*(worker.settle_due(one) for one in networks))
        await asyncio.gather(
            *(worker.pay_due(one, desk) for one, desk in zip(networks, desks, strict=True))
        )
        await asyncio.gather(*(worker.finish_paid(one) for one in networks))
        for one in networks:
            await one.close()

    asyncio.run(race())
    assert [[it.paid for it in shop.settlements] for shop in shops] == [[1_000]] * 5
    assert by_bank(world) == 5_000


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"days": 31}, "days"),
        ({"account": " "}, "account"),
        ({"account": "x" * 65}, "account"),
        ({"least": 0}, "least"),
        ({"channel": ""}, "channel"),
    ],
)
def test_a_cycle_that_makes_no_sense_is_named_by_its_field(
    world: World, changes: Any, field: str
) -> None:
    shop = Shop(world, days=0)
    before = world.rows()
    no = shop.cycle(**changes)
    assert isinstance(no, Refused)
    assert (no.reason, no.detail.split(":")[0]) == (Reason.CYCLE_INVALID, field)
    assert refused(shop.cycle(merchant_id=MerchantId(7)), Reason.MERCHANT_NOT_FOUND)
    assert world.rows() == before


def test_a_day_that_is_not_due_is_not_settled() -> None:
    cycle = Cycle(MerchantId(1), CNY, 1, "bank", "1", TODAY)
    asked = Settlement(SettlementId(2), MerchantId(1), CNY, TODAY, TODAY, 0, 0)
    payable = Account(chart.payable(MerchantId(1), CNY), credits_posted=100)
    command = Settle(asked, Standing(100, 100, 0))
    assert refused(decide_settlement(command, None, payable, START), Reason.CYCLE_MISSING)
    early = decide_settlement(command, cycle, payable, START)
    assert refused(early, Reason.SETTLEMENT_NOT_DUE)


@given(
    closing=st.integers(0, 1_000),
    since=st.lists(st.integers(-300, 300), max_size=6),
    between=st.lists(st.integers(-300, 300), max_size=6),
    reserved=st.integers(0, 500),
)
def test_never_more_than_is_old_and_free(
    closing: int, since: list[int], between: list[int], reserved: int
) -> None:
    """`since`: moved before the run looked; `between`: after it looked and before it commits."""
    money = Account(chart.payable(MerchantId(1), CNY), credits_posted=closing)
    left, seen = closing, Standing(closing, closing, 0)
    for place, moved in enumerate([*since, *between]):
        change = max(moved, -money.balance)
        money = Account(
            money.id, money.debits_posted - min(change, 0), money.credits_posted + max(change, 0)
        )
        left += min(change, 0)
        if place < len(since):
            seen = Standing(closing, left, money.debits_posted)
    reserved = min(reserved, money.balance)
    money = Account(money.id, money.debits_posted, money.credits_posted, reserved)
    cycle = Cycle(MerchantId(1), CNY, 1, "bank", "1", TODAY)
    asked = Settlement(SettlementId(2), MerchantId(1), CNY, TODAY, TODAY, 0, closing)
    found = decide_settlement(Settle(asked, seen), cycle, money, Instant(START + 2 * DAY))
    assert isinstance(found, Settled)
    assert found.settlement.amount == max(min(left, money.spendable), 0)
    assert sum(one.amount for one in found.transfers) == found.settlement.amount


def test_every_state_answers_every_event() -> None:
    assert set(TRANSITIONS) == {(s, e) for s in SettlementState for e in SettlementEvent}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE settlements SET amount = 1100, closing = 1100",
        "UPDATE settlements SET paid = 900",
        "UPDATE settlements SET state = 2",
        "UPDATE settlements SET request_id = 0",
        "DELETE FROM settlements",
    ],
)
def test_the_audit_sees_what_was_changed_behind_it(tmp_path: Path, change: str) -> None:
    world = World(str(tmp_path / "test.db"))
    shop = Shop(world)
    shop.sell()
    next_day(world)
    run(world)
    world.audit()
    session: Any = world.engine.session()
    with closing(session):
        session._connection.execute(change)
    with pytest.raises(AssertionError, match="settlement"):
        world.audit()
    world.close()


def test_more_than_one_payout_can_carry_is_settled_day_by_day() -> None:
    """In a currency of small units one day may bring more than a channel is ever asked for."""
    payable = chart.payable(MerchantId(1 << 20), CNY)
    earned = 3 * MAX_AMOUNT // 2
    cycle = Cycle(MerchantId(1 << 20), CNY, 1, "sandbox_bank", "6222", Day(TODAY - 2))
    asked = Settlement(SettlementId(1), cycle.merchant_id, CNY, Day(0), Day(TODAY - 1), 0, earned)
    standing = Standing(earned, earned, 0)
    settled = decide_settlement(Settle(asked, standing), cycle, Account(payable, 0, earned), START)
    assert isinstance(settled, Settled)
    assert settled.settlement.amount == MAX_AMOUNT
