"""Showing the time that another process has moved the sandbox's clock to."""

import asyncio
import logging
from typing import Final

from changliao.operations.network import Network
from changliao.store.engine import Unavailable

_LOOK_EVERY_S: Final = 1.0
_log = logging.getLogger("changliao.clock")


async def follow(network: Network) -> None:
    """Look every second, until cancelled."""
    while True:
        try:
            await network.follow_clock()
        except Unavailable as error:
            _log.warning("database unavailable: %s", error)
        await asyncio.sleep(_LOOK_EVERY_S)
