"""Shares that a payment makes of itself, and shares that come back with a refund."""

from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.ids import MerchantId, ShareId
from changliao.core.money import CNY
from changliao.core.orders import Hold, Intended, Order
from changliao.core.outcome import Reason
from changliao.core.refunds import Refund
from changliao.core.splits import (
    PartyKind,
    Receiver,
    RemoveReceiver,
    Share,
    ShareOrder,
    Sharing,
    Take,
)
from changliao.operations import orders, refunds, splits
from changliao.store.views import splits as views
from tests.world import refused

MERCHANT, USER = PartyKind.MERCHANT, PartyKind.USER


class Market:
    """A merchant that may share a third, with a partner and a person, and somebody who buys."""

    def __init__(self, world: Any) -> None:
        self.world, self.payer = world, world.user(100_000)
        self.partner, self.person = MerchantId(world.ids.new()), world.user()
        world.do(splits.AGREE, Sharing(world.merchant, 3_300))
        for kind, party in ((MERCHANT, self.partner), (USER, self.person)):
            world.do(splits.ADD_RECEIVER, Receiver(world.merchant, kind, party, "PARTNER"))

    def asked(self, *shares: tuple[PartyKind, int, int], **more: Any) -> Any:
        """An order of ¥100 that shares by itself."""
        placing = self.world.an_order(10_000, hold=Hold.SPLIT, fee_bps=60)
        intended = tuple(Intended(int(kind), one, sum_, "who", "") for kind, one, sum_ in shares)
        return replace(placing, intended=intended, **more)

    def sold(self, *shares: tuple[PartyKind, int, int], **more: Any) -> Order:
        placed = self.world.do(orders.PLACE, self.asked(*shares, **more))
        paid: Order = self.world.pay(placed, self.payer)
        assert paid.payment_id
        return paid

    def money(self) -> tuple[int, int, int, int]:
        """Held, the merchant's own, the partner's, the person's."""
        accounts = (
            chart.escrow(self.world.merchant, CNY),
            chart.payable(self.world.merchant, CNY),
            chart.payable(self.partner, CNY),
            chart.wallet(self.person, CNY),
        )
        held, own, partner, person = (self.world.balance(account) for account in accounts)
        return held, own, partner, person

    def shares(self, order: Order) -> list[Share]:
        with self.world.engine.reader() as reader:
            return views.shares_of_order(reader, self.world.merchant, order.id)

    def refund(self, order: Order, amount: int, taken: int) -> Any:
        """A refund of which the partner gives back so much."""
        takes = (Take(self.shares(order)[0].id, self.partner, taken),)
        return replace(self.world.a_refund(order, amount), takes=takes)


@pytest.fixture
def market(world: Any) -> Market:
    return Market(world)


def test_a_payment_shares_and_the_rest_is_free(market: Market) -> None:
    order = market.sold((MERCHANT, market.partner, 2_000), (USER, market.person, 1_000))
    assert market.money() == (0, 6_940, 2_000, 1_000)
    (share,) = market.shares(order)
    assert (share.reference, share.released) == (f"payment@{order.id}", 6_940)


def test_what_is_left_may_wait(market: Market) -> None:
    market.sold((MERCHANT, market.partner, 2_000), keeps=True)
    assert market.money() == (7_940, 0, 2_000, 0)


def test_an_order_that_could_not_share_is_not_placed(market: Market) -> None:
    world, partner = market.world, market.partner
    cases = [
        (((MERCHANT, partner, 3_301),), Reason.SHARE_EXCEEDS_RATIO),
        (((MERCHANT, partner, 0),), Reason.AMOUNT_NOT_POSITIVE),
        (((USER, partner, 1),), Reason.RECEIVER_NOT_FOUND),
        (((MERCHANT, partner, 1),) * 2, Reason.RECEIVER_REPEATED),
        (((MERCHANT, world.merchant, 1),), Reason.RECEIVER_NOT_FOUND),
    ]
    before = world.rows()
    for shares, reason in cases:
        assert refused(world.do(orders.PLACE, market.asked(*shares)), reason)
    world.do(splits.AGREE, Sharing(world.merchant, 10_000))
    over = market.asked((MERCHANT, partner, 9_941))
    assert refused(world.do(orders.PLACE, over), Reason.SHARE_EXCEEDS_HOLD)
    assert world.rows()["orders"] == before["orders"]


def test_a_receiver_removed_before_the_payment_leaves_the_whole_waiting(market: Market) -> None:
    world = market.world
    placed = world.do(orders.PLACE, market.asked((MERCHANT, market.partner, 2_000)))
    world.do(splits.REMOVE_RECEIVER, RemoveReceiver(world.merchant, MERCHANT, market.partner))
    assert world.pay(placed, market.payer).payment_id
    assert market.money() == (9_940, 0, 0, 0)


def test_nobody_else_names_a_share_so(market: Market) -> None:
    order = market.sold(keeps=True)
    share = Share(ShareId(market.world.ids.new()), order.merchant_id, order.id, "payment@1", b"x")
    again = market.world.do(splits.SHARE, ShareOrder(share, (), rest=True))
    assert refused(again, Reason.SHARE_REFERENCE_REUSED)


def test_a_refund_takes_a_share_back_once(market: Market) -> None:
    world = market.world
    order = market.sold((MERCHANT, market.partner, 2_000))
    command = market.refund(order, 3_000, 500)
    first = world.do(refunds.REFUND, command)
    assert isinstance(first, Refund)
    # ¥30 to the payer: ¥5 of it from the partner, the fee's part from the network.
    assert market.money() == (0, 7_940 + 500 - 3_000 + 18, 1_500, 0)
    assert world.do(refunds.REFUND, command) == first
    assert market.money()[2] == 1_500


def test_a_refund_that_takes_too_much_moves_nothing(market: Market) -> None:
    world = market.world
    order = market.sold((MERCHANT, market.partner, 2_000), (USER, market.person, 100))
    share_id, before = market.shares(order)[0].id, market.money()
    for amount, take, reason in (
        (3_000, Take(share_id, market.partner, 2_001), Reason.RETURN_EXCEEDS_SHARE),
        (100, Take(share_id, market.partner, 101), Reason.RETURN_EXCEEDS_SHARE),
        (3_000, Take(share_id, MerchantId(market.person), 1), Reason.SHARE_NOT_FOUND),
        (3_000, Take(ShareId(7), market.partner, 1), Reason.SHARE_NOT_FOUND),
        (3_000, Take(share_id, market.partner, 0), Reason.AMOUNT_NOT_POSITIVE),
    ):
        asked = replace(world.a_refund(order, amount), takes=(take,))
        assert refused(world.do(refunds.REFUND, asked), reason), reason
    twice = (Take(share_id, market.partner, 1),) * 2
    asked = replace(world.a_refund(order, 3_000), takes=twice)
    assert refused(world.do(refunds.REFUND, asked), Reason.RECEIVER_REPEATED)
    assert market.money() == before


def test_refunds_at_once_take_no_more_than_was_shared(market: Market) -> None:
    order = market.sold((MERCHANT, market.partner, 2_000))
    asked = [(refunds.REFUND, market.refund(order, 700, 700)) for _ in range(8)]
    outcomes = market.world.batch(asked)
    assert sum(isinstance(one, Refund) for one in outcomes) == 2
    assert market.money()[2] == 600
