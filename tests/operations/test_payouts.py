"""Payouts: the merchant's money reaches the user whole and once, or goes back whole and once."""

import pytest

from changliao.core import chart
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.ids import AppId, MerchantId, PayoutBatchId, PayoutId, UserId
from changliao.core.money import CNY, CURRENCIES, MAX_AMOUNT, Money
from changliao.core.outcome import Reason
from changliao.core.payouts import (
    MOST_IN_BATCH,
    ConfirmPayout,
    EndPayout,
    PayBatch,
    PayOut,
    Payout,
    PayoutBatch,
    PayoutEvent,
    PayoutState,
)
from changliao.operations import payouts
from tests.world import refused

EARNED = 9940


@pytest.fixture
def payee(world):
    """A person without money, at a merchant that has earned EARNED."""
    world.pay(world.place(10_000), world.user(10_000))
    return world.user()


def a_payout(world, payee, amount=1000, *, waits=False, name="", **changes):
    payout_id = PayoutId(world.ids.new())
    fields = {
        "id": payout_id,
        "merchant_id": world.merchant,
        "app_id": AppId(1),
        "reference": f"P{payout_id}",
        "payee_id": payee,
        "amount": Money(amount, CNY),
        "digest": b"%d" % amount,
        "door": "rest",
        "confirm_by": Instant(world.now + DAY) if waits else NEVER,
        "notify_url": "http://127.0.0.1:9/",
    }
    return PayOut(Payout(**(fields | changes)), name)


def pay_out(world, payee, amount=1000, **changes):
    return world.do(payouts.PAY_OUT, a_payout(world, payee, amount, **changes))


def confirming(payout, payee=None):
    return ConfirmPayout(payout.merchant_id, payout.id, payee or payout.payee_id)


def cancelling(payout, event=PayoutEvent.CANCEL):
    return EndPayout(payout.merchant_id, payout.id, event)


def earned(world):
    return world.balance(chart.payable(world.merchant, CNY))


def in_wallet(world, user):
    return world.balance(chart.wallet(user, CNY))


def told(world):
    return [row for row in world.rows()["events"] if row[2] in (16, 17)]


def test_a_payout_at_once_is_in_the_wallet_and_told(world, payee):
    paid = pay_out(world, payee)
    assert (paid.state, paid.finished_at) == (PayoutState.PAID, world.now)
    assert (earned(world), in_wallet(world, payee)) == (EARNED - 1000, 1000)
    assert len(told(world)) == 1


def test_a_repeat_answers_the_same_and_a_changed_repeat_is_refused(world, payee):
    command = a_payout(world, payee)
    first = world.do(payouts.PAY_OUT, command)
    before = world.rows()
    assert world.do(payouts.PAY_OUT, command) == first
    again = a_payout(world, payee, 1001, reference=first.reference)
    assert refused(world.do(payouts.PAY_OUT, again), Reason.PAYOUT_REFERENCE_REUSED)
    assert world.rows() == before


def test_a_waiting_payout_is_reserved_and_paid_when_the_payee_confirms(world, payee):
    waiting = pay_out(world, payee, EARNED, waits=True)
    assert waiting.state is PayoutState.WAITING
    assert (earned(world), in_wallet(world, payee)) == (EARNED, 0)
    assert refused(pay_out(world, payee, 1), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    assert told(world) == []
    paid = world.do(payouts.CONFIRM, confirming(waiting))
    assert paid.state is PayoutState.PAID
    assert (earned(world), in_wallet(world, payee)) == (0, EARNED)
    before = world.rows()
    assert world.do(payouts.CONFIRM, confirming(waiting)) == paid
    assert refused(world.do(payouts.END, cancelling(waiting)), Reason.PAYOUT_PAID)
    assert world.rows() == before
    assert len(told(world)) == 1


def test_a_cancelled_payout_frees_the_money_once(world, payee):
    waiting = pay_out(world, payee, EARNED, waits=True)
    cancelled = world.do(payouts.END, cancelling(waiting))
    assert cancelled.state is PayoutState.CANCELLED
    before = world.rows()
    assert world.do(payouts.END, cancelling(waiting)) == cancelled
    assert refused(world.do(payouts.CONFIRM, confirming(waiting)), Reason.PAYOUT_CANCELLED)
    assert world.rows() == before
    assert pay_out(world, payee, EARNED).state is PayoutState.PAID


def test_an_unconfirmed_payout_ends_after_its_time_and_not_before(world, payee):
    waiting = pay_out(world, payee, EARNED, waits=True)
    expiring = cancelling(waiting, PayoutEvent.EXPIRE)
    assert refused(world.do(payouts.END, expiring), Reason.PAYOUT_NOT_EXPIRED)
    world.now = waiting.confirm_by
    assert refused(world.do(payouts.CONFIRM, confirming(waiting)), Reason.PAYOUT_EXPIRED)
    assert world.do(payouts.END, expiring).state is PayoutState.EXPIRED
    assert world.do(payouts.END, expiring).state is PayoutState.EXPIRED
    assert refused(world.do(payouts.END, cancelling(waiting)), Reason.PAYOUT_EXPIRED)
    assert refused(world.do(payouts.CONFIRM, confirming(waiting)), Reason.PAYOUT_EXPIRED)
    assert in_wallet(world, payee) == 0
    assert not [row for row in world.rows()["deadlines"] if row[1] == waiting.id]
    assert pay_out(world, payee, EARNED).state is PayoutState.PAID


@pytest.mark.parametrize("first", ["confirm", "cancel"])
def test_cancelling_racing_a_confirmation_lets_exactly_one_win(world, payee, first):
    waiting = pay_out(world, payee, waits=True)
    commands = [(payouts.CONFIRM, confirming(waiting)), (payouts.END, cancelling(waiting))] * 8
    if first == "cancel":
        commands.reverse()
    outcomes = world.batch(commands)
    states = {one.state for one in outcomes if isinstance(one, Payout)}
    won = PayoutState.PAID if first == "confirm" else PayoutState.CANCELLED
    assert states == {won}
    assert in_wallet(world, payee) == (1000 if first == "confirm" else 0)
    assert len(told(world)) == 1


def test_nobody_else_can_take_the_money(world, payee):
    waiting = pay_out(world, payee, waits=True)
    other = world.user()
    before = world.rows()
    outcome = world.do(payouts.CONFIRM, confirming(waiting, other))
    assert refused(outcome, Reason.PAYEE_MISMATCH)
    foreign = ConfirmPayout(MerchantId(2), waiting.id, payee)
    assert refused(world.do(payouts.CONFIRM, foreign), Reason.PAYOUT_NOT_FOUND)
    foreign_end = EndPayout(MerchantId(2), waiting.id)
    assert refused(world.do(payouts.END, foreign_end), Reason.PAYOUT_NOT_FOUND)
    assert world.rows() == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": 0}, Reason.AMOUNT_NOT_POSITIVE),
        ({"amount": -5}, Reason.AMOUNT_NOT_POSITIVE),
        ({"amount": MAX_AMOUNT + 1}, Reason.AMOUNT_TOO_LARGE),
        ({"amount": EARNED + 1}, Reason.MERCHANT_FUNDS_INSUFFICIENT),
        ({"amount": EARNED + 1, "waits": True}, Reason.MERCHANT_FUNDS_INSUFFICIENT),
        ({"confirm_by": Instant(1)}, Reason.EXPIRY_PASSED),
        ({"payee_id": UserId(4)}, Reason.USER_NOT_FOUND),
        ({"payee_id": UserId(0)}, Reason.USER_NOT_FOUND),
        ({"name": "somebody else"}, Reason.PAYEE_NAME_MISMATCH),
    ],
)
def test_impossible_payouts_change_nothing(world, payee, changes, reason):
    before = world.rows()
    assert refused(pay_out(world, payee, **changes), reason)
    assert world.rows() == before
    assert isinstance(pay_out(world, payee, name="someone"), Payout)


def a_batch(world, members, **changes):
    batch_id = PayoutBatchId(world.ids.new())
    fields = {
        "id": batch_id,
        "merchant_id": world.merchant,
        "app_id": AppId(1),
        "reference": f"B{batch_id}",
        "currency": CNY.number,
        "digest": b"b",
        "door": "rest",
        "notify_url": "http://127.0.0.1:9/",
    }
    made = tuple(
        a_payout(world, payee, amount, batch_id=batch_id, notify_url="", **more)
        for payee, amount, more in members
    )
    return PayBatch(PayoutBatch(**(fields | changes)), made)


def test_a_batch_pays_those_it_can_and_keeps_why_not_the_others(world, payee):
    other = world.user()
    command = a_batch(
        world,
        [
            (payee, 100, {}),
            (other, 200, {"name": "someone"}),
            (other, 300, {"name": "wrong"}),
            (UserId(0), 400, {}),
        ],
    )
    batch = world.do(payouts.PAY_BATCH, command)
    assert (batch.count, batch.amount, batch.paid_count, batch.paid_amount) == (4, 1000, 2, 300)
    assert (in_wallet(world, payee), in_wallet(world, other)) == (100, 200)
    assert earned(world) == EARNED - 300
    reasons = {row[4]: row[15] for row in world.rows()["payouts"]}
    assert sorted(reasons.values()) == ["", "", "payee_name_mismatch", "user_not_found"]
    failed = next(one.payout for one in command.payouts if one.payee_name == "wrong")
    assert refused(world.do(payouts.CONFIRM, confirming(failed)), Reason.PAYOUT_FAILED)
    assert refused(world.do(payouts.END, cancelling(failed)), Reason.PAYOUT_FAILED)
    assert len(told(world)) == 1


def test_a_repeated_batch_pays_once(world, payee):
    command = a_batch(world, [(payee, 100, {})])
    first = world.do(payouts.PAY_BATCH, command)
    before = world.rows()
    assert world.batch([(payouts.PAY_BATCH, command)] * 4) == [first] * 4
    changed = a_batch(world, [(payee, 100, {})], reference=first.reference, digest=b"c")
    assert refused(world.do(payouts.PAY_BATCH, changed), Reason.PAYOUT_REFERENCE_REUSED)
    assert world.rows() == before


def test_a_batch_that_is_not_covered_pays_nobody(world, payee):
    before = world.rows()
    whole = a_batch(world, [(payee, EARNED, {}), (payee, 1, {})])
    assert refused(world.do(payouts.PAY_BATCH, whole), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    empty = a_batch(world, [])
    assert refused(world.do(payouts.PAY_BATCH, empty), Reason.AMOUNT_NOT_POSITIVE)
    nothing = a_batch(world, [(payee, 0, {})])
    assert refused(world.do(payouts.PAY_BATCH, nothing), Reason.AMOUNT_NOT_POSITIVE)
    crowd = a_batch(world, [(payee, 1, {})] * (MOST_IN_BATCH + 1))
    assert refused(world.do(payouts.PAY_BATCH, crowd), Reason.AMOUNT_TOO_LARGE)
    twice = a_batch(world, [(payee, 1, {"reference": "same"})] * 2)
    assert refused(world.do(payouts.PAY_BATCH, twice), Reason.PAYOUT_REFERENCE_REUSED)
    dollars = a_batch(world, [(payee, 1, {})], currency=CURRENCIES["USD"].number)
    assert refused(world.do(payouts.PAY_BATCH, dollars), Reason.CURRENCY_MISMATCH)
    assert world.rows() == before


def test_one_number_may_name_a_payout_and_a_payout_of_a_batch(world, payee):
    pay_out(world, payee, 1, reference="same")
    command = a_batch(world, [(payee, 2, {"reference": "same"})])
    assert world.do(payouts.PAY_BATCH, command).paid_amount == 2
    assert in_wallet(world, payee) == 3
