"""Notifications to merchants: which arrived, each attempt, and sending one again."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.events import Event, ResendEvent
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.events import RESEND
from changliao.store.views import console, events, told

_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_BODY_SHOWN: Final = 4_096


async def listed(visit: Visit) -> Response:
    """The newest first; `state=given_up` are those that nobody answered."""
    query, read = visit.query, visit.network.read
    before = ids.parse("evt", query.get("before", "")) or _NEWEST
    given_up = query.get("state") == "given_up" and not naming.scope(visit)
    if naming.scope(visit):
        found = await read(events.of_merchant, naming.scope(visit), before, _PAGE + 1)
    elif given_up:
        found = await read(console.given_up, before, _PAGE + 1)
    else:
        found = await read(events.latest, before, _PAGE + 1)
    shown = [
        (
            ids.show("evt", one.id),
            ids.made_at(one.id),
            await naming.party(visit.network, one.merchant_id),
            one,
        )
        for one in found[:_PAGE]
    ]
    return visit.render(
        "console/events.html",
        events=shown,
        older=shown[-1][0] if len(found) > _PAGE else "",
        given_up=given_up,
        base=naming.prefix(visit),
        here_nav="events",
    )


async def one(visit: Visit) -> Response:
    """What is told, and every attempt with its answer."""
    event = await _named(visit)
    if event is None:
        return visit.missing()
    read = visit.network.read
    body = await read(events.body, event.id, event.merchant_id)
    return visit.render(
        "console/event.html",
        id=ids.show("evt", event.id),
        event=event,
        door=await read(told.door, event),
        merchant=await naming.party(visit.network, event.merchant_id),
        deliveries=await read(events.deliveries, event.id, event.merchant_id),
        body=(body or b"").decode("utf-8", "replace")[:_BODY_SHOWN],
        base=naming.prefix(visit),
        here_nav="events",
    )


async def resend(visit: Visit) -> Response:
    """Due at once, whatever became of it."""
    form = await visit.form()
    event = await _named(visit)
    if event is None:
        return visit.missing()
    shown = ids.show("evt", event.id)
    before = event.state.name.lower()
    outcome = await visit.act(
        form, RESEND, ResendEvent(event.merchant_id, event.id), shown, before=before
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{naming.prefix(visit)}/events/{shown}", 303)


async def _named(visit: Visit) -> Event | None:
    event_id = ids.parse("evt", visit.request.path_params["id"])
    event = await visit.network.read(events.event, event_id) if event_id else None
    mine = event is not None and naming.scope(visit) in (0, event.merchant_id)
    return event if mine else None


ENTRIES: Final = (
    Entry("GET", "/console/events", Right.LOOK, listed),
    Entry("GET", "/console/events/{id}", Right.LOOK, one),
    Entry("POST", "/console/events/{id}/resend", Right.RESEND, resend),
)
