"""Reading members, their sessions, and what they did."""

from changliao.core.acts import Act
from changliao.core.clock import Instant
from changliao.core.ids import NEWEST
from changliao.core.members import Member, MemberSession
from changliao.store.engine import Reader
from changliao.store.members import act_from_row, member_from_row, session_from_row

_MOST_SESSIONS = 50


def members(reader: Reader, organisation: int) -> list[Member]:
    """Of the network or of a merchant; 0 is everybody."""
    rows = reader.select("members_all", {"organisation": organisation})
    return [member_from_row(row) for row in rows]


def member(reader: Reader, member_id: int) -> Member | None:
    """By id."""
    rows = reader.select("member_by_id", {"member_id": member_id})
    return member_from_row(rows[0]) if rows else None


def member_by_name(reader: Reader, name: str) -> Member | None:
    """By what it logs in with."""
    rows = reader.select("member_by_name", {"reference": name})
    return member_from_row(rows[0]) if rows else None


def of_session(reader: Reader, token: bytes, now: Instant) -> tuple[Member, MemberSession] | None:
    """Who a browser is; None once its session ended."""
    rows = reader.select("member_of_session", {"token": token, "now_us": now})
    if not rows:
        return None
    session = session_from_row(rows[0])
    found = member(reader, session.member_id)
    return (found, session) if found is not None else None


def sessions_of(reader: Reader, member_id: int, now: Instant) -> list[MemberSession]:
    """Where a member is logged in, the newest first."""
    keys = {"member_id": member_id, "now_us": now, "most": _MOST_SESSIONS}
    return [session_from_row(row) for row in reader.select("sessions_of_member", keys)]


def acts(reader: Reader, member_id: int, first: int, most: int) -> list[Act]:
    """From one act on (NEWEST: the newest), the newest first; `member_id` 0 is everybody."""
    known = act(reader, first)
    from_us = NEWEST if known is None else known.at
    keys = {"member_id": member_id, "from_us": from_us, "act_id": first, "most": most}
    return [act_from_row(row) for row in reader.select("acts_latest", keys)]


def act(reader: Reader, act_id: int) -> Act | None:
    """By id."""
    rows = reader.select("act_by_id", {"act_id": act_id})
    return act_from_row(rows[0]) if rows else None


def acts_of(reader: Reader, subject: str, most: int) -> list[Act]:
    """What was done to one thing, the newest first."""
    rows = reader.select("acts_of_subject", {"reference": subject, "most": most})
    return [act_from_row(row) for row in rows]
