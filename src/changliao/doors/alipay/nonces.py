"""Nonces of the REST form: a request comes once; at once again it is a connection's repeat.

Source: alipay-openapi.md §15.1. What was seen is remembered by this process.
"""

import hashlib
from collections import deque
from typing import Final

from changliao.core.clock import MINUTE, SECOND, Instant

REMEMBERED: Final = 20 * MINUTE
# Clients send the very same bytes again when a connection was lost.
REPEATS_WITHIN: Final = 10 * SECOND
_MOST: Final = 1_000_000


class Nonces:
    """Which nonce an app used for which message, and when first."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], tuple[bytes, Instant]] = {}
        self._order: deque[tuple[Instant, tuple[int, str]]] = deque()

    def may_be(self, app_id: int, nonce: str, message: bytes, now: Instant) -> bool:
        """Is this the first time, or the same message soon after?"""
        while self._order and (self._order[0][0] < now - REMEMBERED or len(self._order) >= _MOST):
            self._seen.pop(self._order.popleft()[1], None)
        mark, digest = (app_id, nonce), hashlib.sha256(message).digest()
        earlier = self._seen.get(mark)
        if earlier is not None:
            return earlier[0] == digest and now - earlier[1] <= REPEATS_WITHIN
        self._seen[mark] = digest, now
        self._order.append((now, mark))
        return True
