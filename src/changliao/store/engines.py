"""Which engine a database address means."""

from changliao.store.engine import Engine
from changliao.store.sqlite import SqliteEngine


def open_engine(address: str) -> Engine:
    """`postgresql://…` is a server; `sqlite:PATH` or a plain path is a file."""
    if address.startswith(("postgresql://", "postgres://")):
        from changliao.store.postgresql import PostgresqlEngine  # noqa: PLC0415 its driver takes a tenth of a start

        return PostgresqlEngine(address)
    return SqliteEngine(address.removeprefix("sqlite:"))
