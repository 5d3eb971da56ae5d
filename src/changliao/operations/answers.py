"""Performing a command once under an idempotency key: the answer is kept in the same commit.

Whoever repeats the request finds either the effect together with its answer, or neither. Two at
once, also on two processes, meet at the key: the second waits for the first one's commit and gets
its answer.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.answers import KeptAnswer, decide_again
from changliao.core.clock import Instant
from changliao.core.outcome import Refused
from changliao.operations.operation import Operation, Place
from changliao.store.answers import KEPT_ANSWERS, drop
from changliao.store.unit import UnitOfWork

C = TypeVar("C")


class Once(Struct, Generic[C], frozen=True):
    """A command under a key. `render` turns its outcome into the status and the sealed body.

    It runs in the committer: it must be quick, and ask nobody.
    """

    asked: KeptAnswer
    command: C
    render: Callable[[Any], tuple[int, bytes]]


class ForgetAnswers(Struct, frozen=True):
    """Answers that nobody may ask for any more: owner, key, and when they were kept."""

    old: tuple[tuple[int, str, Instant], ...]


@cache
def once(operation: Operation[C, Any]) -> Operation[Once[C], KeptAnswer | Refused]:
    """The operation under a key."""
    return Operation(operation.name, partial(_once, operation), partial(_keys, operation))


def _once(
    operation: Operation[C, Any], tx: UnitOfWork, command: Once[C], now: Instant
) -> KeptAnswer | Refused:
    """Perform the command, or find what was answered. A no that was decided here is kept too."""
    asked = command.asked
    earlier = tx.find(KEPT_ANSWERS, (asked.owner_id, asked.key))
    again = decide_again(earlier, asked.digest, now)
    if again is not None:
        return again

    outcome = operation.run(tx, command.command, now)

    status, body = command.render(outcome)
    kept = replace(asked, status=status, body=body, kept_at=now)
    if earlier is None:
        tx.insert(KEPT_ANSWERS, kept)
    else:
        tx.update(KEPT_ANSWERS, kept)
    return kept


def _keys(operation: Operation[C, Any], command: Once[C]) -> Iterable[Place]:
    yield KEPT_ANSWERS, (command.asked.owner_id, command.asked.key)
    yield from operation.keys(command.command)


def _forget(tx: UnitOfWork, command: ForgetAnswers, now: Instant) -> int:
    """Drop what is old; how many."""
    for owner_id, key, kept_at in command.old:
        drop(tx, owner_id, key, kept_at)
    return len(command.old)


FORGET: Final = Operation("answers.forget", _forget, lambda _: ())
