"""Reading nonces that nobody may use again any more."""

from changliao.core.clock import Instant
from changliao.store.engine import Reader


def old(reader: Reader, before: Instant, most: int) -> list[tuple[int, bytes]]:
    """Owner and digest of those seen before, the oldest first."""
    rows = reader.select("nonces_old", {"before_us": before, "most": most})
    return [(row[0], bytes(row[1])) for row in rows]
