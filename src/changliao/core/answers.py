"""Answers kept for a caller that repeats a request under the same idempotency key.

The key is the caller's own word for one request. For a day the same key with the same request gets
the answer that was given, even a no; with another request it is refused.
"""

from typing import Final

from msgspec import Struct

from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.outcome import Reason, Refused

LIVES: Final = DAY


class KeptAnswer(Struct, frozen=True):
    """What a party was answered under its key. `digest` identifies the request.

    `body` is sealed: some answers hold secrets that are shown once.
    """

    owner_id: int
    key: str
    digest: bytes
    status: int = 0
    body: bytes = b""
    kept_at: Instant = NEVER


def decide_again(
    earlier: KeptAnswer | None, digest: bytes, now: Instant
) -> KeptAnswer | Refused | None:
    """The answer that was given, or a no for another request; None when nothing is kept."""
    if earlier is None or now >= earlier.kept_at + LIVES:
        return None
    if earlier.digest != digest:
        return Refused(Reason.IDEMPOTENCY_KEY_REUSED)
    return earlier
