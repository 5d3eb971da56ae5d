"""Codes that work once: whoever spends one first has it, in whichever process."""

from msgspec import Struct

from changliao.core.clock import Instant


class SpentCode(Struct, frozen=True):
    """A code of somebody's that was used up; `digest` is the SHA-256 of it."""

    owner_id: int
    digest: bytes
    spent_at: Instant
