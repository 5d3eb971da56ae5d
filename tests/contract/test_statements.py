"""Each engine keeps its word: every statement runs, with the rows and keys it says it takes."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from changliao.core.limits import UNBOUNDED
from changliao.store import migrations, statements
from changliao.store.engine import Conflict, Engine, Session
from changliao.store.engines import open_engine
from changliao.store.sqlite import compiled
from tests import postgres

STATEMENTS = statements.load("sqlite")
VALUES: dict[str, Any] = {"bigint": 7, "integer": 1, "text": "x", "bytea": b"\x00\xff"}
# A named parameter is a number, except these.
TEXTS = {"key", "number", "serial", "reference", "phone", "role", "text", "pattern"}
BINARIES = {"token"}


@pytest.fixture
def engine(address: str) -> Any:
    made = open_engine(address)
    made.migrate()
    yield made
    made.close()


def a_row(statement: statements.Statement) -> tuple[Any, ...]:
    if statement.name == "accounts_insert":
        return (7, 1, 0, 7, 0, 0, 0, 7)  # the schema refuses one below its floor
    if statement.name == "holdings_insert":
        return (7, 7, 156, 7, 7, 0, 0, 0, 0, 0, 0, 1)  # and one that does not sum
    if statement.name == "authorizations_insert":
        # Nothing captured or released: more than the amount would be refused.
        return (*(VALUES[one.type] for one in statement.input[:16]), 0, 0, 0, 0)
    row = tuple(VALUES[column.type] for column in statement.input)
    if statement.name.startswith(("methods_", "terminals_", "identity_levels_")):
        return (99, *row[1:])  # the schema brings the first few
    return row


def parameters(text: str) -> dict[str, Any]:
    kinds = dict.fromkeys(TEXTS, "text") | dict.fromkeys(BINARIES, "bytea")
    names = re.findall(r"(?<![:\w]):([a-z_]\w*)", text)
    return {name: VALUES[kinds.get(name, "bigint")] for name in names}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, migrated: Path) -> Iterator[tuple[str, Session]]:
    """An engine's name and a session whose every transaction is rolled back."""
    if request.param == "sqlite":
        place: Any = nullcontext(str(migrated))
    else:
        running: postgres.Server = request.getfixturevalue("postgresql")
        place = running.borrowed()
    with place as address:
        engine = open_engine(address)
        session = engine.session()
        yield engine.name, session
        session.close()
        engine.close()


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_every_statement_runs(shared: tuple[str, Session], name: str) -> None:
    engine, session = shared
    statement = statements.load(engine)[name]
    session.begin([])
    try:
        if not statement.input:
            assert isinstance(session.select(name, parameters(statement.text)), list)
        elif name.endswith(("_find", "_by_reference")) or "_by_" in name:
            assert session.find(name, [a_row(statement), a_row(statement)]) == []
        elif statement.guarded:
            with pytest.raises(Conflict):
                session.write([(name, [a_row(statement)])])
        else:
            session.write([(name, [a_row(statement)])])
    finally:
        session.rollback()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_every_statement_is_prepared_once_for_a_connection(engine: Engine) -> None:
    """SQLite asks the authorizer whenever it prepares, also when it does so by itself."""
    session: Any = engine.session()
    connection = session._connection
    session.begin([])
    asked: list[Any] = []

    def allow(*action: Any) -> int:
        asked.append(action)
        return apsw.SQLITE_OK

    connection.authorizer = allow
    again = []
    for name, statement in STATEMENTS.items():
        text = compiled(statement)
        row = a_row(statement) if statement.input else parameters(statement.text)
        run(connection, text, row)
        asked.clear()
        run(connection, text, changed(row))
        again += [name] if asked else []
    session.rollback()
    session.close()
    assert again == []


@pytest.mark.parametrize("name", [name for name, one in STATEMENTS.items() if one.input])
def test_a_statement_of_rows_may_be_written_in_one_line(name: str) -> None:
    """SQLite's is: a comment or a text with two spaces in it would change its meaning."""
    text = STATEMENTS[name].text
    assert "--" not in text
    assert [one for one in text.split("'")[1::2] if one != " ".join(one.split())] == []


def run(connection: apsw.Connection, text: str, row: Any) -> None:
    with suppress(apsw.Error):
        connection.execute(text, row).fetchall()


def changed(row: Any) -> Any:
    if isinstance(row, dict):
        return dict(zip(row, changed(tuple(row.values())), strict=True))
    return tuple(one + 1 if isinstance(one, int) else one + one for one in row)


def test_both_engines_know_the_same_statements() -> None:
    other = statements.load("postgresql")
    assert set(STATEMENTS) == set(other)
    assert [n for n, one in STATEMENTS.items() if one.input != other[n].input] == []


def test_a_taken_key_is_a_conflict_and_nothing_of_the_batch_is_kept(engine: Engine) -> None:
    session = engine.session()
    insert = statements.load(engine.name)["phones_insert"]
    row = a_row(insert)
    session.begin([])
    session.commit([("phones_insert", [row])])
    session.begin([])
    with pytest.raises(Conflict):
        session.write([("phones_insert", [("new", 1), row])])
    session.rollback()
    with engine.reader() as reader:
        assert reader.find("phones_find", [("new",)]) == []
        assert reader.find("phones_find", [row[:1]]) == [row]
    session.close()


def test_a_guard_that_holds_for_some_rows_only_is_a_conflict(engine: Engine) -> None:
    session = engine.session()
    session.begin([])
    session.commit([("accounts_insert", [(1, 1156, 0, 100, 0, 0, 0, 9)])])
    session.begin([])
    for wrong in (
        (1, 1156, 101, 0, 0, 0, 11, UNBOUNDED),
        (2, 1156, 0, 1, 0, 0, 11, UNBOUNDED),
        (1, 1156, 10, 0, 0, 0, 11, 9),
    ):
        with pytest.raises(Conflict):
            session.write([("accounts_add", [wrong])])
        session.rollback()
        session.begin([])
    session.rollback()
    with engine.reader() as reader:
        assert reader.find("accounts_find", [(1, 1156)])[0][2:4] == (0, 100)
    session.close()


@pytest.mark.parametrize(
    "row",
    [
        (1, 1156, 1, 0, 0, 0, 0, 9),
        (1, 1156, 0, 5, 6, 0, 0, 9),
        (1, 1156, 0, 0, -1, 0, 0, 9),
        (1, 1156, 0, 0, 0, -1, 0, 9),
    ],
)
def test_the_schema_itself_refuses_an_overdrawn_account(engine: Engine, row: Any) -> None:
    session = engine.session()
    session.begin([])
    with pytest.raises(Conflict):
        session.write([("accounts_insert", [row])])
    session.rollback()
    session.close()


def test_numbers_of_64_bits_and_odd_text_come_back_as_they_were(engine: Engine) -> None:
    session = engine.session()
    largest, odd = (1 << 63) - 1, "\\\"'{},NULL %s 😀\u202e\n\t"
    session.begin([])
    session.commit([("users_insert", [(largest, odd, "", 0)]), ("phones_insert", [(odd, largest)])])
    with engine.reader() as reader:
        assert reader.find("users_find", [(largest,)]) == [(largest, odd, "", 0)]
        assert reader.find("phones_find", [(odd,), ("none",)]) == [(odd, largest)]
    session.close()


def test_readers_see_only_what_is_committed_and_never_wait(engine: Engine) -> None:
    session = engine.session()
    session.begin([])
    session.write([("phones_insert", [("a", 1)])])
    with engine.reader() as reader:
        assert reader.find("phones_find", [("a",)]) == []
        session.commit([])
        assert reader.find("phones_find", [("a",)]) == [("a", 1)]
    session.close()


def test_a_snapshot_sees_one_moment(engine: Engine) -> None:
    session = engine.session()
    with engine.snapshot() as reader:
        assert reader.find("phones_find", [("a",)]) == []
        session.begin([])
        session.commit([("phones_insert", [("a", 1)])])
        assert reader.find("phones_find", [("a",)]) == []
    session.close()


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_a_batch_reads_one_moment_and_writes_beside_others(engine: Engine) -> None:
    """An order as it was before a commit beside the attempt that paid it would be a lie."""
    batch, other = engine.session(), engine.session()
    batch.begin([("phones_find", [("a",)])])
    other.begin([])
    account = (1, 1156, 0, 100, 0, 0, 0, 9)
    other.commit([("phones_insert", [("a", 1)]), ("accounts_insert", [account])])
    assert batch.find("phones_find", [("a",)]) == []
    batch.commit([("accounts_add", [(1, 1156, 0, 5, 0, 0, 11, UNBOUNDED)])])
    with engine.reader() as reader:
        assert reader.find("accounts_find", [(1, 1156)])[0][3] == 105
    batch.close()
    other.close()


def test_migrating_again_does_nothing(engine: Engine) -> None:
    assert engine.migrate() == []


@pytest.fixture(params=["sqlite", "postgresql"])
def nothing(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each engine without a schema."""
    if request.param == "sqlite":
        return str(tmp_path / "nothing.db")
    running: postgres.Server = request.getfixturevalue("postgresql")
    return running.database()


def test_two_processes_may_migrate_at_once(nothing: str) -> None:
    engines = [open_engine(nothing) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        applied = [names for names in pool.map(lambda one: one.migrate(), engines) if names]
    assert applied == [[one.name for one in migrations.all_of(("sqlite",))]]
    for one in engines:
        one.close()


def test_a_node_number_belongs_to_one_process_until_it_ends(address: str) -> None:
    one, two = open_engine(address), open_engine(address)
    one.migrate()
    assert [one.claim_node(0), two.claim_node(0)] == [0, 1]
    one.close()
    three = open_engine(address)
    assert three.claim_node(0) == 0
    two.close()
    three.close()


def test_sqlite_keeps_every_table_in_key_order_and_commits_durably(tmp_path: Any) -> None:
    engine = open_engine(str(tmp_path / "test.db"))
    engine.migrate()
    connection = apsw.Connection(str(tmp_path / "test.db"))
    tables = connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert all("WITHOUT ROWID" in str(sql) for (sql,) in tables if "migrations" not in str(sql))
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    session: Any = engine.session()
    assert session._connection.execute("PRAGMA synchronous").fetchall() == [(2,)]
    connection.close()
    session.close()
    engine.close()


def test_an_order_has_the_same_columns_wherever_it_is_read() -> None:
    one, *others = (
        re.split(r"FROM (?:orders|\()", STATEMENTS[name].text)[0]
        for name in (
            "order_with_terms",
            "order_by_reference",
            "orders_of_merchant",
            "orders_latest",
        )
    )
    for other in others:
        assert other.split("SELECT")[1] == one.split("SELECT")[1]
