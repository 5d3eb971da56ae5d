"""Members and their roles, the table of rights, and what members did."""

import re
from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import chart, ids
from changliao.core.ids import MemberId, MemberSessionId, MerchantId
from changliao.core.members import (
    OF_MERCHANTS,
    RIGHTS,
    ChangeMember,
    MemberState,
    Right,
    Role,
    facts,
)
from changliao.core.outcome import Refused
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations import logins
from changliao.operations.members import ADD, CHANGE, END_SESSION, RESET, EndMemberSession
from changliao.store.views import members, parties

_PATH: Final = "/console/members"
_NAME: Final = re.compile(r"[^\s\x00-\x1f].{0,63}")
_ACTS: Final = 50


async def show(visit: Visit) -> Response:
    """Everybody, and what the roles may do."""
    return await _page(visit, {}, "")


async def add(visit: Visit) -> Response:
    """A new member; password and second factor are shown once, here."""
    form = await visit.form()
    given = {name: str(form.get(name, "")).strip() for name in ("name", "role", "merchant")}
    if not _NAME.fullmatch(given["name"]):
        return await _page(visit, given, visit.words("请填写用户名，最多 64 个字。"))
    role = _role(given["role"])
    organisation: MerchantId | None = MerchantId(chart.NETWORK)
    if role in OF_MERCHANTS:
        found = await visit.network.read(parties.merchant_by_number, given["merchant"])
        organisation = found.id if found else None
    if role is None or organisation is None:
        return await _page(visit, given, visit.words("没有这个商户号。"))
    new = await logins.prepare(visit.network, given["name"], role, organisation)
    subject = ids.show("mbr", new.command.member.id)
    outcome = await visit.act(form, ADD, new.command, subject, name=given["name"])
    if isinstance(outcome, Refused):
        return await _page(visit, given, visit.problem(outcome))
    return visit.render(
        "console/member_made.html",
        member=new.command.member,
        factors=new.factors,
        here_nav="members",
    )


async def change(visit: Visit) -> Response:
    """Another role, or let in no more; whoever is disabled is logged out by that."""
    form = await visit.form()
    member_id = MemberId(ids.parse("mbr", visit.request.path_params["id"]) or 0)
    known = await visit.network.read(members.member, member_id)
    role = _role(str(form.get("role", "")))
    if known is None or role is None:
        return visit.missing()
    state = MemberState.DISABLED if form.get("state") == "disabled" else MemberState.ACTIVE
    command = ChangeMember(member_id, role, state, visit.member.id)
    outcome = await visit.act(
        form,
        CHANGE,
        command,
        visit.request.path_params["id"],
        name=known.name,
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_PATH, 303)


async def reset(visit: Visit) -> Response:
    """Another password and second factor, shown once; the member is logged out everywhere."""
    form = await visit.form()
    shown = visit.request.path_params["id"]
    known = await visit.network.read(members.member, ids.parse("mbr", shown) or 0)
    if known is None:
        return visit.missing()
    new = await logins.prepare_reset(visit.network, known)
    outcome = await visit.act(form, RESET, new.command, shown, name=known.name)
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return visit.render(
        "console/member_made.html", member=known, factors=new.factors, here_nav="members"
    )


async def sessions(visit: Visit) -> Response:
    """Where a member is logged in."""
    member_id = ids.parse("mbr", visit.request.path_params["id"]) or 0
    known = await visit.network.read(members.member, member_id)
    if known is None:
        return visit.missing()
    open_now = await visit.network.read(members.sessions_of, member_id, visit.network.clock())
    shown = [(ids.show("ses", one.id), ids.made_at(one.id), one) for one in open_now]
    return visit.render(
        "console/member.html",
        member=known,
        member_id=visit.request.path_params["id"],
        sessions=shown,
        here_nav="members",
    )


async def end_session(visit: Visit) -> Response:
    """End anybody's session."""
    form = await visit.form()
    shown = visit.request.path_params["session_id"]
    command = EndMemberSession(MemberSessionId(ids.parse("ses", shown) or 0), MemberId(0))
    outcome = await visit.act(form, END_SESSION, command, shown)
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{_PATH}/{visit.request.path_params['id']}", 303)


async def audit(visit: Visit) -> Response:
    """What members did, the newest first."""
    query = visit.query
    first = ids.parse("act", query.get("from", "")) or ids.NEWEST
    member_id = ids.parse("mbr", query.get("member", "")) or 0
    found = await visit.network.read(members.acts, member_id, first, _ACTS + 1)
    names = {
        ids.show("mbr", one.id): one.name for one in await visit.network.read(members.members, 0)
    }
    shown = [(names.get(ids.show("mbr", one.member_id), ""), one) for one in found[:_ACTS]]
    older = ids.show("act", found[_ACTS].id) if len(found) > _ACTS else ""
    return visit.render(
        "console/audit.html",
        acts=shown,
        older=older,
        names=names,
        chosen=query.get("member", ""),
        here_nav="audit",
    )


async def _page(visit: Visit, given: dict[str, str], text: str) -> Response:
    found = await visit.network.read(members.members, 0)
    numbers = {chart.NETWORK: ""}
    for one in found:
        if one.organisation not in numbers:
            merchant = await visit.network.look_up(parties.merchant, one.organisation)
            numbers[one.organisation] = f"{merchant.name} {merchant.number}" if merchant else ""
    shown = [(ids.show("mbr", one.id), numbers[one.organisation], one, facts(one)) for one in found]
    return visit.render(
        "console/members.html",
        UNPROCESSABLE if text else 200,
        members=shown,
        given={"name": "", "role": "", "merchant": "", **given},
        problem_text=text,
        rights=list(Right),
        table=RIGHTS,
        roles=list(Role),
        of_merchants=OF_MERCHANTS,
        here_nav="members",
    )


def _role(text: str) -> Role | None:
    return Role.__members__.get(text.upper())


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, show),
    Entry("POST", _PATH, Right.MANAGE_MEMBERS, add),
    Entry("GET", _PATH + "/{id}", Right.LOOK, sessions),
    Entry("POST", _PATH + "/{id}", Right.MANAGE_MEMBERS, change, _PATH),
    Entry("POST", _PATH + "/{id}/reset", Right.MANAGE_MEMBERS, reset),
    Entry("POST", _PATH + "/{id}/sessions/{session_id}/end", Right.MANAGE_MEMBERS, end_session),
    Entry("GET", "/console/audit", Right.LOOK, audit),
)
