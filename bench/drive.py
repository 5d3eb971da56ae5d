"""Benchmark 6: the story's surge into a running network, on each engine, and the books after it.

Ten million people in a day are 116 payments a second; an evening has three times as many.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench.results import save
from bench.world import database
from tests.served import CHANGLIAO, serve

RATES = (116, 348)
SECONDS = 60


def run(engine: str, rates: tuple[int, ...] = RATES, seconds: int = SECONDS) -> dict[str, Any]:
    """From the day of the surge on; the audit must be clean."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        database(engine) as address,
        serve(Path(folder) / "data", address) as (served, operator),
    ):
        words = [CHANGLIAO, "market", "lab", "drive", "story", "--from-day", "10", "--json"]
        words += ["--into", served.base_url, "--key", operator.key, "--secret", operator.secret]
        found = {}
        for rate in rates:
            told = subprocess.run(
                [*words, "--rate", str(rate), "--seconds", str(seconds), "--users", "60000"],
                stdout=subprocess.PIPE, check=False,
            )  # fmt: skip
            found[str(rate)] = json.loads(told.stdout)
        if not served.audit()["clean"]:
            raise AssertionError("the audit found a fault")
    return {"engine": engine, "rates": found}


def show(figures: dict[str, Any]) -> None:
    """What was held, and how long people waited."""
    table = Table(title=f"drive, {figures['engine']}", title_justify="left")
    for heading in ("wanted a second", "paid a second", "refused", "p50 ms", "p99 ms", "held"):
        table.add_column(heading, justify="right")
    for rate, one in figures["rates"].items():
        late = one["latency_ms"]
        table.add_row(
            rate, f"{one['paid_per_s']:,.1f}", f"{sum(one['refused'].values()):,}",
            f"{late['p50']:.1f}", f"{late['p99']:.1f}", "yes" if one["sustained"] else "no",
        )  # fmt: skip
    Console().print(table)


@click.command()
def main() -> None:
    """Simulated people into SQLite and into PostgreSQL."""
    for engine in ("sqlite", "postgresql"):
        figures = run(engine)
        show(figures)
        save(f"drive-{engine}", figures)


if __name__ == "__main__":
    main()
