"""`changliao serve` and `changliao work`: doors and workers, or workers alone."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import click
import uvicorn
import uvloop

from changliao.app import HEALTH, Parts
from changliao.commands.context import (
    ANOTHER_SECRET,
    clock_of,
    open_database,
    open_vault,
    read_config,
)
from changliao.commands.options import data_option, fail, json_option, show
from changliao.config import BadConfiguration, Config
from changliao.operations.network import Network
from changliao.operations.vault import Tampered
from changliao.store.engine import Engine, Unavailable
from changliao.web.sending import OnePiece

_KEEP_ALIVE_S: Final = 75
_BACKLOG: Final = 2_048
# The committer and the loop share the interpreter: a short turn keeps both answering.
_SWITCH_INTERVAL_S: Final = 0.001
# Values are frozen and make no cycles: collecting rarely saves a tenth of the committer's time.
THRESHOLDS: Final = (50_000, 50, 100)


@click.command()
@data_option
@click.option("--host", help="Address to listen on; the configuration's by default.")
@click.option(
    "--port", type=click.IntRange(0, 65_535),
    help="Port to listen on; the configuration's by default, 0 for any that is free.",
)  # fmt: skip
@click.option("--no-workers", is_flag=True, help="Only doors: `changliao work` runs elsewhere.")
@json_option
def serve(
    folder: Path, host: str | None, port: int | None, *, no_workers: bool, as_json: bool
) -> None:
    """Serve every door, and do the work that time brings."""
    settings = read_config(folder)
    parts = _parts(folder, settings, serving=True)
    _logging(settings)
    address = (host or settings.host, settings.port if port is None else port)
    with _listening(address) as listener:
        uvloop.run(_serve(parts, listener, workers=not no_workers, as_json=as_json))


@click.command()
@data_option
@json_option
def work(folder: Path, *, as_json: bool) -> None:
    """Only the workers: notifications and expiry. Any number may run on one PostgreSQL."""
    settings = read_config(folder)
    if "://" not in settings.database:
        fail("on SQLite `changliao serve` does this work: one process writes the file", 2)
    parts = _parts(folder, settings, serving=False)
    _logging(settings)
    uvloop.run(_work(parts, as_json=as_json))


def _parts(folder: Path, settings: Config, *, serving: bool) -> Parts:
    engine = open_database(settings)
    node = _node(engine)
    if serving and engine.embedded and node != 0:
        fail(f"{settings.database} is already being served by another process")
    network = Network(engine, clock_of(settings), open_vault(folder), node)
    try:
        return Parts(network, settings)
    except BadConfiguration as error:
        fail(str(error), 2)


def _node(engine: Engine) -> int:
    try:
        return engine.claim_node(0)
    except Unavailable as error:
        fail(str(error))


def _listening(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        host, port = address
        said = (error.strerror or str(error)).lower()
        fail(f"cannot listen on {host}:{port}: {said}: choose another with --port or --host")


async def _serve(parts: Parts, listener: socket.socket, *, workers: bool, as_json: bool) -> None:
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    server = _Announced(
        uvicorn.Config(
            parts.serve,
            http=OnePiece,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
        ),
        listener.getsockname(),
        as_json=as_json,
    )
    await _started(parts, doors=True, workers=workers)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        await server.serve([listener])
    finally:
        await parts.close()


class _Announced(uvicorn.Server):
    """Says that it listens once it does: scripts wait for the line."""

    def __init__(self, config: uvicorn.Config, address: tuple[str, int], *, as_json: bool) -> None:
        super().__init__(config)
        host, port = address[:2]
        self._url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._as_json = as_json

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._as_json:
            show({"url": self._url, "health": self._url + HEALTH}, as_json=True)
        else:
            click.echo(f"Changliao Pay listens on {self._url}  (health: {HEALTH})")


async def _work(parts: Parts, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await _started(parts, doors=False, workers=True)
    if as_json:
        show({"works": True}, as_json=True)
    else:
        click.echo("Changliao Pay works: notifications, expiry")
    try:
        await stop.wait()
    finally:
        await parts.close()


async def _started(parts: Parts, *, doors: bool, workers: bool) -> None:
    try:
        await parts.start(doors=doors, workers=workers)
    except Unavailable as error:
        fail(f"the database cannot be reached: {error}")
    except Tampered as error:
        fail(f"{error}: {ANOTHER_SECRET}")


def _logging(settings: Config) -> None:
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # httpx logs every address at INFO; addresses belong to merchants.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("fido2").setLevel(logging.WARNING)
