"""Instants: the one form of time inside the network.

Units: microseconds since 1970-01-01T00:00:00Z, the same integer in values, SQL and comparisons.
Edges convert once, with the functions here. Source: RFC 3339 for the text form.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, NewType

Instant = NewType("Instant", int)
Clock = Callable[[], Instant]

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NEVER: Final = Instant(0)

BEIJING: Final = timezone(timedelta(hours=8))
_SECONDS_KEPT: Final = 4_096
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(moment: datetime) -> Instant:
    """Raises ValueError for a moment without an offset: a naive time is a guess."""
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset, for example 2026-11-24T10:00:00+08:00")
    return Instant((moment - _EPOCH) // timedelta(microseconds=1))


def to_datetime(instant: Instant, zone: timezone = UTC) -> datetime:
    """Exact to the microsecond, in the zone asked for."""
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone)


def to_rfc3339(instant: Instant, zone: timezone = BEIJING) -> str:
    """Whole seconds with an offset, as both protocols print it: 2018-06-08T10:34:56+08:00."""
    return _shown(instant // SECOND, zone)


def from_rfc3339(text: str) -> Instant:
    """Any offset and `Z` are read. Raises ValueError for anything else."""
    return from_datetime(datetime.fromisoformat(text))


def seconds(instant: Instant) -> int:
    """Unix seconds, rounded down."""
    return instant // SECOND


@lru_cache(_SECONDS_KEPT)
def _shown(second: int, zone: timezone) -> str:
    """A busy door shows the same few seconds over and over."""
    return to_datetime(Instant(second * SECOND), zone).isoformat(timespec="seconds")
