"""Claiming, logging and resending notifications."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from changliao.core.clock import Instant
from changliao.core.events import (
    SAMPLES,
    Attempted,
    ClaimEvent,
    Event,
    EventKind,
    ResendEvent,
    TestWebhook,
    decide_attempted,
    decide_claim,
    decide_resend,
    facts,
)
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place, standing
from changliao.store.events import (
    EVENTS,
    answered,
    keep_body,
    keep_exchange,
    keep_test,
    log_attempt,
)
from changliao.store.unit import UnitOfWork


def _claim(tx: UnitOfWork, command: ClaimEvent, now: Instant) -> Event | Refused:
    """Take the next attempt for this worker; the first one keeps the body."""
    event = tx.find(EVENTS, (command.event_id, command.merchant_id))
    if event is None:
        return Refused(Reason.EVENT_NOT_FOUND)
    claimed = decide_claim(event, command, now)
    if isinstance(claimed, Event):
        tx.update(EVENTS, claimed)
        if command.body:
            keep_body(tx, event, command.body)
    return claimed


def _attempted(scale: float, tx: UnitOfWork, command: Attempted, now: Instant) -> Event | Refused:
    """Log an attempt and move the event on."""
    event = tx.find(EVENTS, (command.event_id, command.merchant_id))
    if event is None:
        return Refused(Reason.EVENT_NOT_FOUND)
    after = decide_attempted(event, command, scale, now)
    log_attempt(tx, command, now)
    if command.exchange is not None:
        keep_exchange(tx, command, command.exchange)
    if after is not event:
        tx.update(EVENTS, after)
    return after


def _resend(tx: UnitOfWork, command: ResendEvent, now: Instant) -> Event | Refused:
    """Make an event due at once, unless it is on its way."""
    event = tx.find(EVENTS, (command.event_id, command.merchant_id))
    if event is None:
        return Refused(Reason.EVENT_NOT_FOUND)
    after = decide_resend(event, answered(tx, event), now)
    if isinstance(after, Event):
        tx.update(EVENTS, after)
    return after


def _test(tx: UnitOfWork, command: TestWebhook, now: Instant) -> Event | Refused:
    """An event of its own; its address is kept beside it, with what it is to tell."""
    if command.sample not in SAMPLES.get(command.door, ()):
        return Refused(Reason.SAMPLE_NOT_TOLD)
    event = Event(
        command.event_id, command.merchant_id, EventKind.WEBHOOK_TEST, command.event_id, now
    )
    tx.insert(EVENTS, event)
    keep_test(tx, command)
    return event


def _keys(command: ClaimEvent | Attempted | ResendEvent) -> Iterable[Place]:
    yield EVENTS, (command.event_id, command.merchant_id)


def attempted(scale: float) -> Operation[Attempted, Event | Refused]:
    """The operation for a schedule shortened by `scale`; 1 is the protocol's own."""
    return Operation("events.attempted", partial(_attempted, scale), _keys)


CLAIM: Final = Operation("events.claim", _claim, _keys)
_FACTS: Final = standing(EVENTS, lambda one: (one.event_id, one.merchant_id), facts)
TEST: Final = Operation("events.test", _test, lambda command: (), _FACTS)
RESEND: Final = Operation("events.resend", _resend, _keys, _FACTS)
