"""Opening a dispute, saying something, deciding it, and taking it back."""

from collections.abc import Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.disputes import (
    TRANSITIONS,
    DecideDispute,
    Dispute,
    DisputeEvent,
    DisputeState,
    Note,
    OpenDispute,
    WithdrawDispute,
    decide_ending,
    decide_opening,
    ended,
    facts,
)
from changliao.core.events import EventKind
from changliao.core.holds import Holding, HoldingState, decide_release
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import RefundOrder
from changliao.operations import holds, notices, risk
from changliao.operations.operation import Operation, Place, standing
from changliao.operations.refunds import refund_order
from changliao.store import deadlines, ledger
from changliao.store.disputes import DISPUTES, NOTES
from changliao.store.holds import HOLDINGS
from changliao.store.orders import ORDERS
from changliao.store.unit import UnitOfWork


def _open(tx: UnitOfWork, command: OpenDispute, now: Instant) -> Dispute | Refused:
    """Freeze the escrow. The same dispute again is found."""
    asked = command.dispute
    earlier = tx.find(DISPUTES, (asked.merchant_id, asked.id))
    if earlier is not None:
        return earlier
    order = tx.find(ORDERS, (asked.merchant_id, asked.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    holding = holds.of_order(tx, order)
    if holding is not None and holding.state is HoldingState.DISPUTED:
        return Refused(Reason.HOLD_DISPUTED)
    frozen = decide_opening(asked, order, holding)
    if isinstance(frozen, Refused):
        return frozen
    tx.update(HOLDINGS, frozen)
    deadlines.drop(tx, frozen.until, frozen.order_id, frozen.merchant_id)
    tx.insert(DISPUTES, asked)
    risk.returned(tx, asked.merchant_id, now)
    notices.tell(tx, asked.merchant_id, EventKind.DISPUTE_OPENED, asked.id)
    return asked


def _note(tx: UnitOfWork, command: Note, now: Instant) -> Note | Refused:
    """Keep what a side says. The same note again is found."""
    earlier = tx.find(NOTES, (command.merchant_id, command.dispute_id, command.id))
    if earlier is not None:
        return earlier
    known = tx.find(DISPUTES, (command.merchant_id, command.dispute_id))
    if known is None:
        return Refused(Reason.DISPUTE_NOT_FOUND)
    state = TRANSITIONS[known.state, DisputeEvent.NOTE]
    if isinstance(state, Reason):
        return Refused(state)
    tx.insert(NOTES, command)
    return command


def _decide(tx: UnitOfWork, command: DecideDispute, now: Instant) -> Dispute | Refused:
    """Give the buyer a part or all, the seller the rest: all of it or nothing."""
    found = _frozen(tx, command)
    if isinstance(found, Refused):
        return found
    known, holding = found
    freed = decide_ending(known, holding, DisputeEvent.DECIDE)
    if isinstance(freed, Refused):
        return freed
    order = tx.find(ORDERS, (known.merchant_id, known.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    if command.refund.amount:
        total, currency = order.amount.amount, order.amount.currency.code
        wanted = RefundOrder(command.refund, total, currency, decided=True)
        refund = refund_order(tx, wanted, now)
        if isinstance(refund, Refused):
            return refund
    # The refund took its part from the holding: look again.
    left = tx.find(HOLDINGS, (known.order_id, known.merchant_id)) or holding
    state, unfrozen = freed
    again = decide_ending(known, left, DisputeEvent.DECIDE)
    unfrozen = again[1] if not isinstance(again, Refused) else unfrozen
    released = decide_release(unfrozen, None)
    if isinstance(released, Refused):
        return released
    ledger.post(tx, released.transfers)
    tx.update(HOLDINGS, released.holding)
    done = ended(known, state, command, now)
    tx.update(DISPUTES, done)
    notices.tell(tx, known.merchant_id, EventKind.DISPUTE_ENDED, known.id)
    notices.tell(tx, known.merchant_id, EventKind.ESCROW_RELEASED, known.order_id)
    return done


def _withdraw(tx: UnitOfWork, command: WithdrawDispute, now: Instant) -> Dispute | Refused:
    """The escrow waits on; it has its time again. Withdrawing again is no change."""
    found = _frozen(tx, command)
    if isinstance(found, Refused):
        return found
    known, holding = found
    freed = decide_ending(known, holding, DisputeEvent.WITHDRAW)
    if isinstance(freed, Refused):
        return freed
    state, waiting = freed
    if state is known.state:
        return known
    tx.update(HOLDINGS, waiting)
    kind = deadlines.DeadlineKind.HOLDING
    deadlines.add(tx, waiting.until, waiting.order_id, waiting.merchant_id, kind)
    done = ended(known, DisputeState.WITHDRAWN, None, now)
    tx.update(DISPUTES, done)
    notices.tell(tx, known.merchant_id, EventKind.DISPUTE_ENDED, known.id)
    return done


def _frozen(
    tx: UnitOfWork, command: DecideDispute | WithdrawDispute
) -> tuple[Dispute, Holding] | Refused:
    known = tx.find(DISPUTES, (command.merchant_id, command.dispute_id))
    if known is None:
        return Refused(Reason.DISPUTE_NOT_FOUND)
    holding = tx.find(HOLDINGS, (known.order_id, known.merchant_id))
    return (known, holding) if holding is not None else Refused(Reason.HOLD_MISSING)


def _opening_keys(command: OpenDispute) -> Iterable[Place]:
    asked = command.dispute
    yield DISPUTES, (asked.merchant_id, asked.id)
    yield ORDERS, (asked.merchant_id, asked.order_id)
    yield HOLDINGS, (asked.order_id, asked.merchant_id)


def _one_keys(command: Note | DecideDispute | WithdrawDispute) -> Iterable[Place]:
    yield DISPUTES, (command.merchant_id, command.dispute_id)


OPEN: Final = Operation("disputes.open", _open, _opening_keys)
NOTE: Final = Operation(
    "disputes.note",
    _note,
    _one_keys,
    standing(
        NOTES, lambda one: (one.merchant_id, one.dispute_id, one.id), lambda one: {"note": one.text}
    ),
)
DECIDE: Final = Operation(
    "disputes.decide",
    _decide,
    _one_keys,
    standing(DISPUTES, lambda one: (one.merchant_id, one.dispute_id), facts),
)
WITHDRAW: Final = Operation("disputes.withdraw", _withdraw, _one_keys)
