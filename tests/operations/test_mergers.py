"""Merging platforms: nothing is lost, and what was sold before goes on by its old numbers."""

from contextlib import closing
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import LEAD, OWN_METHOD, Accepting, ApproveDraft, Cell
from changliao.core.bank import BankFault
from changliao.core.baskets import Basket, PayBasket, PlaceBasket
from changliao.core.channels import RequestKind
from changliao.core.clock import DAY, SECOND, Instant
from changliao.core.disputes import DecideDispute, Dispute, OpenDispute
from changliao.core.holds import HoldingState
from changliao.core.ids import BasketId, DisputeId, MerchantId, MergerId, PaymentId, ShareId
from changliao.core.mergers import (
    AdvanceMerger,
    Answer,
    ApproveMerger,
    CancelMerger,
    CollectMerger,
    Keep,
    Merger,
    MergerState,
    Step,
)
from changliao.core.money import CNY, Money
from changliao.core.orders import Hold, OrderState
from changliao.core.outcome import Reason
from changliao.core.payouts import EndPayout, PayoutState
from changliao.core.platforms import DecideStore, Platform, Store, StoreEvent, StoreMode, StoreState
from changliao.core.settlements import MOST_TRIES, SettlementState
from changliao.core.splits import Share, ShareOrder
from changliao.operations import (
    acceptance,
    baskets,
    disputes,
    mergers,
    orders,
    payouts,
    settling,
    splits,
    stores,
)
from changliao.operations.settling import ConfirmReceipt, Settle
from changliao.store.views import platforms
from tests import postgres
from tests.operations.test_acceptance import PC, a_draft, known
from tests.operations.test_audit import audit_of, execute
from tests.operations.test_channels import set_fault
from tests.operations.test_payouts import a_payout
from tests.operations.test_settlements import Shop, finish, next_day, pay, settle, work
from tests.operations.test_stores import pay_out_everything
from tests.world import World, overtaken, refused

DAYS = 7


class Story:
    """Paipai (C2C), QQ Mall (open) and Yixun (self-operated), to become QQ Wanggou."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.paipai, self.mall, self.yixun, self.wanggou = (
            self.platform(name) for name in ("拍拍", "QQ 商城", "易迅", "QQ 网购")
        )
        self.seller, self.shop = (known(world, MerchantId(world.ids.new())) for _ in range(2))
        self.store(self.paipai, self.seller, StoreMode.C2C)
        self.store(self.mall, self.shop, StoreMode.OPEN, commission_bps=800)
        self.store(self.yixun, self.yixun, StoreMode.SELF_OPERATED)
        self.buyer = world.user(1_000_000)

    def platform(self, name: str) -> MerchantId:
        merchant_id = known(self.world, MerchantId(self.world.ids.new()))
        self.world.do(stores.MAKE, Platform(merchant_id, name, self.world.now))
        return merchant_id

    def store(self, platform: MerchantId, owner: MerchantId, mode: StoreMode, **terms: Any) -> None:
        applied = Store(platform, owner, "店", mode, self.world.now, **({"days": DAYS} | terms))
        assert self.world.do(stores.APPLY, applied) == applied
        self.world.do(stores.DECIDE, DecideStore(platform, owner, StoreEvent.APPROVE))

    def find(self, platform: MerchantId, owner: MerchantId) -> Store:
        with self.world.engine.reader() as reader:
            [found] = platforms.stores(reader, platform, owner)
        return found

    def sides(self) -> tuple[tuple[MerchantId, MerchantId], ...]:
        """Seller and service provider of each kind of store, as before the merger."""
        none = MerchantId(0)
        return (self.seller, self.paipai), (self.shop, self.mall), (self.yixun, none)

    def order(self, seller: MerchantId, partner: MerchantId, amount: int = 1_000) -> Any:
        return self.world.place(amount, merchant_id=seller, partner_id=partner, fee_bps=0)

    def sell(self, seller: MerchantId, partner: MerchantId, amount: int = 1_000) -> Any:
        return self.world.pay(self.order(seller, partner, amount), self.buyer)

    def cart(self, *sides: tuple[MerchantId, MerchantId]) -> Any:
        """One payment of a store of each kind."""
        placings = [
            self.world.an_order(1_000, merchant_id=seller, partner_id=partner, fee_bps=0)
            for seller, partner in sides
        ]
        whole = Money(1_000 * len(placings), CNY)
        basket = Basket(
            BasketId(self.world.ids.new()), self.wanggou, f"C{self.world.ids.new()}", whole,
            b"0123456789abcdef", tuple((one.order.merchant_id, one.order.id) for one in placings),
        )  # fmt: skip
        placed = tuple(
            replace(one, order=replace(one.order, basket_id=basket.id)) for one in placings
        )
        self.world.do(baskets.PLACE, PlaceBasket(basket, placed))
        ids = tuple(PaymentId(self.world.ids.new()) for _ in placings)
        return self.world.do(
            baskets.PAY, PayBasket(basket.id, basket.merchant_id, ids, self.buyer, whole)
        )

    def earned(self, *merchants: MerchantId) -> tuple[int, ...]:
        return tuple(self.world.balance(chart.payable(one, CNY)) for one in merchants)

    def draft(self, source: MerchantId, target: MerchantId | None = None, **fields: Any) -> Any:
        asked = Merger(
            MergerId(self.world.ids.new()),
            source,
            target or self.wanggou,
            "合并",
            "mbr_000000000000A",
        )
        return self.world.do(mergers.DRAFT, replace(asked, **fields))

    def approved(self, source: MerchantId, **fields: Any) -> Merger:
        made = self.draft(source, **fields)
        done: Merger = self.world.do(mergers.APPROVE, ApproveMerger(made.id, "mbr_000000000000B"))
        assert done.state is MergerState.APPROVED, done
        return done

    def step(self, merger: Merger) -> Merger:
        """The next step, asked for twice: the second time nothing happens."""
        command = AdvanceMerger(merger.id, merger.position)
        after: Merger = self.world.do(mergers.ADVANCE, command)
        before = self.world.rows()
        assert self.world.do(mergers.ADVANCE, command) == after
        assert self.world.rows() == before
        self.world.audit()
        return after

    def merge(self, source: MerchantId, **fields: Any) -> Merger:
        merger = self.approved(source, **fields)
        self.later(SECOND)
        while merger.state is not MergerState.DONE:
            merger = self.step(merger)
        self.later(LEAD)
        return merger

    def later(self, span: int) -> None:
        self.world.now = Instant(self.world.now + span)


def test_three_platforms_become_one_and_a_cart_pays_all_three_kinds(world: World) -> None:
    story = Story(world)
    kinds = [Hold.RECEIPT, Hold.SPLIT, Hold.NONE]
    before = story.cart(*story.sides())
    assert [one.hold for one in before.orders] == kinds
    moved = [story.merge(one) for one in (story.paipai, story.mall, story.yixun)]
    assert [one.stores for one in moved] == [1, 1, 1]
    assert story.earned(story.yixun, story.wanggou) == (0, 1_000)
    [joined] = moved[2].joined
    assert (joined.amount, joined.source_before, joined.target_before) == (1_000, 1_000, 0)
    assert (joined.source_after, joined.target_after) == story.earned(story.yixun, story.wanggou)

    own = (story.seller, story.wanggou), (story.shop, story.wanggou), (story.yixun, MerchantId(0))
    for sides in (story.sides(), own):
        after = story.cart(*sides)
        assert [one.hold for one in after.orders] == kinds
        assert {one.state for one in after.orders} == {OrderState.PAID}
    for basket in (before, after):
        c2c, shop, yixun = basket.orders
        receipt = ConfirmReceipt(c2c.merchant_id, c2c.id, story.buyer)
        assert world.do(settling.CONFIRM, receipt).state is HoldingState.RELEASED
        settle = Settle(story.wanggou, story.shop, shop.id)
        assert world.do(settling.SETTLE, settle).state is HoldingState.RELEASED
        for order in (c2c, shop, yixun):
            done = world.refund(order, 1_000, partner_id=order.partner_id)
            assert done.amount == 1_000, done


def test_an_heir_lends_exactly_what_is_missing(world: World) -> None:
    """A part of what is refunded is still held: nobody has to lend that."""
    story = Story(world)
    held = world.place(1_000, merchant_id=story.yixun, hold=Hold.SPLIT, fee_bps=0)
    held = world.pay(held, story.buyer)
    share = Share(ShareId(world.ids.new()), story.yixun, held.id, "B1", b"")
    assert world.do(splits.SHARE, ShareOrder(share, (), release=600)).released == 600
    story.sell(story.wanggou, MerchantId(0), 2_000)
    story.merge(story.yixun)
    assert story.earned(story.yixun, story.wanggou) == (0, 2_600)
    assert world.refund(held, 1_000).amount == 1_000
    assert story.earned(story.yixun, story.wanggou) == (0, 2_000)
    world.audit()


def test_what_was_sold_before_keeps_its_terms_and_what_is_sold_after_has_the_heirs(
    world: World,
) -> None:
    story = Story(world)
    story.store(story.wanggou, story.shop, StoreMode.OPEN, commission_bps=500)
    old = story.sell(story.shop, story.mall)
    of_heir = story.sell(story.shop, story.wanggou)
    answers = (Answer(story.shop, Keep.SOURCE),)
    story.merge(story.mall, answers=answers)
    new = story.sell(story.shop, story.mall)
    for order, earned in ((old, (920, 80, 0)), (of_heir, (950, 0, 50)), (new, (920, 0, 80))):
        before = story.earned(story.shop, story.mall, story.wanggou)
        world.do(settling.SETTLE, Settle(story.wanggou, story.shop, order.id))
        after = story.earned(story.shop, story.mall, story.wanggou)
        assert tuple(a - b for a, b in zip(after, before, strict=True)) == earned
    assert story.find(story.mall, story.shop).state is StoreState.MOVED


def test_a_store_on_both_has_the_targets_terms_unless_it_is_said_otherwise(world: World) -> None:
    story = Story(world)
    story.store(story.wanggou, story.shop, StoreMode.OPEN, commission_bps=500)
    story.merge(story.mall)
    assert story.find(story.wanggou, story.shop).commission_bps == 500
    assert story.find(story.wanggou, story.shop).earlier == ()


def test_the_heir_lends_what_refunds_of_before_need_and_nobody_loses_a_unit(world: World) -> None:
    story = Story(world)
    sold = story.sell(story.shop, story.mall)
    world.do(settling.SETTLE, Settle(story.mall, story.shop, sold.id))
    own = story.sell(story.yixun, MerchantId(0))
    story.merge(story.mall)
    story.merge(story.yixun)
    assert story.earned(story.mall, story.yixun, story.wanggou) == (0, 0, 1_080)
    assert world.refund(sold, 500, partner_id=story.mall).amount == 500
    assert story.earned(story.shop, story.mall, story.wanggou) == (460, 0, 1_040)
    assert world.refund(sold, 500, partner_id=story.mall).amount == 500
    assert world.refund(own, 1_000).amount == 1_000
    assert story.earned(story.shop, story.mall, story.yixun, story.wanggou) == (0, 0, 0, 0)
    assert world.balance(chart.wallet(story.buyer, CNY)) == 1_000_000


def test_an_heirs_heir_lends_and_when_it_has_nothing_nothing_moves(world: World) -> None:
    story = Story(world)
    own = story.sell(story.yixun, MerchantId(0))
    story.merge(story.yixun)
    last = story.platform("京东")
    story.merge(story.wanggou, target_id=last)
    assert story.earned(story.yixun, story.wanggou, last) == (0, 0, 1_000)
    assert world.refund(own, 400).amount == 400
    assert story.earned(story.yixun, story.wanggou, last) == (0, 0, 600)
    pay_out_everything(world, last, story.buyer)
    before = world.rows()
    assert refused(world.refund(own, 600), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    assert world.rows() == before


def test_a_dispute_open_before_a_merger_is_decided_after_it(world: World) -> None:
    story = Story(world)
    order = story.sell(story.seller, story.paipai)
    asked = Dispute(
        DisputeId(world.ids.new()), story.seller, order.id, story.buyer, "不是描述的那双"
    )
    world.do(disputes.OPEN, OpenDispute(asked))
    story.merge(story.paipai)
    refund = world.a_refund(order, 400, partner_id=story.paipai, reference=f"dispute@{asked.id}")
    done = world.do(
        disputes.DECIDE,
        DecideDispute(story.seller, asked.id, refund.refund, "各担一部分", "mbr_000000000000A"),
    )
    assert done.refunded == 400, done
    assert story.earned(story.seller) == (600,)


def test_what_the_source_earns_later_is_collected(world: World) -> None:
    story = Story(world)
    late = story.order(story.yixun, MerchantId(0))
    merger = story.merge(story.yixun)
    world.pay(late, story.buyer)
    assert story.earned(story.yixun, story.wanggou) == (1_000, 0)
    for _ in range(2):
        done = world.do(mergers.COLLECT, CollectMerger(merger.id))
        assert done.collected == ((chart.payable(story.yixun, CNY).book, 1_000),)
        assert story.earned(story.yixun, story.wanggou) == (0, 1_000)


def test_what_a_payee_may_still_take_stays_until_it_is_free(world: World) -> None:
    story = Story(world)
    story.sell(story.yixun, MerchantId(0))
    asked = a_payout(world, world.user(), 300, merchant_id=story.yixun, notify_url="")
    waiting = replace(asked.payout, confirm_by=Instant(world.now + DAY))
    assert world.do(payouts.PAY_OUT, replace(asked, payout=waiting)).state is PayoutState.WAITING
    merger = story.merge(story.yixun)
    assert story.earned(story.yixun, story.wanggou) == (300, 700)
    world.do(payouts.END, EndPayout(story.yixun, waiting.id))
    world.do(mergers.COLLECT, CollectMerger(merger.id))
    assert story.earned(story.yixun, story.wanggou) == (0, 1_000)


def test_a_draft_that_nobody_ran_says_nothing_of_the_merger_that_was_run(world: World) -> None:
    story = Story(world)
    story.draft(story.yixun)
    story.draft(story.yixun, story.mall)
    story.merge(story.yixun)
    world.audit()


def test_many_stores_move_a_few_in_each_commit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mergers, "MOST_STORES", 2)
    story = Story(world)
    sellers = [known(world, MerchantId(world.ids.new())) for _ in range(4)]
    for seller in sellers:
        story.store(story.paipai, seller, StoreMode.C2C)
    merger = story.approved(story.paipai)
    steps = []
    while merger.state is not MergerState.DONE:
        steps.append(merger.step)
        merger = story.step(merger)
        for seller in sellers:  # wherever its store is just now, it sells
            assert story.order(seller, story.paipai).hold is Hold.RECEIPT
    assert steps == [Step.CLOSE] + [Step.STORES] * 4 + [Step.BALANCES]
    assert merger.stores == 5


def test_two_advances_in_one_batch_are_two_steps_and_the_same_is_one(world: World) -> None:
    story = Story(world)
    merger = story.approved(story.paipai)
    work = [(mergers.ADVANCE, AdvanceMerger(merger.id, place)) for place in (0, 0, 1, 2, 3)]
    done = world.batch(work)
    assert [one.position for one in done] == [1, 1, 2, 3, 4]
    assert story.find(story.wanggou, story.seller).state is StoreState.OPEN


def test_a_merged_platform_takes_no_new_stores_and_obeys_its_heirs_policies(world: World) -> None:
    story = Story(world)
    cells = (Cell(OWN_METHOD, PC, Accepting.SUSPENDED),)
    made = world.do(acceptance.DRAFT, a_draft(world, platform_id=story.wanggou, cells=cells))
    world.do(acceptance.APPROVE, ApproveDraft(made.id, "mbr_000000000000B"))
    story.later(LEAD)
    order = story.order(story.seller, story.paipai)
    story.merge(story.paipai)
    assert refused(world.pay(order, story.buyer), Reason.METHOD_SUSPENDED)
    asked = world.an_order(merchant_id=story.seller, partner_id=story.paipai)
    assert refused(world.do(orders.PLACE, asked), Reason.METHOD_SUSPENDED)
    late = Store(story.paipai, story.shop, "店", StoreMode.C2C, world.now)
    no = world.do(stores.APPLY, late)
    assert refused(no, Reason.PLATFORM_MERGED)
    assert no.detail.startswith("platform_id")


def test_an_application_that_a_merger_overtakes_is_refused(postgresql: postgres.Server) -> None:
    with (
        postgresql.borrowed() as address,
        closing(World(address)) as world,
        closing(World(address, node=1)) as other,
    ):
        story = Story(world)
        merger = story.approved(story.paipai)
        late = Store(story.paipai, story.shop, "店", StoreMode.C2C, world.now)
        step = AdvanceMerger(merger.id, 0)
        applying = overtaken(stores.APPLY, other, mergers.ADVANCE, step)
        assert refused(world.do(applying, late), Reason.PLATFORM_MERGED)


def test_a_merger_may_leave_a_platform_its_own_policies(world: World) -> None:
    story = Story(world)
    cells = (Cell(OWN_METHOD, PC, Accepting.SUSPENDED),)
    made = world.do(acceptance.DRAFT, a_draft(world, platform_id=story.wanggou, cells=cells))
    world.do(acceptance.APPROVE, ApproveDraft(made.id, "mbr_000000000000B"))
    story.later(LEAD)
    story.merge(story.paipai, own_policies=True)
    assert story.sell(story.seller, story.paipai).state is OrderState.PAID


def test_what_cannot_be_merged_is_refused_by_field_and_nothing_moves(world: World) -> None:
    story = Story(world)
    merged = story.merge(story.paipai)
    first = story.approved(story.mall)
    other = story.platform("别家")
    before = world.rows()
    for fields, reason, field in (
        ({"source": story.yixun, "target": story.yixun}, Reason.MERGER_INVALID, "target_id"),
        ({"source": story.paipai}, Reason.PLATFORM_MERGED, "source_id"),
        ({"source": story.yixun, "target": story.paipai}, Reason.PLATFORM_MERGED, "target_id"),
        ({"source": story.seller, "target": other}, Reason.PLATFORM_NOT_FOUND, "source_id"),
        ({"source": story.mall, "target": other}, Reason.MERGER_UNDER_WAY, "source_id"),
        ({"source": story.yixun}, Reason.MERGER_UNDER_WAY, "target_id"),
        ({"source": story.yixun, "target": other, "reason": " "}, Reason.MERGER_INVALID, "reason"),
        ({"source": story.yixun, "target": other, "answers": (Answer(story.shop, Keep.SOURCE),)},
         Reason.MERGER_INVALID, "answers[0]"),
    ):  # fmt: skip
        no = story.draft(**fields)
        assert refused(no, reason), (fields, no)
        assert no.detail.startswith(field)
    for operation, command, reason in (
        (mergers.ADVANCE, AdvanceMerger(first.id, 1), Reason.MERGER_STATE),
        (mergers.ADVANCE, AdvanceMerger(MergerId(5), 0), Reason.MERGER_NOT_FOUND),
        (mergers.COLLECT, CollectMerger(first.id), Reason.MERGER_STATE),
        (mergers.CANCEL, CancelMerger(merged.id, "mbr_000000000000A"), Reason.MERGER_STATE),
        (mergers.APPROVE, ApproveMerger(merged.id, "mbr_000000000000B"), Reason.MERGER_STATE),
    ):
        assert refused(world.do(operation, command), reason)
    assert world.rows() == before


def test_two_mergers_of_one_platform_are_not_approved_even_in_one_batch(world: World) -> None:
    story = Story(world)
    one, two = story.draft(story.paipai), story.draft(story.mall)
    done = world.batch(
        [(mergers.APPROVE, ApproveMerger(it.id, "mbr_000000000000B")) for it in (one, two)]
    )
    assert done[0].state is MergerState.APPROVED
    assert refused(done[1], Reason.MERGER_UNDER_WAY)
    world.do(mergers.CANCEL, CancelMerger(one.id, "mbr_000000000000A"))
    done = world.do(mergers.APPROVE, ApproveMerger(two.id, "mbr_000000000000B"))
    assert done.state is MergerState.APPROVED


def test_nobody_approves_a_merger_of_their_own(world: World) -> None:
    story = Story(world)
    made = story.draft(story.paipai)
    before = world.rows()
    no = world.do(mergers.APPROVE, ApproveMerger(made.id, "mbr_000000000000A"))
    assert refused(no, Reason.MERGER_SELF_APPROVAL)
    assert refused(world.do(mergers.ADVANCE, AdvanceMerger(made.id, 0)), Reason.MERGER_STATE)
    assert world.rows() == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE platforms SET heir_id = 0 WHERE heir_id > 0",
        "UPDATE platforms SET heir_id = merchant_id WHERE heir_id > 0",
        "DELETE FROM mergers",
        "UPDATE mergers SET body = {body}",
    ],
)
def test_the_audit_finds_mergers_that_were_tampered_with(address: str, change: str) -> None:
    with closing(World(address)) as world:
        story = Story(world)
        story.sell(story.yixun, MerchantId(0))
        merger = story.merge(story.yixun)
        assert audit_of(world).fault is None
        less = replace(merger.joined[0], amount=999)
        body = msgspec.json.encode(replace(merger, reason="x", joined=(less,))).decode()
        execute(world, change.format(body=f"'{body}'"), {})
        fault = audit_of(world).fault
        assert fault is not None
        assert fault.check == "merger"


def test_what_is_on_its_way_to_be_paid_out_is_paid_out_though_its_platform_was_merged(
    world: World,
) -> None:
    story, shop = Story(world), Shop(world)
    world.do(stores.MAKE, Platform(shop.id, "易迅", world.now))
    shop.sell(1_000)
    next_day(world)
    work(world, settle)
    assert shop.has() == (0, 1_000, 0)
    merger = story.merge(shop.id)
    assert (merger.joined, shop.has()) == ((), (0, 1_000, 0))
    world.audit()
    for _ in range(MOST_TRIES):
        set_fault(world, RequestKind.PAYOUT, BankFault.REFUSED)
        work(world, pay)
        assert world.do(mergers.COLLECT, CollectMerger(merger.id)).collected == ()
        work(world, finish)
    world.audit()
    assert shop.settlements[-1].state is SettlementState.RETURNED
    assert shop.has() == (1_000, 0, 0)
    world.do(mergers.COLLECT, CollectMerger(merger.id))
    assert story.earned(shop.id, story.wanggou) == (0, 1_000)
