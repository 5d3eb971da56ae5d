"""Benchmark 2: whole payments over HTTP against the same server answering a constant."""

import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench import doors
from bench.load import Target, closed, opened
from bench.results import save
from tests.served import Rest, Served, serve

ROUNDS = 5
CONNECTIONS = 64
SECONDS = 4.0
PAYERS = 500


def run() -> dict[str, Any]:
    """On the embedded engine: one server process, one process of load."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        serve(Path(folder) / "data", "changliao.db", default_fee_bps="60") as (served, operator),
    ):
        target = _target(served, operator)
        in_sandbox = _full(target)
        _without_sandbox(served)
        closed(target, "sale", CONNECTIONS, 1)
        rounds = [_round(target) for _ in range(ROUNDS)]
        full = _median([one["sale"] for one in rounds])
        figures: dict[str, Any] = {
            "constant_per_s": _median([one["constant"] for one in rounds]),
            "sale_requests_per_s": full,
            "ratio": _median([one["sale"] / one["constant"] for one in rounds]),
            "sandbox_requests_per_s": in_sandbox,
            "latency_ms": {
                share: _latency(target, full / 3 * float(share)) for share in ("0.5", "0.9")
            },
        }
        figures["memory_under_load_mb"] = resident_mb(served.process.pid)
        if not served.audit()["clean"]:
            raise AssertionError("the audit found a fault")
    return figures | doors.run()


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _target(served: Served, operator: Rest) -> Target:
    made = operator.made("/api/v1/merchants", name="Shop")
    target = Target(served.port, (operator.key, operator.secret), made)
    for number in range(PAYERS):
        user = operator.made("/api/v1/users", phone=f"138{number:08d}", name="payer")
        operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=10**9)
        target.payers.append(user["id"])
    return target


def _full(target: Target) -> float:
    closed(target, "sale", CONNECTIONS, 1)
    return _median([closed(target, "sale", CONNECTIONS, SECONDS) for _ in range(ROUNDS)])


def _without_sandbox(served: Served) -> None:
    """As an operator runs it: no log of every request, no simulated payers."""
    served.stop()
    served.environment["CHANGLIAO_SANDBOX"] = "false"
    served.restart()


def _round(target: Target) -> dict[str, float]:
    return {kind: closed(target, kind, CONNECTIONS, SECONDS) for kind in ("constant", "sale")}


def _latency(target: Target, sales_per_s: float) -> dict[str, float]:
    found = opened(target, sales_per_s, CONNECTIONS, SECONDS)
    return {
        "sales_per_s": sales_per_s,
        "p50": found[len(found) // 2] * 1000,
        "p99": found[len(found) * 99 // 100] * 1000,
    }


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def show(figures: dict[str, Any]) -> None:
    console = Console()
    console.print(
        f"HTTP: {figures['sale_requests_per_s']:,.0f} signed requests a second, "
        f"constant {figures['constant_per_s']:,.0f}, ratio {figures['ratio']:.0%}; "
        f"with a sandbox's log of requests {figures['sandbox_requests_per_s']:,.0f}"
    )
    table = Table(title="latency of a sale (three requests)", title_justify="left")
    for heading in ("load", "sales a second", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for share, one in figures["latency_ms"].items():
        table.add_row(share, f"{one['sales_per_s']:,.0f}", f"{one['p50']:.1f}", f"{one['p99']:.1f}")
    console.print(table)
    doors.show(figures)
    console.print(f"memory under load: {figures['memory_under_load_mb']:.0f} MB")


@click.command()
def main() -> None:
    """Whole payments over HTTP."""
    figures = run()
    show(figures)
    save("http", figures)


if __name__ == "__main__":
    main()
