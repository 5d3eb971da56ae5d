"""A member's own page: where it is logged in and ending that, and another password."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import MemberSessionId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations import logins
from changliao.operations.members import CHANGE_PASSWORD, END_SESSION, EndMemberSession
from changliao.store.views import members

_PATH: Final = "/console/account"


async def show(visit: Visit) -> Response:
    """Who I am, and my sessions."""
    return await _page(visit, "")


async def change_password(visit: Visit) -> Response:
    """The old one is asked for; every other browser is logged out."""
    form = await visit.form()
    old, new, again = (
        str(form.get(name, ""))[: logins.LONGEST_PASSWORD + 1] for name in ("old", "new", "again")
    )
    if not logins.SHORTEST_PASSWORD <= len(new) <= logins.LONGEST_PASSWORD:
        return await _page(visit, visit.words("新密码至少 12 个字符，最多 128 个。"))
    if new != again:
        return await _page(visit, visit.words("两次填写的新密码不一样。"))
    if new == old:
        return await _page(visit, visit.words("新密码不要与原来的相同。"))
    asked = await logins.prepare_password(visit.network, visit.member, visit.session, old, new)
    if isinstance(asked, Refused):
        return await _page(visit, _why(visit, asked))
    shown = ids.show("mbr", visit.member.id)
    refused = await visit.act(form, CHANGE_PASSWORD, asked, shown, name=visit.member.name)
    if refused is not None:
        return await _page(visit, _why(visit, refused))
    return RedirectResponse(f"{_PATH}?changed=1", 303)


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


async def _page(visit: Visit, problem: str) -> Response:
    now = visit.network.clock()
    sessions = await visit.network.read(members.sessions_of, visit.member.id, now)
    shown = [(ids.show("ses", one.id), ids.made_at(one.id), one) for one in sessions]
    return visit.render(
        "console/account.html",
        UNPROCESSABLE if problem else 200,
        sessions=shown,
        problem_text=problem,
        changed=visit.query.get("changed") == "1",
        here_nav="account",
    )


def _why(visit: Visit, refused: Refused) -> str:
    if refused.reason is Reason.CREDENTIAL_WRONG:
        return visit.words("原来的密码不正确。连续输错 5 次会锁定一段时间。")
    return visit.problem(refused)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.OWN_ACCOUNT, show),
    Entry("POST", _PATH + "/password", Right.OWN_ACCOUNT, change_password),
    Entry("POST", _PATH + "/sessions/{id}/end", Right.OWN_ACCOUNT, end),
)
