"""Events: what the world must hear, and when to try again.

An event is written in the commit that makes it true, and delivered at least once. Every attempt
has its place in the schedule of the door that tells it; a lease keeps two workers from sending the
same attempt. Source for the schedule of most doors: WeChat Pay v3, payment notification: 15 retries
over 24 h 4 min.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.clock import NEVER, SECOND, Instant, to_rfc3339
from changliao.core.ids import EventId, MerchantId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant

LEASE: Final = 30 * SECOND
RETRY_AFTER_S: Final = (
    15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600,
)  # fmt: skip


class EventKind(IntEnum):
    """The number is stored."""

    ORDER_PAID = 1
    REFUND_FINISHED = 2
    WEBHOOK_TEST = 3
    BASKET_PAID = 10
    PAYOUT_FINISHED = 16
    PAYOUT_BATCH_FINISHED = 17
    AUTHORIZATION_FROZEN = 18
    AUTHORIZATION_RELEASED = 19
    SHARE_RECEIVED = 27
    SHARE_RETURNED = 28
    STORE_APPLIED = 60
    STORE_DECIDED = 61
    ESCROW_RELEASED = 62
    DISPUTE_OPENED = 63
    DISPUTE_ENDED = 64
    BUDGET_SPENT = 65
    BUDGET_CLOSED = 66
    REFUND_ABNORMAL = 84


# Told at the address a merchant gave for notices, by our own door.
NOTICES: Final = frozenset(
    {
        EventKind.STORE_APPLIED,
        EventKind.STORE_DECIDED,
        EventKind.ESCROW_RELEASED,
        EventKind.DISPUTE_OPENED,
        EventKind.DISPUTE_ENDED,
        EventKind.BUDGET_SPENT,
        EventKind.BUDGET_CLOSED,
    }
)


class Sample(StrEnum):
    """What a test letter is about: nothing, or a sample that is in no books. The word is stored."""

    NOTHING = "webhook.test"
    PAID = "order.paid"
    REFUNDED = "refund.finished"
    ABNORMAL = "refund.abnormal"
    CLOSED = "refund.closed"
    COMBINED = "basket.paid"
    TRANSFERRED = "payout.finished"
    BATCH = "payout.batch_finished"
    SHARED = "share.received"
    TAKEN_BACK = "share.returned"
    FROZEN = "authorization.frozen"
    RELEASED = "authorization.released"
    CONFIRMED = "escrow.released"
    DISPUTED = "dispute.opened"
    SETTLED = "dispute.ended"


# By the door that tells them. One says nothing of refunds that fail, another nothing of deposits.
SAMPLES: Final[Mapping[str, tuple[Sample, ...]]] = {
    "wechatpay": (
        *(Sample.PAID, Sample.COMBINED, Sample.REFUNDED, Sample.ABNORMAL, Sample.CLOSED),
        *(Sample.TRANSFERRED, Sample.BATCH, Sample.SHARED, Sample.TAKEN_BACK),
    ),
    "alipay": (Sample.PAID, Sample.REFUNDED, Sample.FROZEN, Sample.RELEASED),
    "rest": tuple(one for one in Sample if one is not Sample.BATCH),
}


class TestWebhook(Struct, frozen=True):
    """A merchant wants to see a letter arrive, as a door tells it. It is sent once."""

    event_id: EventId
    merchant_id: MerchantId
    notify_url: str
    door: str = "rest"
    sample: Sample = Sample.NOTHING


class EventState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    WAITING = 1
    DELIVERED = 2
    GIVEN_UP = 3


class Event(Struct, frozen=True):
    """`subject_id` is the id of the order, refund, share… it is about.

    `body` is set at the first attempt and kept. `attempts` counts those begun. The event is due
    when `next_at` has come; while an attempt runs, `next_at` is the end of its lease.
    """

    id: EventId
    merchant_id: MerchantId
    kind: EventKind
    subject_id: int
    next_at: Instant
    state: EventState = EventState.WAITING
    attempts: int = 0


class Letter(Struct, frozen=True):
    """Where an event is told, and to which merchant: its key signs and seals.

    `body` is kept at the first attempt: what every attempt sends, or makes its bytes of.
    """

    url: str
    body: bytes
    receiver: Merchant


class Outgoing(Struct, frozen=True):
    """One attempt as it goes out, signed for its moment."""

    headers: Mapping[str, str]
    body: bytes


class Exchange(Struct, frozen=True):
    """What an attempt sent and the beginning of what was answered; heads are lines of text."""

    sent_head: bytes
    sent: bytes
    answer_head: bytes = b""
    answer: bytes = b""


class ClaimEvent(Struct, frozen=True):
    """A worker takes the next attempt; `attempts` is how many it saw, so only one gets it."""

    merchant_id: MerchantId
    event_id: EventId
    attempts: int
    body: bytes = b""


class Attempted(Struct, frozen=True):
    """What came of an attempt. `status` is the HTTP status, 0 when there was no answer.

    `delivered` is the door's own reading of the answer, `retry_after_s` its schedule: how long to
    wait after the first attempt, after the second, and so on. `exchange` is kept of tests.
    """

    merchant_id: MerchantId
    event_id: EventId
    attempt: int
    status: int
    duration_ms: int
    note: str = ""
    delivered: bool = False
    retry_after_s: tuple[int, ...] = RETRY_AFTER_S
    exchange: Exchange | None = None


def took(status: int) -> bool:
    """Is this the answer of a receiver that has taken a letter? Most doors look no further."""
    return status in (200, 204)


class ResendEvent(Struct, frozen=True):
    """A person asks for an event to be sent again, whatever became of it."""

    merchant_id: MerchantId
    event_id: EventId


def facts(event: Event) -> Facts:
    """Whether it was told, how often it was tried, and when it is due, in words."""
    said = {"state": event.state.name.lower(), "attempts": str(event.attempts)}
    return {**said, "due": to_rfc3339(event.next_at)} if event.next_at else said


def decide_claim(event: Event, command: ClaimEvent, now: Instant) -> Event | Refused:
    """Begin the next attempt, or learn that it is not due or another worker has it."""
    if event.state is not EventState.WAITING or event.attempts != command.attempts:
        return Refused(Reason.EVENT_NOT_DUE)
    if now < event.next_at:
        return Refused(Reason.EVENT_NOT_DUE)
    return replace(event, attempts=event.attempts + 1, next_at=Instant(now + LEASE))


def decide_attempted(event: Event, command: Attempted, scale: float, now: Instant) -> Event:
    """Delivered, or else the next place in the schedule, or the end of it.

    An answer to an attempt that lost its lease is kept in the log and moves nothing back.
    `scale` shortens the schedule in tests.
    """
    if command.delivered:
        return replace(event, state=EventState.DELIVERED, next_at=NEVER)
    if event.state is not EventState.WAITING or event.attempts != command.attempt:
        return event
    if command.attempt > len(command.retry_after_s):
        return replace(event, state=EventState.GIVEN_UP, next_at=NEVER)
    wait = int(command.retry_after_s[command.attempt - 1] * SECOND * scale)
    return replace(event, next_at=Instant(now + wait))


def is_running(event: Event, answered: int, now: Instant) -> bool:
    """Is an attempt on its way: begun, not answered, its lease not over? `answered` is the last."""
    return event.state is EventState.WAITING and event.attempts > answered and now < event.next_at


def decide_resend(event: Event, answered: int, now: Instant) -> Event | Refused:
    """Due at once, unless an attempt is on its way: it would be made twice.

    The schedule goes on from where it was; a delivered event may be sent again.
    """
    if is_running(event, answered, now):
        return Refused(Reason.EVENT_NOT_DUE)
    return replace(event, state=EventState.WAITING, next_at=now)
