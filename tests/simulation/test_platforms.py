"""Platforms are merged while everything else goes on, several things in one commit.

Sales of all three kinds with fees, subsidies, refunds, settlements, receipts, disputes, extensions,
stores that stop, payouts that wait: in any order, at any time. The audit is clean all the while,
and in the end nothing waits anywhere and no unit is lost.
"""

import random
from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.budgets import Budget, BudgetEvent, BudgetKind, ChangeBudget, FundBudget
from changliao.core.clock import DAY, HOUR, Instant
from changliao.core.disputes import DecideDispute, Dispute, OpenDispute, WithdrawDispute
from changliao.core.holds import ExpireHold, ExtendHold
from changliao.core.ids import BudgetId, DisputeId, MerchantId
from changliao.core.mergers import AdvanceMerger, ApproveMerger, CollectMerger, Merger
from changliao.core.money import CNY, Money
from changliao.core.orders import Discount, Order
from changliao.core.payouts import EndPayout
from changliao.core.platforms import Cut, DecideStore, StoreEvent, StoreMode
from changliao.operations import (
    budgets,
    disputes,
    mergers,
    orders,
    payouts,
    refunds,
    settling,
    stores,
)
from changliao.operations.settling import ConfirmReceipt, Settle
from tests.operations.test_acceptance import known
from tests.operations.test_mergers import Story
from tests.operations.test_payouts import a_payout
from tests.world import World

FEE_BPS, SUBSIDY = 60, 7
ROUNDS, AT_ONCE = 60, 6


class Bustle(Story):
    """The story's platforms, with what people might do at any moment."""

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world)
        self.chance = chance
        self.friend = known(world, MerchantId(world.ids.new()))
        cuts = (Cut(self.friend, 1_200),)
        self.both = known(world, MerchantId(world.ids.new()))
        self.store(self.mall, self.both, StoreMode.OPEN, commission_bps=333, cuts=cuts)
        self.store(self.wanggou, self.both, StoreMode.C2C)
        self.sold: list[Order] = []
        self.disputes: list[Dispute] = []
        self.paying: list[Any] = []
        self.put_in = self.world.balance(chart.wallet(self.buyer, CNY))
        self.mergers = [self.draft(one) for one in (self.paipai, self.mall, self.yixun)]
        self.begin()
        self.budget = self.subsidies()

    def begin(self) -> None:
        for seller, partner in self.sides():
            for _ in range(3):
                order = self.place(seller, partner)
                self.sold.append(self.world.pay(order, self.buyer))
        self.sold.append(self.world.pay(self.place(self.wanggou, MerchantId(0), 9_000), self.buyer))

    def place(self, seller: MerchantId, partner: MerchantId, amount: int = 0) -> Any:
        amount = amount or self.chance.randrange(1, 2_000)
        return self.world.place(
            amount, merchant_id=seller, partner_id=partner, fee_bps=FEE_BPS,
            expires_at=Instant(self.world.now + 400 * DAY),
        )  # fmt: skip

    def subsidies(self) -> Budget:
        budget = Budget(
            BudgetId(self.world.ids.new()), self.wanggou, "补贴", BudgetKind.SUBSIDY,
            Money(500, CNY), SUBSIDY, Instant(0), Instant(self.world.now + 300 * DAY),
            most_each=1_000,
        )  # fmt: skip
        self.world.do(budgets.OPEN, budget)
        self.world.do(budgets.FUND, FundBudget(self.wanggou, budget.id, 200))
        return budget

    def anything(self) -> list[tuple[Any, Any]]:
        """One or two commands, which may well be refused."""
        sale = self.chance.choice(self.sold)
        doings = (
            self.buy, self.buy, self.give_back, self.give_back, self.divide, self.receive,
            self.quarrel, self.rule, self.wait_for, self.stop, self.pay_out, self.merge_on,
        )  # fmt: skip
        return self.chance.choice(doings)(sale)

    def buy(self, _: Order) -> list[tuple[Any, Any]]:
        sides = (*self.sides(), (self.both, self.mall), (self.both, self.wanggou))
        seller, partner = self.chance.choice(sides)
        asked = self.world.an_order(
            self.chance.randrange(1, 2_000), merchant_id=seller, partner_id=partner,
            fee_bps=FEE_BPS,
        )  # fmt: skip
        order, off = asked.order, None
        if partner == self.wanggou and order.amount.amount > SUBSIDY:
            off = Discount(self.wanggou, self.budget.id, SUBSIDY)
        self.sold.append(order)
        paying = self.world.a_payment(order, self.buyer, discount=off)
        return [(orders.PLACE, asked), (orders.PAY, paying)]

    def give_back(self, sale: Order) -> list[tuple[Any, Any]]:
        amount = self.chance.randrange(1, sale.amount.amount + 1)
        asked = self.world.a_refund(sale, amount, partner_id=sale.partner_id)
        return [(refunds.REFUND, asked)] * self.chance.randrange(1, 3)

    def divide(self, sale: Order) -> list[tuple[Any, Any]]:
        by = self.chance.choice((self.wanggou, sale.partner_id))
        return [(settling.SETTLE, Settle(by, sale.merchant_id, sale.id))]

    def receive(self, sale: Order) -> list[tuple[Any, Any]]:
        part = self.chance.choice((None, self.chance.randrange(sale.amount.amount + 1)))
        command = ConfirmReceipt(sale.merchant_id, sale.id, self.buyer, part)
        return [(settling.CONFIRM, command), (settling.EXPIRE, expiry(sale))]

    def quarrel(self, sale: Order) -> list[tuple[Any, Any]]:
        asked = Dispute(
            DisputeId(self.world.ids.new()), sale.merchant_id, sale.id, self.buyer, "坏了"
        )
        self.disputes.append(asked)
        return [(disputes.OPEN, OpenDispute(asked))]

    def rule(self, _: Order) -> list[tuple[Any, Any]]:
        if not self.disputes:
            return []
        known = self.chance.choice(self.disputes)
        sale = next(one for one in self.sold if one.id == known.order_id)
        return [self.ruling(sale, known), self.withdrawal(known)][:: self.chance.choice((1, -1))]

    def ruling(self, sale: Order, known: Dispute) -> tuple[Any, Any]:
        back = self.world.a_refund(
            sale, self.chance.randrange(sale.amount.amount + 1), partner_id=sale.partner_id,
            reference=f"dispute@{known.id}",
        ).refund  # fmt: skip
        command = DecideDispute(known.merchant_id, known.id, back, "定了", "mbr_000000000000A")
        return disputes.DECIDE, command

    def withdrawal(self, known: Dispute) -> tuple[Any, Any]:
        return disputes.WITHDRAW, WithdrawDispute(known.merchant_id, known.id)

    def wait_for(self, sale: Order) -> list[tuple[Any, Any]]:
        until = Instant(self.world.now + self.chance.randrange(30) * DAY)
        return [(settling.EXTEND, ExtendHold(sale.merchant_id, sale.id, until))]

    def stop(self, _: Order) -> list[tuple[Any, Any]]:
        platform = self.chance.choice((self.paipai, self.mall, self.wanggou))
        shop = self.chance.choice((self.seller, self.shop, self.both))
        events = (StoreEvent.SUSPEND, StoreEvent.RESUME, StoreEvent.RESUME)
        event = self.chance.choice(events)
        return [(stores.DECIDE, DecideStore(platform, shop, event, "盘点"))]

    def pay_out(self, _: Order) -> list[tuple[Any, Any]]:
        merchant = self.chance.choice((self.yixun, self.mall, self.wanggou, self.seller))
        asked = a_payout(self.world, self.buyer, 50, merchant_id=merchant, notify_url="")
        confirm_by = Instant(self.world.now + 900 * DAY)
        asked = replace(asked, payout=replace(asked.payout, confirm_by=confirm_by))
        self.paying.append(asked.payout)
        return [(payouts.PAY_OUT, asked)]

    def merge_on(self, _: Order) -> list[tuple[Any, Any]]:
        one = self.chance.choice(self.mergers)
        approval = ApproveMerger(one.id, "mbr_000000000000B")
        steps = [(mergers.ADVANCE, AdvanceMerger(one.id, place)) for place in range(5)]
        at = self.chance.randrange(5)
        return [(mergers.APPROVE, approval), *steps[at : at + 1], self.collection(one)]

    def collection(self, one: Merger) -> tuple[Any, Any]:
        return mergers.COLLECT, CollectMerger(one.id)

    def end(self) -> None:
        """Everybody gets what is theirs: nothing may wait any more."""
        do = self.world.do
        for one in self.disputes:
            do(*self.withdrawal(one))
        self.later(400 * DAY)
        for sale in self.sold:
            do(settling.EXPIRE, expiry(sale))
        for one in self.paying:
            do(payouts.END, EndPayout(one.merchant_id, one.id))
        for merger in self.mergers * 2:  # one may have to wait for another that runs
            do(mergers.APPROVE, ApproveMerger(merger.id, "mbr_000000000000B"))
            for place in range(6):
                do(mergers.ADVANCE, AdvanceMerger(merger.id, place))
        do(budgets.CHANGE, ChangeBudget(self.wanggou, self.budget.id, BudgetEvent.CLOSE))
        for merger in self.mergers:
            done = do(mergers.COLLECT, CollectMerger(merger.id))
            assert isinstance(done, Merger), done


def expiry(sale: Order) -> ExpireHold:
    return ExpireHold(sale.merchant_id, sale.id)


@pytest.mark.parametrize("seed", range(3))
def test_platforms_are_merged_in_the_middle_of_everything(world: World, seed: int) -> None:
    bustle = Bustle(world, random.Random(seed))
    for turn in range(ROUNDS):
        work = [one for _ in range(AT_ONCE) for one in bustle.anything()]
        answers = world.batch(work)
        faults = [one for one in answers if isinstance(one, Exception)]
        assert not faults, faults
        bustle.later(bustle.chance.choice((0, HOUR, DAY)))
        if turn % 20 == 0:
            world.audit()
    bustle.end()
    world.audit()
    merchants = (
        bustle.paipai, bustle.mall, bustle.yixun, bustle.wanggou,
        bustle.seller, bustle.shop, bustle.both, bustle.friend,
    )  # fmt: skip
    books = (chart.payable, chart.fees)
    kept = sum(world.balance(book(one, CNY)) for one in merchants for book in books)
    assert kept + world.balance(chart.wallet(bustle.buyer, CNY)) == bustle.put_in
    for one in merchants:
        assert world.balance(chart.escrow(one, CNY)) == 0
    for one in (bustle.paipai, bustle.mall, bustle.yixun):
        assert world.balance(chart.payable(one, CNY)) == 0
