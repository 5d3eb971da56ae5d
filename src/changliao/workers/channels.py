"""What channels did not say: look again until it is known. Nothing is ever asked a second time.

Several workers may run: to query is safe, and what is recorded is recorded once.
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
        if await resolve_due(network, desk) < _MOST_AT_ONCE:
            await network.rest(_LOOK_EVERY_S)


async def resolve_due(network: Network, desk: Desk) -> int:
    """Query what is due now, up to a limit; how many there were."""
    due = await network.read(channels.due, network.clock(), _MOST_AT_ONCE)
    await asyncio.gather(*(desk.look(one) for one in due))
    return len(due)
