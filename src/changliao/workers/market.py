"""The market's sums: fold what the journals say next, gently, a little after it was committed.

Being late or never is safe. Several workers may run: what another has folded is no change.
"""

import asyncio
import time
from typing import Final

from changliao.core.market import Position, Stretch
from changliao.core.outcome import Refused
from changliao.operations.market import FOLD, FORGET, Forget
from changliao.operations.network import Network
from changliao.store.views import market, market_journal

MOVEMENTS_AT_ONCE: Final = 64
ROWS_AT_ONCE: Final = 500
_LOOK_EVERY_S: Final = 1.0
# A stretch costs the one writer of an embedded database three times what its payments did, so it
# has a tenth of it at most; who rebuilds waits for it, and has half.
_RESTS: Final = 9
_RESTS_OF_REBUILDING: Final = 1
_NAP_S: Final = 0.02
_LATE_S: Final = 0.005
_MOST_NAPS: Final = 3_000


async def run(network: Network) -> None:
    """Fold whatever is new, every second, until cancelled."""
    while True:
        for node in await network.read(market_journal.nodes):
            await fold(network, node)
        await network.rest(_LOOK_EVERY_S)


async def fold(network: Network, node: int, *, gently: bool = True) -> int:
    """Fold a node's journal to its end; how many stretches there were.

    Gently, payments go first: much is rested, and more while the loop is behind its work.
    """
    count = 0
    while (
        stretch := await network.report(market_journal.stretch, node, MOVEMENTS_AT_ONCE)
    ) is not None:
        since = time.monotonic()
        if not await _folded(network, stretch):
            return count
        count += 1
        took = time.monotonic() - since
        await asyncio.sleep(took * (_RESTS if gently else _RESTS_OF_REBUILDING))
        if gently:
            await _at_ease()
    return count


async def _at_ease() -> None:
    """Wait while the loop has more to do than it can: it wakes up late then. At most a minute."""
    for _ in range(_MOST_NAPS):
        since = time.monotonic()
        await asyncio.sleep(_NAP_S)
        if time.monotonic() - since < _NAP_S + _LATE_S:
            return


async def rebuild(network: Network) -> int:
    """Forget every sum and fold all journals again; how many stretches there were.

    Interrupted, it is begun again: until all is forgotten nobody folds.
    """
    nodes = tuple(await network.read(market_journal.nodes))
    await _performed(network, Forget(stopped=nodes))
    while rows := await network.report(market.some_sums, ROWS_AT_ONCE):
        await _performed(network, Forget(rows=tuple(rows)))
    await _performed(network, Forget(begun=nodes))
    return sum([await fold(network, node, gently=False) for node in nodes])


async def _performed(network: Network, command: Forget) -> None:
    answer: int | Refused = await network.perform(FORGET, command)
    while isinstance(answer, Refused):
        await network.rest(_LOOK_EVERY_S)
        answer = await network.perform(FORGET, command)


async def _folded(network: Network, stretch: Stretch) -> bool:
    """Was it taken, by us or by another? Too busy: it is asked again later."""
    answer: Position | Refused = await network.perform(FOLD, stretch)
    return not isinstance(answer, Refused)
