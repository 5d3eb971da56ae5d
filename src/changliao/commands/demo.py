"""`changliao sandbox demo`: the main job played on a fresh network, through real doors.

A server process on an embedded file; shops with the SDKs they already have; people on the wallet's
pages; notifications verified by the SDKs; a partial refund; an audit; then a surge.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import click
import httpx
from msgspec import Struct
from rich.progress import Progress
from rich.table import Table

from changliao import examples
from changliao.commands.context import console, fail
from changliao.commands.people import Person, WentWrong
from changliao.commands.rest_client import RestClient
from changliao.commands.surge import Surge, surge

_FOLDER: Final = Path("demo-data")
_MARK: Final = ".demo"
_PORT: Final = 8964
_START_WITHIN_S: Final = 20
_STEP_WITHIN_S: Final = 60
_NODE_PACKAGE: Final = "wechatpay-axios-plugin@0.9.6"


class Server(Struct):
    """A running `changliao serve` and how long it took to answer."""

    process: "subprocess.Popen[bytes]"
    base_url: str
    folder: Path
    seconds: float
    operator: dict[str, str]


@click.command()
@click.option("--once", is_flag=True, help="End by itself instead of staying up.")
@click.option("--users", default=3_000, show_default=True, help="How many join in the surge.")
@click.option("--port", default=_PORT, show_default=True, help="Port to serve on.")
def demo(users: int, port: int, *, once: bool) -> None:
    """Play the main job on a fresh network and show what happened."""
    try:
        server = _start(port)
    except (OSError, subprocess.SubprocessError, httpx.HTTPError) as error:
        fail(f"the network did not start: {error}")
    try:
        rows = _play(server, users)
        _summary(server, rows)
        if not once:
            _stay(server)
    except (WentWrong, subprocess.SubprocessError, httpx.HTTPError) as error:
        fail(f"the demo stopped: {error}")
    finally:
        server.process.terminate()
        server.process.wait()


def _start(port: int) -> Server:
    if (_FOLDER / _MARK).exists():
        shutil.rmtree(_FOLDER)
    _FOLDER.mkdir()
    (_FOLDER / _MARK).touch()
    port = port if _is_free(port) else 0
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "CHANGLIAO_PUBLIC_URL": base_url}
    console.print(f"[bold]1[/] A fresh network in {_FOLDER}/")
    operator = _changliao("init", "--sandbox", "--json")
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "changliao", "serve", "--data", str(_FOLDER), "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    while time.perf_counter() - began < _START_WITHIN_S:
        try:
            httpx.get(f"{base_url}/healthz", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.02)
    seconds = time.perf_counter() - began
    console.print(f"  it answers at {base_url} after {seconds:.2f} s")
    return Server(process, base_url, _FOLDER, seconds, operator)


def _play(server: Server, users: int) -> list[tuple[str, str, str]]:
    console.print("[bold]2[/] People open wallets and top up, on the wallet's pages")
    people = [
        Person(server.base_url, "13800000001", "林小满", "135790"),
        Person(server.base_url, "13800000002", "陈一诺", "246801"),
    ]
    for person in people:
        person.sign_up()
        person.top_up("1000.00")
        console.print(f"  {person.name} topped up ¥1,000.00")
    rows = [
        ("Start", "embedded file, one process", f"{server.seconds:.2f} s to the first answer"),
        ("Wallets", "sign up, top up, on real pages", f"{len(people)} people, ¥1,000.00 each"),
    ]
    console.print("[bold]3[/] JD integrates with the SDK it has: PyPI wechatpayv3")
    python = Path(next(iter(examples.__path__))) / "python_wechatpayv3.py"
    rows.append(_sell(server, "JD", [sys.executable, str(python)], people[0], Path.cwd()))
    console.print("[bold]4[/] Meituan integrates with npm wechatpay-axios-plugin")
    node = _node_folder()
    if node is None:
        console.print("  skipped: install node and npm (Debian: apt-get install nodejs npm)")
        rows.append(("Meituan", "npm wechatpay-axios-plugin", "skipped: no node on this machine"))
    else:
        script = Path(next(iter(examples.__path__))) / "node_axios_plugin.mjs"
        rows.append(_sell(server, "Meituan", ["node", str(script)], people[1], node))
    console.print(f"[bold]5[/] A surge: {users:,} people join and pay as fast as this machine can")
    rows.append(_surge_row(_surge(server, users)))
    console.print("[bold]6[/] The audit recomputes every balance and the hash chain")
    audit = _changliao("audit", "--json")
    counts = f"{audit['transfers']:,} transfers, {audit['orders']:,} orders: nothing wrong"
    rows.append(("Audit", "balances, chain, orders, refunds", counts))
    console.print(f"  {counts}")
    return rows


def _sell(
    server: Server, name: str, command: list[str], payer: Person, folder: Path
) -> tuple[str, str, str]:
    """A shop sells one thing: ordered, paid, notified, queried, partly refunded, notified."""
    settings = _changliao("sandbox", "merchant", name, "--json")
    settings["base_url"] = server.base_url
    file = (server.folder / f"{name}.json").absolute()
    file.write_text(json.dumps(settings), "utf-8")
    file.chmod(0o600)
    shop = subprocess.Popen([*command, str(file)], stdout=subprocess.PIPE, cwd=folder)
    with shop:
        ordered = _heard(shop, "ordered")
        console.print(f"  order {ordered['out_trade_no']}: {ordered['code_url'][:38]}…")
        payer.pay(ordered["code_url"])
        console.print(f"  {payer.name} scanned it and paid with the PIN")
        paid = _heard(shop, "notified")
        console.print(f"  the SDK verified and opened {paid['event']}")
        state = _heard(shop, "queried")["trade_state"]
        refund = _heard(shop, "refunded")
        told = _heard(shop, "notified")
        console.print(f"  refunded in part: {refund['status']}, the SDK opened {told['event']}")
    if not (paid["verified"] and told["verified"] and state == "SUCCESS"):
        raise WentWrong(f"{name} heard {paid}, {state}, {told}")
    return name, command[-1].rsplit("/", 1)[-1], "paid, 2 notifications verified, 1 partial refund"


def _heard(shop: "subprocess.Popen[bytes]", step: str) -> dict[str, Any]:
    """The shop's next line, which must be about this step."""
    line = shop.stdout.readline() if shop.stdout else b""
    fields: dict[str, Any] = json.loads(line) if line else {}
    if fields.get("step") != step:
        shop.kill()
        raise WentWrong(f"the shop said {fields or 'nothing'} instead of {step}")
    return fields


def _node_folder() -> Path | None:
    """Where the npm SDK is installed, installing it if it can be; None without node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    folder = Path(".tools/node")
    if not (folder / "node_modules" / "wechatpay-axios-plugin").exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--silent", _NODE_PACKAGE]
        done = subprocess.run(install, cwd=folder, check=False, capture_output=True)
        if done.returncode:
            return None
    return folder


def _surge(server: Server, users: int) -> Surge:
    host, port = server.base_url.removeprefix("http://").split(":")
    key = (server.operator["operator_key"], server.operator["operator_secret"])
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("  sign up, top up, order, pay", total=users)
        return asyncio.run(surge((host, int(port)), key, users, lambda: progress.advance(task)))


def _surge_row(done: Surge) -> tuple[str, str, str]:
    rate = f"{done.paid:,} paid in {done.seconds:.1f} s: {done.paid / done.seconds:,.0f} people/s"
    console.print(f"  {rate}, {done.requests / done.seconds:,.0f} signed requests/s")
    return "Surge", "sign up, top up, order, pay, each over HTTP", rate


def _summary(server: Server, rows: list[tuple[str, str, str]]) -> None:
    table = Table(title="畅聊支付 · Changliao Pay", title_justify="left")
    for heading in ("what", "how", "result"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"Wallet   {server.base_url}/w/login  (13800000001, password 林小满-13800000001)")
    console.print(f"Cashier  {_open_order(server)}")


def _open_order(server: Server) -> str:
    """An order that waits to be paid, for whoever opens it."""
    merchant = json.loads((server.folder / "JD.json").read_text("utf-8"))
    key = (merchant["rest_key"], merchant["rest_secret"])
    host, port = server.base_url.removeprefix("http://").split(":")
    return asyncio.run(_placed((host, int(port)), key))


async def _placed(address: tuple[str, int], key: tuple[str, str]) -> str:
    client = RestClient(*address, *key)
    fields = {"reference": f"DEMO{time.time_ns()}", "title": "越野跑鞋 42 码", "amount": 26_800}
    _, order = await client.post("/api/v1/orders", fields)
    client.close()
    return str(order["pay_url"])


def _stay(server: Server) -> None:
    console.print("The network stays up: Ctrl+C ends it.")
    try:
        server.process.wait()
    except KeyboardInterrupt:
        console.print("Goodbye.")


def _changliao(*arguments: str) -> dict[str, Any]:
    """One of our own commands on the demo's folder, as JSON."""
    command = [sys.executable, "-m", "changliao", *arguments, "--data", str(_FOLDER)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=_STEP_WITHIN_S)
    fields: dict[str, Any] = json.loads(done.stdout)
    return fields


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
