"""Keeping when keys were last used: noted in memory by the doors, written behind their backs.

A request costs a look into a table; a key costs a write an hour. What is lost with the process is
that a key was used in its last second.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.key_uses import APART, KeyUse, is_news
from changliao.core.parties import Key
from changliao.operations.operation import Operation, Place
from changliao.store.key_uses import KEY_USES
from changliao.store.unit import UnitOfWork

_MOST: Final = 100_000


class KeyUses:
    """What this process noted, and what of it waits to be written."""

    def __init__(self) -> None:
        self._noted: dict[tuple[int, str], Instant] = {}
        self._waiting: list[KeyUse] = []

    def note(self, key: Key, now: Instant) -> None:
        """A request was signed with it."""
        name = (key.merchant_id, key.serial)
        if now - self._noted.get(name, 0) < APART:
            return
        if len(self._noted) >= _MOST:
            self._noted = {}
        self._noted[name] = now
        self._waiting.append(KeyUse(key.merchant_id, key.serial, now))

    def waiting(self) -> tuple[KeyUse, ...]:
        """What is still to be written."""
        return tuple(self._waiting)

    def written(self, count: int) -> None:
        """The first so many wait no more."""
        del self._waiting[:count]


class KeepUses(Struct, frozen=True):
    """Uses to be kept; those that are no news are not."""

    uses: tuple[KeyUse, ...]


def _keep(tx: UnitOfWork, command: KeepUses, now: Instant) -> int:
    """Write what is news; how many were looked at."""
    for use in command.uses:
        earlier = tx.find(KEY_USES, KEY_USES.key(use))
        if earlier is None:
            tx.insert(KEY_USES, use)
        elif is_news(earlier, use):
            tx.update(KEY_USES, use)
    return len(command.uses)


def _keys(command: KeepUses) -> Iterable[Place]:
    return [(KEY_USES, KEY_USES.key(use)) for use in command.uses]


KEEP: Final = Operation("key_uses.keep", _keep, _keys)
