"""Members, their sessions and their acts, as rows."""

from typing import Any, Final

import msgspec

from changliao.core.acts import Act, Facts
from changliao.core.clock import Instant
from changliao.core.ids import ActId, MemberId, MemberSessionId, MerchantId
from changliao.core.members import Member, MemberSession, MemberState, Role
from changliao.store.engine import Row
from changliao.store.unit import Index, Table

# Two of an act's details are facts; until 2026-12 they were words like the others.
_DETAILS: Final = msgspec.json.Decoder(dict[str, str | Facts])


def member_from_row(row: Row) -> Member:
    """A member from the columns of `members_find`."""
    return Member(
        MemberId(row[0]),
        row[1],
        Role(row[2]),
        MerchantId(row[3]),
        bytes(row[4]),
        MemberState(row[5]),
        row[6],
    )


def session_from_row(row: Row) -> MemberSession:
    """A session from the columns of `member_sessions_find`."""
    return MemberSession(
        MemberSessionId(row[0]), bytes(row[1]), MemberId(row[2]), Instant(row[3]), row[4], row[5]
    )


def act_from_row(row: Row) -> Act:
    """An act from the columns of `acts_find`."""
    kept = _DETAILS.decode(row[4])
    words = {name: said for name, said in kept.items() if isinstance(said, str)}
    facts = {name: said for name, said in kept.items() if isinstance(said, dict)}
    return Act(
        ActId(row[0]),
        MemberId(row[1]),
        row[2],
        row[3],
        words,
        row[5],
        facts.get("before", {}),
        facts.get("after", {}),
        Instant(row[6]),
    )


def _details(act: Act) -> dict[str, Any]:
    return {**act.details, "before": act.before, "after": act.after}


MEMBERS: Table[int, Member] = Table(
    name="members",
    key=lambda one: one.id,
    to_row=lambda one: (
        one.id,
        one.name,
        int(one.role),
        one.organisation,
        one.totp,
        int(one.state),
        one.last_step,
    ),
    from_row=member_from_row,
    change=lambda before, after: (
        after.id,
        int(after.role),
        after.totp,
        int(after.state),
        after.last_step,
        int(before.role),
        int(before.state),
        before.last_step,
    ),
)
MEMBERS_BY_NAME: Index[str, Member] = Index("members_find_by_name", MEMBERS, lambda one: one.name)
SESSIONS: Table[int, MemberSession] = Table(
    name="member_sessions",
    key=lambda one: one.id,
    to_row=lambda one: (
        one.id,
        one.token,
        one.member_id,
        one.expires_at,
        one.address,
        one.browser,
    ),
    from_row=session_from_row,
    change=lambda before, after: (after.id, after.expires_at, before.expires_at),
)
ACTS: Table[int, Act] = Table(
    name="acts",
    key=lambda one: one.id,
    to_row=lambda one: (
        one.id,
        one.member_id,
        one.action,
        one.subject,
        msgspec.json.encode(_details(one)),
        one.address,
        one.at,
    ),
    from_row=act_from_row,
)
