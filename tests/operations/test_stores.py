"""What stores sell: their modes, settlement, receipts, and refunds that bring shares back."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.holds import ExpireHold, ExtendHold, HoldingState
from changliao.core.ids import MerchantId, OrderId, ReturnId, ShareId, UserId
from changliao.core.money import CNY
from changliao.core.orders import Hold, OrderState
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import (
    Cut,
    DecideStore,
    Platform,
    Store,
    StoreEvent,
    StoreMode,
    StoreState,
)
from changliao.core.splits import Return, Share, ShareOrder, Take
from changliao.operations import orders, refunds, settling, splits, stores
from changliao.operations.settling import ConfirmReceipt, Settle
from changliao.store.deadlines import DeadlineKind
from changliao.store.views import deadlines
from tests.operations.test_acceptance import known
from tests.world import World, Worlds, refused


class Mall:
    """A platform with one open store, and a buyer."""

    def __init__(self, world: World, mode: StoreMode = StoreMode.OPEN, **terms: Any) -> None:
        self.world = world
        self.platform = known(world, MerchantId(world.ids.new()))
        self.seller = known(world, MerchantId(world.ids.new()))
        self.other = known(world, MerchantId(world.ids.new()))
        world.do(stores.MAKE, Platform(self.platform, "QQ 网购", world.now))
        cuts = (Cut(self.other, 1_200),) if mode is StoreMode.OPEN else ()
        fields = {"commission_bps": 800, "cuts": cuts, "days": 7} | terms
        applied = Store(self.platform, self.seller, "美优", mode, world.now, **fields)
        assert world.do(stores.APPLY, applied) == applied
        self.decide(StoreEvent.APPROVE)
        self.buyer = world.user(1_000_000)

    def decide(self, event: StoreEvent, reason: str = "") -> Any:
        command = DecideStore(self.platform, self.seller, event, reason)
        return self.world.do(stores.DECIDE, command)

    def order(self, amount: int = 1000, **changes: Any) -> Any:
        fields = {"merchant_id": self.seller, "partner_id": self.platform, "fee_bps": 0}
        return self.world.place(amount, **(fields | changes))

    def sell(self, amount: int = 1000, **changes: Any) -> Any:
        return self.world.pay(self.order(amount, **changes), self.buyer)

    def has(self, *merchants: MerchantId) -> tuple[int, ...]:
        return tuple(self.world.balance(chart.payable(one, CNY)) for one in merchants)

    @property
    def all(self) -> tuple[int, ...]:
        return self.has(self.seller, self.platform, self.other)

    def later(self, days: float) -> None:
        self.world.now = Instant(self.world.now + int(days * DAY))

    def expire(self, order: Any) -> Any:
        return self.world.do(settling.EXPIRE, ExpireHold(order.merchant_id, order.id))

    def settle(self, order: Any) -> Any:
        return self.world.do(settling.SETTLE, Settle(self.platform, self.seller, order.id))


def test_an_open_stores_sale_waits_and_is_divided_when_its_time_has_come(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(15)
    assert (order.hold, mall.all) == (Hold.SPLIT, (0, 0, 0))
    assert refused(mall.expire(order), Reason.HOLD_NOT_EXPIRED)
    mall.later(7)
    assert mall.expire(order).state is HoldingState.RELEASED
    assert mall.all == (13, 1, 1)
    assert refused(mall.expire(order), Reason.HOLD_RELEASED)
    assert mall.all == (13, 1, 1)


def test_a_platform_settles_a_sale_before_its_time_once(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000)
    for _ in range(2):
        assert mall.settle(order).state is HoldingState.RELEASED
        assert mall.all == (800, 80, 120)
    stranger = Settle(mall.other, mall.seller, order.id)
    assert refused(world.do(settling.SETTLE, stranger), Reason.ORDER_NOT_FOUND)


def test_a_refund_before_settlement_leaves_less_to_divide(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000)
    world.refund(order, 500)
    mall.settle(order)
    assert mall.all == (400, 40, 60)


def test_the_fee_that_came_back_with_a_refund_is_divided_too(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000, fee_bps=60)
    world.refund(order, 500)
    mall.settle(order)
    assert mall.all == (398, 40, 59)


def test_refunds_after_settlement_take_everybodys_part_back_in_proportion(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_001)
    mall.settle(order)
    before = mall.all
    assert sum(before) == 1_001
    world.refund(order, 500)
    assert sum(mall.all) == 501
    assert mall.all[1] == before[1] - before[1] * 500 // 1_001
    world.refund(order, 501)
    assert mall.all == (0, 0, 0)
    assert world.balance(chart.wallet(mall.buyer, CNY)) == 1_000_000


def test_a_receiver_without_money_stops_the_refund_and_nothing_moves(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000)
    mall.settle(order)
    second = Mall(world)
    pay_out_everything(world, mall.platform, second.buyer)
    before = world.rows()
    assert refused(world.refund(order, 1_000), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    assert world.rows() == before


def pay_out_everything(world: World, merchant_id: MerchantId, payee: UserId) -> None:
    from changliao.operations import payouts
    from tests.operations.test_payouts import a_payout

    amount = world.balance(chart.payable(merchant_id, CNY))
    asked = a_payout(world, payee, amount, merchant_id=merchant_id, notify_url="")
    assert not isinstance(world.do(payouts.PAY_OUT, asked), Refused)


def test_a_c2c_sale_waits_for_its_buyer_who_confirms_once(world: World) -> None:
    mall = Mall(world, StoreMode.C2C)
    order = mall.sell(1_000)
    assert (order.hold, mall.has(mall.seller)) == (Hold.RECEIPT, (0,))
    somebody = ConfirmReceipt(mall.seller, order.id, world.user())
    assert refused(world.do(settling.CONFIRM, somebody), Reason.ORDER_NOT_FOUND)
    for _ in range(2):
        done = world.do(settling.CONFIRM, ConfirmReceipt(mall.seller, order.id, mall.buyer))
        assert done.state is HoldingState.RELEASED
        assert mall.has(mall.seller, mall.platform) == (1_000, 0)


def test_a_buyer_confirms_a_part_and_names_what_the_seller_then_has(world: World) -> None:
    mall = Mall(world, StoreMode.C2C)
    order = mall.sell(1_000)

    def confirm(released: int | None) -> Any:
        command = ConfirmReceipt(mall.seller, order.id, mall.buyer, released)
        return world.do(settling.CONFIRM, command)

    for _ in range(2):
        assert (confirm(400).held, mall.has(mall.seller)) == (600, (400,))
    assert confirm(300).held == 600
    assert refused(confirm(1_001), Reason.SHARE_EXCEEDS_HOLD)
    world.refund(order, 100)
    assert refused(confirm(1_000), Reason.SHARE_EXCEEDS_HOLD)
    assert confirm(900).state is HoldingState.RELEASED
    assert confirm(None).released == 900
    assert mall.has(mall.seller) == (900,)
    assert world.balance(chart.wallet(mall.buyer, CNY)) == 1_000_000 - 900


def test_time_is_given_and_the_clock_waits_for_it(world: World) -> None:
    mall = Mall(world, StoreMode.C2C)
    order = mall.sell(1_000)
    until = Instant(world.now + 9 * DAY)

    def extend(until: int) -> Any:
        return world.do(settling.EXTEND, ExtendHold(mall.seller, order.id, Instant(until)))

    for _ in range(2):
        assert extend(until).until == until
    for wrong in (until - 1, order.paid_at + 360 * DAY + 1):
        answer = extend(wrong)
        assert refused(answer, Reason.HOLD_EXTENSION_INVALID)
        assert answer.detail.startswith("until: ")
    mall.later(7)
    assert refused(mall.expire(order), Reason.HOLD_NOT_EXPIRED)
    assert due(world) == []
    other, last = mall.sell(1_000), Instant(world.now + 360 * DAY)
    latest = world.do(settling.EXTEND, ExtendHold(mall.seller, other.id, last))
    assert latest.until == last
    mall.later(2)
    assert due(world) == [order.id]
    assert mall.expire(order).state is HoldingState.RELEASED
    assert due(world) == []
    assert refused(extend(until + DAY), Reason.HOLD_RELEASED)


def test_time_given_twice_in_one_batch_leaves_one_deadline(world: World) -> None:
    mall = Mall(world, StoreMode.C2C)
    order = mall.sell(1_000)
    world.batch([
        (settling.EXTEND, ExtendHold(mall.seller, order.id, Instant(world.now + days * DAY)))
        for days in (8, 9, 10)
    ])  # fmt: skip
    mall.later(9.5)
    assert due(world) == []
    mall.later(1)
    assert due(world) == [order.id]


def test_only_what_a_store_sold_is_given_time(world: World) -> None:
    mall = Mall(world)
    sold = world.pay(world.place(1_000, merchant_id=mall.seller, hold=Hold.SPLIT), mall.buyer)
    until = Instant(world.now + 40 * DAY)
    command = ExtendHold(mall.seller, sold.id, until)
    assert refused(world.do(settling.EXTEND, command), Reason.HOLD_MISSING)
    unknown = ExtendHold(mall.seller, OrderId(4), until)
    assert refused(world.do(settling.EXTEND, unknown), Reason.ORDER_NOT_FOUND)


def due(world: World) -> list[int]:
    """What waits for the expiry worker now."""
    with world.engine.reader() as reader:
        found = deadlines.due(reader, world.now, 100)
    return [one.subject_id for one in found if one.kind is DeadlineKind.HOLDING]


def test_a_c2c_sale_goes_to_its_seller_by_time_and_a_refund_takes_it_from_the_escrow(
    world: World,
) -> None:
    mall = Mall(world, StoreMode.C2C, days=3)
    order, back = mall.sell(1_000), mall.sell(400)
    world.refund(back, 400)
    mall.later(3)
    mall.expire(order)
    mall.expire(back)
    assert mall.has(mall.seller) == (1_000,)
    late = ConfirmReceipt(mall.seller, order.id, mall.buyer)
    assert world.do(settling.CONFIRM, late).released == 1_000


def test_a_buyer_and_two_schedulers_in_one_batch_release_one_escrow_once(world: World) -> None:
    mall = Mall(world, StoreMode.C2C)
    order = mall.sell(1_000)
    mall.later(7)
    expiry = (settling.EXPIRE, ExpireHold(mall.seller, order.id))
    confirm = (settling.CONFIRM, ConfirmReceipt(mall.seller, order.id, mall.buyer))
    world.batch([expiry, confirm, expiry])
    assert mall.has(mall.seller) == (1_000,)


def test_an_open_sale_is_not_a_receipt_to_confirm(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000)
    command = ConfirmReceipt(mall.seller, order.id, mall.buyer)
    assert refused(world.do(settling.CONFIRM, command), Reason.HOLD_MISSING)


def test_only_an_open_store_sells_and_what_was_sold_goes_on(world: World) -> None:
    mall = Mall(world)
    sold, waiting = mall.sell(), mall.order()
    assert mall.decide(StoreEvent.SUSPEND, "假货").state is StoreState.SUSPENDED
    asked = world.an_order(merchant_id=mall.seller, partner_id=mall.platform)
    answer = world.do(orders.PLACE, asked)
    assert refused(answer, Reason.STORE_NOT_OPEN)
    assert answer.detail == "the store is suspended: 假货"
    assert world.pay(waiting, mall.buyer).state is OrderState.PAID
    assert mall.settle(sold).state is HoldingState.RELEASED
    mall.decide(StoreEvent.RESUME)
    assert mall.sell().hold is Hold.SPLIT
    mall.decide(StoreEvent.CLOSE, "搬家")
    assert refused(mall.decide(StoreEvent.RESUME), Reason.STORE_STATE)


def test_what_a_seller_sells_by_itself_is_not_the_platforms(world: World) -> None:
    mall = Mall(world)
    own = world.pay(world.place(1_000, merchant_id=mall.seller, fee_bps=0), mall.buyer)
    assert (own.hold, mall.has(mall.seller)) == (Hold.NONE, (1_000,))


def test_stores_of_nobody_are_refused(world: World) -> None:
    mall = Mall(world)
    stranger = MerchantId(5)
    store = Store(stranger, mall.seller, "x", StoreMode.OPEN, world.now)
    assert refused(world.do(stores.APPLY, store), Reason.PLATFORM_NOT_FOUND)
    store = Store(mall.platform, stranger, "x", StoreMode.OPEN, world.now)
    assert refused(world.do(stores.APPLY, store), Reason.MERCHANT_NOT_FOUND)
    decision = DecideStore(mall.platform, stranger, StoreEvent.APPROVE)
    assert refused(world.do(stores.DECIDE, decision), Reason.STORE_NOT_FOUND)
    assert refused(world.do(stores.MAKE, Platform(stranger, "x", world.now)),
                   Reason.MERCHANT_NOT_FOUND)  # fmt: skip
    unknown = ExpireHold(mall.seller, OrderId(4))
    assert refused(world.do(settling.EXPIRE, unknown), Reason.HOLD_MISSING)


def by_hand(world: World, order: Any, **changes: Any) -> Any:
    """What a seller's own client may ask: a part to a friend, or all to itself."""
    fields = {"reference": "B1", "digest": b"by hand", "partner_id": order.partner_id} | changes
    share = Share(ShareId(world.ids.new()), order.merchant_id, order.id, **fields)
    return world.do(splits.SHARE, ShareOrder(share, (), rest=True))


@pytest.mark.parametrize("mode", [StoreMode.OPEN, StoreMode.C2C])
def test_a_seller_cannot_take_what_its_store_holds(world: World, mode: StoreMode) -> None:
    mall = Mall(world, mode)
    order = mall.sell(1_000)
    assert refused(by_hand(world, order), Reason.HOLD_OF_STORE)
    assert refused(by_hand(world, order, partner_id=MerchantId(0)), Reason.HOLD_OF_STORE)
    assert mall.all == (0, 0, 0)


def test_what_a_settlement_divided_comes_back_with_refunds_only(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000)
    mall.settle(order)
    before = world.rows()
    share_id = ShareId(order.payment_id)
    back = Return(ReturnId(4), mall.seller, share_id, mall.platform, "B1", 80, b"")
    for one in (back, replace(back, partner_id=mall.platform)):
        assert refused(world.do(splits.RETURN, one), Reason.HOLD_OF_STORE)
    takes = (Take(share_id, mall.platform, 72),)
    asked = replace(world.a_refund(order, 100), takes=takes)
    assert refused(world.do(refunds.REFUND, asked), Reason.HOLD_OF_STORE)
    assert world.rows() == before
    assert mall.all == (800, 80, 120)


def test_a_platforms_own_store_holds_and_shares_as_it_asks(world: World) -> None:
    mall = Mall(world)
    own = Store(mall.platform, mall.platform, "自营", StoreMode.SELF_OPERATED, world.now)
    world.do(stores.APPLY, own)
    world.do(stores.DECIDE, DecideStore(mall.platform, mall.platform, StoreEvent.APPROVE))
    order = mall.sell(1_000, merchant_id=mall.platform, partner_id=MerchantId(0), hold=Hold.SPLIT)
    assert (order.hold, mall.has(mall.platform)) == (Hold.SPLIT, (0,))
    assert by_hand(world, order).released == 1_000
    world.do(stores.DECIDE, DecideStore(mall.platform, mall.platform, StoreEvent.SUSPEND, "盘点"))
    asked = world.an_order(merchant_id=mall.platform)
    assert refused(world.do(orders.PLACE, asked), Reason.STORE_NOT_OPEN)


def test_what_the_network_names_is_not_a_merchants_to_use(world: World) -> None:
    mall = Mall(world)
    order = world.pay(world.place(1_000, merchant_id=mall.seller, hold=Hold.SPLIT), mall.buyer)
    before = world.rows()
    settled = f"settlement@{order.id}"
    assert refused(by_hand(world, order, reference=settled), Reason.SHARE_REFERENCE_REUSED)
    taken = world.a_refund(order, 10, reference="dispute@7")
    assert refused(world.do(refunds.REFUND, taken), Reason.REFUND_REFERENCE_REUSED)
    back = Return(
        ReturnId(4), mall.seller, ShareId(5), mall.other, "refund@6@0", 1, b"",
    )  # fmt: skip
    assert refused(world.do(splits.RETURN, back), Reason.SHARE_REFERENCE_REUSED)
    assert world.rows() == before


def test_a_refund_after_settlement_is_in_proportion_to_what_was_divided(world: World) -> None:
    mall = Mall(world)
    order = mall.sell(1_000)
    world.refund(order, 500)
    mall.settle(order)
    assert mall.all == (400, 40, 60)
    world.refund(order, 250)
    assert mall.all == (200, 20, 30)
    world.refund(order, 250)
    assert mall.all == (0, 0, 0)


def test_a_sale_that_waited_half_a_year_can_still_be_refunded(world: World) -> None:
    mall = Mall(world, days=180)
    order = mall.sell(1_000)
    mall.later(180)
    mall.expire(order)
    assert mall.all == (800, 80, 120)
    assert not isinstance(world.refund(order, 1_000), Refused)
    assert mall.all == (0, 0, 0)


def test_a_store_of_another_platform_is_not_a_receiver(world: World) -> None:
    mall, elsewhere = Mall(world), Mall(world)
    cuts = (Cut(mall.other, 10), Cut(elsewhere.seller, 10))
    asked = Store(mall.platform, mall.other, "x", StoreMode.OPEN, world.now, cuts=cuts[1:])
    answer = world.do(stores.APPLY, asked)
    assert refused(answer, Reason.STORE_INVALID)
    assert answer.detail == "receivers[0]: a store of another platform"
    own = Cut(mall.seller, 10)
    asked = Store(mall.platform, mall.other, "x", StoreMode.OPEN, world.now, cuts=(own,))
    assert world.do(stores.APPLY, asked) == asked


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    amount=st.integers(1, 5_000), fee=st.sampled_from([0, 60]),
    refunds=st.lists(st.integers(1, 5_000), max_size=4), early=st.integers(0, 4),
)  # fmt: skip
def test_whatever_is_refunded_before_and_after_nobody_gains_and_all_comes_back(
    worlds: Worlds, amount: int, fee: int, refunds: list[int], early: int
) -> None:
    with worlds() as world:
        mall = Mall(world)
        order = mall.sell(amount, fee_bps=fee)
        for place, part in enumerate([*refunds, amount]):
            if place == early:
                mall.settle(order)
            world.refund(order, part)
        mall.settle(order)
        left = amount - refunded(world, order)
        world.refund(order, left)
        assert refunded(world, order) == amount
        assert mall.all == (0, 0, 0)
        assert world.balance(chart.wallet(mall.buyer, CNY)) == 1_000_000


def refunded(world: World, order: Any) -> int:
    from changliao.store.views import orders as views

    with world.engine.reader() as reader:
        found = views.order(reader, order.merchant_id, order.id)
    assert found is not None
    return found.order.refunded


@pytest.mark.parametrize("event", [StoreEvent.APPROVE, StoreEvent.SUSPEND])
def test_deciding_again_is_no_change(world: World, event: StoreEvent) -> None:
    mall = Mall(world)
    mall.decide(event)
    before = world.rows()
    assert isinstance(mall.decide(event), Store)
    assert world.rows() == before
