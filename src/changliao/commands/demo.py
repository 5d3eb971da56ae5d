"""`changliao sandbox demo`: the opening story on a fresh network, through real doors.

A server process on an embedded file; shops with the SDKs they have; people on the wallet's pages;
then every point of a scenario file, each step checked, an audit, and a table of what was shown.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import click
import httpx
from msgspec import Struct
from rich.table import Table

from changliao.commands.options import fail
from changliao.commands.people import WentWrong
from changliao.commands.story import scenario
from changliao.commands.story.acts import Done, number
from changliao.commands.story.scenario import NoScenario, Point, Scenario
from changliao.commands.story.stage import PIN, Server, Stage
from changliao.commands.terminal import console

_FOLDER: Final = Path("demo-data")
_MARK: Final = ".demo"
_OPERATOR: Final = "演示"
_SHOP: Final = "演示商店"
_PORT: Final = 8964
_START_WITHIN_S: Final = 60


class Running(Struct, frozen=True):
    """The demo's server process, and how long it took to answer."""

    process: "subprocess.Popen[bytes]"
    server: Server
    seconds: float


class Visitors(Struct, frozen=True):
    """Who may look around when the story is told: an operator, and a developer of a shop."""

    operator: dict[str, str]
    developer: dict[str, str]


class Row(Struct, frozen=True):
    """A step in the table at the end."""

    point: int
    done: Done


@click.command()
@click.option("--once", is_flag=True, help="End by itself instead of staying up.")
@click.option("--step", "stepwise", is_flag=True, help="Wait after each point, pages open.")
@click.option("--users", default=2_000, show_default=True, help="How many are in the surge.")
@click.option("--port", default=_PORT, show_default=True, help="Port to serve on.")
@click.option(
    "--scenario",
    "file",
    default=scenario.OPENING,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another story than the opening one.",
)
def demo(users: int, port: int, file: Path, *, once: bool, stepwise: bool) -> None:
    """Play the opening story on a fresh network, check every step, show what happened."""
    try:
        story = scenario.read(file)
    except NoScenario as error:
        fail(str(error))
    try:
        running = start(port)
    except (OSError, subprocess.SubprocessError, httpx.HTTPError) as error:
        fail(f"the network did not start: {error}")
    try:
        stage = Stage(running.server, users)
        visitors = invite(stage)
        rows = play(story, stage, visitors if stepwise else None)
        _summary(story, running.seconds, rows)
        for line in addresses(stage, visitors):
            console.print(line)
        if not once:
            _stay(running)
    except (WentWrong, subprocess.SubprocessError, httpx.HTTPError) as error:
        fail(f"the demo stopped: {error}")
    finally:
        running.process.terminate()
        running.process.wait()


def start(port: int, folder: Path = _FOLDER) -> Running:
    """A fresh network in a folder of the demo's own, and its server."""
    if (folder / _MARK).exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / _MARK).touch()
    port = port if port and _is_free(port) else 0
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "CHANGLIAO_PUBLIC_URL": base_url}
    console.print(f"A fresh network in {folder}/")
    init = [sys.executable, "-m", "changliao", "init", "--sandbox", "--json", "--data", str(folder)]
    made = subprocess.run(init, check=True, capture_output=True).stdout
    server = Server(base_url, folder, json.loads(made))
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "changliao", "serve", "--data", str(folder), "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    # One client for all attempts: to make one takes the machine longer than to answer.
    with httpx.Client(trust_env=False) as client:
        while time.perf_counter() - began < _START_WITHIN_S:
            try:
                client.get(f"{base_url}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.02)
    seconds = time.perf_counter() - began
    console.print(f"it answers at {base_url} after {seconds:.2f} s\n")
    return Running(process, server, seconds)


def invite(stage: Stage) -> Visitors:
    """Two members of whoever watches: one at the console, one at the portal of a shop."""
    number = stage.merchant(_SHOP)["mchid"]
    return Visitors(
        stage.run("member", "add", _OPERATOR),
        stage.run("member", "add", _SHOP, "--role", "developer", "--merchant", number),
    )


def addresses(stage: Stage, visitors: Visitors) -> list[str]:
    """What to open, with everything that it asks for."""
    base_url = stage.server.base_url
    code = f"{sys.argv[0]} sandbox code --data {stage.server.folder}"
    members = [
        f"{base_url}/console/login  ({one['name']}, password {one['password']}, "
        f"code: {code} {one['name']})"
        for one in (visitors.operator, visitors.developer)
    ]
    return [
        f"Cashier   {open_order(stage)}",
        f"Wallet    {base_url}/w/login  (13800000001, password 林小满-13800000001, PIN {PIN})",
        f"Console   {members[0]}",
        f"Portal    {members[1]}",
        f"Market    {base_url}/market  (as the operator)",
        f"API       {base_url}/docs/api",
    ]


def play(story: Scenario, stage: Stage, shown_to: Visitors | None = None) -> list[Row]:
    """Every step in order, then the audit. Raises WentWrong at the first that is not as told.

    It waits after each point while it is shown to somebody.
    """
    with closing(stage):
        rows = [row for point in story.point for row in _play(point, stage, shown_to)]
    audit = stage.run("audit")
    counts = f"{audit['transfers']:,} transfers, {audit['orders']:,} orders: nothing wrong"
    console.print(f"   [green]✓[/] the audit: {counts}")
    return [*rows, Row(0, Done("audit of every balance, chain, order", "clean", counts))]


def _play(point: Point, stage: Stage, shown_to: Visitors | None) -> list[Row]:
    console.print(f"[bold]{point.number:>2}[/] {point.title}")
    rows = []
    for step in point.step:
        done = step.play(stage)
        rows.append(Row(point.number, done))
        said = "; ".join(part for part in (done.checked, done.figures) if part)
        console.print(f"   [green]✓[/] {done.did}" + (f" [dim]({said})[/]" if said else ""))
    if shown_to is not None:
        _wait(stage, point, shown_to)
    return rows


def _wait(stage: Stage, point: Point, visitors: Visitors) -> None:
    for line in addresses(stage, visitors):
        console.print(f"   {line}")
    click.prompt(f"   after point {point.number}: Enter goes on", default="", show_default=False)


def _summary(story: Scenario, seconds: float, rows: list[Row]) -> None:
    table = Table(title=story.title, title_justify="left")
    for heading in ("", "point", "what was done and checked", "figures"):
        table.add_column(heading)
    table.add_row("", "start", "one process, an embedded file", f"{seconds:.2f} s")
    for point in story.point:
        done = [row.done for row in rows if row.point == point.number]
        table.add_section()
        table.add_row(
            str(point.number),
            point.title,
            "\n".join(f"✓ {one.did}" for one in done),
            "\n".join(one.figures for one in done if one.figures),
        )
    audit = rows[-1].done
    table.add_section()
    table.add_row("", audit.did, audit.checked, audit.figures)
    console.print(table)


def open_order(stage: Stage) -> str:
    """An order that waits to be paid, for whoever opens it."""
    fields = {"reference": number("DEMO"), "title": "越野跑鞋 42 码", "amount": 26_800}
    made = stage.ask("POST", "/api/v1/orders", fields, by=stage.as_merchant(_SHOP))
    return str(made["pay_url"])


def _stay(running: Running) -> None:
    console.print("The network stays up: Ctrl+C ends it.")
    try:
        running.process.wait()
    except KeyboardInterrupt:
        console.print("Goodbye.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
