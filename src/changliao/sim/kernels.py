"""The agents engine's two loops over people, compiled when Numba is there (the extra `fast`).

They draw what `agents` draws with NumPy, bit for bit; NumPy makes a dozen passes over the same
people, a compiled loop one. Without Numba both are None.
"""

from typing import Any, Final

import numpy as np

try:
    from numba import njit
except ImportError:
    njit: Any = None  # type: ignore[no-redef]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_LOW: Final = np.uint64(0xFFFFFFFF)
_27, _30, _31, _32 = (np.uint64(bits) for bits in (27, 30, 31, 32))


def _compiled(function: Any) -> Any:
    return None if njit is None else njit(nogil=True, cache=True)(function)


def _mixed(word: Any) -> Any:
    word = (word ^ (word >> _30)) * _FIRST
    word = (word ^ (word >> _27)) * _SECOND
    return word ^ (word >> _31)


_mix: Any = _compiled(_mixed)


def _buy(draws: Any, people: Any, tables: Any, counts: Any, chosen: Any) -> None:
    """Count who buys what by cell, and change habits. `chosen` keeps outcomes, unless it is empty.

    `draws` are the key of the day and the first person's number. All tables are flat and without
    signs: a place that cannot be negative needs no check.
    """
    key, one = draws
    kind, habit = people
    visit, threshold, alias, places, platforms, columns = tables
    keeps = len(chosen) > 0
    for at in range(len(kind)):
        draw = _mix(key + np.uint64(one + at) * _GOLDEN)
        cell = np.uint64(kind[at]) * platforms + np.uint64(habit[at])
        if (draw >> _32) < np.uint64(visit[cell]):
            draw = _mix(draw)
            outcome = ((draw >> _32) * columns) >> _32
            if (draw & _LOW) >= threshold[cell * columns + outcome]:
                outcome = np.uint64(alias[cell * columns + outcome])
            counts[cell * columns + outcome] += 1
            habit[at] = places[outcome]
            if keeps:
                chosen[at] = outcome


def _move(draws: Any, kind: Any, tables: Any, gained: Any) -> None:
    """Change the kinds of those who leave theirs, and count what each kind gains."""
    key, one = draws
    leave, threshold, alias = tables
    columns = np.uint64(alias.shape[1])
    for at in range(len(kind)):
        draw = _mix(key + np.uint64(one + at) * _GOLDEN)
        left = kind[at]
        if (draw >> _32) < np.uint64(leave[left]):
            draw = _mix(draw)
            went = np.int64(((draw >> _32) * columns) >> _32)
            if (draw & _LOW) >= threshold[left, went]:
                went = alias[left, went]
            gained[left] -= 1
            gained[went] += 1
            kind[at] = went


BUY: Final = _compiled(_buy)
MOVE: Final = _compiled(_move)
