"""Refunds: never more than was paid, whatever is asked at once."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.money import CNY
from changliao.core.outcome import Reason
from changliao.core.refunds import MOST_REFUNDS, WINDOW, Refund, RefundState
from changliao.operations import refunds
from tests.world import refused


@pytest.fixture
def paid(world):
    payer = world.user(100_000)
    return world.pay(world.place(10_000), payer)


def test_a_partial_refund_returns_money_and_its_share_of_the_fee(world, paid):
    outcome = world.refund(paid, 2500)
    assert outcome.state is RefundState.SUCCEEDED
    assert world.balance(chart.wallet(paid.payer_id, CNY)) == 92_500
    assert world.balance(chart.fees(world.merchant, CNY)) == 45
    assert world.balance(chart.payable(world.merchant, CNY)) == 7455


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(st.integers(1, 400), min_size=1, max_size=8), amount=st.integers(1, 1000))
def test_refunds_of_the_whole_restore_everything_exactly(sqlite_world, parts, amount):
    world = sqlite_world
    payer = world.user(amount)
    order = world.pay(world.place(amount), payer)
    left = amount
    for part in parts:
        step = min(part, left)
        if step:
            assert isinstance(world.refund(order, step), Refund)
            left -= step
    if left:
        assert isinstance(world.refund(order, left), Refund)
    assert world.balance(chart.wallet(payer, CNY)) == amount
    assert world.balance(chart.payable(world.merchant, CNY)) == 0
    assert world.balance(chart.fees(world.merchant, CNY)) == 0


def test_concurrent_over_refund_sixteen_of_sixty_on_a_hundred(world):
    payer = world.user(100)
    order = world.pay(world.place(100), payer)
    outcomes = world.batch([(refunds.REFUND, world.a_refund(order, 60)) for _ in range(16)])
    assert sum(isinstance(one, Refund) for one in outcomes) == 1
    assert sum(refused(one, Reason.REFUND_EXCEEDS_PAYMENT) for one in outcomes) == 15
    assert world.balance(chart.wallet(payer, CNY)) == 60


@pytest.mark.parametrize("amount", [0, -1, -10_000])
def test_zero_and_negative_refunds_change_nothing(world, paid, amount):
    before = world.rows()
    assert refused(world.refund(paid, amount), Reason.AMOUNT_NOT_POSITIVE)
    assert world.rows() == before


def test_a_repeated_refund_answers_the_same_and_moves_nothing(world, paid):
    command = world.a_refund(paid, 2500)
    first = world.do(refunds.REFUND, command)
    before = world.rows()
    again = world.a_refund(paid, 2500, reference=command.refund.reference)
    assert world.do(refunds.REFUND, again) == first
    changed = world.a_refund(paid, 2501, reference=command.refund.reference)
    assert refused(world.do(refunds.REFUND, changed), Reason.REFUND_REFERENCE_REUSED)
    assert world.rows() == before


def test_an_order_that_is_not_paid_has_nothing_to_refund(world):
    before_paid = world.place()
    assert refused(world.refund(before_paid, 1), Reason.ORDER_NOT_PAID)


def test_the_total_and_currency_must_be_the_orders(world, paid):
    command = world.a_refund(paid, 10)
    wrong_total = type(command)(command.refund, 9999, "CNY")
    assert refused(world.do(refunds.REFUND, wrong_total), Reason.REFUND_REFERENCE_REUSED)
    wrong_currency = type(command)(command.refund, 10_000, "USD")
    assert refused(world.do(refunds.REFUND, wrong_currency), Reason.CURRENCY_MISMATCH)


def test_refunds_end_after_a_year(world, paid):
    world.now = Instant(paid.paid_at + WINDOW)
    assert refused(world.refund(paid, 1), Reason.REFUND_TOO_LATE)


def test_at_most_fifty_refunds(world, paid):
    for _ in range(MOST_REFUNDS):
        assert isinstance(world.refund(paid, 1), Refund)
    assert refused(world.refund(paid, 1), Reason.REFUNDS_TOO_MANY)


def test_a_merchant_that_has_spent_its_money_cannot_refund_and_may_try_again(world, paid):
    from_payable = world.balance(chart.payable(world.merchant, CNY))
    spend(world, chart.payable(world.merchant, CNY), from_payable)
    command = world.a_refund(paid, 5000)
    before = world.rows()
    assert refused(world.do(refunds.REFUND, command), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    assert world.rows() == before
    world.pay(world.place(8000), paid.payer_id)
    assert isinstance(world.do(refunds.REFUND, command), Refund)


def spend(world, account, amount):
    """Take money out of an account for good, through a reservation."""
    from changliao.core.ids import MerchantId, PendingId
    from changliao.core.ledger import PendingTransfer
    from changliao.operations import ledger

    other = chart.payable(MerchantId(world.ids.new()), CNY)
    pending = PendingTransfer(
        PendingId(world.ids.new()), account, other, amount, Instant(world.now + 1_000_000)
    )
    world.do(ledger.RESERVE, pending)
    world.do(ledger.POST, ledger.PostPending(pending.id, account.owner, amount))
