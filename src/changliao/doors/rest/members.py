"""What a member does with a key of its own: its role is asked in the commit, its act is kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from changliao.core.ids import ActId
from changliao.core.members import Act, Right
from changliao.core.outcome import Refused
from changliao.doors.rest.call import Call, Door, perform
from changliao.operations.members import By, acting
from changliao.operations.operation import Operation

C = TypeVar("C")
R = TypeVar("R")


class Doing(Struct, Generic[C, R], frozen=True):
    """An operation that members do, and by which right."""

    operation: Operation[By[C], R | Refused]
    right: Right


def doing(operation: Operation[C, R | Refused], right: Right) -> Doing[C, R]:
    """An operation as members do it."""
    acted = acting(operation)
    return Doing(acted, right)


async def perform_by(
    door: Door,
    call: Call[Any, Any],
    done: Doing[C, R],
    command: C,
    show: Callable[[R], Any],
    *,
    subject: str,
) -> Any:
    """Perform a command as the member whose key signed. Raises Problem for a refusal."""
    key = call.caller.key
    act = Act(
        id=ActId(door.network.ids.new()),
        member_id=key.member_id,
        action=done.operation.name,
        subject=subject,
        details={"key": key.serial},
        address="",
    )
    return await perform(door, call, done.operation, By(act, done.right, command), show)
