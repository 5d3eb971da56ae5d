"""A run as tables with stable names, for files and notebooks: the schema insight writes too."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from changliao.sim.purchases import Purchases
from changliao.sim.result import Result
from changliao.sim.scenario import TERMINALS

FORMATS: Final = ("parquet", "csv")
_NAMED: Final = ("platform", "method", "terminal")
_DAY_S: Final = 86_400
# Days begin in Beijing.
_MIDNIGHT_S: Final = -8 * 3_600


def tables(result: Result) -> dict[str, pa.Table]:
    """`daily`, `pay`, `flow`, `mood`, `wallet` and `hhi`, as in docs/market/model.md."""
    return {name: pa.Table.from_pylist(list(rows(result))) for name, rows in _TABLES.items()}


def save(result: Result, folder: Path, form: str) -> list[Path]:
    """Write every table into a folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in tables(result).items():
        path = folder / f"{name}.{form}"
        if form == "csv":
            pyarrow.csv.write_csv(table, path)
        else:
            pyarrow.parquet.write_table(table, path)
        written.append(path)
    return written


def save_payments(
    bought: Iterable[Purchases], path: Path, first: date, progress: Callable[[int], None]
) -> int:
    """Write every purchase as a row, as `market.files` reads them; how many. Raises OSError.

    Day 1 is the day `first`, in Beijing. The lab's wallets are the methods.
    """
    start = (first - date(1970, 1, 1)).days * _DAY_S + _MIDNIGHT_S
    writer, rows = None, 0
    try:
        for day in bought:
            names = (day.platforms, day.wallets, TERMINALS)
            table = _payments(day, names, start)
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(
                    path, table.schema, use_dictionary=list(_NAMED), compression="snappy"
                )
            writer.write_table(table)
            rows += len(day)
            progress(day.day)
    finally:
        if writer is not None:
            writer.close()
    return rows


def _payments(day: Purchases, names: tuple[tuple[str, ...], ...], start: int) -> pa.Table:
    places = (day.platform, day.wallet, day.terminal)
    named = {
        name: pa.DictionaryArray.from_arrays(pa.array(place), pa.array(known))
        for name, place, known in zip(_NAMED, places, names, strict=True)
    }
    columns = {
        "ts": pa.array(start + (day.day - 1) * _DAY_S + day.second),
        "user": pa.array(day.user), **named, "fen": pa.array(day.amount),
    }  # fmt: skip
    told = {
        f"changliao.{name}": "\n".join(known) for name, known in zip(_NAMED, names, strict=True)
    }
    return pa.table(columns).replace_schema_metadata(told)


def _daily(result: Result) -> Iterator[dict[str, Any]]:
    by_terminal = result.pay.sum(axis=(1, 4))
    for day, place in _there(result):
        pc, mobile = by_terminal[day, :, place]
        yield {
            "day": day + 1,
            "platform": result.platforms[place],
            "visits": float(pc + mobile),
            "share": float(result.shares[day, place]),
            "users": float(result.users[day, place]),
            "pc": float(pc),
            "mobile": float(mobile),
        }


def _pay(result: Result) -> Iterator[dict[str, Any]]:
    found = result.pay[: result.days].nonzero()
    for day, mood, terminal, place, wallet in zip(*found, strict=True):
        yield {
            "day": int(day) + 1,
            "mood": ("calm", "boycott")[mood],
            "platform": result.platforms[place],
            "terminal": TERMINALS[terminal],
            "wallet": result.wallets[wallet],
            "n": float(result.pay[day, mood, terminal, place, wallet]),
        }


def _flow(result: Result) -> Iterator[dict[str, Any]]:
    for day, came_from, went_to in zip(*result.flow[: result.days].nonzero(), strict=True):
        yield {
            "day": int(day) + 1,
            "from": result.platforms[came_from],
            "to": result.platforms[went_to],
            "users": float(result.flow[day, came_from, went_to]),
        }


def _mood(result: Result) -> Iterator[dict[str, Any]]:
    for day in range(result.days):
        yield {"day": day + 1, "boycott": float(result.boycotting[day])}


def _wallet(result: Result) -> Iterator[dict[str, Any]]:
    for day in range(result.days):
        for wallet, held in zip(result.wallets, result.enrolled[day], strict=True):
            yield {"day": day + 1, "wallet": wallet, "enrolled": float(held)}


def _hhi(result: Result) -> Iterator[dict[str, Any]]:
    for day in range(1, result.days + 1):
        yield {"day": day, "by_group": True, "value": result.hhi(day)}


def _there(result: Result) -> Iterator[tuple[int, int]]:
    bought = result.visits[: result.days]
    for day, place in zip(*np.nonzero(bought + result.users[: result.days]), strict=True):
        yield int(day), int(place)


_TABLES: Final = {
    "daily": _daily,
    "pay": _pay,
    "flow": _flow,
    "mood": _mood,
    "wallet": _wallet,
    "hhi": _hhi,
}
