"""PostgreSQL 15 and later, by psycopg 3: every batch in three round trips.

The input rows of a statement travel as one array a column, so a statement is planned once and runs
over the whole batch. What a batch reads is one moment: with several processes an order and the
attempt that paid it must not be seen from two sides of a commit. What it writes is a transaction
after that, in which additions to one account by several processes do not undo each other; guards
see to the rest. Rows are written in key order, so two processes take locks in one order; a deadlock
or a failed guard is a Conflict and the committer tries again. Other reads run on a small pool.
Source: postgresql.org/docs, 13.2 (isolation), 13.3 (locks), 9.19 (unnest); psycopg.org, pipelines.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import errors

from changliao.core.ids import NODES
from changliao.store import migrations, statements
from changliao.store.engine import Conflict, Row, Unavailable, Work

_NODE_LOCK: Final = 0x6368_6C70
_MIGRATION_LOCK: Final = 0x6368_6C71
_CONNECT_TIMEOUT_S: Final = 5
_BEGIN_READING: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_RACES: Final = (
    errors.IntegrityError,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
)


class PostgresqlEngine:
    """A database that exists; `url` is a libpq connection string or URI."""

    name = "postgresql"
    embedded = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._statements = statements.load("postgresql")
        self._texts = {name: compiled(one) for name, one in self._statements.items()}
        self._idle: list[psycopg.Connection] = []
        self._idle_lock = threading.Lock()
        self._node_connection: psycopg.Connection | None = None

    def migrate(self) -> list[str]:
        with _translated(), self._connect() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            connection.execute(migrations.TABLE)
            done = {name for (name,) in connection.execute("SELECT name FROM migrations")}
            missing = migrations.missing(done, self._families(connection))
            for migration in missing:
                for statement in migration.statements:
                    connection.execute(statement.encode())
                connection.execute("INSERT INTO migrations VALUES (%s, 0)", (migration.name,))
            return [migration.name for migration in missing]

    def session(self) -> "PostgresqlSession":
        with _translated():
            return PostgresqlSession(self._connect(autocommit=True), self._statements, self._texts)

    @contextmanager
    def reader(self) -> Iterator["PostgresqlReader"]:
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None or connection.closed:
            with _translated():
                connection = self._connect(autocommit=True)
        try:
            yield PostgresqlReader(connection, self._statements, self._texts)
        finally:
            if not connection.closed:
                with self._idle_lock:
                    self._idle.append(connection)

    @contextmanager
    def snapshot(self) -> Iterator["PostgresqlReader"]:
        with _translated():
            connection = self._connect()
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        try:
            yield PostgresqlReader(connection, self._statements, self._texts)
        finally:
            connection.close()

    def claim_node(self, first: int) -> int:
        with _translated():
            self._node_connection = self._connect(autocommit=True)
            for node in range(first, NODES):
                row = self._node_connection.execute(
                    "SELECT pg_try_advisory_lock(%s, %s)", (_NODE_LOCK, node)
                ).fetchone()
                if row is not None and row[0]:
                    return node
        raise Unavailable("every node number is in use")

    def size_bytes(self) -> int:
        with _translated(), self._connect() as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            return int(row[0]) if row else 0

    def close(self) -> None:
        for connection in [*self._idle, self._node_connection]:
            if connection is not None:
                connection.close()

    def _connect(self, *, autocommit: bool = False) -> psycopg.Connection:
        return psycopg.connect(
            self._url,
            autocommit=autocommit,
            prepare_threshold=0,
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name="changliao",
        )

    def _families(self, connection: psycopg.Connection) -> tuple[str, ...]:
        row = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone()
        return ("postgresql", "citus") if row else ("postgresql",)


class PostgresqlReader:
    """Reads on a pooled connection, each statement for itself."""

    def __init__(
        self,
        connection: psycopg.Connection,
        named: Mapping[str, statements.Statement],
        texts: Mapping[str, bytes],
    ) -> None:
        self._connection = connection
        self._named = named
        self._texts = texts

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        with _translated():
            return self._connection.execute(self._texts[name], parameters).fetchall()

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        with _translated():
            arrays = _arrays(self._named[name], keys)
            return self._connection.execute(self._texts[name], arrays).fetchall()


class PostgresqlSession:
    """The writing connection. See store/engine.py for what each method promises."""

    def __init__(
        self,
        connection: psycopg.Connection,
        named: Mapping[str, statements.Statement],
        texts: Mapping[str, bytes],
    ) -> None:
        self.alone = False
        self._connection = connection
        self._connection.execute("SET synchronous_commit = on")
        self._named = named
        self._texts = texts
        self._writing = False

    def begin(self, wanted: Work, *, wait: bool = True) -> list[list[Row]]:
        self._writing = False
        with _translated(), self._connection.pipeline():
            self._connection.execute(_BEGIN_READING)
            cursors = [self._send(name, keys) for name, keys in wanted]
        return [cursor.fetchall() for cursor in cursors]

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        with _translated():
            return self._send(name, keys).fetchall()

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        with _translated():
            return self._connection.execute(self._texts[name], parameters).fetchall()

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.rollback()

    def write(self, work: Work) -> list[list[Row]]:
        with _translated(), self._connection.pipeline():
            self._begin_writing()
            cursors = [self._send(name, rows) for name, rows in work]
        for (name, rows), cursor in zip(work, cursors, strict=True):
            if self._named[name].guarded and cursor.rowcount != len(rows):
                raise Conflict(name)
        return [
            cursor.fetchall()
            for (name, _), cursor in zip(work, cursors, strict=True)
            if self._named[name].returns
        ]

    def commit(self, work: Work) -> None:
        with _translated(), self._connection.pipeline():
            self._begin_writing()
            for name, rows in work:
                self._send(name, rows)
            self._connection.execute(b"COMMIT")

    def _begin_writing(self) -> None:
        """Leave the moment that was read; later reads in the transaction see what is written."""
        if not self._writing:
            self._writing = True
            self._connection.execute(b"COMMIT")
            self._connection.execute(b"BEGIN")

    def rollback(self) -> None:
        try:
            self._connection.rollback()
        except psycopg.Error:
            self._connection.close()

    def close(self) -> None:
        self._connection.close()

    def _send(self, name: str, rows: Sequence[Row]) -> psycopg.Cursor:
        return self._connection.execute(self._texts[name], _arrays(self._named[name], rows))


def compiled(statement: statements.Statement) -> bytes:
    """The text PostgreSQL runs: once over all input rows, one array a column."""
    text = statement.text.replace("%", "%%")
    for name in sorted(_parameters(text), key=len, reverse=True):
        text = text.replace(f":{name}", f"%({name})s")
    if not statement.input:
        return text.encode()
    names = ", ".join(column.name for column in statement.input)
    arrays = ", ".join(f"%s::{column.type}[]" for column in statement.input)
    prefix = f"WITH input ({names}) AS (SELECT * FROM unnest({arrays}))"
    return f"{prefix}\n{text}".encode()


def _parameters(text: str) -> set[str]:
    """Names after a single colon; a double colon is a cast."""
    return {match.group(1) for match in re.finditer(r"(?<![:\w]):([a-z_]\w*)", text)}


def _arrays(statement: statements.Statement, rows: Sequence[Row]) -> list[str]:
    """One array literal a column: several times quicker than adapting lists element by element."""
    columns = zip(*rows, strict=True)
    return [
        _LITERALS[column.type](values)
        for column, values in zip(statement.input, columns, strict=True)
    ]


def _integers(values: Iterable[int]) -> str:
    return f"{{{','.join(map(_integer, values))}}}"


def _texts(values: Iterable[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(quoted) + '"}'


def _binaries(values: Iterable[bytes]) -> str:
    digits = (value.hex() for value in values)
    return r'{"\\x' + r'","\\x'.join(digits) + '"}'


_integer: Final = int.__repr__
_LITERALS: Final[Mapping[str, Callable[[Iterable[Any]], str]]] = {
    "bigint": _integers,
    "integer": _integers,
    "text": _texts,
    "bytea": _binaries,
}


@contextmanager
def _translated() -> Iterator[None]:
    """Psycopg's errors as the store's two. What is left is a bug and stays what it is."""
    try:
        yield
    except _RACES as error:
        raise Conflict(str(error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
        raise Unavailable(str(error)) from error
