"""Nonces of the REST form: a request comes once; at once again it is a connection's repeat.

One process remembers them itself. Where the database serves several, they know them from there:
that costs a commit for every request. Source: alipay-openapi.md §15.1.
"""

import hashlib
from collections import deque
from typing import Final

from changliao.core.nonces import REMEMBERED, Nonce, may_be
from changliao.core.outcome import Refused
from changliao.doors.alipay.errors import refusal
from changliao.operations.network import Network
from changliao.operations.nonces import USE

_MOST: Final = 1_000_000


class Nonces:
    """Which nonce an app used for which message, and when first."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._seen: dict[tuple[int, bytes], Nonce] = {}
        self._order: deque[Nonce] = deque()

    async def may_be(self, app_id: int, nonce: str, message: bytes) -> bool:
        """Is this the first time, or the same message soon after? Raises AlipayError."""
        asked = Nonce(
            app_id,
            hashlib.sha256(nonce.encode()).digest(),
            hashlib.sha256(message).digest(),
            self._network.real_clock(),
        )
        if self._network.engine.embedded:
            return self._here(asked)
        outcome = await self._network.perform(USE, asked)
        if isinstance(outcome, Refused):
            raise refusal(outcome)
        return outcome

    def _here(self, asked: Nonce) -> bool:
        order = self._order
        while order and (order[0].seen_at < asked.seen_at - REMEMBERED or len(order) >= _MOST):
            gone = order.popleft()
            self._seen.pop((gone.owner_id, gone.digest), None)
        earlier = self._seen.setdefault((asked.owner_id, asked.digest), asked)
        if earlier is not asked:
            return may_be(earlier, asked)
        order.append(asked)
        return True
