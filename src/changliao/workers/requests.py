"""The sandbox's log of requests: taken at the doors, inspected and written behind their backs.

A door only appends to a list in memory; what is lost with the process is a moment of the log.
Bounded by count and by age. Secrets and signatures are masked before anything is written.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from changliao.core import ids
from changliao.core.clock import HOUR, SECOND, Instant, to_rfc3339
from changliao.core.ids import MerchantId
from changliao.operations.network import Network
from changliao.operations.sandbox import LOG_REQUESTS, LogRequests, RequestRecord
from changliao.store.engine import Unavailable
from changliao.store.sandbox import Logged
from changliao.store.views import sandbox
from changliao.web.exchanges import Exchange, Inspection
from changliao.web.masking import masked, unsigned

MOST_KEPT: Final = 2_000
KEPT_FOR: Final = 24 * HOUR
_MOST_WAITING: Final = 1_000
_MOST_AT_ONCE: Final = 100
_WRITE_EVERY_S: Final = 0.2
_BODY_SHOWN: Final = 4_096
_HEADERS: Final = ("authorization", "content-type", "user-agent", "wechatpay-serial")
_log = logging.getLogger("changliao.requests")
Inspector = Callable[[Network, Exchange], Awaitable[Inspection]]


class Recorder:
    """`keep` is called by the doors; `run` writes until it is cancelled."""

    def __init__(self, network: Network, inspectors: Mapping[str, Inspector]) -> None:
        self._network = network
        self._inspectors = inspectors
        self._waiting: deque[Exchange] = deque(maxlen=_MOST_WAITING)

    def keep(self, exchange: Exchange) -> None:
        """Take note of one; under a flood the oldest are forgotten."""
        self._waiting.append(exchange)

    async def run(self) -> None:
        """Write what was taken, a few times a second."""
        while True:
            try:
                await self._write()
            except Unavailable as error:
                _log.warning("database unavailable: %s", error)
            await asyncio.sleep(_WRITE_EVERY_S)

    async def _write(self) -> None:
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
        if not taken:
            return
        network = self._network
        new = tuple([await self._logged(exchange) for exchange in taken])
        too_many = await network.read(sandbox.requests_kept) + len(new) - MOST_KEPT
        oldest = await network.read(sandbox.oldest_requests, max(too_many, _MOST_AT_ONCE))
        too_old = Instant(network.clock() - KEPT_FOR)
        gone = [
            key
            for place, key in enumerate(oldest)
            if place < too_many or ids.made_at(key[0]) < too_old
        ]
        await network.perform(LOG_REQUESTS, LogRequests(new, tuple(gone)))

    async def _logged(self, exchange: Exchange) -> Logged:
        try:
            found = await self._inspectors[exchange.door](self._network, exchange)
        except Unavailable:
            raise
        except Exception:  # one that cannot be understood is shown as it came
            _log.exception("a request to %s could not be inspected", exchange.door)
            found = Inspection()
        failure = found.failure
        record = RequestRecord(
            at=to_rfc3339(Instant(int(exchange.at * SECOND))),
            door=exchange.door,
            method=exchange.method,
            target=unsigned(_shown(exchange.target)),
            merchant=found.merchant,
            status=exchange.status,
            code=found.code,
            duration_ms=round(exchange.duration_us / 1000, 1),
            headers={
                name: masked(unsigned(exchange.headers[name]))
                for name in _HEADERS
                if name in exchange.headers
            },
            body=unsigned(_shown(exchange.body)),
            answer=_shown(exchange.answer),
            causes=failure.causes if failure else (),
            string_to_sign=masked(failure.string_to_sign) if failure else "",
            our_digest=failure.our_digest if failure else "",
            their_digest=failure.their_digest if failure else "",
            signed_text=masked(failure.signed_text) if failure else "",
        )
        number = self._network.ids.new()
        return Logged(number, MerchantId(found.merchant_id), msgspec.json.encode(record))


def _shown(raw: bytes) -> str:
    """Masked whole and then cut: a secret must not escape by being cut in two."""
    return masked(raw.decode("utf-8", "replace"))[:_BODY_SHOWN]
