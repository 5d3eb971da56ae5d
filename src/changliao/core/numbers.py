"""Numbers of sixteen digits for users and merchants, as protocols that name people so need them.

A merchant brings the number it has; everybody else gets one when it is first asked for. It begins
with 2088 and says nothing of the party. Refuses: a number that somebody else has.
"""

import hashlib
from typing import Final

from msgspec import Struct

from changliao.core.outcome import Reason, Refused

FIRST: Final = 2_088_000_000_000_000
_SPACE: Final = 10**12


class Numbered(Struct, frozen=True):
    """A party and its number."""

    party_id: int
    number: int


class GiveNumber(Struct, frozen=True):
    """A party needs a number; 0 is any that is free."""

    party_id: int
    number: int = 0


def candidate(party_id: int, attempt: int) -> int:
    """A number to try; each attempt gives another."""
    digest = hashlib.sha256(f"{party_id}/{attempt}".encode()).digest()
    return FIRST + int.from_bytes(digest) % _SPACE


def decide_number(
    command: GiveNumber, known: Numbered | None, taken: Numbered | None
) -> Numbered | Refused:
    """A party has one number for good, and a number one party."""
    if known is not None:
        same = command.number in (0, known.number)
        return known if same else Refused(Reason.MERCHANT_TAKEN, "it has another number")
    if taken is not None:
        return Refused(Reason.MERCHANT_TAKEN, "the number is another party's")
    return Numbered(command.party_id, command.number)
