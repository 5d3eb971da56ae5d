"""Delivering notifications: take what is due, send it, keep what came of it.

An attempt is claimed before it is sent and logged after, so a crash in between sends it again and
never loses it. Several workers may run; a claim goes to one. Only the status of an answer counts.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Protocol

import httpx
from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.events import Attempted, ClaimEvent, Event, Letter
from changliao.core.outcome import Refused
from changliao.operations.events import CLAIM, attempted
from changliao.operations.network import Network
from changliao.store.engine import Unavailable
from changliao.store.views import events, orders
from changliao.workers.addresses import Forbidden, Guard

_MOST_AT_ONCE: Final = 64
_LOOK_EVERY_S: Final = 1.0
_ANSWER_WITHIN_S: Final = 5.0
_NOTE_LENGTH: Final = 200
_log = logging.getLogger("changliao.notifications")


class Notifier(Protocol):
    """A door's way to tell its merchants."""

    async def compose(self, event: Event) -> Letter | None:
        """The letter for an event; None when it has nowhere to go."""
        ...

    def headers(self, letter: Letter, now: Instant) -> Mapping[str, str]:
        """Headers for one attempt, signed now."""
        ...


class Deliverer:
    """Runs until cancelled. `notifiers` are found by the door the order came in by."""

    def __init__(
        self,
        network: Network,
        notifiers: Mapping[str, Notifier],
        guard: Guard,
        retry_scale: float,
    ) -> None:
        self._network = network
        self._notifiers = notifiers
        self._guard = guard
        self._attempted = attempted(retry_scale)

    async def run(self) -> None:
        """Deliver what is due, then sleep until more is."""
        async with httpx.AsyncClient(timeout=_ANSWER_WITHIN_S, trust_env=False) as client:
            while True:
                try:
                    sent = await self.deliver_due(client)
                except Unavailable as error:
                    _log.warning("database unavailable: %s", error)
                    sent = 0
                if sent < _MOST_AT_ONCE:
                    await self._sleep()

    async def deliver_due(self, client: httpx.AsyncClient) -> int:
        """Send everything that is due now, up to a limit; how many there were."""
        now = self._network.clock()
        due = await self._network.read(events.due, now, _MOST_AT_ONCE)
        await asyncio.gather(*(self._deliver(client, event) for event in due))
        return len(due)

    async def _deliver(self, client: httpx.AsyncClient, event: Event) -> None:
        try:
            await self._attempt(client, event)
        except Unavailable:
            raise
        except Exception:  # one letter must not stop the others; its lease brings it back
            _log.exception("notification %d failed", event.id)

    async def _attempt(self, client: httpx.AsyncClient, event: Event) -> None:
        network = self._network
        notifier = await self._notifier(event)
        letter = await notifier.compose(event) if notifier else None
        stored = await network.read(events.body, event.id, event.merchant_id)
        body = letter.body if letter and not event.attempts else b""
        claim = ClaimEvent(event.merchant_id, event.id, event.attempts, body)
        claimed = await network.perform(CLAIM, claim)
        if isinstance(claimed, Refused):
            return
        began = time.perf_counter()
        status, note = 0, "no address to send to"
        if letter is not None and notifier is not None:
            kept = letter if stored is None else replace(letter, body=stored)
            headers = notifier.headers(kept, network.clock())
            status, note = await self._post(client, kept, headers)
        duration_ms = int((time.perf_counter() - began) * 1000)
        done = Attempted(
            event.merchant_id, event.id, claimed.attempts, status, duration_ms, note[:_NOTE_LENGTH]
        )
        await network.perform(self._attempted, done)

    async def _notifier(self, event: Event) -> Notifier | None:
        order_id = event.subject_id
        refund = await self._network.read(orders.refund, event.merchant_id, event.subject_id)
        if refund is not None:
            order_id = refund.order_id
        placed = await self._network.read(orders.order, event.merchant_id, order_id)
        return self._notifiers.get(placed.terms.door) if placed else None

    async def _post(
        self, client: httpx.AsyncClient, letter: Letter, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        try:
            target = await self._guard.check(letter.url)
            answer = await client.post(
                target.url,
                content=letter.body,
                headers={**headers, "Host": target.host},
                extensions={"sni_hostname": target.name},
            )
        except Forbidden as error:
            return 0, str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return 0, f"{type(error).__name__}: {error}"
        return answer.status_code, answer.text

    async def _sleep(self) -> None:
        """Until a commit of this process makes something due, or a moment passes."""
        waiting = self._network.events_waiting
        with suppress(TimeoutError):
            await asyncio.wait_for(waiting.wait(), _LOOK_EVERY_S)
        waiting.clear()
