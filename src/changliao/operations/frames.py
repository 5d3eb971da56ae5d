"""Registering whose pages may show a merchant's codes."""

from collections.abc import Iterable
from typing import Final

from changliao.core.acts import Facts
from changliao.core.clock import Instant
from changliao.core.frames import ChangeOrigin, FrameOrigins, decide_origin
from changliao.core.outcome import Refused
from changliao.operations.operation import Operation, Place
from changliao.store.frames import FRAME_ORIGINS
from changliao.store.unit import UnitOfWork


def _change(tx: UnitOfWork, command: ChangeOrigin, now: Instant) -> FrameOrigins | Refused:
    """From the next code on."""
    known = tx.find(FRAME_ORIGINS, command.merchant_id)
    after = decide_origin(command, known)
    if isinstance(after, FrameOrigins) and after != known and after.revision:
        tx.put(FRAME_ORIGINS, command.merchant_id, after)
    return after


def _keys(command: ChangeOrigin) -> Iterable[Place]:
    yield FRAME_ORIGINS, command.merchant_id


def _facts(tx: UnitOfWork, command: ChangeOrigin, now: Instant) -> Facts:
    known = tx.find(FRAME_ORIGINS, command.merchant_id)
    return {"origins": " ".join(known.origins) if known is not None else ""}


# The audit log tells them apart by their names.
ALLOW: Final = Operation("frames.allow", _change, _keys, _facts)
REMOVE: Final = Operation("frames.remove", _change, _keys, _facts)
