"""The delivery log over REST: what was told, what came of each attempt, and sending again."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.events import Event, EventState, ResendEvent, Sample, TestWebhook
from changliao.core.ids import EventId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    Count,
    CursorText,
    EventIdText,
    Limit,
    MerchantIdText,
    Moment,
    Nothing,
    Page,
    Url,
    moment,
    page,
)
from changliao.operations.events import RESEND, TEST
from changliao.store.views import events

StateName = Literal["waiting", "delivered", "given_up"]
DoorName = Literal["wechatpay", "alipay", "rest"]


class DeliveryShown(Struct, frozen=True):
    """One attempt. `status` 0 is no answer; `note` begins the answer, or says what went wrong."""

    attempt: Annotated[int, Meta(ge=1)]
    at: Moment
    status: Count
    duration_ms: Count
    note: Annotated[str, Meta(max_length=200)]


class EventShown(Struct, frozen=True):
    """Something a merchant must hear. `next_at` is there while it waits."""

    id: EventIdText
    merchant_id: MerchantIdText
    kind: str
    state: StateName
    attempts: Count
    next_at: Moment | UnsetType = UNSET
    deliveries: list[DeliveryShown] | UnsetType = UNSET


class TestForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a test event goes, by which door it is told and what it is a sample of."""

    notify_url: Url
    door: DoorName = "rest"
    sample: Sample = Sample.NOTHING


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Operators see every merchant's, or with `merchant_id` one's."""

    merchant_id: MerchantIdText | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def log(door: Door, call: Call[Nothing, EventsQuery]) -> Page[EventShown]:
    """List events, newest first: the delivery log."""
    asked = call.query
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    merchant_id = int(call.caller.key.merchant_id)
    if call.caller.is_operator:
        merchant_id = read_id("mch", asked.merchant_id) if asked.merchant_id else 0
    if merchant_id:
        found = await door.network.read(events.of_merchant, merchant_id, before, asked.limit + 1)
    else:
        found = await door.network.read(events.latest, before, asked.limit + 1)
    return page([show_event(one) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, Nothing]) -> EventShown:
    """Show an event with every attempt to deliver it."""
    event = await _find(door, call)
    attempts = await door.network.read(events.deliveries, event.id, event.merchant_id)
    shown = [
        DeliveryShown(one.attempt, moment(one.at), one.status, one.duration_ms, one.note)
        for one in attempts
    ]
    return show_event(event, shown)


async def test(door: Door, call: Call[TestForm, Nothing]) -> Any:
    """Send a test event to an address.

    It is made, signed and logged like any other, over a sample that is in no books, and sent once.
    """
    form, event_id = call.form, EventId(door.network.ids.new())
    merchant_id = call.caller.key.merchant_id
    command = TestWebhook(event_id, merchant_id, form.notify_url, form.door, form.sample)
    return await perform(door, call, TEST, command, show_event)


async def resend(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Send an event again now, whatever became of it, unless it is on its way.

    The body is not read.
    """
    event = await _find(door, call)
    return await perform(door, call, RESEND, ResendEvent(event.merchant_id, event.id), show_event)


def show_event(event: Event, deliveries: list[DeliveryShown] | UnsetType = UNSET) -> EventShown:
    """An event as this API shows it."""
    return EventShown(
        id=ids.show("evt", event.id),
        merchant_id=ids.show("mch", event.merchant_id),
        kind=event.kind.name.lower(),
        state=_STATES[event.state],
        attempts=event.attempts,
        next_at=moment(event.next_at) if event.next_at else UNSET,
        deliveries=deliveries,
    )


async def _find(door: Door, call: Call[Any, Any]) -> Event:
    event = await door.network.read(events.event, read_id("evt", call.path["event_id"]))
    mine = event is not None and event.merchant_id == call.caller.key.merchant_id
    if event is None or not (mine or call.caller.is_operator):
        raise refusal(Refused(Reason.EVENT_NOT_FOUND))
    return event


_STATES: Final[dict[EventState, StateName]] = {
    EventState.WAITING: "waiting",
    EventState.DELIVERED: "delivered",
    EventState.GIVEN_UP: "given_up",
}
_NOT_TOLD: Final = (Reason.SAMPLE_NOT_TOLD,)
_UNKNOWN: Final = (Reason.EVENT_NOT_FOUND,)
ENDPOINTS: Final = (
    Endpoint("POST", "/events", test, Who.MERCHANT, TestForm, Nothing, EventShown, 201, _NOT_TOLD),
    Endpoint("GET", "/events", log, Who.EITHER, Nothing, EventsQuery, Page[EventShown]),
    Endpoint(
        "GET", "/events/{event_id}", show, Who.EITHER, Nothing, Nothing, EventShown, 200, _UNKNOWN
    ),
    Endpoint(
        "POST", "/events/{event_id}/resend", resend, Who.EITHER, Nothing, Nothing, EventShown, 200,
        (*_UNKNOWN, Reason.EVENT_NOT_DUE), right=Right.RESEND,
    ),
)  # fmt: skip
