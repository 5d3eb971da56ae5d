"""Reading answers kept under idempotency keys."""

from changliao.core.answers import KeptAnswer
from changliao.core.clock import Instant
from changliao.store.answers import from_row
from changliao.store.engine import Reader


def kept(reader: Reader, owner_id: int, key: str) -> KeptAnswer | None:
    """By owner and key, however old."""
    rows = reader.select("kept_answer", {"owner_id": owner_id, "key": key})
    return from_row(rows[0]) if rows else None


def old(reader: Reader, before: Instant, most: int) -> list[tuple[int, str, Instant]]:
    """Owner, key and time of those kept at this time or earlier, the oldest first."""
    rows = reader.select("kept_answers_old", {"before_us": before, "most": most})
    return [(row[0], row[1], Instant(row[2])) for row in rows]
