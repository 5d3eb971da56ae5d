"""A member's own page: where it is logged in, and ending that."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import MemberSessionId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.members import END_SESSION, EndMemberSession
from changliao.store.views import members

_PATH: Final = "/console/account"


async def show(visit: Visit) -> Response:
    """Who I am, and my sessions."""
    now = visit.network.clock()
    sessions = await visit.network.read(members.sessions_of, visit.member.id, now)
    shown = [(ids.show("ses", one.id), ids.made_at(one.id), one) for one in sessions]
    return visit.render("console/account.html", sessions=shown, here_nav="account")


async def end(visit: Visit) -> Response:
    """End one of my sessions; another member's is not found."""
    form = await visit.form()
    session_id = MemberSessionId(ids.parse("ses", visit.request.path_params["id"]) or 0)
    command = EndMemberSession(session_id, visit.member.id)
    subject = visit.request.path_params["id"]
    outcome = await visit.act(form, END_SESSION, command, subject)
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_PATH, 303)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.OWN_ACCOUNT, show),
    Entry("POST", _PATH + "/sessions/{id}/end", Right.OWN_ACCOUNT, end),
)
