"""Pending transfers: reserving money, and making it final, whole or in part, or free again."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.ids import PendingId
from changliao.core.ledger import (
    PendingEvent,
    PendingTransfer,
    Settled,
    decide_post,
    decide_release,
    decide_reserve,
)
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.ledger import PENDING_TRANSFERS
from changliao.store.unit import UnitOfWork


class PostPending(Struct, frozen=True):
    """Make `amount` of a reservation final; what is left is free again."""

    pending_id: PendingId
    debit_owner: int
    amount: int


class ReleasePending(Struct, frozen=True):
    """Void a reservation, or expire it when its time is over."""

    pending_id: PendingId
    debit_owner: int
    event: PendingEvent = PendingEvent.VOID


def _reserve(tx: UnitOfWork, command: PendingTransfer, now: Instant) -> PendingTransfer | Refused:
    """Reserve money once for each id."""
    earlier = tx.find(PENDING_TRANSFERS, PENDING_TRANSFERS.key(command))
    if earlier is not None:
        return earlier if _same(earlier, command) else Refused(Reason.PAYMENT_ID_REUSED)
    settled = decide_reserve(command, ledger.account(tx, command.debit), now)
    if isinstance(settled, Refused):
        return settled
    ledger.post(tx, (settled.transfer,))
    tx.insert(PENDING_TRANSFERS, command)
    kind = deadlines.DeadlineKind.PENDING
    deadlines.add(tx, command.expires_at, command.id, command.debit.owner, kind)
    return command


def _post(tx: UnitOfWork, command: PostPending, now: Instant) -> PendingTransfer | Refused:
    """Post a reservation; the same amount again finds it posted."""
    pending = tx.find(PENDING_TRANSFERS, (command.pending_id, command.debit_owner))
    if pending is None:
        return Refused(Reason.PENDING_NOT_FOUND)
    if pending.posted and pending.posted == command.amount:
        return pending
    return _settle(tx, decide_post(pending, command.amount, now))


def _release(tx: UnitOfWork, command: ReleasePending, now: Instant) -> PendingTransfer | Refused:
    """Void or expire a reservation."""
    pending = tx.find(PENDING_TRANSFERS, (command.pending_id, command.debit_owner))
    if pending is None:
        return Refused(Reason.PENDING_NOT_FOUND)
    if now >= pending.expires_at:
        deadlines.drop(tx, pending.expires_at, pending.id, pending.debit.owner)
    return _settle(tx, decide_release(pending, command.event, now))


def _settle(tx: UnitOfWork, settled: Settled | Refused) -> PendingTransfer | Refused:
    if isinstance(settled, Refused):
        return settled
    ledger.post(tx, (settled.transfer,))
    tx.update(PENDING_TRANSFERS, settled.pending)
    return settled.pending


def _same(earlier: PendingTransfer, again: PendingTransfer) -> bool:
    return (earlier.debit, earlier.credit, earlier.amount, earlier.expires_at) == (
        again.debit,
        again.credit,
        again.amount,
        again.expires_at,
    )


def _reserve_keys(command: PendingTransfer) -> Iterable[Place]:
    yield PENDING_TRANSFERS, PENDING_TRANSFERS.key(command)
    yield ledger.ACCOUNTS, command.debit
    yield ledger.ACCOUNTS, command.credit


def _pending_keys(command: PostPending | ReleasePending) -> Iterable[Place]:
    yield PENDING_TRANSFERS, (command.pending_id, command.debit_owner)


RESERVE: Final = Operation("ledger.reserve", _reserve, _reserve_keys)
POST: Final = Operation("ledger.post", _post, _pending_keys)
RELEASE: Final = Operation("ledger.release", _release, _pending_keys)
