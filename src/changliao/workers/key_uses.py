"""Writing when keys were last used. It works beside the doors, which note it."""

import asyncio
import logging
from typing import Final

from changliao.core.outcome import Refused
from changliao.operations.key_uses import KEEP, KeepUses
from changliao.operations.network import Network
from changliao.store.engine import Unavailable

_WRITE_EVERY_S: Final = 1.0
_log = logging.getLogger("changliao.keys")


async def run(network: Network) -> None:
    """Write what was noted, until cancelled."""
    while True:
        try:
            uses = network.key_uses.waiting()
            if uses:
                kept = await network.perform(KEEP, KeepUses(uses))
                network.key_uses.written(0 if isinstance(kept, Refused) else kept)
        except Unavailable as error:
            _log.warning("database unavailable: %s", error)
        await asyncio.sleep(_WRITE_EVERY_S)
