"""What an operation is: a name for the log, what it does, and what it will touch.

`run` reads, decides and writes in a unit of work and holds no rule of its own. `keys` announces
the rows it will ask for, so that a batch loads them at once: for speed, never for correctness.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.store.unit import Index, Table, UnitOfWork

C = TypeVar("C")
R = TypeVar("R")
Place = tuple[Table[Any, Any] | Index[Any, Any], Any]


class Operation(Struct, Generic[C, R], frozen=True, eq=False):
    """Pass it to `Network.perform` with its command."""

    name: str
    run: Callable[[UnitOfWork, C, Instant], R]
    keys: Callable[[C], Iterable[Place]]
