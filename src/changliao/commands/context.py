"""The network of one short visit: its configuration, its database, and a place among its nodes."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from changliao import config
from changliao.commands.options import fail
from changliao.config import BadConfiguration, Config
from changliao.core.clock import Clock, Instant
from changliao.core.ids import MerchantId
from changliao.core.sandbox import EVERYBODY
from changliao.operations.clock import MovableClock
from changliao.operations.network import Network
from changliao.operations.onboarding import NotTakenOn
from changliao.operations.vault import Tampered, Vault
from changliao.store.engine import Engine, Unavailable
from changliao.store.engines import open_engine
from changliao.store.views import parties

R = TypeVar("R")
ANOTHER_SECRET: Final = (
    f"{config.SECRET_FILE} is not the one this database was made with: restore it"
)
# Node 0 belongs to the process that serves; visitors take the next free one.
FIRST_VISITOR = 1


def now() -> Instant:
    """The machine's clock: read once per command and handed down."""
    return Instant(time.time_ns() // 1000)


def clock_of(settings: Config) -> Clock:
    """A sandbox's clock can be moved; any other network shows the machine's."""
    return MovableClock(now) if settings.sandbox else now


def read_config(folder: Path) -> Config:
    """The configuration of an initialised folder, or an explanation."""
    try:
        if not (folder / config.SECRET_FILE).exists():
            fail(f"{folder} is not initialised: run `changliao init --data {folder}` first", 2)
        if config.is_open(folder):
            secret = folder / config.SECRET_FILE
            click.echo(f"changliao: others can read the secret: chmod 600 {secret}", err=True)
        return config.load(folder)
    except BadConfiguration as error:
        fail(str(error), 2)


def open_database(settings: Config, *, makes: bool = False) -> Engine:
    """The database with its schema brought up to date, or an explanation.

    Who does not mean to make one is not given an empty one for one that was lost.
    """
    file = Path(settings.database)
    if "://" not in settings.database and not makes and not (file.exists() and file.stat().st_size):
        fail(f"there is no database at {file}: restore it, or make one with `changliao init`")
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
    except Tampered as error:
        fail(f"{error}: {ANOTHER_SECRET}")
