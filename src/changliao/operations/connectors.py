"""What the network asks of a channel, and the desk that asks it: once for each request."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from changliao.core.channels import (
    Answer,
    Channel,
    ChannelRequest,
    Declined,
    Done,
    RecordAnswer,
    RequestKind,
    Silent,
)
from changliao.core.clock import Instant
from changliao.core.money import Currency
from changliao.core.outcome import Reason, Refused
from changliao.core.routing import decide_route
from changliao.core.statements import Statement, StatementLine
from changliao.core.tenders import TakeReturn
from changliao.operations.channels import RECORD
from changliao.operations.network import Network
from changliao.operations.tenders import TAKE
from changliao.store.views import channels

_ANSWERS_WITHIN_S: Final = 10.0
_log = logging.getLogger("changliao.channels")


class Connector(Protocol):
    """One kind of channel. Every answer may be Silent, which is never an error.

    A connector must not let the channel begin anything after `begun_by`, and names the request by
    its id, so that a query finds it. What it cannot tell is Silent; it raises only for a bug.
    """

    async def pay(self, request: ChannelRequest) -> Answer:
        """Take money from the person and hold it for the network."""
        ...

    def page(self, request: ChannelRequest) -> str:
        """Where the payer goes on to pay; empty: nowhere, or it is done already."""
        ...

    async def refund(self, request: ChannelRequest) -> Answer:
        """Give back some of what an earlier pay took."""
        ...

    async def payout(self, request: ChannelRequest) -> Answer:
        """Pay money out."""
        ...

    async def query(self, request: ChannelRequest) -> Answer:
        """What became of a request. It changes nothing."""
        ...

    async def statement(
        self, channel: Channel, currency: Currency, begins: Instant, ends: Instant
    ) -> Statement | None:
        """What it booked from `begins` until before `ends`; None: it cannot say, or not yet."""
        ...


class Desk:
    """Where channels are asked. `connectors` is by the kind that channels name."""

    def __init__(self, network: Network, connectors: Mapping[str, Connector]) -> None:
        self._network = network
        self._connectors = connectors
        self._asking: set[asyncio.Task[Any]] = set()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of channels this process can ask."""
        return frozenset(self._connectors)

    async def channel(self, code: str) -> Channel | Refused:
        """The channel of this name."""
        for one in await self._network.read(channels.channels):
            if one.code == code:
                return one
        return Refused(Reason.CHANNEL_NOT_FOUND, f"there is no channel {code[:32]}")

    async def askable(self, code: str) -> Channel | Refused:
        """The channel of this name, if this network can ask it."""
        found = await self.channel(code)
        if isinstance(found, Refused) or found.kind in self._connectors:
            return found
        return Refused(Reason.CHANNEL_NOT_FOUND, f"nothing here can ask {found.code}")

    async def route(
        self, terminal_id: int, draw: int, method_id: int = 0, page_terminal_id: int = 0
    ) -> Channel | Refused:
        """The channel to ask, of those that can be asked here."""
        found = await self._network.look_up(channels.channels)
        askable = [one for one in found if one.kind in self._connectors]
        return decide_route(
            askable, terminal_id, draw, method_id, page_terminal_id=page_terminal_id
        )

    async def ask(self, fresh: ChannelRequest) -> ChannelRequest:
        """Ask the channel of a request that was just written, and record what it says.

        Only whoever wrote it may call this, once. It goes on when the caller goes away.
        """
        return await self._finish(self._ask(fresh))

    async def page(self, known: ChannelRequest) -> str:
        """Where the payer of a request that is open goes on to pay; empty: nowhere."""
        connector = await self._connector(known) if known.is_open else None
        return connector.page(known) if connector and known.kind is RequestKind.PAY else ""

    async def take(self, waiting: ChannelRequest) -> ChannelRequest:
        """Ask for a return of which nobody has asked yet: whoever takes it first, once."""
        command = TakeReturn(waiting.home.owner, waiting.id)
        taken = await self._network.perform(TAKE, command)
        if isinstance(taken, Refused) or not taken.fresh:
            return waiting
        return await self.ask(taken.request)

    async def look(self, known: ChannelRequest) -> ChannelRequest:
        """Query what became of a request, and record it. Repeating it is safe."""
        began = self._network.clock()
        connector = await self._connector(known)
        # Without a connector it is silence too: it is looked at ever more rarely.
        answer = await _told(connector.query(known)) if connector else Silent("nothing can ask")
        return await self._record(known, answer, began)

    async def statement(
        self, channel: Channel, currency: Currency, begins: Instant, ends: Instant
    ) -> Statement | Refused:
        """A channel's statement, where it gives one by itself."""
        connector = self._connectors.get(channel.kind)
        found = connector and await connector.statement(channel, currency, begins, ends)
        return found or Refused(Reason.STATEMENT_MISSING, "there is none for this time, or not yet")

    async def believe(self, known: ChannelRequest, line: StatementLine) -> ChannelRequest:
        """Record what a statement says of a request of which it was not known."""
        done = Done(abs(line.amount), line.reference, line.booked_at)
        return await self._record(known, done, self._network.clock())

    async def decline(self, known: ChannelRequest, reason: str) -> ChannelRequest:
        """Record that a bank rejects what was in a file of payments."""
        return await self._record(known, Declined(reason), self._network.clock())

    async def _ask(self, fresh: ChannelRequest) -> ChannelRequest:
        began = self._network.clock()
        connector = await self._connector(fresh)
        if connector is None:
            return fresh
        match fresh.kind:
            case RequestKind.PAY:
                answer = await _told(connector.pay(fresh))
            case RequestKind.REFUND:
                answer = await _told(connector.refund(fresh))
            case RequestKind.PAYOUT:
                answer = await _told(connector.payout(fresh))
        return await self._record(fresh, answer, began)

    async def _record(
        self, known: ChannelRequest, answer: Answer, began: Instant
    ) -> ChannelRequest:
        command = RecordAnswer(known.home.owner, known.id, answer, began)
        outcome = await self._network.perform(RECORD, command)
        if isinstance(outcome, Refused):
            _log.error("request %s: %s: %s", known.id, outcome.reason.value, outcome.detail)
            return known
        return outcome

    async def _connector(self, request: ChannelRequest) -> Connector | None:
        found = await self._network.look_up(channels.channels)
        kind = next((one.kind for one in found if one.id == request.channel_id), "")
        return self._connectors.get(kind)

    async def _finish(self, work: Coroutine[Any, Any, ChannelRequest]) -> ChannelRequest:
        task = asyncio.create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return await asyncio.shield(task)


async def _told(asking: Coroutine[Any, Any, Answer]) -> Answer:
    """What a channel says in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            return await asking
    return Silent(f"no answer within {_ANSWERS_WITHIN_S:.0f} s")
