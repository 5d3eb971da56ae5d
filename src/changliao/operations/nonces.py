"""Using a nonce, where several processes must know of it; and forgetting old ones."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.nonces import Nonce, may_be
from changliao.operations.operation import Operation, Place
from changliao.store.nonces import NONCES
from changliao.store.unit import UnitOfWork


class ForgetNonces(Struct, frozen=True):
    """Nonces whose requests are too old anyway: owner and digest."""

    old: tuple[tuple[int, bytes], ...]


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
