"""Keeps the sums of pages warm, so that none of them adds up a whole day or every account."""

from typing import Final

from changliao.operations.books import Books
from changliao.operations.network import Network
from changliao.operations.today import Today

_PAUSE_S: Final = 30.0


async def run(network: Network, today: Today, books: Books) -> None:
    """Twice a minute, until cancelled, in every process that shows pages."""
    while True:
        await today.sums()
        await books.sums()
        await network.rest(_PAUSE_S)
