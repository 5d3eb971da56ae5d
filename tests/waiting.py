"""Waiting for what other threads and processes do: until it is so, never for a time.

The limits only end what would never come. A machine that is busy with something else takes many
times as long as one that is not.
"""

import time
from collections.abc import Callable
from typing import Any, Final

LONGEST_S: Final = 60.0
_AGAIN_AFTER_S: Final = 0.02
_CLEAR_S: Final = 180
_DAY_S, _BEIJING_S = 86_400, 8 * 3_600


def eventually(find: Callable[[], Any], within_s: float = LONGEST_S) -> Any:
    """The first truth that `find` finds."""
    deadline = time.monotonic() + within_s
    while True:
        found = find()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s} s; at last: {found!r}"
        time.sleep(_AGAIN_AFTER_S)


def clear_of_midnight(after_s: float = 0) -> None:
    """Let the last minutes of a day in Beijing pass: what follows is all of one day.

    `after_s`: the day ends so much later.
    """
    left = _DAY_S - (time.time() + _BEIJING_S - after_s) % _DAY_S
    if left < _CLEAR_S:
        time.sleep(left)


def becomes(look: Callable[[], Any], wanted: Any, within_s: float = LONGEST_S) -> None:
    """Wait until that is what there is to be seen."""
    deadline = time.monotonic() + within_s
    while (seen := look()) != wanted:
        assert time.monotonic() < deadline, f"not {wanted!r} within {within_s} s but {seen!r}"
        time.sleep(_AGAIN_AFTER_S)
