"""When a key was last used, to the hour: enough to know whether anything still signs with it."""

from typing import Final

from msgspec import Struct

from changliao.core.clock import HOUR, Instant

APART: Final = HOUR


class KeyUse(Struct, frozen=True):
    """A use of the key that `owner_id` and `serial` name."""

    owner_id: int
    serial: str
    used_at: Instant


def is_news(earlier: KeyUse | None, use: KeyUse) -> bool:
    """Is it worth a write?"""
    return earlier is None or use.used_at - earlier.used_at >= APART
