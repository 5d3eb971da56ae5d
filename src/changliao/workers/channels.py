"""What channels did not say: look again until it is known. Nothing is ever asked a second time.

What orders' payments send back is asked for here: it was written in the commit that refunds. A
return of which a channel never heard, and which it can no longer begin, is asked for anew.
Several workers may run: to query is safe, and what is recorded or taken is so once.
"""

import asyncio
import logging
from typing import Final

from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.store.views import channels

_MOST_AT_ONCE: Final = 100
_LOOK_EVERY_S: Final = 1.0
_log = logging.getLogger("changliao.channels")


async def run(network: Network, desk: Desk) -> None:
    """Look every second, until cancelled."""
    while True:
        if await resolve_due(network, desk) + await send_back(network, desk) < _MOST_AT_ONCE:
            await network.rest(_LOOK_EVERY_S)


async def resolve_due(network: Network, desk: Desk) -> int:
    """Query what is due now, up to a limit; how many there were."""
    due = await network.read(channels.due, network.clock(), _MOST_AT_ONCE)
    await asyncio.gather(*(desk.look(one) for one in due))
    return len(due)


async def send_back(network: Network, desk: Desk) -> int:
    """Ask for the returns that wait, up to a limit; how many there were."""
    waiting = await network.read(channels.waiting, network.clock(), _MOST_AT_ONCE)
    await asyncio.gather(*(desk.take(one) for one in waiting))
    return len(waiting)
