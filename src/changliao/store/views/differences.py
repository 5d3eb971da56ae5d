"""Reading differences of statements and what was done about them."""

from changliao.core import ids
from changliao.core.differences import Case
from changliao.core.statements import Reconciliation
from changliao.store.differences import case_from_row, reconciliation_from_row
from changliao.store.engine import Reader

_PAGE = 1_000


def case(reader: Reader, difference_id: int) -> Case | None:
    """By id."""
    rows = reader.select("channel_difference_by_id", {"difference_id": difference_id})
    return case_from_row(rows[0]) if rows else None


def cases(reader: Reader, channel_id: int, state: int, before: int, most: int) -> list[Case]:
    """Newest first; 0 is any channel, any state."""
    keys = {"channel_id": channel_id, "state": state, "before": before, "most": most}
    return [case_from_row(row) for row in reader.select("channel_differences_list", keys)]


def reconciliations(
    reader: Reader, channel_id: int, before: tuple[int, int, int], most: int
) -> list[Reconciliation]:
    """What statements came to, the newest days first; channel 0 is any."""
    keys = {
        "channel_id": channel_id,
        "begins": before[0],
        "before_channel": before[1],
        "before_currency": before[2],
        "most": most,
    }
    return [reconciliation_from_row(row) for row in reader.select("reconciliations_list", keys)]


def every(reader: Reader) -> list[Case]:
    """All of them, for the audit."""
    found: list[Case] = []
    before = ids.NEWEST
    while page := cases(reader, 0, 0, before, _PAGE):
        found += page
        before = page[-1].id
    return found
