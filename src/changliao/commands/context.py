"""What every command shares: the data folder, the network of one short visit, and output."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from changliao import config
from changliao.config import BadConfiguration, Config
from changliao.core.clock import Clock, Instant
from changliao.core.ids import MerchantId
from changliao.core.sandbox import EVERYBODY
from changliao.operations.clock import MovableClock
from changliao.operations.network import Network
from changliao.operations.onboarding import NotTakenOn
from changliao.operations.vault import Vault
from changliao.store.engine import Engine, Unavailable
from changliao.store.engines import open_engine
from changliao.store.views import parties

R = TypeVar("R")
# Node 0 belongs to the process that serves; visitors take the next free one.
FIRST_VISITOR = 1


def now() -> Instant:
    """The machine's clock: read once per command and handed down."""
    return Instant(time.time_ns() // 1000)


def clock_of(settings: Config) -> Clock:
    """A sandbox's clock can be moved; any other network shows the machine's."""
    return MovableClock(now) if settings.sandbox else now


def data_option(command: Any) -> Any:
    """`--data`: the folder with configuration, secret and the embedded database."""
    return click.option(
        "--data",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("changliao-data"),
        envvar="CHANGLIAO_DATA",
        show_default=True,
        help="Folder with the configuration, the secret and the embedded database.",
    )(command)


def json_option(command: Any) -> Any:
    """`--json`: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def fail(message: str, status: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and stop."""
    click.echo(f"changliao: {message}", err=True)
    sys.exit(status)


def show(fields: dict[str, Any], *, as_json: bool) -> None:
    """A result: aligned names and values, or JSON."""
    if as_json:
        click.echo(msgspec.json.encode(fields).decode())
        return
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        text = str(value)
        click.echo(f"{name:<{width}}  {text}" if "\n" not in text else f"{name}\n{text}")


def read_config(folder: Path) -> Config:
    """The configuration of an initialised folder, or an explanation."""
    try:
        if not (folder / config.SECRET_FILE).exists():
            fail(f"{folder} is not initialised: run `changliao init --data {folder}` first", 2)
        return config.load(folder)
    except BadConfiguration as error:
        fail(str(error), 2)


def open_database(settings: Config) -> Engine:
    """The database with its schema brought up to date, or an explanation."""
    engine = open_engine(settings.database)
    try:
        engine.migrate()
    except Unavailable as error:
        fail(f"the database cannot be opened: {error}")
    return engine


def open_vault(folder: Path) -> Vault:
    """The vault of the folder's secret, or an explanation."""
    try:
        return Vault(config.secret(folder))
    except (BadConfiguration, ValueError) as error:
        fail(str(error), 2)


@asynccontextmanager
async def visit_sandbox(folder: Path) -> AsyncIterator[Network]:
    """The same for what only a sandbox has."""
    if not read_config(folder).sandbox:
        fail(f"{folder} is no sandbox: this would be refused in production (sandbox = true)", 2)
    async with visit(folder) as (network, _):
        yield network


@asynccontextmanager
async def visit_sandbox_settings(folder: Path) -> AsyncIterator[tuple[Network, Config]]:
    """The same with the settings."""
    async with visit_sandbox(folder) as network:
        yield network, read_config(folder)


@asynccontextmanager
async def visit(folder: Path) -> AsyncIterator[tuple[Network, Config]]:
    """The network for a few commands; it may be served by another process meanwhile."""
    settings = read_config(folder)
    engine = open_database(settings)
    network = Network(
        engine, clock_of(settings), open_vault(folder), engine.claim_node(FIRST_VISITOR)
    )
    await network.start()
    try:
        yield network, settings
    finally:
        await network.close()


async def merchant_or_everybody(network: Network, number: str | None) -> MerchantId:
    """The merchant of this number; everybody when none is named."""
    if number is None:
        return EVERYBODY
    found = await network.read(parties.merchant_by_number, number)
    if found is None:
        fail(f"there is no merchant {number}")
    return found.id


def run(work: Coroutine[Any, Any, R]) -> R:
    """Run to the end; refusals and a missing database become explanations."""
    try:
        return asyncio.run(work)
    except NotTakenOn as error:
        fail(f"refused: {error.refused.reason.value} {error.refused.detail}".rstrip())
    except Unavailable as error:
        fail(f"the database cannot be reached: {error}")
