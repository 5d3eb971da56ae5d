"""Orders through the WeChat Pay and the Alipay door against what RSA-2048 signing alone allows.

Requests are signed before, so that the load costs nothing but sending. The network is an ordinary
one: a sandbox also writes a log of requests. Two ratios are taken in one run: by the clock, and
by the processor time that the server used for an order, which busy neighbours do not change.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from bench.load import replayed
from bench.results import save
from tests.openapi import OpenApp, open_app
from tests.served import Served, Shop, merchant, serve

ROUNDS: Final = 5
CONNECTIONS: Final = 64
ORDERS: Final = 3_000
SIGNATURES: Final = 1_000
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


class Round(Struct, frozen=True):
    """Orders a second, and the two ratios."""

    per_s: float
    of_rsa: float
    of_rsa_cpu: float


def run() -> dict[str, Any]:
    """On the embedded engine: one server process, one process of load."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        serve(Path(folder) / "data", "changliao.db") as (served, _),
        merchant(served) as shop,
        open_app(served) as app,
    ):
        served.stop()
        served.environment["CHANGLIAO_SANDBOX"] = "false"
        served.restart()
        doors: dict[str, Callable[[], bytes]] = {
            "wechat": lambda: _wechat(shop),
            "alipay": lambda: _alipay(app),
        }
        for make in doors.values():
            replayed(served.port, [make() for _ in range(CONNECTIONS)], CONNECTIONS)
        rounds: dict[str, list[Round]] = {name: [] for name in doors}
        for _ in range(ROUNDS):
            for name, make in doors.items():
                rounds[name].append(_round(served, make, shop.private_key))
        if not served.audit()["clean"]:
            raise AssertionError("the audit found a fault")
    figures: dict[str, Any] = {}
    for name, found in rounds.items():
        for field in ("per_s", "of_rsa", "of_rsa_cpu"):
            values = sorted(getattr(one, field) for one in found)
            figures[f"{name}_{field}"] = values[len(values) // 2]
    return figures


def _round(served: Served, make: Callable[[], bytes], key: RSAPrivateKey) -> Round:
    requests = [make() for _ in range(ORDERS)]
    per_s, signature_s = _signing(key)
    before = _processor_s(served.process.pid)
    rate = replayed(served.port, requests, CONNECTIONS)
    order_s = (_processor_s(served.process.pid) - before) / ORDERS
    return Round(rate, rate / per_s, signature_s / order_s)


def _signing(key: RSAPrivateKey) -> tuple[float, float]:
    """Signatures a second, and the processor time of one."""
    began, used = time.perf_counter(), time.process_time()
    for _ in range(SIGNATURES):
        key.sign(b"x" * 200, PKCS1v15(), hashes.SHA256())
    taken = time.perf_counter() - began
    return SIGNATURES / taken, (time.process_time() - used) / SIGNATURES


def _processor_s(pid: int) -> float:
    """Processor time that a process has used, its own and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _wechat(shop: Shop) -> bytes:
    """A whole request for a native order, ready to be sent."""
    body = msgspec.json.encode(shop.order(amount={"total": 1_000}))
    request = shop.signed("POST", "/v3/pay/transactions/native", body)
    headers = f"Host: x\r\nAuthorization: {request.headers['Authorization']}\r\n"
    head = f"POST /v3/pay/transactions/native HTTP/1.1\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _alipay(app: OpenApp) -> bytes:
    """A whole request for an order paid by a code, ready to be sent."""
    body = urlencode(app.parameters("alipay.trade.precreate", app.order())).encode()
    head = "POST /gateway.do HTTP/1.1\r\nHost: x\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded;charset=utf-8\r\n"
    return f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body


def show(figures: dict[str, Any]) -> None:
    table = Table(title="orders through the doors of others", title_justify="left")
    for heading in ("door", "orders a second", "of RSA signing", "in processor time"):
        table.add_column(heading, justify="right")
    for name in ("wechat", "alipay"):
        rate, ratio, cpu = (figures[f"{name}_{one}"] for one in ("per_s", "of_rsa", "of_rsa_cpu"))
        table.add_row(name, f"{rate:,.0f}", f"{ratio:.0%}", f"{cpu:.0%}")
    Console().print(table)


@click.command()
def main() -> None:
    """Orders through the WeChat Pay and the Alipay door."""
    figures = run()
    show(figures)
    save("doors", figures)


if __name__ == "__main__":
    main()
