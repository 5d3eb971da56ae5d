"""Credentials: passwords and PINs, and the lock-out both obey.

Hashing costs time and randomness, so it happens at the door; the decision learns only whether the
typed secret matched, and counts. Five wrong in a row lock the credential, longer each time.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import HOUR, MINUTE, NEVER, Instant
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused

ATTEMPTS: Final = 5
_LOCKS: Final[Mapping[int, int]] = {1: 10 * MINUTE, 2: HOUR, 3: 3 * HOUR}
_LONGEST_LOCK: Final = 24 * HOUR


class CredentialKind(IntEnum):
    """The number is stored."""

    PASSWORD = 1
    PIN = 2


class Credential(Struct, frozen=True):
    """`failures` counts wrong tries since the last right one; it survives a lock that ran out."""

    user_id: UserId
    kind: CredentialKind
    hash: str
    set_at: Instant
    failures: int = 0
    locked_until: Instant = NEVER


class Proof(Struct, frozen=True, gc=False):
    """What the door found: whether the secret matched the credential set at `set_at`."""

    matched: bool
    set_at: Instant


class Checked(Struct, frozen=True):
    """The credential after a try, and None or why the try is refused."""

    credential: Credential
    refused: Refused | None


def decide_proof(credential: Credential, proof: Proof, now: Instant) -> Checked:
    """Count a try. A locked credential refuses even the right secret, and counts nothing."""
    if now < credential.locked_until:
        return Checked(credential, Refused(Reason.CREDENTIAL_LOCKED, str(credential.locked_until)))
    if proof.matched and proof.set_at == credential.set_at:
        if not credential.failures:
            return Checked(credential, None)
        return Checked(replace(credential, failures=0, locked_until=NEVER), None)
    failures = credential.failures + 1
    rounds, left = divmod(failures, ATTEMPTS)
    if left:
        counted = replace(credential, failures=failures)
        return Checked(counted, Refused(Reason.CREDENTIAL_WRONG, str(ATTEMPTS - left)))
    until = Instant(now + _LOCKS.get(rounds, _LONGEST_LOCK))
    locked = replace(credential, failures=failures, locked_until=until)
    return Checked(locked, Refused(Reason.CREDENTIAL_LOCKED, str(until)))
