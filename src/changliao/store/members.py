"""Members, their sessions and their acts, as rows."""

from typing import Final

import msgspec

from changliao.core.clock import Instant
from changliao.core.ids import ActId, MemberId, MemberSessionId, MerchantId
from changliao.core.members import Act, Member, MemberSession, MemberState, Role
from changliao.store.engine import Row
from changliao.store.unit import Index, Table

_DETAILS: Final = msgspec.json.Decoder(dict[str, str])


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
    return Act(ActId(row[0]), MemberId(row[1]), row[2], row[3], _DETAILS.decode(row[4]), row[5])


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
        msgspec.json.encode(one.details),
        one.address,
    ),
    from_row=act_from_row,
)
