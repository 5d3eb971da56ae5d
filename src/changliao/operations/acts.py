"""What members do: asked in the commit whether they may, and kept there with before and after.

`acting` makes an operation one that a member, or a key, does. All of it happens or nothing: the
role is asked, what was seen is compared with what is, the operation runs, and the act is kept.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import UNSEEN, Act, Changed, decide_seen, same_act
from changliao.core.clock import Instant
from changliao.core.ids import ActId
from changliao.core.members import Right, decide_act
from changliao.core.outcome import Refused
from changliao.operations.operation import Operation, Place
from changliao.store.members import ACTS, MEMBERS
from changliao.store.unit import UnitOfWork

C = TypeVar("C")
R = TypeVar("R")


class By(Struct, Generic[C], frozen=True):
    """A command, who gives it and by which right, and the version of what was seen before.

    A key that is no member's has no right to be asked: its door let it in.
    """

    act: Act
    right: Right | None
    command: C
    seen: str = UNSEEN


def acting(operation: Operation[C, R]) -> Operation[By[C], R | Refused | Changed]:
    """The same operation, done by a member or a key. Raises TypeError without its facts."""
    if operation.facts is None:
        raise TypeError(f"nothing says what {operation.name} changes")
    return Operation(operation.name, partial(_acting, operation), partial(_keys, operation))


def _acting(operation: Operation[Any, Any], tx: UnitOfWork, by: By[Any], now: Instant) -> Any:
    if by.right is not None:
        refused = decide_act(tx.find(MEMBERS, by.act.member_id), by.right)
        if refused is not None:
            return refused
    known = tx.find(ACTS, by.act.id)
    act = replace(by.act, before=_facts(operation, tx, by, now), at=now)
    changed = decide_seen(act, by.seen, known)
    if changed is not None:
        return changed

    outcome = operation.run(tx, by.command, now)

    if not isinstance(outcome, Refused):
        _keep(tx, known, replace(act, after=_facts(operation, tx, by, now)))
    return outcome


def _facts(
    operation: Operation[Any, Any], tx: UnitOfWork, by: By[Any], now: Instant
) -> dict[str, str]:
    return operation.facts(tx, by.command, now) if operation.facts is not None else {}


def _keep(tx: UnitOfWork, known: Act | None, act: Act) -> None:
    """A form brings its number: what else is sent under it is an act of its own."""
    if known is None:
        tx.insert(ACTS, act)
    elif not same_act(known, act):
        tx.insert(ACTS, replace(act, id=ActId(tx.new_id())))


def _keys(operation: Operation[Any, Any], by: By[Any]) -> Iterable[Place]:
    yield MEMBERS, by.act.member_id
    yield ACTS, by.act.id
    yield from operation.keys(by.command)
