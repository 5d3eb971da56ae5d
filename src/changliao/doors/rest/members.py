"""What is done with a key and kept as an act: a member's key is the member, asked in the commit.

A key that is no member's has no role: the endpoint let it in. `If-Match` is compared in the commit.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from msgspec import Struct

from changliao.core.acts import Act, Changed
from changliao.core.clock import Instant
from changliao.core.ids import ActId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform
from changliao.operations.acts import By, acting
from changliao.operations.operation import Operation
from changliao.store.unit import UnitOfWork

C = TypeVar("C")
R = TypeVar("R")


class Doing(Struct, Generic[C, R], frozen=True):
    """An operation that members do, and by which right."""

    operation: Operation[By[C], R | Refused]
    right: Right


def doing(operation: Operation[C, R | Refused], right: Right) -> Doing[C, R]:
    """An operation as members and keys do it."""
    acted = acting(operation)
    return Doing(Operation(acted.name, partial(_unchanged, acted), acted.keys), right)


def _unchanged(
    acted: Operation[By[C], R | Refused | Changed], tx: UnitOfWork, by: By[C], now: Instant
) -> R | Refused:
    outcome = acted.run(tx, by, now)
    return Refused(Reason.EDITED_MEANWHILE) if isinstance(outcome, Changed) else outcome


async def perform_by(
    door: Door,
    call: Call[Any, Any],
    done: Doing[C, R],
    command: C,
    show: Callable[[R], Any],
    *,
    subject: str,
) -> Any:
    """Perform a command as the member, or the key, that signed. Raises Problem for a refusal."""
    key = call.caller.key
    act = Act(
        id=ActId(door.network.ids.new()),
        member_id=key.member_id,
        action=done.operation.name,
        subject=subject,
        details={"key": key.serial},
        address=call.caller.address,
    )
    right = done.right if key.member_id else None
    by = By(act, right, command, call.seen)
    return await perform(door, call, done.operation, by, show)
