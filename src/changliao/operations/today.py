"""The day so far, kept in memory: what is over is summed once, and only the last minute again.

Ids rise with time and nothing is placed, paid or refunded under an old one, so a minute that is
over never changes. Every process keeps its own sums; a fresh one sums the day once.
"""

import asyncio
from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.bills import Day, day_of, starts_at
from changliao.core.clock import MINUTE, Instant
from changliao.operations.network import Network
from changliao.store.views import console
from changliao.store.views.console import Sums

# What has an id is committed by then.
_COMMITTED_WITHIN: Final = MINUTE


class _Kept(Struct, frozen=True):
    """The sums of a day up to `until`."""

    day: Day
    until: Instant
    sums: tuple[Sums, ...] = ()


class Today:
    """The sums of the day of Beijing, by currency."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._kept: _Kept | None = None
        self._one_at_a_time = asyncio.Lock()

    async def sums(self) -> tuple[Sums, ...]:
        """Up to now. Raises Unavailable."""
        now = self._network.clock()
        async with self._one_at_a_time:
            kept = await self._until(day_of(now), Instant(now - _COMMITTED_WITHIN))
        return added(kept.sums, await self._between(kept.until, Instant(now + MINUTE)))

    async def _until(self, day: Day, over: Instant) -> _Kept:
        kept = self._kept
        if kept is None or kept.day != day:
            kept = _Kept(day, starts_at(day))
        if over > kept.until:
            kept = _Kept(day, over, added(kept.sums, await self._between(kept.until, over)))
            self._kept = kept
        return kept

    async def _between(self, begins: Instant, ends: Instant) -> list[Sums]:
        first, last = ids.first_id(0, begins), ids.first_id(0, ends)
        return await self._network.report(console.sums_between, first, last)


def added(known: tuple[Sums, ...], more: list[Sums]) -> tuple[Sums, ...]:
    """Both, by currency."""
    sums = {one.currency: one for one in known}
    for one in more:
        before = sums.get(one.currency, Sums(one.currency))
        sums[one.currency] = Sums(
            one.currency,
            before.placed + one.placed,
            before.paid + one.paid,
            before.amount + one.amount,
            before.refunded + one.refunded,
        )
    return tuple(sums[currency] for currency in sorted(sums))
