"""Held money under any order of payments, shares, returns, refunds, releases and passing time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.holds import LONGEST_DAYS, ExpireHold, Holding
from changliao.core.ids import MerchantId, ReturnId, ShareId
from changliao.core.money import CNY
from changliao.core.orders import Hold
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import StoreMode
from changliao.core.splits import Part, PartyKind, Receiver, Return, Share, ShareOrder, Sharing
from changliao.operations import settling, splits
from changliao.operations.settling import ConfirmReceipt
from tests.operations.test_stores import Mall
from tests.world import World, refused

EXAMPLES = {"sqlite": 15, "postgresql": 3}
pick = st.integers(0, 1_000)
amounts = st.integers(1, 700)


class Holds(RuleBasedStateMachine):
    """Whatever is asked, nothing is lost and no order gives more than was paid."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        world = self.world
        world.merchant, self.other = MerchantId(world.ids.new()), MerchantId(world.ids.new())
        self.payer = world.user(10_000)
        world.do(splits.AGREE, Sharing(world.merchant, 9_000))
        relation = Receiver(world.merchant, PartyKind.MERCHANT, self.other, "STORE")
        world.do(splits.ADD_RECEIVER, relation)
        self.paid: list[Any] = []
        self.shares: list[Share] = []

    @rule(amount=amounts, hold=st.sampled_from(list(Hold)), bps=st.sampled_from([0, 60, 5_000]))
    def pay(self, amount: int, hold: Hold, bps: int) -> None:
        order = self.world.pay(self.world.place(amount, hold=hold, fee_bps=bps), self.payer)
        if not isinstance(order, Refused):
            self.paid.append(order)

    @rule(which=pick, amount=amounts, rest=st.booleans(), release=st.sampled_from([0, 0, 5]))
    def share(self, which: int, amount: int, rest: bool, release: int) -> None:
        if not self.paid:
            return
        order, made = self.paid[which % len(self.paid)], ShareId(self.world.ids.new())
        merchant = self.world.merchant
        part = Part(made, merchant, PartyKind.MERCHANT, self.other, 0, amount, "m", "")
        parts = () if which % 5 == 0 else (part,)
        share = Share(made, merchant, order.id, f"S{made}", b"d")
        outcome = self.world.do(splits.SHARE, ShareOrder(share, parts, rest, release))
        if isinstance(outcome, Share) and parts:
            self.shares.append(outcome)

    @rule(which=pick, amount=amounts)
    def give_back(self, which: int, amount: int) -> None:
        if self.shares:
            share, made = self.shares[which % len(self.shares)], ReturnId(self.world.ids.new())
            merchant = self.world.merchant
            back = Return(made, merchant, share.id, self.other, f"B{made}", amount, b"d")
            self.world.do(splits.RETURN, back)

    @rule(which=pick, amount=amounts)
    def refund(self, which: int, amount: int) -> None:
        if self.paid:
            self.world.refund(self.paid[which % len(self.paid)], amount)

    @rule(which=pick, days=st.sampled_from([1, 31]))
    def expire(self, which: int, days: int) -> None:
        self.world.now = Instant(self.world.now + days * DAY)
        if self.paid:
            order = self.paid[which % len(self.paid)]
            self.world.do(settling.EXPIRE, ExpireHold(order.merchant_id, order.id))

    @invariant()
    def nothing_is_lost(self) -> None:
        merchant = self.world.merchant
        accounts = [
            chart.wallet(self.payer, CNY),
            chart.escrow(merchant, CNY),
            chart.payable(merchant, CNY),
            chart.fees(merchant, CNY),
            chart.payable(self.other, CNY),
        ]
        balances = [self.world.balance(account) for account in accounts]
        assert sum(balances) == 10_000
        assert min(balances) >= 0

    def teardown(self) -> None:
        self.world.audit()


def test_held_money_is_never_lost_or_made(address: str) -> None:
    with closing(World(address)) as made:

        class OnThisEngine(Holds):
            world = made

        run_state_machine_as_test(
            OnThisEngine,
            settings=settings(
                max_examples=EXAMPLES["postgresql" if "://" in address else "sqlite"],
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_two_schedulers_and_a_caller_release_a_holding_once(address: str) -> None:
    with (
        closing(World(address)) as one,
        closing(World(address)) as two,
        closing(World(address)) as three,
    ):
        payer = one.user(1000)
        order = one.pay(one.place(1000, hold=Hold.SPLIT, fee_bps=0), payer)
        for world in (one, two, three):
            world.now = Instant(order.paid_at + LONGEST_DAYS * DAY)
        expire = ExpireHold(order.merchant_id, order.id)
        share = Share(ShareId(three.ids.new()), order.merchant_id, order.id, "S1", b"d")
        release = ShareOrder(share, (), rest=True)
        work: list[tuple[World, Any, Any]] = [
            (one, settling.EXPIRE, expire),
            (two, settling.EXPIRE, expire),
        ]
        work.append((three, splits.SHARE, release))
        with ThreadPoolExecutor(3) as pool:
            outcomes = list(pool.map(lambda job: job[0].do(job[1], job[2]), work))
        assert sum(isinstance(outcome, (Holding, Share)) for outcome in outcomes) == 1
        assert one.balance(chart.payable(order.merchant_id, CNY)) == 1000
        one.audit()


def test_two_schedulers_and_a_buyer_release_each_escrow_once(address: str) -> None:
    """Each in a process's worth of its own, over the same orders from another end."""
    with (
        closing(World(address)) as one,
        closing(World(address, node=1)) as two,
        closing(World(address, node=2)) as three,
    ):
        mall = Mall(one, StoreMode.C2C)
        sold = [mall.sell(1_000) for _ in range(9)]
        for world in (one, two, three):
            world.now = Instant(sold[-1].paid_at + 7 * DAY)
        expiring = [(settling.EXPIRE, ExpireHold(mall.seller, order.id)) for order in sold]
        confirming = [
            (settling.CONFIRM, ConfirmReceipt(mall.seller, order.id, mall.buyer)) for order in sold
        ]
        turns = [(one, expiring), (two, expiring[3:] + expiring[:3]), (three, confirming[::-1])]

        def run(turn: tuple[World, list[Any]]) -> list[Any]:
            return [turn[0].heard(*work) for work in turn[1]]

        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(run, turns))
        expired = [one for said in answers[:2] for one in said]
        assert all(
            isinstance(one, Holding) or refused(one, Reason.HOLD_RELEASED) for one in expired
        )
        assert all(isinstance(one, Holding) and one.released == 1_000 for one in answers[2])
        assert sum(isinstance(one, Holding) for one in expired) <= len(sold)
        assert mall.has(mall.seller) == (9_000,)
        assert one.balance(chart.escrow(mall.seller, CNY)) == 0
        one.audit()
