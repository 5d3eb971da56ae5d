"""Authorizations: what is frozen is captured or goes back, in any parts, and never more of it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.authorizations import (
    Authorization,
    AuthorizationEvent,
    AuthorizationState,
    Capture,
    EndAuthorization,
    Freeze,
    FreezeByCode,
    Release,
    RequestAuthorization,
)
from changliao.core.clock import DAY, HOUR, Instant
from changliao.core.ids import AppId, AuthorizationId, AuthorizationStepId, MerchantId, PaymentId
from changliao.core.money import CNY, CURRENCIES, MAX_AMOUNT, Money
from changliao.core.orders import Hold, Order, OrderState
from changliao.core.outcome import Reason
from changliao.core.paycodes import LIVES, PayCode
from changliao.operations import authorizations, paycodes
from tests.world import refused


@pytest.fixture
def payer(world):
    return world.user(10_000)


def an_authorization(world, amount=6000, **changes):
    authorization_id = AuthorizationId(world.ids.new())
    fields = {
        "id": authorization_id,
        "merchant_id": world.merchant,
        "app_id": AppId(1),
        "reference": f"A{authorization_id}",
        "freeze_reference": f"F{authorization_id}",
        "amount": Money(amount, CNY),
        "digest": b"%d" % amount,
        "door": "rest",
        "confirm_by": Instant(world.now + HOUR),
        "ends_at": Instant(world.now + 7 * DAY),
        "notify_url": "http://127.0.0.1:9/",
    }
    return Authorization(**(fields | changes))


def request(world, amount=6000, **changes):
    asked = an_authorization(world, amount, **changes)
    return world.do(authorizations.REQUEST, RequestAuthorization(asked))


def step_id(world):
    return AuthorizationStepId(world.ids.new())


def freezing(world, known, payer, **changes):
    fields = {
        "merchant_id": known.merchant_id,
        "authorization_id": known.id,
        "payer_id": payer,
        "amount": known.amount,
        "step_id": step_id(world),
    }
    return Freeze(**(fields | changes))


def freeze(world, known, payer, **changes):
    return world.do(authorizations.FREEZE, freezing(world, known, payer, **changes))


def frozen(world, payer, amount=6000):
    return freeze(world, request(world, amount), payer)


def capturing(world, known, amount, *, finishes=False, **changes):
    placing = world.an_order(amount, **changes)
    payment_id = PaymentId(world.ids.new())
    steps = step_id(world), step_id(world)
    return Capture(known.merchant_id, known.id, placing, payment_id, *steps, finishes)


def capture(world, known, amount, **changes):
    return world.do(authorizations.CAPTURE, capturing(world, known, amount, **changes))


def releasing(world, known, amount, reference="", currency="CNY"):
    step = step_id(world)
    money = Money(amount, CURRENCIES[currency])
    return Release(known.merchant_id, known.id, step, reference or f"U{step}", money)


def release(world, known, amount, reference="", currency="CNY"):
    command = releasing(world, known, amount, reference, currency)
    return world.do(authorizations.RELEASE, command)


def end(world, known, event=AuthorizationEvent.CANCEL):
    command = EndAuthorization(known.merchant_id, known.id, step_id(world), event)
    return world.do(authorizations.END, command)


def standing(world, payer):
    """Wallet, frozen, payable."""
    accounts = chart.wallet(payer, CNY), chart.reserved(payer, CNY)
    return *(world.balance(one) for one in accounts), world.balance(
        chart.payable(world.merchant, CNY)
    )


def test_frozen_money_cannot_be_spent_and_is_not_the_merchants(world, payer):
    known = frozen(world, payer)
    assert known.state is AuthorizationState.FROZEN
    assert standing(world, payer) == (4000, 6000, 0)
    assert refused(world.pay(world.place(4001), payer), Reason.INSUFFICIENT_FUNDS)


def test_parts_are_captured_into_orders_and_the_last_releases_the_rest(world, payer):
    known = frozen(world, payer)
    first = capture(world, known, 1000, fee_bps=100)
    assert (first.state, first.payer_id, first.fee) == (OrderState.PAID, payer, 10)
    assert standing(world, payer) == (4000, 5000, 990)
    capture(world, known, 2000, finishes=True, fee_bps=0)
    assert standing(world, payer) == (7000, 0, 2990)
    assert refused(capture(world, known, 1), Reason.AUTHORIZATION_FINISHED)
    assert refused(release(world, known, 1), Reason.AUTHORIZATION_FINISHED)
    assert refused(end(world, known), Reason.AUTHORIZATION_FINISHED)
    assert refused(freeze(world, known, payer), Reason.AUTHORIZATION_FINISHED)
    world.refund(first, 1000)
    assert standing(world, payer)[0] == 8000


def test_a_held_capture_waits_like_any_held_order(world, payer):
    known = frozen(world, payer)
    capture(world, known, 6000, finishes=True, hold=Hold.SPLIT, fee_bps=0)
    assert standing(world, payer) == (4000, 0, 0)
    assert world.balance(chart.escrow(world.merchant, CNY)) == 6000


def test_a_repeated_capture_is_one_capture_and_a_changed_one_is_refused(world, payer):
    known = frozen(world, payer)
    command = capturing(world, known, 1000)
    first = world.do(authorizations.CAPTURE, command)
    before = world.rows()
    assert world.do(authorizations.CAPTURE, command) == first
    order = command.placing.order
    changed = capturing(world, known, 1001, reference=order.reference, digest=b"other")
    assert refused(world.do(authorizations.CAPTURE, changed), Reason.REFERENCE_REUSED)
    unpaid = world.place(100)
    taken = capturing(world, known, 100, reference=unpaid.reference)
    assert refused(world.do(authorizations.CAPTURE, taken), Reason.REFERENCE_REUSED)
    after = world.rows()
    assert {name: before[name] for name in ("legs", "authorizations", "authorization_steps")} == {
        name: after[name] for name in ("legs", "authorizations", "authorization_steps")
    }


def test_releasing_gives_parts_back_once_for_each_reference(world, payer):
    known = frozen(world, payer)
    first = release(world, known, 1000, "U1")
    assert first.released == 1000
    before = world.rows()
    assert release(world, known, 1000, "U1") == first
    assert refused(release(world, known, 999, "U1"), Reason.AUTHORIZATION_REFERENCE_REUSED)
    assert world.rows() == before
    assert release(world, known, 5000, "U2").state is AuthorizationState.FINISHED
    assert standing(world, payer) == (10_000, 0, 0)


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        (0, "CNY", Reason.AMOUNT_NOT_POSITIVE),
        (-1, "CNY", Reason.AMOUNT_NOT_POSITIVE),
        (6001, "CNY", Reason.AUTHORIZATION_EXCEEDED),
        (10, "USD", Reason.CURRENCY_MISMATCH),
    ],
)
def test_more_than_is_frozen_is_neither_captured_nor_released(
    world, payer, amount, currency, reason
):
    known = frozen(world, payer)
    before = world.rows()
    assert refused(capture(world, known, amount, currency=currency), reason)
    assert refused(release(world, known, amount, currency=currency), reason)
    assert world.rows() == before


def test_captures_at_once_take_no_more_than_is_frozen(world, payer):
    known = frozen(world, payer)
    work: list[Any] = [(authorizations.CAPTURE, capturing(world, known, 2500)) for _ in range(8)]
    work += [(authorizations.RELEASE, releasing(world, known, 1000)) for _ in range(8)]
    outcomes = world.batch(work)
    assert sum(isinstance(one, Order) for one in outcomes) == 2
    assert sum(isinstance(one, Authorization) for one in outcomes) == 1
    assert standing(world, payer)[:2] == (5000, 0)


@pytest.mark.parametrize("first", ["capture", "cancel"])
def test_cancelling_racing_a_capture_lets_exactly_one_win(world, payer, first):
    known = frozen(world, payer)
    cancel = EndAuthorization(known.merchant_id, known.id, step_id(world))
    work = [
        (authorizations.CAPTURE, capturing(world, known, 1000, fee_bps=0)),
        (authorizations.END, cancel),
    ]
    if first == "cancel":
        work.reverse()
    outcomes = world.batch(work)
    reason = Reason.AUTHORIZATION_CAPTURED if first == "capture" else Reason.AUTHORIZATION_CLOSED
    assert refused(outcomes[1], reason)
    assert standing(world, payer) == ((4000, 5000, 1000) if first == "capture" else (10_000, 0, 0))


def test_cancelling_gives_everything_back_once(world, payer):
    known = frozen(world, payer)
    cancelled = end(world, known)
    assert cancelled.state is AuthorizationState.CLOSED
    before = world.rows()
    assert end(world, known) == cancelled
    assert refused(capture(world, known, 1), Reason.AUTHORIZATION_CLOSED)
    assert refused(end(world, known, AuthorizationEvent.EXPIRE), Reason.AUTHORIZATION_CLOSED)
    assert world.rows() == before
    assert standing(world, payer) == (10_000, 0, 0)


def test_what_nobody_confirms_closes_by_time(world, payer):
    known = request(world)
    assert refused(capture(world, known, 1), Reason.AUTHORIZATION_NOT_FROZEN)
    assert refused(release(world, known, 1), Reason.AUTHORIZATION_NOT_FROZEN)
    expire = AuthorizationEvent.EXPIRE
    assert refused(end(world, known, expire), Reason.AUTHORIZATION_NOT_EXPIRED)
    world.now = known.confirm_by
    assert refused(freeze(world, known, payer), Reason.AUTHORIZATION_EXPIRED)
    assert end(world, known, expire).state is AuthorizationState.CLOSED
    assert refused(freeze(world, known, payer), Reason.AUTHORIZATION_CLOSED)
    assert not [row for row in world.rows()["deadlines"] if row[1] == known.id]


def test_frozen_money_goes_back_by_time(world, payer):
    known = frozen(world, payer)
    capture(world, known, 1000, fee_bps=0)
    expire = AuthorizationEvent.EXPIRE
    world.now = known.confirm_by
    assert refused(end(world, known, expire), Reason.AUTHORIZATION_NOT_EXPIRED)
    world.now = known.ends_at
    assert refused(capture(world, known, 1), Reason.AUTHORIZATION_EXPIRED)
    assert refused(release(world, known, 1), Reason.AUTHORIZATION_EXPIRED)
    assert end(world, known, expire).state is AuthorizationState.FINISHED
    assert standing(world, payer) == (9000, 0, 1000)
    assert not [row for row in world.rows()["deadlines"] if row[1] == known.id]


def test_a_freeze_is_confirmed_once_by_its_payer_with_the_right_pin(world, payer):
    other = world.user(10_000)
    known = request(world, payer_id=payer)
    before = world.rows()
    assert refused(freeze(world, known, other), Reason.PAYER_MISMATCH)
    less = Money(1, CNY)
    assert refused(freeze(world, known, payer, amount=less), Reason.AMOUNT_CHANGED)
    assert world.rows() == before
    wrong = freezing(world, known, payer, proof=world.proof(right=False))
    assert refused(world.do(authorizations.FREEZE, wrong), Reason.CREDENTIAL_WRONG)
    right = replace(wrong, proof=world.proof())
    first = world.do(authorizations.FREEZE, right)
    assert world.do(authorizations.FREEZE, right) == first
    assert refused(freeze(world, known, payer), Reason.AUTHORIZATION_FROZEN)
    assert standing(world, payer)[:2] == (4000, 6000)


def test_a_freeze_needs_the_money(world, payer):
    known = request(world, 10_001)
    before = world.rows()
    assert refused(freeze(world, known, payer), Reason.INSUFFICIENT_FUNDS)
    assert world.rows() == before


def test_the_same_number_finds_the_same_authorization(world):
    asked = an_authorization(world)
    command = RequestAuthorization(asked)
    first = world.do(authorizations.REQUEST, command)
    assert world.do(authorizations.REQUEST, command) == first
    changed = RequestAuthorization(an_authorization(world, 1, reference=asked.reference))
    outcome = world.do(authorizations.REQUEST, changed)
    assert refused(outcome, Reason.AUTHORIZATION_REFERENCE_REUSED)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": 0}, Reason.AMOUNT_NOT_POSITIVE),
        ({"amount": MAX_AMOUNT + 1}, Reason.AMOUNT_TOO_LARGE),
        ({"confirm_by": Instant(1)}, Reason.EXPIRY_PASSED),
        ({"ends_at": Instant(1)}, Reason.EXPIRY_PASSED),
    ],
)
def test_impossible_authorizations_are_not_kept(world, changes, reason):
    before = world.rows()
    assert refused(request(world, **changes), reason)
    assert world.rows() == before


def test_what_is_not_there_is_not_found(world, payer):
    known = frozen(world, payer)
    foreign = replace(known, merchant_id=MerchantId(2))
    for outcome in (
        freeze(world, foreign, payer),
        capture(world, foreign, 1),
        release(world, foreign, 1),
        end(world, foreign),
    ):
        assert refused(outcome, Reason.AUTHORIZATION_NOT_FOUND)


def a_code(world, payer, number=280_000_000_000_000_001):
    code = PayCode(number, payer, Instant(world.now + LIVES))
    assert world.do(paycodes.MAKE, code) == code
    return number


def by_code(world, code, amount=6000, **changes):
    asked = an_authorization(world, amount, **changes)
    return world.do(authorizations.FREEZE_BY_CODE, FreezeByCode(asked, code, step_id(world)))


def test_a_pay_code_freezes_once(world, payer):
    code = a_code(world, payer)
    known = by_code(world, code)
    assert (known.state, known.payer_id) == (AuthorizationState.FROZEN, payer)
    before = world.rows()
    assert by_code(world, code, reference=known.reference) == known
    assert refused(by_code(world, code), Reason.PAY_CODE_USED)
    assert refused(by_code(world, code + 1), Reason.PAY_CODE_UNKNOWN)
    assert refused(by_code(world, code, 0), Reason.AMOUNT_NOT_POSITIVE)
    assert world.rows() == before


def test_a_code_that_is_over_or_not_covered_freezes_nothing(world, payer):
    code = a_code(world, payer)
    before = world.rows()
    assert refused(by_code(world, code, 10_001), Reason.INSUFFICIENT_FUNDS)
    assert world.rows() == before
    world.now = Instant(world.now + LIVES)
    assert refused(by_code(world, code), Reason.PAY_CODE_EXPIRED)


def test_a_large_freeze_by_code_waits_for_the_pin(world):
    rich = world.user(500_000)
    known = by_code(world, a_code(world, rich), 400_000)
    assert (known.state, known.payer_id) == (AuthorizationState.OPEN, rich)
    assert freeze(world, known, rich).state is AuthorizationState.FROZEN


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=8))
def test_captured_released_and_frozen_are_always_the_whole(sqlite_world, steps):
    world = sqlite_world
    payer = world.user(1000)
    known = frozen(world, payer, 1000)
    taken = 0
    for captures, amount in steps:
        if captures and isinstance(capture(world, known, amount), Order):
            taken += amount
        elif not captures:
            release(world, known, amount)
        wallet, left, _ = standing(world, payer)
        assert wallet + left + taken == 1000
