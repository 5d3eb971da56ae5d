"""SQLite: the embedded engine, by apsw.

One writer at a time: a transaction begins IMMEDIATE, so what it reads cannot change before it
writes. WAL with synchronous=FULL: an acknowledged commit survives a power cut. Every table is kept
in primary-key order (WITHOUT ROWID). Source: sqlite.org/wal.html, sqlite.org/withoutrowid.html.
"""

import fcntl
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw

from changliao.core.ids import NODES
from changliao.store import migrations, statements
from changliao.store.engine import Conflict, Row, Unavailable, Work

BUSY_TIMEOUT_MS: Final = 5_000
# Payments go to merchants and people anywhere in the file: with a million orders there a cache a
# quarter as large costs a payment a seventh more processor time. It fills as the file grows.
WRITER_CACHE_KIB: Final = 262_144
READER_CACHE_KIB: Final = 65_536
# A longer log coalesces more page writes into each checkpoint; recovery reads at most this much.
CHECKPOINT_PAGES: Final = 16_384
# More than there are statements: each is prepared once for a connection.
_STATEMENT_CACHE: Final = 1_024
_SELECTED: Final = re.compile(r"(?<=\)\n)SELECT((?:\s+\w+(?: AS \w+)?,?)+)\s+FROM input\Z")
_JOINED: Final = re.compile(r"FROM input\s+INNER JOIN (\w+)\s+ON")
_UPDATED: Final = re.compile(r"FROM input\s+(?=WHERE)")
_DELETED: Final = re.compile(r"IN \(\s+SELECT[^)]*FROM input\s+\)")
_INPUT: Final = re.compile(r"\binput\.(\w+)")


class SqliteEngine:
    """A database file, which is made when it is not there; its folder must exist."""

    name = "sqlite"
    embedded = True

    def __init__(self, path: str) -> None:
        self._path = path
        self._texts = {
            name: compiled(statement) for name, statement in statements.load("sqlite").items()
        }
        self._readers = threading.local()
        self._all_readers: list[apsw.Connection] = []
        self._node_locks: list[int] = []

    def migrate(self) -> list[str]:
        connection = self._connect()
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                connection.execute(migrations.TABLE)
                done = {name for (name,) in connection.execute("SELECT name FROM migrations")}
                missing = migrations.missing(done, ("sqlite",))
                for migration in missing:
                    for statement in migration.statements:
                        connection.execute(_clustered(statement))
                    connection.execute("INSERT INTO migrations VALUES (?, 0)", (migration.name,))
        except apsw.Error as error:
            raise Unavailable(str(error)) from error
        finally:
            connection.close()
        return [migration.name for migration in missing]

    def session(self) -> "SqliteSession":
        return SqliteSession(self._connect(), self._texts)

    @contextmanager
    def reader(self) -> Iterator["SqliteReader"]:
        connection = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect(apsw.SQLITE_OPEN_READONLY)
            self._readers.connection = connection
            self._all_readers.append(connection)
        yield SqliteReader(connection, self._texts)

    @contextmanager
    def snapshot(self) -> Iterator["SqliteReader"]:
        connection = self._connect(apsw.SQLITE_OPEN_READONLY)
        try:
            connection.execute("BEGIN")
            yield SqliteReader(connection, self._texts)
        finally:
            connection.close()

    def claim_node(self, first: int) -> int:
        for node in range(first, NODES):
            held = os.open(f"{self._path}-node{node}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(held)
                continue
            self._node_locks.append(held)
            return node
        raise Unavailable("every node number is in use")

    def size_bytes(self) -> int:
        return sum(
            path.stat().st_size
            for path in (Path(self._path), Path(f"{self._path}-wal"))
            if path.exists()
        )

    def close(self) -> None:
        for connection in self._all_readers:
            connection.close()
        for held in self._node_locks:
            os.close(held)
        self._node_locks.clear()

    def _connect(self, flags: int | None = None) -> apsw.Connection:
        writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            connection = apsw.Connection(
                self._path,
                flags=writing if flags is None else flags,
                statementcachesize=_STATEMENT_CACHE,
            )
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            # Plans must not depend on values: else a select with a join or a range is prepared
            # anew each time, ten times its own work. Source: sqlite.org/queryplanner-ng.html.
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            connection.execute("PRAGMA synchronous = FULL")
            cache_kib = WRITER_CACHE_KIB if flags is None else READER_CACHE_KIB
            connection.execute(f"PRAGMA cache_size = -{cache_kib}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except apsw.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error
        return connection


class SqliteReader:
    """Point reads on a read-only connection of this thread."""

    def __init__(self, connection: apsw.Connection, texts: Mapping[str, str]) -> None:
        self._connection = connection
        self._texts = texts

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        try:
            return self._connection.execute(self._texts[name], parameters).fetchall()
        except apsw.Error as error:
            raise Unavailable(str(error)) from error

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        try:
            return self._connection.executemany(self._texts[name], keys).fetchall()
        except apsw.Error as error:
            raise Unavailable(str(error)) from error


class SqliteSession:
    """The writing connection. See store/engine.py for what each method promises."""

    def __init__(self, connection: apsw.Connection, texts: Mapping[str, str]) -> None:
        self.alone = False
        self._connection = connection
        self._version = 0
        self._texts = texts
        self._guarded = {name for name, one in statements.load("sqlite").items() if one.guarded}
        self._returning = {name for name, one in statements.load("sqlite").items() if one.returns}

    def begin(self, wanted: Work, *, wait: bool = True) -> list[list[Row]]:
        self._connection.set_busy_timeout(BUSY_TIMEOUT_MS if wait else 0)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            # It changes when another connection commits. Source: sqlite.org/pragma.html.
            [(version,)] = self._connection.execute("PRAGMA data_version")
        except apsw.BusyError as error:
            raise (Unavailable if wait else Conflict)(str(error)) from error
        except apsw.Error as error:
            raise Unavailable(str(error)) from error
        self.alone = version == self._version
        self._version = version
        return [self.find(name, keys) for name, keys in wanted]

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        try:
            return self._connection.executemany(self._texts[name], keys).fetchall()
        except apsw.Error as error:
            raise Unavailable(str(error)) from error

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        try:
            return self._connection.execute(self._texts[name], parameters).fetchall()
        except apsw.Error as error:
            raise Unavailable(str(error)) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN")
        except apsw.Error as error:
            raise Unavailable(str(error)) from error
        try:
            yield
        finally:
            self.rollback()

    def write(self, work: Work) -> list[list[Row]]:
        answers = []
        try:
            for name, rows in work:
                before = self._connection.total_changes()
                returned = self._connection.executemany(self._texts[name], rows).fetchall()
                if name in self._guarded:
                    changed = self._connection.total_changes() - before
                    if changed != len(rows):
                        raise Conflict(name)
                if name in self._returning:
                    answers.append(returned)
        except apsw.ConstraintError as error:
            raise Conflict(f"{name}: {error}") from error
        except apsw.Error as error:
            raise Unavailable(str(error)) from error
        return answers

    def commit(self, work: Work) -> None:
        self.write(work)
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            raise Unavailable(str(error)) from error

    def rollback(self) -> None:
        if not self._connection.get_autocommit():
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error:
                self._connection.close()

    def close(self) -> None:
        self._connection.close()


def compiled(statement: statements.Statement) -> str:
    """The text SQLite runs, once for each input row, with the row's values as parameters.

    A one-row `WITH input` would cost half as much again as the statement itself (measured), so the
    shapes that statements have are turned into plain ones: a find, an insert, an update, a delete.
    """
    if not statement.input:
        return statement.text
    text = statement.text
    place = {column.name: f"?{at}" for at, column in enumerate(statement.input, 1)}
    selected = _SELECTED.search(text)
    if selected is not None:
        parts = [part.split()[0] for part in selected[1].split(",")]
        values = [place.get(part, part) for part in parts]
        text = _SELECTED.sub(f"VALUES ({', '.join(values)})", text)
    text = _JOINED.sub(r"FROM \1 WHERE", text)
    text = _UPDATED.sub("", text)
    text = _INPUT.sub(lambda match: place[match[1]], text)
    text = _DELETED.sub(f"= ({', '.join(place.values())})", text)
    # apsw finds a prepared statement again for each row, by a hash of every byte of its text.
    return " ".join(text.split())


def _clustered(statement: str) -> str:
    return f"{statement} WITHOUT ROWID" if statement.startswith("CREATE TABLE") else statement
