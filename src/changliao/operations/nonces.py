"""Using a nonce, where more than one process must know of it; and forgetting old ones.

A command that comes with a nonce keeps it in its own commit, also when it is refused: what was
refused must not come true later.
"""

from collections.abc import Iterable
from functools import cache, partial
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.nonces import Nonce, may_be
from changliao.operations.operation import Operation, Place
from changliao.store.nonces import NONCES
from changliao.store.unit import UnitOfWork

C = TypeVar("C")


class Replayed(Struct, frozen=True):
    """The nonce was used before: nothing was done."""


class Fresh(Struct, Generic[C], frozen=True):
    """A command that comes once, with its nonce."""

    nonce: Nonce
    command: C


class ForgetNonces(Struct, frozen=True):
    """Nonces whose requests are too old anyway: owner and digest."""

    old: tuple[tuple[int, bytes], ...]


@cache
def fresh(operation: Operation[C, Any]) -> Operation[Fresh[C], Any]:
    """The operation with a nonce; Replayed when it was used."""
    return Operation(operation.name, partial(_fresh, operation), partial(_fresh_keys, operation))


def _fresh(operation: Operation[C, Any], tx: UnitOfWork, command: Fresh[C], now: Instant) -> Any:
    """Perform the command unless its nonce was used."""
    if tx.find(NONCES, NONCES.key(command.nonce)) is not None:
        return Replayed()
    tx.insert(NONCES, command.nonce)
    return operation.run(tx, command.command, now)


def _fresh_keys(operation: Operation[C, Any], command: Fresh[C]) -> Iterable[Place]:
    yield from _keys(command.nonce)
    yield from operation.keys(command.command)


def _use(tx: UnitOfWork, command: Nonce, now: Instant) -> bool:
    """Is this the first time, or the same message soon after?"""
    earlier = tx.find(NONCES, NONCES.key(command))
    if earlier is not None:
        return may_be(earlier, command)
    tx.insert(NONCES, command)
    return True


def _forget(tx: UnitOfWork, command: ForgetNonces, now: Instant) -> int:
    """Drop what is old; how many."""
    for key in command.old:
        tx.add("nonces_delete", key)
    return len(command.old)


def _keys(command: Nonce) -> Iterable[Place]:
    yield NONCES, NONCES.key(command)


USE: Final = Operation("nonces.use", _use, _keys)
FORGET: Final = Operation("nonces.forget", _forget, lambda command: ())
