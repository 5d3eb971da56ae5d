"""The books added up, kept in memory: every account once a day, and in between only what moves.

A leg never changes, its id rises with time, and what has an id is committed soon; a process whose
clock is far behind would break that, so its legs are missed until the next day. Every process
keeps its own sums.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.bills import day_of
from changliao.core.clock import MINUTE, Instant
from changliao.operations.network import Network
from changliao.store.views import reports
from changliao.store.views.reports import Book

# What has an id is committed by then.
_COMMITTED_WITHIN: Final = MINUTE


class _Kept(Struct, frozen=True):
    """The books as they stood at `until`."""

    until: Instant
    books: tuple[Book, ...]


class Books:
    """Every book with how many accounts it has, what they hold and what is reserved."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._kept: _Kept | None = None
        self._one_at_a_time = asyncio.Lock()

    async def sums(self) -> tuple[Book, ...]:
        """As of now. Raises Unavailable."""
        now = self._network.clock()
        async with self._one_at_a_time:
            kept = await self._until(Instant(now - _COMMITTED_WITHIN))
        return added(kept.books, await self._moved(kept.until, Instant(now + MINUTE)))

    async def _until(self, over: Instant) -> _Kept:
        kept = self._kept
        if kept is None or day_of(kept.until) != day_of(over):
            first = ids.first_id(0, over)
            found = await self._network.report(reports.books_before, first)
            kept = _Kept(over, tuple(found))
        elif over > kept.until:
            kept = _Kept(over, added(kept.books, await self._moved(kept.until, over)))
        self._kept = kept
        return kept

    async def _moved(self, begins: Instant, ends: Instant) -> list[Book]:
        first, last = ids.first_id(0, begins), ids.first_id(0, ends)
        return await self._network.report(reports.books_moved, first, last)


def added(known: Iterable[Book], moved: Iterable[Book]) -> tuple[Book, ...]:
    """Both, by book; one without an account is not there yet."""
    sums = {one.book: one for one in known}
    for one in moved:
        before = sums.get(one.book, Book(one.book, 0, 0, 0))
        sums[one.book] = Book(
            one.book,
            before.accounts + one.accounts,
            before.balance + one.balance,
            before.reserved + one.reserved,
        )
    return tuple(sums[book] for book in sorted(sums) if sums[book].accounts)
