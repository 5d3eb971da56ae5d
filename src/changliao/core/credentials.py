"""Credentials: passwords and PINs, and the lock-out both obey.

Hashing costs time and randomness, so it happens at the door; the decision learns only whether the
typed secret matched, and counts. Five wrong in a row lock the credential, longer each time.

A forgotten PIN is set anew without the old one: with the password and a passkey at once, or with
the password and a day of waiting, in which the PIN pays for nothing and the owner may cancel. A
passkey that is younger than the wait saves none of it: whoever has the password can add one.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import DAY, HOUR, MINUTE, NEVER, Instant
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Passkey

ATTEMPTS: Final = 5
_LOCKS: Final[Mapping[int, int]] = {1: 10 * MINUTE, 2: HOUR, 3: 3 * HOUR}
_LONGEST_LOCK: Final = 24 * HOUR
RESET_WAITS: Final = DAY
RESET_STAYS_OPEN: Final = 3 * DAY


class CredentialKind(IntEnum):
    """The number is stored."""

    PASSWORD = 1
    PIN = 2


class Credential(Struct, frozen=True):
    """`failures` counts wrong tries since the last right one; it survives a lock that ran out.

    From `reset_at` on, for a while, a PIN may be set anew without the old one; NEVER: nobody asked.
    """

    user_id: UserId
    kind: CredentialKind
    hash: str
    set_at: Instant
    failures: int = 0
    locked_until: Instant = NEVER
    reset_at: Instant = NEVER

    def being_reset(self, now: Instant) -> bool:
        """Did somebody ask to set it anew, and may that still happen?"""
        return bool(self.reset_at) and now < self.reset_at + RESET_STAYS_OPEN


class Proof(Struct, frozen=True, gc=False):
    """What the door found: whether the secret matched the credential set at `set_at`."""

    matched: bool
    set_at: Instant


class Checked(Struct, frozen=True):
    """The credential after a try, and None or why the try is refused."""

    credential: Credential
    refused: Refused | None


def decide_proof(credential: Credential, proof: Proof, now: Instant) -> Checked:
    """Count a try. A locked credential refuses even the right secret, and counts nothing.

    So does one that is being reset: who asked for that may not be its owner.
    """
    if credential.being_reset(now):
        return Checked(credential, Refused(Reason.PIN_RESET_WAITING, str(credential.reset_at)))
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


def ask_reset(pin: Credential, now: Instant) -> Credential:
    """Begin to wait; asking again does not begin anew."""
    return pin if pin.being_reset(now) else replace(pin, reset_at=Instant(now + RESET_WAITS))


def saves_the_wait(passkey: Passkey, now: Instant) -> bool:
    """Is it old enough to stand for its owner?"""
    return now >= passkey.added_at + RESET_WAITS


def decide_reset(
    pin: Credential, wanted: Credential, passkey: Passkey | None, now: Instant
) -> Credential | Refused:
    """Another PIN in the place of a forgotten one, after the wait or with a passkey."""
    waited = pin.being_reset(now) and now >= pin.reset_at
    if waited or (passkey is not None and saves_the_wait(passkey, now)):
        return wanted
    return Refused(Reason.PIN_RESET_NOT_OPEN)
