"""Counting tries of passwords and PINs, and setting them."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import NEVER, Instant
from changliao.core.credentials import Credential, CredentialKind, Proof, decide_proof
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.operations import risk
from changliao.operations.operation import Operation
from changliao.store.parties import CREDENTIALS, MOST_SESSIONS, SESSIONS
from changliao.store.unit import UnitOfWork


class CheckCredential(Struct, frozen=True):
    """A person typed a secret; `proof` is what the door found."""

    user_id: UserId
    kind: CredentialKind
    proof: Proof


class ChangeCredential(Struct, frozen=True):
    """A person's own new secret, hashed already; `proof` is about the old one.

    With another password every session ends but the one whose stored token is `session`.
    """

    credential: Credential
    proof: Proof
    session: bytes


def pin_refused(tx: UnitOfWork, user_id: UserId, now: Instant) -> Refused | None:
    """Why nobody may pay out of this wallet now, where no PIN is asked for."""
    pin = tx.find(CREDENTIALS, (user_id, int(CredentialKind.PIN)))
    if pin is None or not pin.being_reset(now):
        return None
    return Refused(Reason.PIN_RESET_WAITING, str(pin.reset_at))


def check(tx: UnitOfWork, command: CheckCredential, now: Instant) -> Refused | None:
    """Count a try; None when it was right."""
    credential = tx.find(CREDENTIALS, (command.user_id, int(command.kind)))
    if credential is None:
        return Refused(Reason.USER_NOT_FOUND)
    checked = decide_proof(credential, command.proof, now)
    if checked.credential is not credential:
        tx.update(CREDENTIALS, checked.credential)
        if checked.refused is not None and command.kind is CredentialKind.PIN:
            risk.wrong_pin(tx, command.user_id, now)
    return checked.refused


def _set(tx: UnitOfWork, command: Credential, now: Instant) -> Credential:
    """A new secret: earlier failures are forgotten. Who may do this is the caller's to know."""
    if tx.find(CREDENTIALS, (command.user_id, int(command.kind))) is None:
        tx.insert(CREDENTIALS, command)
    else:
        tx.update(CREDENTIALS, command)
    return command


def _change(tx: UnitOfWork, command: ChangeCredential, now: Instant) -> Refused | None:
    """The old one is needed, and wrong tries of it count as everywhere."""
    after = command.credential
    refused = check(tx, CheckCredential(after.user_id, after.kind, command.proof), now)
    if refused is not None:
        return refused
    tx.update(CREDENTIALS, after)
    if after.kind is CredentialKind.PASSWORD:
        # Whoever knew the old one may have asked for another PIN with it.
        pin = tx.find(CREDENTIALS, (after.user_id, int(CredentialKind.PIN)))
        if pin is not None and pin.reset_at:
            tx.update(CREDENTIALS, replace(pin, reset_at=NEVER))
        keys = {"user_id": after.user_id, "now_us": now, "most": MOST_SESSIONS}
        for row in tx.select("sessions_of_user", keys):
            session = tx.find(SESSIONS, bytes(row[0]))
            if session is not None and session.token != command.session:
                tx.update(SESSIONS, replace(session, expires_at=now))
    return None


CHECK: Final = Operation(
    "credentials.check",
    check,
    lambda command: [(CREDENTIALS, (command.user_id, int(command.kind)))],
)
SET: Final = Operation(
    "credentials.set",
    _set,
    lambda command: [(CREDENTIALS, (command.user_id, int(command.kind)))],
)
CHANGE: Final = Operation(
    "credentials.change",
    _change,
    lambda command: [(CREDENTIALS, (command.credential.user_id, int(command.credential.kind)))],
)
