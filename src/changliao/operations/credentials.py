"""Counting tries of passwords and PINs, and setting them."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.credentials import Credential, CredentialKind, Proof, decide_proof
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store.parties import CREDENTIALS
from changliao.store.unit import UnitOfWork


class CheckCredential(Struct, frozen=True):
    """A person typed a secret; `proof` is what the door found."""

    user_id: UserId
    kind: CredentialKind
    proof: Proof


def check_pin(tx: UnitOfWork, user_id: UserId, proof: Proof | None, now: Instant) -> Refused | None:
    """Count a PIN that came with a command; None when it was right or none is needed."""
    if proof is None:
        return None
    return _check(tx, CheckCredential(user_id, CredentialKind.PIN, proof), now)


def pin_keys(user_id: UserId, proof: Proof | None) -> Iterable[Place]:
    """What `check_pin` will ask for."""
    if proof is not None:
        yield CREDENTIALS, (user_id, int(CredentialKind.PIN))


def _check(tx: UnitOfWork, command: CheckCredential, now: Instant) -> Refused | None:
    credential = tx.find(CREDENTIALS, (command.user_id, int(command.kind)))
    if credential is None:
        return Refused(Reason.USER_NOT_FOUND)
    checked = decide_proof(credential, command.proof, now)
    if checked.credential is not credential:
        tx.update(CREDENTIALS, checked.credential)
    return checked.refused


def _set(tx: UnitOfWork, command: Credential, now: Instant) -> Credential:
    """A new secret: earlier failures are forgotten. Who may do this is the caller's to know."""
    if tx.find(CREDENTIALS, (command.user_id, int(command.kind))) is None:
        tx.insert(CREDENTIALS, command)
    else:
        tx.update(CREDENTIALS, command)
    return command


CHECK: Final = Operation(
    "credentials.check",
    _check,
    lambda command: [(CREDENTIALS, (command.user_id, int(command.kind)))],
)
SET: Final = Operation(
    "credentials.set",
    _set,
    lambda command: [(CREDENTIALS, (command.user_id, int(command.kind)))],
)
