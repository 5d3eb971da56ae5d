"""The unit of work: rows already loaded, writes kept for one flush.

An operation reads and writes here and never waits for a database in between. What one command of a
batch wrote, the next one sees. Rows are frozen values; a row that nobody announced is loaded on
demand.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from changliao.core.chart import AccountId
from changliao.core.ledger import Transfer
from changliao.store.engine import Conflict, Row, Session
from changliao.store.known import Known

_NOT_KNOWN: Final[Any] = object()
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


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

    def __init__(
        self,
        session: Session,
        known: Known | None = None,
        new_id: Callable[[], int] = lambda: 0,
    ) -> None:
        self._session = session
        # For what a command makes beside what it names; it has no name of its own to be asked by.
        self.new_id = new_id
        self._known = known
        self.transfers: list[Transfer] = []
        # What an account's debits may reach in this batch: for the database to check as well.
        self.ceilings: dict[AccountId, int] = {}
        self._rows: dict[Table[Any, Any], dict[Any, Any]] = defaultdict(dict)
        self._stored: dict[Table[Any, Any], dict[Any, Any]] = defaultdict(dict)
        self._indexed: dict[Index[Any, Any], dict[Any, Any]] = defaultdict(dict)
        self._extra: dict[str, dict[Hashable, Row]] = defaultdict(dict)
        self._relied: dict[Table[Any, Any], set[Any]] = defaultdict(set)

    def find(self, table: Table[K, V], key: K) -> V | None:
        """The row as this batch sees it."""
        rows: dict[K, V | None] = self._rows[table]
        if key not in rows and not self._recall(table, key):
            found = self._session.find(f"{table.name}_find", [as_row(key)])
            self.adopt(table, [key], found)
        return rows[key]

    def load(self, table: Table[K, V], keys: Iterable[K]) -> None:
        """Have these rows here, in one statement: for keys that show only while a command runs."""
        rows = self._rows[table]
        missing = [key for key in dict.fromkeys(keys) if key not in rows]
        missing = [key for key in missing if not self._recall(table, key)]
        if missing:
            found = self._session.find(f"{table.name}_find", [as_row(key) for key in missing])
            self.adopt(table, missing, found)

    def find_by(self, index: Index[K, V], key: K) -> V | None:
        """The row with this second key, as this batch sees it."""
        keys = self._indexed[index]
        if key not in keys:
            self.adopt_by(index, [key], self._session.find(index.name, [as_row(key)]))
        first = keys[key]
        rows: dict[Any, V | None] = self._rows[index.table]
        return None if first is None else rows[first]

    def insert(self, table: Table[Any, V], value: V, *indexes: Index[Any, V]) -> None:
        """A new row. Raises Conflict when this batch knows that the key is taken."""
        key = table.key(value)
        rows = self._rows[table]
        if rows.get(key) is not None:
            raise Conflict(f"{table.name} {key}")
        rows[key] = value
        for index in indexes:
            self._indexed[index][index.key(value)] = key

    def update(self, table: Table[Any, V], value: V) -> None:
        """A changed row, which must have been found before."""
        self._rows[table][table.key(value)] = value

    def put(self, table: Table[K, V], key: K, value: V) -> None:
        """A new or changed row under its key, whose find came before."""
        self._rows[table][key] = value

    def rely(self, table: Table[K, V], key: K) -> None:
        """What was decided holds only while this row, which was found, is as it was found.

        The commit sees to that: its guarded update writes the same again. An embedded database
        lets nobody write between reading and committing.
        """
        if self._known is None:
            self._relied[table].add(key)

    def add(self, statement: str, row: Row, key: Row | None = None) -> None:
        """A row for a statement that only writes and that no command reads; one for each key."""
        self._extra[statement][key or row] = row

    def cancel(self, statement: str, key: Row) -> None:
        """The row that was added under this key, if any, is not to be written."""
        self._extra[statement].pop(key, None)

    def select(self, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Committed rows; what this batch wrote is not among them."""
        return self._session.select(statement, parameters)

    def announce(
        self, keys: Iterable[tuple[Table[Any, Any] | Index[Any, Any], Any]]
    ) -> list[tuple[Table[Any, Any] | Index[Any, Any], list[Any]]]:
        """What has to be loaded for these keys, a list of keys for each table and index."""
        wanted: dict[Any, dict[Any, None]] = {}
        for place, key in keys:
            found = wanted.get(place)
            if found is None:
                found = wanted[place] = {}
            if key not in found and not self._recall(place, key):
                found[key] = None
        return [(place, sorted(found)) for place, found in wanted.items() if found]

    def _recall(self, table: Any, key: Any) -> bool:
        """Take what is known of a row from an earlier batch; False when nothing is."""
        known = None if self._known is None else self._known.of(table)
        row = _NOT_KNOWN if known is None else known.get(key, _NOT_KNOWN)
        if row is _NOT_KNOWN:
            return False
        self._rows[table][key] = row
        if row is not None:
            self._stored[table][key] = row
        return True

    def adopt(self, table: Table[Any, V], keys: Iterable[Any], found: Sequence[Row]) -> None:
        """Take rows that were loaded for these keys; the other keys are known to be absent."""
        rows = self._rows[table]
        stored = self._stored[table]
        for row in found:
            value = table.from_row(row)
            key = table.key(value)
            if key not in stored:
                stored[key] = rows[key] = value
        for key in keys:
            rows.setdefault(key, None)

    def adopt_by(self, index: Index[Any, V], keys: Iterable[Any], found: Sequence[Row]) -> None:
        """Take rows that were loaded for these second keys."""
        self.adopt(index.table, (), found)
        indexed = self._indexed[index]
        for key in keys:
            indexed.setdefault(key, None)
        for row in found:
            value = index.table.from_row(row)
            indexed[index.key(value)] = index.table.key(value)

    def changes(self, table: Table[Any, Any]) -> list[tuple[Any, Any]]:
        """The rows of a table that differ from what is stored: (stored or None, now)."""
        stored = self._stored.get(table, {})
        return [
            (before, value)
            for key, value in self._rows.get(table, {}).items()
            if value is not (before := stored.get(key))
        ]

    def held(self, table: Table[Any, V]) -> list[V]:
        """The rows of a table that this batch has here."""
        return [row for row in self._rows.get(table, {}).values() if row is not None]

    def asked(self, table: Table[K, Any]) -> list[K]:
        """The keys that this batch has asked for, whether there is a row or not."""
        return list(self._rows.get(table, ()))

    def untouched(self, table: Table[Any, Any]) -> bool:
        """Has nobody in this batch asked for any row of it yet?"""
        return not self._rows.get(table)

    def unknown(self, table: Table[Any, Any]) -> list[tuple[Any, Any]]:
        """What this batch has here and the next one would not find; None: there is no such row."""
        known = None if self._known is None else self._known.of(table)
        if known is None:
            return []
        held = self._rows.get(table, {}).items()
        return [(key, row) for key, row in held if known.get(key, _NOT_KNOWN) is not row]

    def work(self, apart: Table[Any, Any]) -> list[tuple[str, list[Row]]]:
        """Every write of the batch but those of one table, as named statements with their rows."""
        work: list[tuple[str, list[Row]]] = []
        for table in self._rows:
            if table is apart:
                continue
            changed = self.changes(table)
            relied = self._unchanged(table) if table in self._relied else ()
            if not changed and not relied:
                continue
            inserts = [table.to_row(value) for before, value in changed if before is None]
            updates = [
                _change(table, before, value) for before, value in changed if before is not None
            ]
            updates += [_change(table, same, same) for same in relied]
            if inserts:
                work.append((f"{table.name}_insert", sorted(inserts)))
            if updates:
                work.append((f"{table.name}_update", sorted(updates)))
        # What is deleted may be added again, so deletions go first.
        extra = sorted(self._extra.items(), key=lambda one: not one[0].endswith("_delete"))
        work.extend((name, list(rows.values())) for name, rows in extra)
        return [(name, rows) for name, rows in work if rows]

    def _unchanged(self, table: Table[Any, Any]) -> list[Any]:
        """The rows that are relied on and that nobody in this batch changed."""
        rows, stored = self._rows[table], self._stored[table]
        known = ((rows[key], stored.get(key)) for key in self._relied[table])
        return [row for row, before in known if row is before and row is not None]

    def keep(self, table: Table[K, V], rows: Iterable[tuple[K, V | None]]) -> None:
        """Rows of this batch as they were just committed, for the next one."""
        if self._known is not None:
            self._known.keep(table, rows)

    def idle(self) -> bool:
        """Did the batch change nothing?"""
        if self.transfers or any(self._extra.values()):
            return False
        return not any(self.changes(table) for table in self._rows)


def as_row(key: Any) -> Row:
    """A key as an input row: tuples as they are, a single value on its own."""
    return key if isinstance(key, tuple) else (key,)


def _change(table: Table[Any, Any], before: Any, after: Any) -> Row:
    if table.change is None:
        raise TypeError(f"{table.name} is never changed")
    return table.change(before, after)
