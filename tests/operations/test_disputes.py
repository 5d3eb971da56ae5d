"""Disputes: nothing leaves escrow while one is open, and what was paid is divided once."""

from typing import Any

import pytest

from changliao.core import chart
from changliao.core.disputes import (
    DecideDispute,
    Dispute,
    DisputeState,
    Note,
    OpenDispute,
    WithdrawDispute,
)
from changliao.core.ids import DisputeId, NoteId, RefundId
from changliao.core.money import CNY
from changliao.core.outcome import Reason
from changliao.core.platforms import StoreMode
from changliao.core.refunds import MOST_REFUNDS, Refund
from changliao.operations import disputes, settling
from changliao.operations.settling import ConfirmReceipt
from tests.operations.test_stores import Mall, due
from tests.world import World, refused


class Case(Mall):
    """A C2C sale of 1,000 whose buyer disputes it."""

    def __init__(self, world: World, *, opened: bool = True) -> None:
        super().__init__(world, StoreMode.C2C)
        self.sale = self.sell(1_000)
        self.dispute = self.asked()
        if opened:
            assert self.open() == self.dispute

    def asked(self, **changes: Any) -> Dispute:
        fields = {
            "id": DisputeId(self.world.ids.new()), "merchant_id": self.seller,
            "order_id": self.sale.id, "payer_id": self.buyer, "reason": "不是描述的那双",
        }  # fmt: skip
        return Dispute(**(fields | changes))

    def open(self, **changes: Any) -> Any:
        asked = self.asked(**changes) if changes else self.dispute
        return self.world.do(disputes.OPEN, OpenDispute(asked))

    def rule(self, refund: int) -> Any:
        return self.world.do(disputes.DECIDE, self.decision(refund))

    def decision(self, refund: int) -> DecideDispute:
        asked = Refund(
            id=RefundId(self.world.ids.new()), merchant_id=self.seller, order_id=self.sale.id,
            reference=f"dispute@{self.dispute.id}", amount=refund, digest=b"dispute",
            partner_id=self.platform,
        )  # fmt: skip
        return DecideDispute(self.seller, self.dispute.id, asked, "各担一半", "mbr_000000000000A")

    def withdraw(self) -> Any:
        return self.world.do(disputes.WITHDRAW, WithdrawDispute(self.seller, self.dispute.id))

    def confirm(self) -> Any:
        command = ConfirmReceipt(self.seller, self.sale.id, self.buyer)
        return self.world.do(settling.CONFIRM, command)

    def note(self, text: str = "照片") -> Any:
        note_id = NoteId(self.world.ids.new())
        return self.world.do(
            disputes.NOTE, Note(note_id, self.seller, self.dispute.id, "buyer", text)
        )

    @property
    def paid(self) -> tuple[int, int]:
        """What the seller got, and what the buyer has back."""
        wallet = self.world.balance(chart.wallet(self.buyer, CNY))
        return self.has(self.seller)[0], wallet - 999_000


def test_while_a_dispute_is_open_nothing_is_released(world: World) -> None:
    case = Case(world)
    case.later(30)
    assert refused(case.confirm(), Reason.HOLD_DISPUTED)
    assert refused(case.expire(case.sale), Reason.HOLD_DISPUTED)
    assert case.paid == (0, 0)
    assert case.open() == case.dispute
    assert refused(case.open(id=DisputeId(world.ids.new())), Reason.HOLD_DISPUTED)


@pytest.mark.parametrize("refund", [0, 1, 500, 1_000])
def test_a_decision_divides_all_of_it_once(world: World, refund: int) -> None:
    case = Case(world)
    done = case.rule(refund)
    assert (done.state, done.refunded) == (DisputeState.DECIDED, refund)
    assert case.paid == (1_000 - refund, refund)
    assert refused(case.rule(refund), Reason.DISPUTE_ENDED)
    assert refused(case.withdraw(), Reason.DISPUTE_ENDED)
    assert refused(case.open(id=DisputeId(world.ids.new())), Reason.HOLD_RELEASED)
    assert case.paid == (1_000 - refund, refund)


def test_more_than_was_paid_is_refused_and_nothing_moves(world: World) -> None:
    case = Case(world)
    before = world.rows()
    assert refused(case.rule(1_001), Reason.REFUND_EXCEEDS_PAYMENT)
    assert world.rows() == before
    world.refund(case.sale, 400, partner_id=case.platform)
    assert refused(case.rule(601), Reason.REFUND_EXCEEDS_PAYMENT)
    case.rule(600)
    assert case.paid == (0, 1_000)


def test_a_refund_and_a_dispute_are_never_both_paid(world: World) -> None:
    case = Case(world)
    world.refund(case.sale, 1_000, partner_id=case.platform)
    assert refused(case.rule(1), Reason.REFUND_EXCEEDS_PAYMENT)
    case.rule(0)
    assert case.paid == (0, 1_000)


def test_a_withdrawn_dispute_lets_the_escrow_wait_on(world: World) -> None:
    case = Case(world)
    case.later(8)
    assert due(world) == []
    for _ in range(2):
        assert case.withdraw().state is DisputeState.WITHDRAWN
        assert due(world) == [case.sale.id]
    case.expire(case.sale)
    assert case.paid == (1_000, 0)
    assert refused(case.open(id=DisputeId(world.ids.new())), Reason.HOLD_RELEASED)


def test_a_buyer_may_dispute_again_after_withdrawing(world: World) -> None:
    case = Case(world)
    case.withdraw()
    case.dispute = case.asked()
    assert case.open() == case.dispute
    case.rule(1_000)
    assert case.paid == (0, 1_000)


def test_only_the_buyer_disputes_and_only_what_is_in_escrow(world: World) -> None:
    case = Case(world, opened=False)
    assert refused(case.open(payer_id=world.user()), Reason.ORDER_NOT_FOUND)
    case.confirm()
    assert refused(case.open(), Reason.HOLD_RELEASED)
    mall = Mall(world)
    shared = mall.sell()
    other = case.asked(merchant_id=mall.seller, order_id=shared.id, payer_id=mall.buyer)
    assert refused(world.do(disputes.OPEN, OpenDispute(other)), Reason.HOLD_MISSING)


def test_both_sides_speak_while_it_is_open(world: World) -> None:
    case = Case(world)
    assert case.note().text == "照片"
    case.rule(0)
    assert refused(case.note(), Reason.DISPUTE_ENDED)
    unknown = Note(NoteId(1), case.seller, DisputeId(5), "buyer", "x")
    assert refused(world.do(disputes.NOTE, unknown), Reason.DISPUTE_NOT_FOUND)


def test_a_decision_and_a_withdrawal_in_one_batch_end_it_once(world: World) -> None:
    case = Case(world)
    withdrawal = (disputes.WITHDRAW, WithdrawDispute(case.seller, case.dispute.id))
    first, second, third = world.batch(
        [(disputes.DECIDE, case.decision(300)), withdrawal, (disputes.DECIDE, case.decision(700))]
    )
    assert first.state is DisputeState.DECIDED
    assert refused(second, Reason.DISPUTE_ENDED)
    assert refused(third, Reason.DISPUTE_ENDED)
    assert case.paid == (700, 300)


def test_a_seller_cannot_refund_a_dispute_away_in_small_parts(world: World) -> None:
    case = Case(world)
    for _ in range(MOST_REFUNDS):
        assert world.refund(case.sale, 1, partner_id=case.platform).amount == 1
    assert case.rule(950).refunded == 950
    assert case.paid == (0, 1_000)


def test_a_dispute_is_decided_however_long_after_the_payment(world: World) -> None:
    case = Case(world)
    case.later(366)
    late = world.refund(case.sale, 100, partner_id=case.platform)
    assert refused(late, Reason.REFUND_TOO_LATE)
    assert case.rule(600).refunded == 600
    assert case.paid == (400, 600)
