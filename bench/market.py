"""Benchmark 5: the market's lab and insight, as ratios against Mesa and DuckDB on the same machine.

One-thread speeds are by processor time, so that a busy machine changes them little. Every run is
in a process of its own; its peak memory is that of the whole process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench.market_worlds import EIGHT, story
from bench.results import peak_mb, save
from changliao.sim import outputs
from changliao.sim.lab import run as play
from changliao.sim.purchases import purchases
from changliao.sim.reading import parse
from changliao.sim.scenario import Scenario

RIVALS = Path(__file__).parents[1] / ".rivals"
ROUNDS = 3
# What MARKET asks for, and whether more or less is better.
TARGETS = {
    "plain_of_mesa": (100, "at least"),
    "whole_of_mesa": (50, "at least"),
    "threads": (1.7, "at least"),
    "cells_ratio": (1.5, "at most"),
    "cells_s": (2.0, "at most"),
    "bytes_a_person": (40, "at most"),
    "payments_per_s": (3e6, "at least"),
    "insight_of_duckdb": (8, "at least"),
    "insight_memory_of_duckdb": (0.125, "at most"),
}


class NoRoom(Exception):
    """There is less free memory than a run may take; the message says how much."""


def run(people: int = 100_000_000, rows: int = 100_000_000) -> dict[str, Any]:
    """So many people for the memory, so many payments for insight."""
    figures = engines()
    figures |= apart(cells)
    figures |= memory(people)
    figures |= insight(rows)
    figures["targets"] = {name: [*target] for name, target in TARGETS.items()}
    return figures


def engines(people: int = 1_000_000, days: int = 10, mesa: int = 50_000) -> dict[str, Any]:
    """Person-days a second of one thread, ours and Mesa's in turn; and of two threads."""
    found: dict[str, Any] = {}
    for name in ("plain", "whole"):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(apart(agents, name, people, days, 1)["person_days_per_s"])
            theirs.append(rival("mesa", name, mesa, 4)["person_days_per_s"])
        found |= {f"{name}_per_s": median(ours), f"mesa_{name}_per_s": median(theirs)}
        found[f"{name}_of_mesa"] = median(
            [one / two for one, two in zip(ours, theirs, strict=True)]
        )
    waits = [apart(agents, "whole", people, days, threads)["wall_s"] for threads in (1, 2)]
    return found | {"threads": waits[0] / waits[1]}


def agents(name: str, people: int, days: int, threads: int) -> dict[str, float]:
    """Whole days of the agents engine, by processor time and by the clock."""
    scenario = _scenario(name)
    play(scenario, engine="agents", people=100_000, days=1, threads=threads)
    one = _timed(scenario, people, 1, threads)
    more = _timed(scenario, people, 1 + days, threads)
    return {
        "person_days_per_s": people * days / (more[0] - one[0]),
        "wall_s": more[1] - one[1],
    }


def cells() -> dict[str, float]:
    """The story's whole chapter by drawn counts, with 210 million people and with one million."""
    scenario = story().scenario
    times: dict[int, list[float]] = {210_000_000: [], 1_000_000: []}
    for _ in range(ROUNDS):
        for people, found in times.items():
            began = time.process_time()
            play(scenario, engine="cells", people=people)
            found.append(time.process_time() - began)
    large, small = (median(found) for found in times.values())
    return {"cells_s": large, "cells_ratio": large / small}


def memory(people: int, days: int = 20) -> dict[str, float]:
    """Peak of a whole run of the story with so many people. Raises NoRoom."""
    free = _free_bytes()
    if free < 45 * people:
        raise NoRoom(f"{people:,} people may take {45 * people:,} bytes; {free:,} are free")
    found = apart(crowd, people, days)
    return {"people": people, **found, "bytes_a_person": found["peak_mb"] * 2**20 / people}


def crowd(people: int, days: int) -> dict[str, float]:
    """The story's people, person by person."""
    began = time.process_time()
    played = play(story().scenario, engine="agents", people=people, days=days)
    assert round(played.users[-1].sum()) == people
    return {"crowd_s": time.process_time() - began, "peak_mb": peak_mb()}


def insight(rows: int) -> dict[str, Any]:
    """Payments written to Parquet; then all sums of the file, ours and DuckDB's on one thread."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        path = Path(folder) / "payments.parquet"
        # About 0.376 of people buy on a day.
        written = apart(payments, str(path), max(1_000, rows // 10), rows)
        ours = program("added_up", str(path))
        theirs = rival("duckdb", str(path), 1)
    return {
        **written, "insight_s": ours["cpu_s"], "insight_mb": ours["peak_mb"],
        "duckdb_s": theirs["cpu_s"], "duckdb_mb": theirs["peak_mb"],
        "insight_of_duckdb": theirs["cpu_s"] / ours["cpu_s"],
        "insight_memory_of_duckdb": ours["peak_mb"] / theirs["peak_mb"],
    }  # fmt: skip


def payments(path: str, people: int, rows: int) -> dict[str, float]:
    """Days of the story, until there are so many rows."""
    scenario = story().scenario
    days = max(2, round(rows / (people * scenario.model.visit_rate)))
    began = time.process_time()
    bought = purchases(scenario, people=people, days=days)
    count = outputs.save_payments(bought, Path(path), date(2026, 1, 1), lambda day: None)
    seconds = time.process_time() - began
    return {"payments": count, "buyers": people, "days": days, "payments_per_s": count / seconds}


def apart(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """In a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def rival(name: str, *arguments: Any) -> dict[str, Any]:
    """Mesa's or DuckDB's part, with their folder."""
    if not RIVALS.exists():
        raise click.ClickException("Mesa and DuckDB are not there: `make rivals` fetches them")
    return program(f"rival_{name}", *arguments)


def program(name: str, *arguments: Any) -> dict[str, Any]:
    """What a program of this folder, that imports no more than it needs, prints."""
    words = [sys.executable, "-m", f"bench.{name}", *map(str, arguments)]
    path = f"{Path.cwd()}{os.pathsep}{RIVALS}"
    done = subprocess.run(
        words, check=True, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def _scenario(name: str) -> Scenario:
    return parse(EIGHT).scenario if name == "plain" else story().scenario


def _timed(scenario: Scenario, people: int, days: int, threads: int) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    play(scenario, engine="agents", people=people, days=days, threads=threads)
    return time.process_time() - cpu, time.perf_counter() - wall


def _free_bytes() -> int:
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    line = next(line for line in lines if line.startswith("MemAvailable"))
    return int(line.split()[1]) * 1024


def show(figures: dict[str, Any]) -> None:
    """Each figure that has a target, beside it."""
    table = Table(title="market", title_justify="left")
    for heading in ("figure", "is", "wanted"):
        table.add_column(heading, justify="right")
    for name, (target, way) in TARGETS.items():
        if name in figures:
            table.add_row(name, f"{figures[name]:,.4g}", f"{way} {target:,g}")
    Console().print(table)


@click.command()
@click.option("--people", default=100_000_000, help="For the memory.")
@click.option("--rows", default=100_000_000, help="Payments, for insight.")
def main(people: int, rows: int) -> None:
    """The lab and insight against Mesa and DuckDB."""
    figures = run(people, rows)
    show(figures)
    save("market", figures)


if __name__ == "__main__":
    main()
