"""Nonces: a signed request comes once; the very same again soon after is a connection's repeat.

Source: alipay-openapi.md §15.1.
"""

from typing import Final

from msgspec import Struct

from changliao.core.clock import MINUTE, SECOND, Instant

REMEMBERED: Final = 20 * MINUTE
# Clients send the very same bytes again when a connection was lost.
REPEATS_WITHIN: Final = 10 * SECOND


class Nonce(Struct, frozen=True):
    """Who used which nonce for which message, and when first; both are SHA-256 digests."""

    owner_id: int
    digest: bytes
    message: bytes
    seen_at: Instant


def may_be(earlier: Nonce, again: Nonce) -> bool:
    """Is it the same message, soon after?"""
    late = again.seen_at - earlier.seen_at > REPEATS_WITHIN
    return earlier.message == again.message and not late
