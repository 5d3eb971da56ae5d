"""Events to be delivered, their bodies and the log of attempts, as rows."""

from changliao.core.clock import Instant
from changliao.core.events import (
    Attempted,
    Event,
    EventKind,
    EventState,
    Exchange,
    TestWebhook,
)
from changliao.core.ids import EventId, MerchantId
from changliao.store.engine import Reader, Row
from changliao.store.unit import Table, UnitOfWork


def from_row(row: Row) -> Event:
    """An event from its columns in the order of `events_find`."""
    return Event(
        id=EventId(row[0]),
        merchant_id=MerchantId(row[1]),
        kind=EventKind(row[2]),
        subject_id=row[3],
        state=EventState(row[4]),
        attempts=row[5],
        next_at=Instant(row[6]),
    )


EVENTS: Table[tuple[int, int], Event] = Table(
    name="events",
    key=lambda event: (event.id, event.merchant_id),
    to_row=lambda event: (
        event.id,
        event.merchant_id,
        int(event.kind),
        event.subject_id,
        int(event.state),
        event.attempts,
        event.next_at,
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.id,
        after.merchant_id,
        int(after.state),
        after.attempts,
        after.next_at,
        int(before.state),
        before.attempts,
    ),
)


def keep_test(tx: UnitOfWork, test: TestWebhook) -> None:
    """Where a test event goes and what it tells."""
    kept = (test.event_id, test.merchant_id, test.notify_url, test.door, test.sample.value)
    tx.add("webhook_tests_insert", kept)


def keep_body(tx: UnitOfWork, event: Event, body: bytes) -> None:
    """The body every attempt sends, kept at the first."""
    tx.add("event_bodies_insert", (event.id, event.merchant_id, body))


def answered(reader: Reader | UnitOfWork, event: Event) -> int:
    """The last attempt in the log; 0: none."""
    keys = {"event_id": event.id, "merchant_id": event.merchant_id}
    rows = reader.select("deliveries_last", keys)
    return int(rows[0][0]) if rows else 0


def keep_exchange(tx: UnitOfWork, attempted: Attempted, exchange: Exchange) -> None:
    """What an attempt of a test sent and got."""
    keys = attempted.event_id, attempted.merchant_id, attempted.attempt
    said = exchange.sent_head, exchange.sent, exchange.answer_head, exchange.answer
    tx.add("test_exchanges_insert", (*keys, *said))


def log_attempt(tx: UnitOfWork, attempted: Attempted, now: Instant) -> None:
    """One line of the delivery log."""
    tx.add(
        "deliveries_insert",
        (
            attempted.event_id,
            attempted.merchant_id,
            attempted.attempt,
            now,
            attempted.status,
            attempted.duration_ms,
            attempted.note,
        ),
    )
