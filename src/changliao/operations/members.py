"""Adding and changing members, and letting them in. For what they do see operations/acts.py."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.clock import Instant, to_rfc3339
from changliao.core.credentials import Credential, CredentialKind, Proof, decide_proof
from changliao.core.ids import MemberId, MemberSessionId
from changliao.core.members import (
    ChangeMember,
    LogIn,
    Member,
    MemberSession,
    MemberState,
    decide_change,
    decide_login,
    facts,
    fits,
)
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Passkey, RemovePasskey, UsePasskey, decide_removal
from changliao.operations import passkeys
from changliao.operations.operation import Operation, Place, standing
from changliao.store.members import MEMBERS, MEMBERS_BY_NAME, SESSIONS
from changliao.store.parties import CREDENTIALS
from changliao.store.passkeys import PASSKEYS
from changliao.store.unit import UnitOfWork

_MOST_SESSIONS: Final = 1_000


class AddMember(Struct, frozen=True):
    """Somebody new, with a password that is hashed already."""

    member: Member
    password: Credential


class ResetMember(Struct, frozen=True):
    """Another password and second factor, for whoever lost one; `password` is hashed already."""

    member_id: MemberId
    totp: bytes
    password: Credential


class ChangePassword(Struct, frozen=True):
    """A member's own new password, hashed already; `proof` is about the old one.

    Every session of the member ends but `session_id`, in which it was typed.
    """

    member_id: MemberId
    session_id: MemberSessionId
    proof: Proof
    password: Credential


class EndMemberSession(Struct, frozen=True):
    """A browser may act no more; only its own member's, unless `member_id` is 0."""

    session_id: MemberSessionId
    member_id: MemberId


def _add(tx: UnitOfWork, command: AddMember, now: Instant) -> Member | Refused:
    """A name nobody has, and a role of its organisation. The same member again is no change."""
    member = command.member
    earlier = tx.find_by(MEMBERS_BY_NAME, member.name)
    if earlier is not None:
        return earlier if earlier == member else Refused(Reason.MEMBER_TAKEN)
    if not fits(member):
        return Refused(Reason.MEMBER_NOT_PERMITTED, "role")
    tx.insert(MEMBERS, member, MEMBERS_BY_NAME)
    tx.insert(CREDENTIALS, command.password)
    return member


def _change(tx: UnitOfWork, command: ChangeMember, now: Instant) -> Member | Refused:
    """Another role or state."""
    member = tx.find(MEMBERS, command.member_id)
    if member is None:
        return Refused(Reason.MEMBER_NOT_FOUND)
    after = decide_change(command, member)
    if isinstance(after, Member) and after != member:
        tx.update(MEMBERS, after)
    return after


def _reset(tx: UnitOfWork, command: ResetMember, now: Instant) -> Member | Refused:
    """Both factors at once, passkeys too; failures are forgotten and every session ends."""
    member = tx.find(MEMBERS, command.member_id)
    if member is None or tx.find(CREDENTIALS, _password(command.member_id)) is None:
        return Refused(Reason.MEMBER_NOT_FOUND)
    # No code of the new factor was used yet, also not in these thirty seconds.
    after = replace(member, totp=command.totp, last_step=0)
    tx.update(MEMBERS, after)
    tx.update(CREDENTIALS, command.password)
    _end_sessions(tx, member.id, MemberSessionId(0), now)
    for passkey in _passkeys(tx, member.id):
        removed = decide_removal(passkey, RemovePasskey(member.id, passkey.credential), now)
        if isinstance(removed, Passkey):
            tx.update(PASSKEYS, removed)
    return after


def _change_password(tx: UnitOfWork, command: ChangePassword, now: Instant) -> Refused | None:
    """The old one is needed, and wrong tries of it count as they do when logging in."""
    credential = tx.find(CREDENTIALS, _password(command.member_id))
    if credential is None:
        return Refused(Reason.MEMBER_NOT_FOUND)
    checked = decide_proof(credential, command.proof, now)
    if checked.refused is not None:
        tx.update(CREDENTIALS, checked.credential)
        return checked.refused
    tx.update(CREDENTIALS, command.password)
    _end_sessions(tx, command.member_id, command.session_id, now)
    return None


def _end_sessions(tx: UnitOfWork, member_id: MemberId, but: MemberSessionId, now: Instant) -> None:
    for session in _sessions(tx, member_id, now):
        if session.id != but:
            tx.update(SESSIONS, replace(session, expires_at=now))


def _sessions(tx: UnitOfWork, member_id: MemberId, now: Instant) -> list[MemberSession]:
    """Where a member is logged in."""
    keys = {"member_id": member_id, "now_us": now, "most": _MOST_SESSIONS}
    rows = tx.select("sessions_of_member", keys)
    found = (tx.find(SESSIONS, MemberSessionId(row[0])) for row in rows)
    return [one for one in found if one is not None and one.expires_at > now]


def _passkeys(tx: UnitOfWork, member_id: MemberId) -> list[Passkey]:
    rows = tx.select("passkeys_of_owner", {"owner_id": member_id})
    found = (tx.find(PASSKEYS, bytes(row[0])) for row in rows)
    return [one for one in found if one is not None and not one.removed_at]


def _log_in(tx: UnitOfWork, command: LogIn, now: Instant) -> MemberSession | Refused:
    """Count the try; open the session when both factors are right."""
    session = command.session
    member = tx.find(MEMBERS, session.member_id)
    credential = tx.find(CREDENTIALS, _password(session.member_id))
    if member is None or credential is None:
        return Refused(Reason.MEMBER_NOT_FOUND)
    # A challenge is answered once, also when the password turns out to be wrong.
    used = None
    if command.assertion is not None:
        used = passkeys.use(tx, UsePasskey(member.id, command.assertion), now)

    with_passkey = isinstance(used, Passkey)
    decided = decide_login(member, credential, command, now, with_passkey=with_passkey)

    if decided.credential is not credential:
        tx.update(CREDENTIALS, decided.credential)
    if decided.refused is not None:
        return decided.refused
    tx.update(MEMBERS, decided.member)
    tx.insert(SESSIONS, session)
    return session


def _end_session(
    tx: UnitOfWork, command: EndMemberSession, now: Instant
) -> MemberSession | Refused:
    """End a session now; ending it again is no change."""
    session = tx.find(SESSIONS, command.session_id)
    if session is None or command.member_id not in (0, session.member_id):
        return Refused(Reason.SESSION_ENDED)
    if session.expires_at > now:
        session = replace(session, expires_at=now)
        tx.update(SESSIONS, session)
    return session


def is_active(member: Member) -> bool:
    """May this member come in at all?"""
    return member.state is MemberState.ACTIVE


def _password(member_id: MemberId) -> tuple[int, int]:
    return (member_id, int(CredentialKind.PASSWORD))


def _log_in_keys(command: LogIn) -> Iterable[Place]:
    yield MEMBERS, command.session.member_id
    yield CREDENTIALS, _password(command.session.member_id)
    if command.assertion is not None:
        yield from passkeys.use_keys(UsePasskey(command.session.member_id, command.assertion))


def _login_facts(tx: UnitOfWork, member_id: MemberId, now: Instant) -> Facts:
    """What a member comes in with: never the secrets."""
    password = tx.find(CREDENTIALS, _password(member_id))
    return {
        "password_set": to_rfc3339(password.set_at) if password is not None else "",
        "sessions": str(len(_sessions(tx, member_id, now))),
        "passkeys": str(len(_passkeys(tx, member_id))),
    }


def _session_facts(tx: UnitOfWork, command: EndMemberSession, now: Instant) -> Facts:
    session = tx.find(SESSIONS, command.session_id)
    if session is None:
        return {}
    return {"state": "logged_in" if session.expires_at > now else "logged_out"}


def _one_keys(command: ChangeMember | ResetMember) -> Iterable[Place]:
    yield MEMBERS, command.member_id


ADD: Final = Operation(
    "members.add",
    _add,
    lambda command: (),
    standing(MEMBERS, lambda command: command.member.id, facts),
)
CHANGE: Final = Operation(
    "members.change", _change, _one_keys, standing(MEMBERS, lambda one: one.member_id, facts)
)
RESET: Final = Operation(
    "members.reset", _reset, _one_keys, lambda tx, one, now: _login_facts(tx, one.member_id, now)
)
LOG_IN: Final = Operation("members.log_in", _log_in, _log_in_keys)
CHANGE_PASSWORD: Final = Operation(
    "members.change_password",
    _change_password,
    lambda command: [(CREDENTIALS, _password(command.member_id))],
    lambda tx, one, now: _login_facts(tx, one.member_id, now),
)
END_SESSION: Final = Operation(
    "members.end_session",
    _end_session,
    lambda command: [(SESSIONS, command.session_id)],
    _session_facts,
)
