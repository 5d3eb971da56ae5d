"""What risk rules remember of a party: when things happened, and how much was moved.

A window holds the last events that some rule asks about, so that it never begins anew at a full
hour. What all rules remember of a payer or a merchant is one value of short records: a movement
reads one row and writes one row, however many rules there are, and makes few objects of it.
Units: minor units; microseconds.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum
from itertools import starmap
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from changliao.core.clock import Instant

# What is remembered one by one for a sum; older ones are put together.
MOST_SUMMED: Final = 100
_CURRENCY_SPACE: Final = 1000
# Topic, when, how much.
_RECORD: Final = Layout(">hqq")
_LENGTH: Final = _RECORD.size
# Looking for what may go is dearer than keeping it.
_LITTLE: Final = 4 * _LENGTH


class RecentKind(IntEnum):
    """What is counted, a topic. The number is stored. A merchant has RETURNs, a payer the rest."""

    __hash__ = int.__hash__

    PAYMENT = 1
    WRONG_PIN = 2
    RETURN = 3
    TRANSFER = 4
    PACKET = 5
    WITHDRAWAL = 6


class Window(Struct, frozen=True):
    """How many events of a topic have to be remembered, and for how long."""

    most: int
    lasts: int


class Memory(Struct, frozen=True, gc=False):
    """The events of one party, the newest at the end: times never fall.

    `total` is all amounts together, whatever they are about: no sum is larger.
    """

    owner_id: int
    records: bytes = b""
    total: int = 0
    revision: int = 0

    @property
    def count(self) -> int:
        """Of how many events; of no topic there are more."""
        return len(self.records) // _LENGTH

    def times(self, topics: Collection[int]) -> list[Instant]:
        """When these happened."""
        return [
            Instant(at) for about, at, _ in _RECORD.iter_unpack(self.records) if about in topics
        ]

    def amounts(self, topics: Collection[int], since: Instant) -> int:
        """How much was moved after that."""
        events = _RECORD.iter_unpack(self.records)
        return sum([amount for about, at, amount in events if at > since and about in topics])


def recalled(owner_id: int, records: bytes, revision: int) -> Memory:
    """What was kept of a party."""
    return Memory(owner_id, records, _total(records), revision)


def topic(movement: int, currency: int) -> int:
    """What is added up together: the movement times 1,000 plus the currency's ISO number."""
    return movement * _CURRENCY_SPACE + currency


def after(
    known: Memory, about: int, amount: int, windows: Mapping[int, Window], now: Instant
) -> Memory:
    """One more happened now, about something that a window is there for.

    By a clock that is behind, in another process, it happened as late as the last. What no rule
    asks about any more is forgotten, when there is more than a little.
    """
    records = known.records
    at = max(now, _RECORD.unpack_from(records, -_LENGTH)[1]) if records else now
    if len(records) >= _LITTLE and _is_too_much(records, about, windows, now):
        records = _with_less(records, (about, at, amount), windows, now)
        return Memory(known.owner_id, records, _total(records), known.revision + 1)
    records += _RECORD.pack(about, at, amount)
    return Memory(known.owner_id, records, known.total + amount, known.revision + 1)


def _is_too_much(records: bytes, about: int, windows: Mapping[int, Window], now: Instant) -> bool:
    oldest, at, _ = _RECORD.unpack_from(records)
    window = windows.get(oldest)
    is_over = window is None or at <= now - window.lasts
    return is_over or len(records) >= windows[about].most * _LENGTH


def _with_less(
    records: bytes, newest: tuple[int, int, int], windows: Mapping[int, Window], now: Instant
) -> bytes:
    """Beyond so many the oldest two are put together, as of the later: a sum is never too small."""
    since = {about: now - window.lasts for about, window in windows.items()}
    events = [one for one in _RECORD.iter_unpack(records) if one[1] > since.get(one[0], one[1])]
    events.append(newest)
    about = newest[0]
    same = [place for place, one in enumerate(events) if one[0] == about]
    if len(same) > windows[about].most:
        first, second = same[:2]
        events[second] = (about, events[second][1], events[first][2] + events[second][2])
        del events[first]
    return b"".join(starmap(_RECORD.pack, events))


def _total(records: bytes) -> int:
    return sum([amount for _, _, amount in _RECORD.iter_unpack(records)])
