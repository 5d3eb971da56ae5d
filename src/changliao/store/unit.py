"""The unit of work: rows already loaded, writes kept for one flush.

An operation reads and writes here and never waits for a database in between. What one command of a
batch wrote, the next one sees. Each command's changes can be undone alone. Rows are frozen values;
a row that nobody announced is loaded on demand.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar, cast

from msgspec import Struct

from changliao.core.ledger import Transfer
from changliao.store.engine import Conflict, Row, Session

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_MISSING: Final = object()


class Table(Struct, Generic[K, V], frozen=True, eq=False):
    """How values of one kind are kept: statement names, and the way to rows and back.

    `change` gives the input row of the guarded update that turns one value into another; None for
    what is never changed.
    """

    name: str
    key: Callable[[V], K]
    to_row: Callable[[V], Row]
    from_row: Callable[[Row], V]
    change: Callable[[V, V], Row] | None = None


class Index(Struct, Generic[K, V], frozen=True, eq=False):
    """A second unique key of a table, `name` being the statement that finds by it."""

    name: str
    table: Table[Any, V]
    key: Callable[[V], K]


class UnitOfWork:
    """One batch's view of the store. See the module's docstring."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.transfers: list[Transfer] = []
        self._rows: dict[Table[Any, Any], dict[Any, Any]] = {}
        self._stored: dict[Table[Any, Any], dict[Any, Any]] = {}
        self._indexed: dict[Index[Any, Any], dict[Any, Any]] = {}
        self._extra: dict[str, list[Row]] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._undo_extra: list[str] = []
        self._undo_transfers = 0

    def find(self, table: Table[K, V], key: K) -> V | None:
        """The row as this batch sees it."""
        rows = self._rows.get(table)
        if rows is None:
            rows = self._rows[table] = {}
        value = rows.get(key, _MISSING)
        if value is _MISSING:
            found = self._session.find(f"{table.name}_find", [as_row(key)])
            self.adopt(table, [key], found)
            value = rows[key]
        return cast(V | None, value)

    def find_by(self, index: Index[K, V], key: K) -> V | None:
        """The row with this second key, as this batch sees it."""
        keys = self._indexed.get(index)
        if keys is None:
            keys = self._indexed[index] = {}
        first = keys.get(key, _MISSING)
        if first is _MISSING:
            self.adopt_by(index, [key], self._session.find(index.name, [as_row(key)]))
            first = keys[key]
        return None if first is None else cast(V | None, self._rows[index.table][first])

    def insert(self, table: Table[Any, V], value: V, *indexes: Index[Any, V]) -> None:
        """A new row. Raises Conflict when this batch knows that the key is taken."""
        key = table.key(value)
        rows = self._rows.setdefault(table, {})
        if rows.get(key) is not None:
            raise Conflict(f"{table.name} {key}")
        self._put(rows, key, value)
        for index in indexes:
            self._put(self._indexed.setdefault(index, {}), index.key(value), key)

    def update(self, table: Table[Any, V], value: V) -> None:
        """A changed row, which must have been found before."""
        self._put(self._rows[table], table.key(value), value)

    def add(self, statement: str, row: Row) -> None:
        """A row for a statement that only writes and that no command reads."""
        self._extra.setdefault(statement, []).append(row)
        self._undo_extra.append(statement)

    def select(self, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Committed rows; what this batch wrote is not among them."""
        return self._session.select(statement, parameters)

    def announce(
        self, keys: Iterable[tuple[Table[Any, Any] | Index[Any, Any], Any]]
    ) -> list[tuple[Table[Any, Any] | Index[Any, Any], list[Any]]]:
        """What has to be loaded for these keys, a list of keys for each table and index."""
        wanted: dict[Any, dict[Any, None]] = {}
        for place, key in keys:
            wanted.setdefault(place, {})[key] = None
        return [(place, sorted(found)) for place, found in wanted.items()]

    def adopt(self, table: Table[Any, V], keys: Iterable[Any], found: Sequence[Row]) -> None:
        """Take rows that were loaded for these keys; the other keys are known to be absent."""
        rows = self._rows.setdefault(table, {})
        stored = self._stored.setdefault(table, {})
        for key in keys:
            rows.setdefault(key, None)
        for row in found:
            value = table.from_row(row)
            key = table.key(value)
            if key not in stored:
                stored[key] = value
                if rows.get(key) is None:
                    rows[key] = value

    def adopt_by(self, index: Index[Any, V], keys: Iterable[Any], found: Sequence[Row]) -> None:
        """Take rows that were loaded for these second keys."""
        self.adopt(index.table, (), found)
        indexed = self._indexed.setdefault(index, {})
        for key in keys:
            indexed.setdefault(key, None)
        for row in found:
            value = index.table.from_row(row)
            indexed[index.key(value)] = index.table.key(value)

    def mark(self) -> None:
        """From here on, `undo` takes everything back."""
        self._undo.clear()
        self._undo_extra.clear()
        self._undo_transfers = len(self.transfers)

    def undo(self) -> None:
        """Take back all writes since the mark, newest first."""
        for mapping, key, before in reversed(self._undo):
            if before is _MISSING:
                del mapping[key]
            else:
                mapping[key] = before
        for statement in self._undo_extra:
            self._extra[statement].pop()
        del self.transfers[self._undo_transfers :]
        self.mark()

    def changes(self, table: Table[Any, Any]) -> list[tuple[Any, Any]]:
        """The rows of a table that differ from what is stored: (stored or None, now)."""
        stored = self._stored.get(table, {})
        return [
            (before, value)
            for key, value in self._rows.get(table, {}).items()
            if value is not (before := stored.get(key))
        ]

    def work(self, apart: Table[Any, Any]) -> list[tuple[str, list[Row]]]:
        """Every write of the batch but those of one table, as named statements with their rows."""
        work: list[tuple[str, list[Row]]] = []
        for table in self._rows:
            if table is apart:
                continue
            changed = self.changes(table)
            inserts = [table.to_row(value) for before, value in changed if before is None]
            updates = [
                _change(table, before, value) for before, value in changed if before is not None
            ]
            if inserts:
                work.append((f"{table.name}_insert", sorted(inserts)))
            if updates:
                work.append((f"{table.name}_update", sorted(updates)))
        work.extend(self._extra.items())
        return [(name, rows) for name, rows in work if rows]

    def idle(self) -> bool:
        """Did the batch change nothing?"""
        if self.transfers or any(self._extra.values()):
            return False
        return not any(self.changes(table) for table in self._rows)

    def _put(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((mapping, key, mapping.get(key, _MISSING)))
        mapping[key] = value


def as_row(key: Any) -> Row:
    """A key as an input row: tuples as they are, a single value on its own."""
    return key if isinstance(key, tuple) else (key,)


def _change(table: Table[Any, Any], before: Any, after: Any) -> Row:
    if table.change is None:
        raise TypeError(f"{table.name} is never changed")
    return table.change(before, after)
