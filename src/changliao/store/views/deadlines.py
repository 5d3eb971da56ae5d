"""Reading what is due."""

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.store.deadlines import DeadlineKind
from changliao.store.engine import Reader


class Deadline(Struct, frozen=True):
    """Something to look at now."""

    at: Instant
    subject_id: int
    owner_id: int
    kind: DeadlineKind


def due(reader: Reader, now: Instant, most: int) -> list[Deadline]:
    """The longest overdue first."""
    rows = reader.select("deadlines_due", {"now_us": now, "most": most})
    return [Deadline(Instant(row[0]), row[1], row[2], DeadlineKind(row[3])) for row in rows]
