from changliao.core.clock import SECOND, Instant
from changliao.core.events import (
    LEASE,
    RETRY_AFTER_S,
    Attempted,
    ClaimEvent,
    Event,
    EventKind,
    EventState,
    decide_attempted,
    decide_claim,
    decide_resend,
    took,
)
from changliao.core.ids import EventId, MerchantId
from changliao.core.outcome import Reason, Refused

NOW = Instant(1_795_500_000_000_000)
EVENT = Event(EventId(2), MerchantId(1), EventKind.ORDER_PAID, 3, NOW)


def attempted(event, status, now):
    done = Attempted(event.merchant_id, event.id, event.attempts, status, 5, delivered=took(status))
    return decide_attempted(event, done, 1.0, now)


def claimed(event, now):
    return decide_claim(event, ClaimEvent(event.merchant_id, event.id, event.attempts), now)


def test_the_schedule_is_the_protocols_own():
    assert len(RETRY_AFTER_S) == 15
    assert sum(RETRY_AFTER_S) == 86_640


def test_every_failure_waits_its_turn_and_the_last_gives_up():
    event, now, waits = EVENT, NOW, []
    while event.state is EventState.WAITING:
        event = claimed(event, now)
        event = attempted(event, 500, now)
        if event.state is EventState.WAITING:
            waits.append((event.next_at - now) // SECOND)
            now = event.next_at
    assert tuple(waits) == RETRY_AFTER_S
    assert event.state is EventState.GIVEN_UP
    assert event.attempts == 16


def test_only_200_and_204_deliver():
    for status, state in [(200, "DELIVERED"), (204, "DELIVERED"), (302, "WAITING"), (0, "WAITING")]:
        assert attempted(claimed(EVENT, NOW), status, NOW).state.name == state


def test_a_door_may_have_a_schedule_of_its_own():
    first = claimed(EVENT, NOW)
    failed = Attempted(MerchantId(1), EventId(2), 1, 200, 5, retry_after_s=(240,))
    again = decide_attempted(first, failed, 1.0, NOW)
    assert again.next_at == NOW + 240 * SECOND
    last = Attempted(MerchantId(1), EventId(2), 2, 500, 5, retry_after_s=(240,))
    over = decide_attempted(claimed(again, again.next_at), last, 1.0, NOW)
    assert over.state is EventState.GIVEN_UP


def test_one_attempt_goes_to_one_worker_and_a_dead_ones_lease_runs_out():
    first = claimed(EVENT, NOW)
    again = decide_claim(first, ClaimEvent(MerchantId(1), EventId(2), 0), NOW)
    assert again == Refused(Reason.EVENT_NOT_DUE)
    assert claimed(first, NOW).reason is Reason.EVENT_NOT_DUE
    assert claimed(first, Instant(NOW + LEASE)).attempts == 2


def test_a_late_answer_of_a_lost_lease_moves_nothing_back():
    first = claimed(EVENT, NOW)
    second = claimed(first, Instant(NOW + LEASE))
    late = Attempted(MerchantId(1), EventId(2), 1, 500, 5)
    assert decide_attempted(second, late, 1.0, Instant(NOW + LEASE)) is second
    good = Attempted(MerchantId(1), EventId(2), 1, 200, 5, delivered=True)
    assert decide_attempted(second, good, 1.0, NOW).state is EventState.DELIVERED


def test_a_delivered_event_can_be_sent_again():
    done = attempted(claimed(EVENT, NOW), 200, NOW)
    again = decide_resend(done, 1, Instant(NOW + 1))
    assert isinstance(again, Event)
    assert claimed(again, Instant(NOW + 1)).attempts == 2


def test_an_event_on_its_way_is_not_sent_again_until_its_answer_or_the_end_of_its_lease():
    first = claimed(EVENT, NOW)
    late = Instant(NOW + LEASE)
    assert decide_resend(first, 0, Instant(late - 1)) == Refused(Reason.EVENT_NOT_DUE)
    assert decide_resend(first, 0, late) == first
    failed = attempted(first, 500, NOW)
    again = decide_resend(failed, 1, NOW)
    assert isinstance(again, Event)
    assert again.next_at == NOW
