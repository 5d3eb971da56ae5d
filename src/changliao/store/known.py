"""What is known of the store from batch to batch, while nobody else writes.

An embedded database has one writing session. What it last committed is still true when the next
batch begins, unless another process wrote in between; the session tells, and then all is forgotten.
A payment finds the order it was placed with, and a busy merchant's account, without asking.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

MOST_ROWS: Final = 20_000


class Known:
    """The newest committed rows of some tables, at most so many of each."""

    def __init__(self, tables: Iterable[object], most: int = MOST_ROWS) -> None:
        self._rows: dict[object, dict[Any, Any]] = {table: {} for table in tables}
        self._most = most

    def of(self, table: object) -> dict[Any, Any] | None:
        """A table's known rows by key; None for a table that is not kept."""
        return self._rows.get(table)

    def keep(self, table: object, rows: Iterable[tuple[Any, Any]]) -> None:
        """Rows as they were just committed, None for what is not there: the oldest give way."""
        known = self._rows[table]
        for key, row in rows:
            known.pop(key, None)
            known[key] = row
        if len(known) > self._most:
            for key in list(islice(known, len(known) - self._most)):
                del known[key]

    def forget(self) -> None:
        """Somebody else wrote, or a commit failed."""
        for rows in self._rows.values():
            rows.clear()
