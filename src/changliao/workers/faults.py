"""How notifications travel: faithfully, or in a sandbox with the faults it was told to play.

The deliverer asks for a plan before each attempt, which may keep it waiting, and says when the
attempt is over. Holding happens before the attempt is claimed, so no lease runs out meanwhile.
"""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from msgspec.structs import replace

from changliao.core.events import Event
from changliao.core.ids import EventId, MerchantId
from changliao.core.sandbox import FAITHFUL, Plan, decide_carriage
from changliao.operations.network import Network
from changliao.operations.sandbox import faults

# With nobody to overtake it, a notification that is to be overtaken goes after this long.
OVERTAKEN_WITHIN_S: Final = 2.0


class Carriage(Protocol):
    """What a deliverer asks."""

    async def before(self, event: Event) -> Plan:
        """How the next attempt is carried out; returns when it is time for it."""
        ...

    def after(self, event: Event) -> None:
        """The attempt is over, or did not take place."""
        ...


class Faithful:
    """Every attempt goes at once, once."""

    async def before(self, event: Event) -> Plan:
        return FAITHFUL

    def after(self, event: Event) -> None:
        return


class Faulty:
    """What the sandbox's rules say, read anew for each attempt."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._held: dict[MerchantId, tuple[EventId, asyncio.Event]] = {}
        self._overtaking: dict[EventId, asyncio.Event] = {}

    async def before(self, event: Event) -> Plan:
        rule = await faults(self._network, event.merchant_id)
        plan = decide_carriage(rule, event.attempts + 1)
        if plan.hold_ms:
            await asyncio.sleep(plan.hold_ms / 1000)
        if rule.reorder and not event.attempts:
            return await self._reordered(event, plan)
        return plan

    def after(self, event: Event) -> None:
        overtaken = self._overtaking.pop(event.id, None)
        if overtaken is not None:
            overtaken.set()

    async def _reordered(self, event: Event, plan: Plan) -> Plan:
        """Of each two, the second goes first."""
        held = self._held.pop(event.merchant_id, None)
        if held is not None:
            self._overtaking[event.id] = held[1]
            return replace(plan, note=f"{plan.note}[sandbox: overtook the one before]")
        passed = asyncio.Event()
        self._held[event.merchant_id] = (event.id, passed)
        with suppress(TimeoutError):
            async with asyncio.timeout(OVERTAKEN_WITHIN_S):
                await passed.wait()
        if self._held.get(event.merchant_id, (None, None))[0] == event.id:
            del self._held[event.merchant_id]
            return replace(plan, note=f"{plan.note}[sandbox: nobody came to overtake it]")
        return replace(plan, note=f"{plan.note}[sandbox: overtaken by the next]")
