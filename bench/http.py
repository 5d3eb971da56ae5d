"""Benchmark 2: whole payments over HTTP against the same server answering a constant."""

import tempfile
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from rich.console import Console
from rich.table import Table

from bench.load import Target, closed, opened, replayed
from bench.results import save
from tests.served import Rest, Served, Shop, merchant, serve

ROUNDS = 5
CONNECTIONS = 64
SECONDS = 4.0
PAYERS = 500
WECHAT_ORDERS = 3_000


def run() -> dict[str, Any]:
    """On the embedded engine: one server process, one process of load."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        serve(Path(folder) / "data", "changliao.db", default_fee_bps="60") as (served, operator),
        merchant(served) as shop,
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
        figures |= _wechat(served, shop)
        figures["memory_under_load_mb"] = resident_mb(served.process.pid)
        if not served.audit()["clean"]:
            raise AssertionError("the audit found a fault")
    return figures


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


def _wechat(served: Served, shop: Shop) -> dict[str, float]:
    """Orders placed through the WeChat Pay door against RSA signing alone on one core."""
    rates = []
    for _ in range(ROUNDS):
        requests = [_signed(shop) for _ in range(WECHAT_ORDERS)]
        signing = _signatures_per_s(shop)
        rates.append((replayed(served.port, requests, CONNECTIONS), signing))
    return {
        "wechat_per_s": _median([rate for rate, _ in rates]),
        "rsa_signatures_per_s": _median([signing for _, signing in rates]),
        "wechat_of_rsa": _median([rate / signing for rate, signing in rates]),
    }


def _signed(shop: Shop) -> bytes:
    """A whole request for a native order, ready to be sent."""
    body = shop.order(amount={"total": 1_000})
    request = shop.signed("POST", "/v3/pay/transactions/native", _json(body))
    headers = f"Host: x\r\nAuthorization: {request.headers['Authorization']}\r\n"
    content = request.content
    head = f"POST /v3/pay/transactions/native HTTP/1.1\r\n{headers}"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def _json(fields: dict[str, Any]) -> bytes:
    return msgspec.json.encode(fields)


def _signatures_per_s(shop: Shop) -> float:
    began = time.perf_counter()
    for _ in range(500):
        shop.private_key.sign(b"x" * 200, PKCS1v15(), hashes.SHA256())
    return 500 / (time.perf_counter() - began)


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
    console.print(
        f"WeChat door: {figures['wechat_per_s']:,.0f} orders a second, RSA signing alone "
        f"{figures['rsa_signatures_per_s']:,.0f}, {figures['wechat_of_rsa']:.0%} of it"
    )
    console.print(f"memory under load: {figures['memory_under_load_mb']:.0f} MB")


@click.command()
def main() -> None:
    """Whole payments over HTTP."""
    figures = run()
    show(figures)
    save("http", figures)


if __name__ == "__main__":
    main()
