"""The directory: merchants, apps and keys as every request needs them, kept for a moment.

Reading four small tables for each request would cost more than the request. What was read is kept
for a second, and forgotten at once when this process changes a merchant; another process's change
is therefore seen within a second.
"""

from collections.abc import Callable
from typing import Any, Final

from changliao.core.clock import SECOND, Clock, Instant

FRESH: Final = 1 * SECOND
_MOST: Final = 100_000
Key = tuple[Callable[..., Any], tuple[Any, ...]]


class Directory:
    """Answers of views, by view and arguments."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Key, tuple[Instant, Any]] = {}

    def forget(self) -> None:
        """A merchant, app, key or partnership changed."""
        self._kept = {}

    def peek(self, key: Key) -> tuple[Instant, Any] | None:
        """The answer and when it was read, while it is fresh."""
        kept = self._kept.get(key)
        if kept is not None and 0 <= self._clock() - kept[0] < FRESH:
            return kept
        return None

    def keep(self, key: Key, answer: Any) -> None:
        """Keep an answer for a moment; the table is emptied rather than grow without end."""
        if len(self._kept) >= _MOST:
            self._kept = {}
        self._kept[key] = (self._clock(), answer)
