"""A run as tables with stable names, for files and notebooks: the schema insight writes too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from changliao.sim.result import Result
from changliao.sim.scenario import TERMINALS

FORMATS: Final = ("parquet", "csv")


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
