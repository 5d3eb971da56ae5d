"""Pending transfers: reserved, then posted whole or in part, voided, or expired, once."""

import pytest

from changliao.core import chart
from changliao.core.clock import SECOND, Instant
from changliao.core.ids import PendingId
from changliao.core.ledger import PendingEvent, PendingState, PendingTransfer
from changliao.core.money import CNY, CURRENCIES
from changliao.core.outcome import Reason
from changliao.operations import ledger
from changliao.operations.ledger import PostPending, ReleasePending
from tests.world import refused


@pytest.fixture
def user(world):
    return world.user(1000)


def reserve(world, user, amount, **changes):
    pending = PendingTransfer(
        id=PendingId(world.ids.new()),
        debit=changes.get("debit", chart.wallet(user, CNY)),
        credit=changes.get("credit", chart.payable(world.merchant, CNY)),
        amount=amount,
        expires_at=Instant(world.now + 60 * SECOND),
    )
    return world.do(ledger.RESERVE, pending)


def post(world, pending, amount):
    return world.do(ledger.POST, PostPending(pending.id, pending.debit.owner, amount))


def release(world, pending, event=PendingEvent.VOID):
    return world.do(ledger.RELEASE, ReleasePending(pending.id, pending.debit.owner, event))


def test_reserved_money_cannot_be_spent(world, user):
    reserve(world, user, 700)
    assert refused(world.pay(world.place(400), user), Reason.INSUFFICIENT_FUNDS)
    assert world.balance(chart.wallet(user, CNY)) == 1000
    assert refused(reserve(world, user, 301), Reason.INSUFFICIENT_FUNDS)


def test_posting_a_part_frees_the_rest(world, user):
    pending = reserve(world, user, 700)
    assert post(world, pending, 200).state is PendingState.POSTED
    assert world.balance(chart.wallet(user, CNY)) == 800
    assert reserve(world, user, 800).state is PendingState.PENDING


def test_voiding_frees_everything_once(world, user):
    pending = reserve(world, user, 700)
    assert release(world, pending).state is PendingState.VOIDED
    before = world.rows()
    assert refused(release(world, pending), Reason.PENDING_VOIDED)
    assert refused(post(world, pending, 700), Reason.PENDING_VOIDED)
    assert world.rows() == before
    assert world.balance(chart.wallet(user, CNY)) == 1000


def test_posting_twice_moves_once(world, user):
    pending = reserve(world, user, 700)
    first = post(world, pending, 700)
    assert post(world, pending, 700) == first
    assert refused(post(world, pending, 10), Reason.PENDING_POSTED)
    assert refused(release(world, pending), Reason.PENDING_POSTED)
    assert world.balance(chart.payable(world.merchant, CNY)) == 700


def test_never_more_than_was_reserved_and_never_nothing(world, user):
    pending = reserve(world, user, 700)
    assert refused(post(world, pending, 701), Reason.PENDING_EXCEEDED)
    assert refused(post(world, pending, 0), Reason.AMOUNT_NOT_POSITIVE)
    assert refused(reserve(world, user, 0), Reason.AMOUNT_NOT_POSITIVE)


@pytest.mark.parametrize("first", ["post", "expire"])
def test_expiry_racing_a_post_lets_one_of_them_win(world, user, first):
    pending = reserve(world, user, 700)
    expire = ReleasePending(pending.id, user, PendingEvent.EXPIRE)
    commands = [
        (ledger.POST, PostPending(pending.id, user, 700)),
        (ledger.RELEASE, expire),
    ]
    if first == "expire":
        world.now = pending.expires_at
        commands.reverse()
    outcomes = world.batch(commands)
    assert sum(isinstance(one, PendingTransfer) for one in outcomes) == 1
    moved = world.balance(chart.payable(world.merchant, CNY))
    assert moved == (700 if first == "post" else 0)


def test_a_reservation_does_not_expire_early_and_cannot_be_posted_late(world, user):
    pending = reserve(world, user, 700)
    assert refused(release(world, pending, PendingEvent.EXPIRE), Reason.PENDING_NOT_EXPIRED)
    world.now = pending.expires_at
    assert refused(post(world, pending, 700), Reason.PENDING_EXPIRED)
    assert release(world, pending, PendingEvent.EXPIRE).state is PendingState.EXPIRED


def test_impossible_reservations_are_refused(world, user):
    dollars = chart.wallet(user, CURRENCIES["USD"])
    assert refused(reserve(world, user, 1, credit=dollars), Reason.CURRENCY_MISMATCH)
    same = chart.wallet(user, CNY)
    assert refused(reserve(world, user, 1, credit=same), Reason.TRANSFER_TO_SELF)
    assert refused(
        world.do(ledger.POST, PostPending(PendingId(2), user, 1)), Reason.PENDING_NOT_FOUND
    )


def test_the_same_id_reserves_once(world, user):
    pending = reserve(world, user, 700)
    assert world.do(ledger.RESERVE, pending) == pending
    other = PendingTransfer(pending.id, pending.debit, pending.credit, 600, pending.expires_at)
    assert refused(world.do(ledger.RESERVE, other), Reason.PAYMENT_ID_REUSED)
