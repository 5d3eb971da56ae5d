"""Keeps the sums of the day warm, so that the console's first page never sums the whole day."""

from typing import Final

from changliao.operations.network import Network
from changliao.operations.today import Today

_PAUSE_S: Final = 30.0


async def run(network: Network, today: Today) -> None:
    """Twice a minute, until cancelled."""
    while True:
        await today.sums()
        await network.rest(_PAUSE_S)
