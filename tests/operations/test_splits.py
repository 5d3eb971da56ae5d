"""Held money: shared, returned, refunded, released; never more than was paid, and once."""

from typing import Any

import pytest

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.holds import LONGEST_DAYS, ExpireHold, HoldingState
from changliao.core.ids import MerchantId, OrderId, ReturnId, ShareId
from changliao.core.money import CNY
from changliao.core.orders import Hold
from changliao.core.outcome import Reason
from changliao.core.refunds import Refund
from changliao.core.splits import (
    MOST_REQUESTS,
    RETURN_WINDOW,
    Part,
    PartyKind,
    Receiver,
    RemoveReceiver,
    Return,
    Share,
    ShareOrder,
    Sharing,
)
from changliao.operations import settling, splits
from changliao.store.views import splits as views
from tests.world import refused

MERCHANT, USER = PartyKind.MERCHANT, PartyKind.USER


class Shop:
    """A held order of ¥100, two receivers, and a merchant that may share all of it."""

    def __init__(self, world: Any, hold: Hold = Hold.SPLIT, fee_bps: int = 60) -> None:
        self.world = world
        self.payer = world.user(100_000)
        self.order = world.pay(world.place(10_000, hold=hold, fee_bps=fee_bps), self.payer)
        self.partner = MerchantId(world.ids.new())
        self.person = world.user()
        world.do(splits.AGREE, Sharing(world.merchant, 10_000))
        for kind, party in ((MERCHANT, self.partner), (USER, self.person)):
            world.do(splits.ADD_RECEIVER, Receiver(world.merchant, kind, party, "PARTNER"))

    def asked(self, reference: str, *parts: tuple[PartyKind, int, int], **more: Any) -> ShareOrder:
        share_id = ShareId(self.world.ids.new())
        merchant = self.world.merchant
        wanted = tuple(
            Part(share_id, merchant, kind, party, place, amount, "who", "why")
            for place, (kind, party, amount) in enumerate(parts)
        )
        digest = repr([(part.party_id, part.amount) for part in wanted]).encode()
        order_id = more.pop("order_id", self.order.id)
        return ShareOrder(Share(share_id, merchant, order_id, reference, digest), wanted, **more)

    def share(self, reference: str, *parts: tuple[PartyKind, int, int], **more: Any) -> Any:
        return self.world.do(splits.SHARE, self.asked(reference, *parts, **more))

    def give_back(self, share: Share, amount: int, reference: str = "B1") -> Any:
        return_id = ReturnId(self.world.ids.new())
        back = Return(
            return_id, share.merchant_id, share.id, self.partner, reference, amount, b"%d" % amount
        )
        return self.world.do(splits.RETURN, back)

    def holding(self) -> Any:
        with self.world.engine.reader() as reader:
            return views.holding(reader, self.world.merchant, self.order.id)

    def money(self) -> tuple[int, int, int, int]:
        """Held, the merchant's own, the partner's, the person's."""
        world = self.world
        accounts = (
            chart.escrow(world.merchant, CNY),
            chart.payable(world.merchant, CNY),
            chart.payable(self.partner, CNY),
            chart.wallet(self.person, CNY),
        )
        return tuple(world.balance(account) for account in accounts)


@pytest.fixture
def shop(world):
    made = Shop(world)
    yield made
    world.audit()


def test_a_held_payment_waits_less_the_fee(shop):
    assert shop.money() == (9940, 0, 0, 0)
    assert shop.world.balance(chart.fees(shop.world.merchant, CNY)) == 60


def test_a_share_goes_to_every_receiver_and_the_rest_to_the_merchant(shop):
    share = shop.share("S1", (MERCHANT, shop.partner, 1000), (USER, shop.person, 500), rest=True)
    assert share.released == 8440
    assert shop.money() == (0, 8440, 1000, 500)
    assert shop.holding().state is HoldingState.RELEASED
    assert shop.world.rows()["deadlines"] == [
        row for row in shop.world.rows()["deadlines"] if row[3] == 1
    ]


def test_a_repeated_share_moves_money_once(shop):
    first = shop.share("S1", (MERCHANT, shop.partner, 1000))
    assert shop.share("S1", (MERCHANT, shop.partner, 1000)) == first
    assert refused(shop.share("S1", (MERCHANT, shop.partner, 999)), Reason.SHARE_REFERENCE_REUSED)
    assert shop.money() == (8940, 0, 1000, 0)


def test_fifty_requests_and_no_more(shop):
    for number in range(MOST_REQUESTS):
        assert isinstance(shop.share(f"S{number}", (USER, shop.person, 1)), Share)
    assert refused(shop.share("S50", (USER, shop.person, 1)), Reason.SHARES_TOO_MANY)


def test_what_may_not_be_shared_moves_nothing(shop):
    partner, world = shop.partner, shop.world
    plain = world.pay(world.place(1000), shop.payer)
    cases = [
        (shop.asked("S1", (MERCHANT, partner, 0)), Reason.AMOUNT_NOT_POSITIVE),
        (shop.asked("S1"), Reason.AMOUNT_NOT_POSITIVE),
        (shop.asked("S1", (MERCHANT, partner, 9941)), Reason.SHARE_EXCEEDS_HOLD),
        (shop.asked("S1", (USER, partner, 1)), Reason.RECEIVER_NOT_FOUND),
        (shop.asked("S1", *[(MERCHANT, partner, 1)] * 2), Reason.RECEIVER_REPEATED),
        (shop.asked("S1", (MERCHANT, partner, 1), order_id=plain.id), Reason.HOLD_MISSING),
        (shop.asked("S1", (MERCHANT, partner, 1), order_id=OrderId(4)), Reason.ORDER_NOT_FOUND),
    ]
    before = world.rows()
    for command, reason in cases:
        assert refused(world.do(splits.SHARE, command), reason)
    assert world.rows() == before


def test_shares_stay_within_the_merchants_ratio_of_the_order(shop):
    shop.world.do(splits.AGREE, Sharing(shop.world.merchant, 3000))
    assert isinstance(shop.share("S1", (MERCHANT, shop.partner, 2999)), Share)
    assert refused(shop.share("S2", (MERCHANT, shop.partner, 2)), Reason.SHARE_EXCEEDS_RATIO)
    assert isinstance(shop.share("S2", (MERCHANT, shop.partner, 1)), Share)


def test_a_removed_receiver_gets_nothing_until_it_is_added_again(shop):
    world, partner = shop.world, shop.partner
    world.do(splits.REMOVE_RECEIVER, RemoveReceiver(world.merchant, MERCHANT, partner))
    assert refused(shop.share("S1", (MERCHANT, partner, 1)), Reason.RECEIVER_NOT_FOUND)
    world.do(splits.ADD_RECEIVER, Receiver(world.merchant, MERCHANT, partner, "STORE"))
    assert isinstance(shop.share("S1", (MERCHANT, partner, 1)), Share)
    unknown = RemoveReceiver(world.merchant, MERCHANT, 4)
    assert refused(world.do(splits.REMOVE_RECEIVER, unknown), Reason.RECEIVER_NOT_FOUND)
    itself = Receiver(world.merchant, MERCHANT, world.merchant, "STORE")
    assert refused(world.do(splits.ADD_RECEIVER, itself), Reason.TRANSFER_TO_SELF)


def test_a_return_restores_the_holding_exactly(shop):
    before = shop.money()
    share = shop.share("S1", (MERCHANT, shop.partner, 1000))
    back = shop.give_back(share, 1000)
    assert shop.money() == before
    assert shop.give_back(share, 1000) == back
    assert refused(shop.give_back(share, 999), Reason.SHARE_REFERENCE_REUSED)
    assert refused(shop.give_back(share, 1, "B2"), Reason.RETURN_EXCEEDS_SHARE)
    assert shop.money() == before


def test_after_a_release_a_return_goes_to_the_merchant(shop):
    share = shop.share("S1", (MERCHANT, shop.partner, 1000), rest=True)
    assert isinstance(shop.give_back(share, 400), Return)
    assert shop.money() == (0, 9340, 600, 0)
    assert refused(shop.share("S2", (MERCHANT, shop.partner, 1)), Reason.HOLD_RELEASED)


def test_a_return_needs_the_receivers_money_and_time(shop):
    world = shop.world
    share = shop.share("S1", (MERCHANT, shop.partner, 1000), (USER, shop.person, 1))
    assert refused(shop.give_back(share, 0), Reason.AMOUNT_NOT_POSITIVE)
    unknown = Share(ShareId(4), world.merchant, shop.order.id, "S9", b"")
    assert refused(shop.give_back(unknown, 1), Reason.SHARE_NOT_FOUND)
    world.now = Instant(world.now + RETURN_WINDOW)
    assert refused(shop.give_back(share, 1), Reason.RETURN_TOO_LATE)


def test_a_refund_takes_what_is_held_first_then_the_merchants_own(shop):
    world = shop.world
    shop.share("S1", (MERCHANT, shop.partner, 1000))
    assert isinstance(world.refund(shop.order, 5000), Refund)
    assert shop.money() == (3970, 0, 1000, 0)
    assert refused(world.refund(shop.order, 5000), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    world.pay(world.place(1000, fee_bps=0), shop.payer)
    assert isinstance(world.refund(shop.order, 5000), Refund)
    assert shop.money() == (0, 0, 1000, 0)
    assert world.balance(chart.wallet(shop.payer, CNY)) == 99_000


def test_what_the_merchant_refunded_itself_is_not_shared_again(shop):
    world = shop.world
    share = shop.share("S1", (MERCHANT, shop.partner, 1000))
    world.pay(world.place(1000, fee_bps=0), shop.payer)
    world.refund(shop.order, 10_000)
    assert isinstance(shop.give_back(share, 1000), Return)
    assert refused(shop.share("S2", (MERCHANT, shop.partner, 1)), Reason.SHARE_EXCEEDS_HOLD)
    assert isinstance(shop.share("S3", rest=True), Share)
    assert shop.money() == (0, 1000, 0, 0)


def test_time_releases_what_is_left_once(shop):
    world = shop.world
    expire = ExpireHold(world.merchant, shop.order.id)
    assert refused(world.do(settling.EXPIRE, expire), Reason.HOLD_NOT_EXPIRED)
    world.now = Instant(world.now + LONGEST_DAYS * DAY)
    first, *others = world.batch([
        (settling.EXPIRE, expire),
        (settling.EXPIRE, expire),
        (splits.SHARE, shop.asked("S1", rest=True)),
    ])  # fmt: skip
    assert first.released == 9940
    assert all(refused(one, Reason.HOLD_RELEASED) for one in others)
    assert shop.money() == (0, 9940, 0, 0)
    assert refused(
        world.do(settling.EXPIRE, ExpireHold(world.merchant, OrderId(4))), Reason.HOLD_MISSING
    )
