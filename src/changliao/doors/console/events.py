"""Notifications to merchants: which arrived, each attempt, and sending one again."""

from typing import Final

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.clock import Instant
from changliao.core.events import SAMPLES, Event, EventKind, ResendEvent, Sample
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Key, KeyKind
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.events import RESEND
from changliao.store.views import console, events, parties, told
from changliao.web.masking import masked

_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_BODY_SHOWN: Final = 4_096
_LONGEST_ID: Final = 32
_UNKNOWN: Final = Refused(Reason.EVENT_NOT_FOUND)
_RSA: Final = (KeyKind.RSA_PUBLIC, KeyKind.RSA_CERTIFICATE)


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
        running=await read(events.running, [one[-1] for one in shown], visit.network.clock()),
        samples=await samples(visit) if naming.scope(visit) else {},
        base=naming.prefix(visit),
        here_nav="events",
    )


async def one(visit: Visit) -> Response:
    """What is told, and every attempt with its answer."""
    event = await _named(visit)
    if event is None:
        return visit.missing()
    read = visit.network.read
    deliveries = await read(events.deliveries, event.id, event.merchant_id)
    version = f"{event.state.name}-{event.attempts}-{len(deliveries)}".lower()
    if visit.query.get("seen") == version:
        return Response(status_code=204)
    test = event.kind is EventKind.WEBHOOK_TEST
    body = await read(events.body, event.id, event.merchant_id)
    return visit.render(
        "console/event.html",
        id=ids.show("evt", event.id),
        event=event,
        running=bool(await read(events.running, [event], visit.network.clock())),
        door=await read(told.door, event),
        merchant=await naming.party(visit.network, event.merchant_id),
        deliveries=deliveries,
        body=_shown(body or b""),
        test=await read(events.test, event) if test else None,
        exchange=await _exchange(visit, event) if test else None,
        version=version,
        base=naming.prefix(visit),
        here_nav="events",
    )


async def resend(visit: Visit) -> Response:
    """Due at once, whatever became of it."""
    form = await visit.form()
    event = await _named(visit)
    if event is None:
        return visit.missing()
    outcome = await _resent(visit, form, event)
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{naming.prefix(visit)}/events/{ids.show('evt', event.id)}", 303)


async def resend_chosen(visit: Visit) -> Response:
    """Those that were ticked, each on its own; which were refused is said."""
    form = await visit.form()
    refused = []
    for text in dict.fromkeys(str(one) for one in form.getlist("event")[:_PAGE]):
        event = await _of_id(visit, text)
        # Each is an act of its own: one name for all would be one act.
        outcome = await _resent(visit, FormData(), event) if event else _UNKNOWN
        if isinstance(outcome, Refused):
            refused.append(f"{text[:_LONGEST_ID]}: {visit.problem(outcome)}")
    if refused:
        text = " · ".join(refused)
        return visit.render("console/said.html", UNPROCESSABLE, said="refused", text=text)
    given_up = "?state=given_up" if form.get("state") == "given_up" else ""
    return RedirectResponse(f"{naming.prefix(visit)}/events{given_up}", 303)


async def _resent(visit: Visit, form: FormData, event: Event) -> Event | Refused:
    command = ResendEvent(event.merchant_id, event.id)
    return await visit.act(form, RESEND, command, ids.show("evt", event.id))


async def samples(visit: Visit) -> dict[str, tuple[Sample, ...]]:
    """What the merchant can test, by door: our own, and those that it or its apps have keys for."""
    read, now = visit.network.read, visit.network.clock()
    merchant = await naming.own_merchant(visit)
    apps = await read(parties.apps_of, merchant.id)
    of_apps = [key for app in apps for key in await read(parties.keys_of, app.id)]
    spoken = {
        "wechatpay": _signs(await read(parties.keys_of, merchant.id), now),
        "alipay": _signs(of_apps, now),
        "rest": True,
    }
    return {door: kinds for door, kinds in SAMPLES.items() if spoken[door]}


def _signs(keys: list[Key], now: Instant) -> bool:
    return any(one.kind in _RSA and one.works(now) for one in keys)


async def _exchange(visit: Visit, event: Event) -> dict[str, str]:
    """What went out and what came back, without what receivers keep secret."""
    found = await visit.network.read(events.exchange, event)
    if found is None:
        return {}
    return {name: masked(_shown(getattr(found, name))) for name in found.__struct_fields__}


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")[:_BODY_SHOWN]


async def _named(visit: Visit) -> Event | None:
    return await _of_id(visit, visit.request.path_params["id"])


async def _of_id(visit: Visit, text: str) -> Event | None:
    """The event; another merchant's is not found."""
    event_id = ids.parse("evt", text)
    event = await visit.network.read(events.event, event_id) if event_id else None
    mine = event is not None and naming.scope(visit) in (0, event.merchant_id)
    return event if mine else None


ENTRIES: Final = (
    Entry("GET", "/console/events", Right.LOOK, listed),
    Entry("GET", "/console/events/{id}", Right.LOOK, one),
    Entry("POST", "/console/events/resend", Right.RESEND, resend_chosen),
    Entry("POST", "/console/events/{id}/resend", Right.RESEND, resend),
)
