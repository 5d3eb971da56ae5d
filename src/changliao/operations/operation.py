"""What an operation is: a name for the log, what it does, and what it will touch.

`run` reads, decides and writes in a unit of work and holds no rule of its own. `keys` announces
the rows it will ask for, so that a batch loads them at once: for speed, never for correctness.
`facts` say in words how what it changes stands: asked before and after when a member does it.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from changliao.core.acts import Facts
from changliao.core.clock import Instant
from changliao.store.unit import Index, Table, UnitOfWork

C = TypeVar("C")
K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
V = TypeVar("V")
Place = tuple[Table[Any, Any] | Index[Any, Any], Any]


class Operation(Struct, Generic[C, R], frozen=True, eq=False):
    """Pass it to `Network.perform` with its command."""

    name: str
    run: Callable[[UnitOfWork, C, Instant], R]
    keys: Callable[[C], Iterable[Place]]
    facts: Callable[[UnitOfWork, C, Instant], Facts] | None = None


def standing(
    table: Table[K, V], key: Callable[[Any], K], said: Callable[[V], Facts]
) -> Callable[[UnitOfWork, Any, Instant], Facts]:
    """How the row stands that a command is about; there is nothing to say where there is none."""

    def facts(tx: UnitOfWork, command: Any, now: Instant) -> Facts:
        row = tx.find(table, key(command))
        return {} if row is None else said(row)

    return facts


def state(row: Any) -> Facts:
    """The state alone, of what has one."""
    return {"state": row.state.name.lower()}
