"""Forgetting nonces whose requests are too old to come again.

Being late is safe: an old request is refused for its timestamp. Several workers may run.
"""

import asyncio
from typing import Final

from changliao.core.clock import Instant
from changliao.core.nonces import REMEMBERED
from changliao.operations.network import Network
from changliao.operations.nonces import FORGET, ForgetNonces
from changliao.store.views import nonces

_MOST_AT_ONCE: Final = 500
_LOOK_EVERY_S: Final = 60.0


async def run(network: Network) -> None:
    """Look every minute, until cancelled."""
    while True:
        if await forget_old(network) < _MOST_AT_ONCE:
            await asyncio.sleep(_LOOK_EVERY_S)


async def forget_old(network: Network) -> int:
    """Forget what is old, up to a limit; how many there were."""
    before = Instant(network.real_clock() - REMEMBERED)
    old = await network.read(nonces.old, before, _MOST_AT_ONCE)
    if old:
        await network.perform(FORGET, ForgetNonces(tuple(old)))
    return len(old)
