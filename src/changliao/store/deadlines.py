"""What must be looked at when its time has come."""

from enum import IntEnum

from changliao.core.clock import Instant
from changliao.store.unit import UnitOfWork


class DeadlineKind(IntEnum):
    """The number is stored."""

    ORDER = 1
    PENDING = 2
    PAY_CODE = 3
    HOLDING = 4
    PAYOUT = 16
    AUTHORIZATION = 17
    PACKET = 21
    BUDGET = 31
    COUPON = 32


def add(tx: UnitOfWork, at: Instant, subject_id: int, owner_id: int, kind: DeadlineKind) -> None:
    """Have the expiry worker look at this subject at that time."""
    key = (at, subject_id, owner_id)
    tx.add("deadlines_insert", (*key, int(kind)), key)


def drop(tx: UnitOfWork, at: Instant, subject_id: int, owner_id: int) -> None:
    """It has been looked at, or need not be. What is dropped may be added again."""
    key = (at, subject_id, owner_id)
    tx.cancel("deadlines_insert", key)
    tx.add("deadlines_delete", key)
