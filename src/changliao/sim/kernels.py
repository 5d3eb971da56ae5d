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


def _found(half: Any, base: Any, columns: Any, threshold: Any, alias: Any) -> Any:
    """The place in a day's table that 32 bits choose in the row that begins at `base`."""
    product = half * columns
    place = base + (product >> _32)
    other = np.uint64(alias[place])
    return place if (product & _LOW) < np.uint64(threshold[place]) else other


_find: Any = _compiled(_found)


def _buy(draws: Any, people: Any, tables: Any, counts: Any, chosen: Any) -> None:
    """Count who chooses what by cell, and change habits. `chosen` keeps places, unless it is empty.

    `draws` are the key of the day and the number of the first word, which is of two people. All
    tables are flat and without signs: a place that cannot be negative needs no check. The two
    people of a word are counted apart, so that one addition need not wait for the other.
    """
    key, first = draws
    kind, habit = people
    threshold, alias, went, platforms, columns = tables
    keeps, count = len(chosen) > 0, len(kind)
    for pair in range(count // 2):
        word = _mix(key + np.uint64(first + pair) * _GOLDEN)
        one, two = 2 * pair, 2 * pair + 1
        base = (np.uint64(kind[one]) * platforms + np.uint64(habit[one])) * columns
        place = _find(word & _LOW, base, columns, threshold, alias)
        base = (np.uint64(kind[two]) * platforms + np.uint64(habit[two])) * columns
        other = _find(word >> _32, base, columns, threshold, alias)
        habit[one], habit[two] = went[place], went[other]
        counts[0, place] += 1
        counts[1, other] += 1
        if keeps:
            chosen[one], chosen[two] = place, other
    if count % 2:
        word, one = _mix(key + np.uint64(first + count // 2) * _GOLDEN), count - 1
        base = (np.uint64(kind[one]) * platforms + np.uint64(habit[one])) * columns
        place = _find(word & _LOW, base, columns, threshold, alias)
        habit[one] = went[place]
        counts[0, place] += 1
        if keeps:
            chosen[one] = place


def _move(draws: Any, kind: Any, tables: Any, gained: Any) -> None:
    """Change the kinds of those who leave theirs, and count what each kind gains.

    `draws` are the key of who leaves, of where to, and the number of the first word.
    """
    key, where, first = draws
    leave, threshold, alias, columns = tables
    word = key
    for at in range(len(kind)):
        if at % 2:
            word >>= _32
        else:
            word = _mix(key + np.uint64(first + at // 2) * _GOLDEN)
        left = kind[at]
        if (word & _LOW) < np.uint64(leave[left]):
            half = _mix(where + np.uint64(2 * first + at) * _GOLDEN) >> _32
            base = np.uint64(left) * columns
            went = _find(half, base, columns, threshold, alias) - base
            gained[left] -= 1
            gained[went] += 1
            kind[at] = went


BUY: Final = _compiled(_buy)
MOVE: Final = _compiled(_move)
