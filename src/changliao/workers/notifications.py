"""Delivering notifications: take what is due, send it, keep what came of it.

An attempt is claimed before it is sent and logged after, so a crash in between sends it again and
never loses it. Several workers may run; a claim goes to one. The door says which answers count and
when to try again.
Nobody waits for a slow receiver but its own merchant.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import httpx
from msgspec.structs import replace

from changliao.core.events import Attempted, ClaimEvent, Event, EventKind, Exchange, Outgoing
from changliao.core.ids import EventId, MerchantId
from changliao.core.outcome import Refused
from changliao.core.sandbox import Plan
from changliao.operations.events import CLAIM, attempted
from changliao.operations.network import Network
from changliao.store.engine import Unavailable
from changliao.store.views import events, told
from changliao.workers.addresses import Forbidden, Guard
from changliao.workers.faults import Carriage
from changliao.workers.notifier import Notifier

_MOST_AT_ONCE: Final = 256
_MOST_FOR_ONE: Final = 64  # of one merchant, so that a slow one leaves room for the others
_LOOK_AT: Final = 1024
_LOOK_EVERY_S: Final = 1.0
_LOOK_AGAIN_S: Final = 0.1
_ANSWER_WITHIN_S: Final = 5.0
_NOTE_LENGTH: Final = 200
_NOWHERE: Final = "no address to send to"
_ANSWER_BYTES: Final = 2_048
_HEAD_BYTES: Final = 4_096
_PRIVATE: Final = frozenset({b"set-cookie", b"authorization", b"proxy-authenticate"})
# A pool with an end would let slow receivers keep the others waiting for a connection.
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=20)
_HEADERS: Final = {"Accept-Encoding": "identity"}  # the log shows the answer as it came
_log = logging.getLogger("changliao.notifications")


class _Answer(NamedTuple):
    """`status` 0 is none: `body` says why."""

    status: int
    body: bytes
    head: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Deliverer:
    """Runs until cancelled. `notifiers` are found by the door the order came in by."""

    def __init__(
        self,
        network: Network,
        notifiers: Mapping[str, Notifier],
        guard: Guard,
        retry_scale: float,
        carriage: Carriage,
    ) -> None:
        self._network = network
        self._notifiers = notifiers
        self._guard = guard
        self._carriage = carriage
        self._attempted = attempted(retry_scale)
        self._running: dict[EventId, asyncio.Task[None]] = {}
        self._busy: Counter[MerchantId] = Counter()

    async def run(self) -> None:
        """Deliver what is due, then sleep until more is."""
        async with httpx.AsyncClient(
            timeout=_ANSWER_WITHIN_S, limits=_LIMITS, headers=_HEADERS, trust_env=False
        ) as client:
            try:
                while True:
                    await self._look(client)
            finally:
                running = list(self._running.values())
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                await self._guard.close()

    async def _look(self, client: httpx.AsyncClient) -> None:
        try:
            everything = await self._begin_due(client)
        except Unavailable as error:
            _log.warning("database unavailable: %s", error)
            everything = True
        if everything:
            await self._sleep()
        else:
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _begin_due(self, client: httpx.AsyncClient) -> bool:
        """Begin what is due as far as there is room; was that everything?"""
        due = await self._network.read(events.due, self._network.clock(), _LOOK_AT)
        everything = len(due) < _LOOK_AT
        for event in due:
            if event.id in self._running:
                continue
            if (
                len(self._running) >= _MOST_AT_ONCE
                or self._busy[event.merchant_id] >= _MOST_FOR_ONE
            ):
                everything = False
                continue
            self._busy[event.merchant_id] += 1
            self._running[event.id] = asyncio.create_task(self._deliver(client, event))
        return everything

    async def _deliver(self, client: httpx.AsyncClient, event: Event) -> None:
        try:
            await self._attempt(client, event, await self._carriage.before(event))
        except Unavailable as error:
            _log.warning("database unavailable: %s", error)
        except Exception:  # one letter must not stop the others; its lease brings it back
            _log.exception("notification %d failed", event.id)
        finally:
            self._carriage.after(event)
            del self._running[event.id]
            self._busy[event.merchant_id] -= 1
            if not self._busy[event.merchant_id]:
                del self._busy[event.merchant_id]

    async def _attempt(self, client: httpx.AsyncClient, event: Event, plan: Plan) -> None:
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
        done = Attempted(event.merchant_id, event.id, claimed.attempts, 0, 0, _NOWHERE)
        if letter is not None and notifier is not None:
            kept = letter if stored is None else replace(letter, body=stored)
            outgoing = notifier.sign(kept, network.real_clock())
            answer = await self._carried(client, kept.url, outgoing, plan.copies)
            test = event.kind is EventKind.WEBHOOK_TEST
            done = replace(
                done,
                status=answer.status,
                duration_ms=int((time.perf_counter() - began) * 1000),
                note=_noted(plan.note + answer.text),
                delivered=notifier.acknowledged(answer.status, answer.text),
                retry_after_s=() if test else notifier.retry_after_s,
                exchange=_exchange(outgoing, answer) if test else None,
            )
        await network.perform(self._attempted, done)

    async def _carried(
        self, client: httpx.AsyncClient, url: str, outgoing: Outgoing, copies: int
    ) -> _Answer:
        """Every copy that the carriage makes of one attempt; the first answer is the one kept."""
        answers = [await self._post(client, url, outgoing) for _ in range(copies)]
        return answers[0] if answers else _Answer(0, b"")

    async def _notifier(self, event: Event) -> Notifier | None:
        return self._notifiers.get(await self._network.read(told.door, event))

    async def _post(self, client: httpx.AsyncClient, url: str, outgoing: Outgoing) -> _Answer:
        try:
            # The timeouts of httpx are for one read each: this one is for the whole answer.
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                target = await self._guard.check(url)
                async with client.stream(
                    "POST",
                    target.url,
                    content=outgoing.body,
                    headers={**outgoing.headers, "Host": target.host},
                    extensions={"sni_hostname": target.name},
                ) as answer:
                    return _Answer(answer.status_code, await _read(answer), _head(answer))
        except Forbidden as error:
            return _Answer(0, str(error).encode())
        except TimeoutError:
            return _Answer(0, b"no complete answer within %.0f seconds" % _ANSWER_WITHIN_S)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return _Answer(0, f"{type(error).__name__}: {error}".encode())

    async def _sleep(self) -> None:
        """Until a commit of this process makes something due, or a moment passes."""
        waiting = self._network.events_waiting
        # Not wait_for: before Python 3.12 it forgets a cancellation that comes with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                await waiting.wait()
        waiting.clear()


async def _read(answer: httpx.Response) -> bytes:
    """The beginning of an answer; what it says of its encoding may be wrong, and is not asked."""
    kept = b""
    async for part in answer.aiter_raw():
        kept += part[: _ANSWER_BYTES - len(kept)]
    return kept


def _head(answer: httpx.Response) -> bytes:
    """As it came, but for what the receiver gives only to who asked."""
    told = (
        (name, b"***" if name.lower() in _PRIVATE else value) for name, value in answer.headers.raw
    )
    return b"\n".join(b"%b: %b" % one for one in told)[:_HEAD_BYTES]


def _exchange(outgoing: Outgoing, answer: _Answer) -> Exchange:
    """What a test shows; why there was no answer is in the log of attempts."""
    head = "\n".join(f"{name}: {value}" for name, value in outgoing.headers.items()).encode()
    body = answer.body if answer.status else b""
    return Exchange(head, outgoing.body, answer.head, body)


def _noted(note: str) -> str:
    """As both engines can keep it: PostgreSQL has no U+0000 in text."""
    return note[:_NOTE_LENGTH].replace("\0", "\ufffd")
