"""What the store asks of a database: one writing session, many readers, migrations.

The interface is small so that a batch costs few round trips: rows are loaded in one, written in
one, and the last writes travel with the commit.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]
Work = Sequence[tuple[str, Sequence[Row]]]


class Conflict(Exception):
    """A lost race: a guard did not hold or a unique key was taken. The committer tries again."""


class Unavailable(Exception):
    """The database cannot be reached, or went away; whether a commit was kept is not known."""


class Session(Protocol):
    """A transaction at a time, on one connection, for one thread.

    All methods raise Conflict or Unavailable; after either only `rollback` may follow. Outside a
    transaction `find` and `select` read what is committed: a session is a Reader too.
    """

    # Whether nobody else has committed since this session last began; False if it cannot know.
    alone: bool

    def begin(self, wanted: Work, *, wait: bool = True) -> list[list[Row]]:
        """Begin, and answer each named statement with its rows for all its input rows.

        Without `wait` a database that another process is writing is a Conflict at once.
        """
        ...

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        """One more named statement inside the transaction."""
        ...

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """A statement with named parameters inside the transaction."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Outside a transaction: several reads that see one moment and begin only once."""
        ...

    def write(self, work: Work) -> list[list[Row]]:
        """Write; guarded statements raise Conflict unless every input row changed one row.

        The answer holds the returned rows of each statement that returns some.
        """
        ...

    def commit(self, work: Work) -> None:
        """Write this as well and commit durably."""
        ...

    def rollback(self) -> None:
        """Forget the transaction. Never raises."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Reader(Protocol):
    """Reads committed facts; never waits behind a writer."""

    def select(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """All rows of a statement with named parameters. Raises Unavailable."""
        ...

    def find(self, name: str, keys: Sequence[Row]) -> list[Row]:
        """All rows of a statement over input rows. Raises Unavailable."""
        ...


class Engine(Protocol):
    """A database that was found, with the schema this program needs or none yet."""

    name: str
    # Whether it lives in this process: reading and committing are then quicker than handing them to
    # a thread, and one session writes at a time.
    embedded: bool

    def migrate(self) -> list[str]:
        """Apply what is missing, in order; the names of what was applied."""
        ...

    def session(self) -> Session:
        """A writing session; close it."""
        ...

    def reader(self) -> AbstractContextManager[Reader]:
        """A reader; each read sees what is committed by then."""
        ...

    def snapshot(self) -> AbstractContextManager[Reader]:
        """A reader whose reads all see one moment."""
        ...

    def claim_node(self, first: int) -> int:
        """A node number at or above `first` that no other living process holds, until close."""
        ...

    def size_bytes(self) -> int:
        """How much the database takes on disk."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
