"""Two members change one thing: the second is shown both versions before anything is saved.

A form of something that can be edited carries the facts that its page showed (`seen`); the commit
compares. Stale forms are answered 409: field by field what was seen, what is now, and what was
typed, who changed it and when; what was typed is kept and can be saved on top, knowingly.
"""

from typing import Final

from msgspec import Struct
from starlette.responses import Response

from changliao.core import ids
from changliao.core.acts import Act, Facts
from changliao.core.members import Right
from changliao.doors.console.visit import Entry, Handler, Stale, Visit
from changliao.store.views import members
from changliao.web import session

_CONFLICT: Final = 409
_LOOKED_AT: Final = 20
# What a form carries for itself.
_OWN: Final = ("act", "seen")


class Field(Struct, frozen=True):
    """One fact as it was seen, as it is, and as the form has it (None: not in the form)."""

    name: str
    seen: str
    now: str
    typed: str | None


def telling(entry: Entry) -> Entry:
    """The entry, its handler answering stale forms."""
    handler: Handler = entry.handler

    async def answering(visit: Visit) -> Response:
        try:
            return await handler(visit)
        except Stale as stale:
            return await _page(visit, entry, stale)

    return Entry(entry.method, entry.path, entry.right, answering, entry.shown_at)


async def _page(visit: Visit, entry: Entry, stale: Stale) -> Response:
    form = await visit.form()
    typed = {name: text for name, text in session.kept(form).items() if name not in _OWN}
    seen, now = stale.seen, stale.now
    names = dict.fromkeys([*now, *seen])
    # A box that is not ticked is not sent.
    boxes = {name: "" for name in names if now.get(name, seen.get(name)) in ("", "1")}
    whose = 0 if visit.may(Right.LOOK) else visit.member.organisation
    people = await visit.network.read(members.members, whose)
    return visit.render(
        "console/conflict.html",
        _CONFLICT,
        fields=[
            Field(one, seen.get(one, ""), now.get(one, ""), typed.get(one, boxes.get(one)))
            for one in names
        ],
        currency=now.get("currency", seen.get("currency", "")),
        typed=typed,
        extra={name: text for name, text in typed.items() if name not in names},
        subject=stale.act.subject,
        of=stale.act.action.partition(".")[0],
        seen=now,
        by=await _who(visit, stale.act.subject, now),
        names={ids.show("mbr", one.id): one.name for one in people},
        back=entry.shown_at.format(**visit.request.path_params),
        action=visit.request.url.path,
        here_nav="",
    )


async def _who(visit: Visit, subject: str, now: Facts) -> Act | None:
    """Which act left it as it is, if one did: not everything is done by a member."""
    found = await visit.network.read(members.acts_of, subject, _LOOKED_AT)
    return next((one for one in found if one.after == now), None)
