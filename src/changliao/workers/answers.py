"""Forgetting answers that were kept under idempotency keys for their day.

Being late is safe: an old answer is never given again. Several workers may run.
"""

import asyncio
import logging
from typing import Final

from changliao.core.answers import LIVES
from changliao.core.clock import Instant
from changliao.operations.answers import FORGET, ForgetAnswers
from changliao.operations.network import Network
from changliao.store.views import answers

_MOST_AT_ONCE: Final = 500
_LOOK_EVERY_S: Final = 60.0
_log = logging.getLogger("changliao.answers")


async def run(network: Network) -> None:
    """Look every minute, until cancelled."""
    while True:
        if await forget_old(network) < _MOST_AT_ONCE:
            await asyncio.sleep(_LOOK_EVERY_S)


async def forget_old(network: Network) -> int:
    """Forget what is old, up to a limit; how many there were."""
    before = Instant(network.clock() - LIVES)
    old = await network.read(answers.old, before, _MOST_AT_ONCE)
    if old:
        await network.perform(FORGET, ForgetAnswers(tuple(old)))
    return len(old)
