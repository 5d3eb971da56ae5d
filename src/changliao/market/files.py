"""Payments in Parquet files, as the lab writes them and anybody may: one row a payment.

Columns: `ts` (seconds from 1970, UTC), `user` (numbered from 0), `platform`, `method`, `terminal`
(names) and `fen` (minor units); rows in the order of days. A platform called `others` stands for
merchants on no platform.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
from msgspec import Struct

from changliao.core.market import OTHERS
from changliao.market.names import OTHERS_KEY, Label, Names
from changliao.market.rollup import Facts, Ints, OutOfOrder, Rollup, Sums

NAMED: Final = ("platform", "method", "terminal")
COLUMNS: Final = ("ts", "user", *NAMED, "fen")
MOST_PEOPLE: Final = 200_000_000
_ROWS: Final = 1 << 17
_BYTES: Final = 1 << 20
_BEIJING_S: Final = 8 * 3_600
_DAY_S: Final = 86_400


class Unreadable(Exception):
    """A file that holds no payments as described; the message says what is missing."""


class Book(Struct, frozen=True):
    """A file added up: its sums, who is who, and the days between which it lies."""

    sums: Sums
    names: Names
    first: int
    last: int
    rows: int


def read(path: Path) -> Book:
    """Add up a whole file. Raises Unreadable, OSError."""
    try:
        # Read in pieces: mapped, the whole file would be in memory.
        file = pyarrow.parquet.ParquetFile(path, buffer_size=_BYTES, pre_buffer=False)
        missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
        if missing:
            raise Unreadable(f"{path} has no column {', '.join(missing)}")
        return _added(file)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OutOfOrder, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error


def _added(file: Any) -> Book:
    known = {name: _names(file, name) for name in NAMED}
    # Merchants on no platform are number 0.
    platforms = [OTHERS_KEY, *(one for one in known["platform"] if one != OTHERS_KEY)]
    orders = {"platform": platforms, "method": known["method"], "terminal": known["terminal"]}
    people = _people(file)
    rollup = Rollup(people, (len(platforms), len(orders["method"]), len(orders["terminal"])))
    days: list[int] = []
    for facts in _facts(file, orders):
        rollup.update(facts)
        days += [int(facts.day[0]), int(facts.day[-1])]
    names = Names(
        dict(enumerate(platforms)), {}, {},
        {at: Label(one, one) for at, one in enumerate(orders["method"])},
        {at: Label(one, one) for at, one in enumerate(orders["terminal"])},
        {at: one for at, one in enumerate(platforms) if at != OTHERS},
    )  # fmt: skip
    bounds = (min(days), max(days)) if days else (0, 0)
    return Book(rollup.finish(), names, *bounds, file.metadata.num_rows)


def _facts(file: Any, orders: dict[str, list[str]]) -> Iterator[Facts]:
    for batch in file.iter_batches(_ROWS, columns=list(COLUMNS), use_threads=False):
        if not batch.num_rows:
            continue
        ts, user, fen = (_numbers(batch, name) for name in ("ts", "user", "fen"))
        platform, method, terminal = (_places(batch.column(name), orders[name]) for name in NAMED)
        yield Facts((ts + _BEIJING_S) // _DAY_S, user, platform, method, terminal, fen)


def _numbers(batch: Any, name: str) -> Ints:
    column = batch.column(name)
    if column.null_count or not pa.types.is_integer(column.type):
        raise Unreadable(f"{name} is not a whole number everywhere")
    return np.asarray(column.to_numpy(zero_copy_only=False), order="C")


def _places(column: Any, order: Sequence[str]) -> Ints:
    """Each row's place in the order of names."""
    if column.null_count:
        raise Unreadable("a payment without a name")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    places = np.array([order.index(one) for one in column.dictionary.to_pylist()], np.intp)
    return np.asarray(places[column.indices.to_numpy(zero_copy_only=False)])


def _names(file: Any, name: str) -> list[str]:
    """Every name in a column, in order: from the file's own list, else from its rows."""
    listed = (file.schema_arrow.metadata or {}).get(f"changliao.{name}".encode())
    if listed is not None:
        return list(listed.decode().split("\n"))
    found: set[str] = set()
    for batch in file.iter_batches(_ROWS, columns=[name]):
        found.update(pyarrow.compute.unique(batch.column(0)).to_pylist())
    if None in found:
        raise Unreadable(f"a payment without a {name}")
    return sorted(found)


def _people(file: Any) -> int:
    """One more than the largest number of a person."""
    most = -1
    for group in range(file.num_row_groups):
        low, high = _ends(file, group)
        if low < 0 or high >= MOST_PEOPLE:
            raise Unreadable(f"people are numbered from 0 to {MOST_PEOPLE:,}")
        most = max(most, high)
    return most + 1


def _ends(file: Any, group: int) -> tuple[int, int]:
    """The smallest and the largest number of a person in a part of the file."""
    columns = file.metadata.row_group(group)
    for place in range(columns.num_columns):
        column = columns.column(place)
        known = column.statistics if column.path_in_schema == "user" else None
        if known is not None and known.has_min_max:
            return int(known.min), int(known.max)
    found = pyarrow.compute.min_max(file.read_row_group(group, columns=["user"]).column(0)).as_py()
    return int(found["min"] or 0), int(found["max"] or 0)
