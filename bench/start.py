"""Benchmark 4: from the command to the first answer, and memory before anybody has come."""

import tempfile
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench.http import resident_mb
from bench.results import save
from tests.served import serve

ROUNDS = 7
REST_S = 3.0


def run() -> dict[str, Any]:
    """Medians of starting the embedded network on an existing data folder."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        serve(Path(folder) / "data", "changliao.db") as (served, _),
    ):
        started = []
        for _ in range(ROUNDS):
            served.stop()
            began = time.perf_counter()
            served.restart()
            started.append(time.perf_counter() - began)
        time.sleep(REST_S)
        memory = resident_mb(served.process.pid)
    return {"first_answer_s": sorted(started)[ROUNDS // 2], "memory_at_rest_mb": memory}


def show(figures: dict[str, Any]) -> None:
    Console().print(
        f"first answer after {figures['first_answer_s']:.2f} s; "
        f"{figures['memory_at_rest_mb']:.0f} MB at rest"
    )


@click.command()
def main() -> None:
    """Start-up time and memory at rest."""
    figures = run()
    show(figures)
    save("start", figures)


if __name__ == "__main__":
    main()
