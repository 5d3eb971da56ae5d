"""The delivery log over REST: what was told, what came of each attempt, and sending again."""

from typing import Any

from changliao.core import clock, ids
from changliao.core.events import Event, ResendEvent
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import (
    MOST_IN_PAGE,
    NEWEST,
    Answer,
    Call,
    Door,
    accepted,
    answer,
    read_id,
)
from changliao.doors.rest.errors import refusal
from changliao.operations.events import RESEND
from changliao.store.views import events


async def log(door: Door, call: Call) -> Answer:
    """Newest first, a page at a time: `before` is the last id of the page before."""
    before = read_id("evt", call.query["before"]) if "before" in call.query else NEWEST
    if call.caller.is_operator:
        found = await door.network.read(events.latest, before, MOST_IN_PAGE)
    else:
        merchant_id = call.caller.key.merchant_id
        found = await door.network.read(events.of_merchant, merchant_id, before, MOST_IN_PAGE)
    return answer({"data": [_fields(event) for event in found]})


async def show(door: Door, call: Call) -> Answer:
    """One event with every attempt."""
    event = await _find(door, call)
    attempts = await door.network.read(events.deliveries, event.id, event.merchant_id)
    fields = _fields(event) | {
        "deliveries": [
            {
                "attempt": one.attempt,
                "at": clock.to_rfc3339(one.at),
                "status": one.status,
                "duration_ms": one.duration_ms,
                "note": one.note,
            }
            for one in attempts
        ]
    }
    return answer(fields)


async def resend(door: Door, call: Call) -> Answer:
    """Send an event again now, whatever became of it."""
    event = await _find(door, call)
    command = ResendEvent(event.merchant_id, event.id)
    return answer(_fields(accepted(await door.network.perform(RESEND, command))))


async def _find(door: Door, call: Call) -> Event:
    event = await door.network.read(events.event, read_id("evt", call.path["id"]))
    mine = event is not None and event.merchant_id == call.caller.key.merchant_id
    if event is None or not (mine or call.caller.is_operator):
        raise refusal(Refused(Reason.EVENT_NOT_FOUND))
    return event


def _fields(event: Event) -> dict[str, Any]:
    fields = {
        "id": ids.show("evt", event.id),
        "merchant_id": ids.show("mch", event.merchant_id),
        "kind": event.kind.name.lower(),
        "state": event.state.name.lower(),
        "attempts": event.attempts,
    }
    if event.next_at:
        fields["next_at"] = clock.to_rfc3339(event.next_at)
    return fields
