"""Differences between channels' statements and the books: one proposes, another approves."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.differences import (
    Case,
    CaseState,
    DecideResolution,
    ProposeResolution,
    Resolution,
    facts,
)
from changliao.core.ids import DifferenceId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Refused
from changliao.doors.console import naming, reconciliations
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.differences import DECIDE, PROPOSE
from changliao.store.views import channels, differences, members

_PATH: Final = "/console/differences"
_PAGE: Final = 30
_NEWEST_DAYS: Final = 5
_NEWEST: Final = 1 << 62
_LONGEST_NOTE: Final = 200


async def listed(visit: Visit) -> Response:
    """The newest first, in a state or in any."""
    query, read = visit.query, visit.network.read
    state = CaseState.__members__.get(query.get("state", "").upper())
    before = ids.parse("dif", query.get("before", "")) or _NEWEST
    found = await read(differences.cases, 0, int(state or 0), before, _PAGE + 1)
    filters = {"state": query["state"]} if state else {}
    known = await read(channels.channels)
    names = {one.id: visit.called(one) for one in known}
    people = {ids.show("mbr", one.id): one.name for one in await read(members.members, 0)}
    shown = [
        (
            ids.show("dif", one.id),
            BY_NUMBER[one.currency].code,
            await naming.party(visit.network, one.owner.owner) if one.owner.owner else None,
            one,
            facts(one),
        )
        for one in found[:_PAGE]
    ]
    return visit.render(
        "console/differences.html",
        cases=shown,
        channels=names,
        days=await reconciliations.newest(visit, known, _NEWEST_DAYS),
        people=people,
        own=ids.show("mbr", visit.member.id),
        older=urlencode(filters | {"before": shown[-1][0]}) if len(found) > _PAGE else "",
        chosen=query.get("state", "") if state else "",
        here_nav="differences",
    )


async def propose(visit: Visit) -> Response:
    """What to book, and why. Nothing moves yet."""
    form = await visit.form()
    known = await _named(visit)
    resolution = Resolution.__members__.get(str(form.get("resolution", "")).upper())
    note = str(form.get("note", "")).strip()[:_LONGEST_NOTE]
    if known is None or resolution is None or not note:
        return visit.missing()
    by = ids.show("mbr", visit.member.id)
    command = ProposeResolution(known.id, resolution, note, by)
    shown = visit.request.path_params["id"]
    outcome = await visit.act(form, PROPOSE, command, shown)
    return visit.refused(outcome) if isinstance(outcome, Refused) else _back()


async def decide(visit: Visit) -> Response:
    """Another member's proposal is booked, or the case is open again."""
    form = await visit.form()
    known = await _named(visit)
    decision = str(form.get("decision", ""))
    if known is None or decision not in ("approve", "reject"):
        return visit.missing()
    by = ids.show("mbr", visit.member.id)
    command = DecideResolution(known.id, decision == "approve", by)
    outcome = await visit.act(
        form,
        DECIDE,
        command,
        visit.request.path_params["id"],
        decision=decision,
    )
    return visit.refused(outcome) if isinstance(outcome, Refused) else _back()


async def _named(visit: Visit) -> Case | None:
    number = ids.parse("dif", visit.request.path_params["id"])
    return await visit.network.read(differences.case, DifferenceId(number)) if number else None


def _back() -> Response:
    return RedirectResponse(_PATH, 303)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", _PATH + "/{id}/propose", Right.PROPOSE_DIFFERENCES, propose, _PATH),
    Entry("POST", _PATH + "/{id}/decide", Right.APPROVE_DIFFERENCES, decide, _PATH),
)
