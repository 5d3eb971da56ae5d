"""Reading notifications and the log of their delivery."""

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.events import Event, Exchange, Sample, TestWebhook, is_running
from changliao.store.engine import Reader
from changliao.store.events import answered, from_row


class Delivery(Struct, frozen=True):
    """One attempt; `status` 0 is no answer, `note` says what went wrong."""

    attempt: int
    at: Instant
    status: int
    duration_ms: int
    note: str


def due(reader: Reader, now: Instant, most: int) -> list[Event]:
    """What should be sent now, the longest overdue first."""
    return [from_row(row) for row in reader.select("events_due_now", {"now_us": now, "most": most})]


def latest(reader: Reader, before: int, most: int) -> list[Event]:
    """Of all merchants, the newest first."""
    return [
        from_row(row) for row in reader.select("events_latest", {"before": before, "most": most})
    ]


def of_merchant(reader: Reader, merchant_id: int, before: int, most: int) -> list[Event]:
    """Of one merchant, the newest first."""
    keys = {"merchant_id": merchant_id, "before": before, "most": most}
    names = (
        "authorization_events_of_merchant",
        "payment_events_of_merchant",
        "payout_batch_events_of_merchant",
        "payout_events_of_merchant",
        "refund_events_of_merchant",
        "share_events_of_merchant",
        "test_events_of_merchant",
    )
    found = [from_row(row) for name in names for row in reader.select(name, keys)]
    return sorted(found, key=lambda event: -event.id)[:most]


def event(reader: Reader, event_id: int) -> Event | None:
    """By id."""
    rows = reader.select("event_by_id", {"event_id": event_id})
    return from_row(rows[0]) if rows else None


def test(reader: Reader, event: Event) -> TestWebhook | None:
    """Where a test event goes and what it tells; None for other events."""
    keys = {"event_id": event.id, "merchant_id": event.merchant_id}
    rows = reader.select("webhook_test", keys)
    if not rows:
        return None
    notify_url, door, sample = rows[0]
    return TestWebhook(event.id, event.merchant_id, notify_url, door, Sample(sample))


def exchange(reader: Reader, event: Event) -> Exchange | None:
    """What the last attempt of a test sent and got."""
    keys = {"event_id": event.id, "merchant_id": event.merchant_id}
    rows = reader.select("test_exchange", keys)
    return Exchange(*map(bytes, rows[0])) if rows else None


def body(reader: Reader, event_id: int, merchant_id: int) -> bytes | None:
    """What every attempt sends; None before the first."""
    rows = reader.select("event_body", {"event_id": event_id, "merchant_id": merchant_id})
    return bytes(rows[0][0]) if rows else None


def running(reader: Reader, found: list[Event], now: Instant) -> set[int]:
    """Of these, those with an attempt on its way."""
    begun = [one for one in found if is_running(one, 0, now)]
    return {one.id for one in begun if is_running(one, answered(reader, one), now)}


def deliveries(reader: Reader, event_id: int, merchant_id: int) -> list[Delivery]:
    """The log of one event, the oldest first."""
    keys = {"event_id": event_id, "merchant_id": merchant_id}
    rows = reader.select("deliveries_of_event", keys)
    return [Delivery(row[0], Instant(row[1]), *row[2:5]) for row in rows]
