"""Passkeys: an authenticator signs a challenge, after its owner unlocked it, instead of a secret.

The owner is a user or a member. Signatures are checked at the door; the decision counts: a
challenge is answered once, and a counter that goes back means that the passkey was copied.
Refuses: a passkey of somebody else or one that was removed; more of them than a person has devices.
Source: W3C Web Authentication, level 2, 7.1 and 7.2.
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.clock import MINUTE, NEVER, Instant
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason, Refused

MOST: Final = 10
LONGEST_NAME: Final = 64
ANSWER_WITHIN: Final = 5 * MINUTE
# Ed25519, ECDSA with P-256, RSA: what every authenticator knows one of. Source: RFC 9053.
ALGORITHMS: Final = (-8, -7, -257)


class Purpose(IntEnum):
    """What a challenge is answered for; an answer for one is worth nothing for another."""

    ADD = 1
    LOG_IN = 2
    SECOND_FACTOR = 3
    RESET_PIN = 4
    CONFIRM = 5


class Party(Struct, frozen=True):
    """Whom authenticators answer: our domain, and the origin of the page that asks."""

    id: str
    origin: str


class Asked(Struct, frozen=True):
    """What a challenge is for, in which browser, and whose answer is wanted; 0 is anybody's.

    `about` is what a CONFIRM confirms.
    """

    purpose: Purpose
    owner_id: int
    browser: str
    about: str = ""


class Passkey(Struct, frozen=True):
    """`credential` is what the authenticator calls it, `public_key` is a COSE key.

    `confirms_at` is when its owner permitted it to stand for the PIN (core/confirmations.py).
    """

    credential: bytes
    owner_id: int
    name: str
    public_key: bytes
    sign_count: int
    added_at: Instant
    used_at: Instant = NEVER
    removed_at: Instant = NEVER
    confirms_at: Instant = NEVER


class Assertion(Struct, frozen=True):
    """An answer whose signature is right; `challenge` is what it answered, as a nonce."""

    credential: bytes
    sign_count: int
    challenge: Nonce


class AddPasskey(Struct, frozen=True):
    """A new passkey, and the challenge with which it was made."""

    passkey: Passkey
    challenge: Nonce


class UsePasskey(Struct, frozen=True):
    """The owner answered a challenge."""

    owner_id: int
    assertion: Assertion


class RemovePasskey(Struct, frozen=True):
    """The owner's passkey must not be accepted any more."""

    owner_id: int
    credential: bytes


class RenamePasskey(Struct, frozen=True):
    """The owner calls it otherwise."""

    owner_id: int
    credential: bytes
    name: str


def facts(passkey: Passkey) -> Facts:
    """What its owner calls it, and whether it still opens anything."""
    return {"name": passkey.name, "state": "removed" if passkey.removed_at else "in_use"}


def decide_use(passkey: Passkey | None, command: UsePasskey, now: Instant) -> Passkey | Refused:
    """The passkey with its counter moved on. Authenticators that do not count always say 0."""
    if passkey is None or passkey.owner_id != command.owner_id or passkey.removed_at:
        return Refused(Reason.PASSKEY_NOT_FOUND)
    before, after = passkey.sign_count, command.assertion.sign_count
    if (before or after) and after <= before:
        return Refused(Reason.PASSKEY_COPIED)
    return replace(passkey, sign_count=after, used_at=now)


def decide_removal(
    passkey: Passkey | None, command: RemovePasskey, now: Instant
) -> Passkey | Refused:
    """The passkey as it is once removed; removing it again is no change."""
    if passkey is None or passkey.owner_id != command.owner_id:
        return Refused(Reason.PASSKEY_NOT_FOUND)
    return passkey if passkey.removed_at else replace(passkey, removed_at=now)


def decide_renaming(passkey: Passkey | None, command: RenamePasskey) -> Passkey | Refused:
    """The passkey under its new name; the same name again is no change."""
    if passkey is None or passkey.owner_id != command.owner_id or passkey.removed_at:
        return Refused(Reason.PASSKEY_NOT_FOUND)
    return passkey if passkey.name == command.name else replace(passkey, name=command.name)
