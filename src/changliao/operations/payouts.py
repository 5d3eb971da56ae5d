"""Paying users out of what merchants have earned: at once, in batches, or when they confirm."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.clock import NEVER, Instant
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId
from changliao.core.ledger import PendingTransfer
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason, Refused
from changliao.core.payouts import (
    ConfirmPayout,
    EndPayout,
    PayBatch,
    Paying,
    PayOut,
    Payout,
    PayoutBatch,
    PayoutState,
    decide_batch,
    decide_confirmation,
    decide_ending,
    decide_payout,
)
from changliao.operations.operation import Operation, Place, standing, state
from changliao.store import deadlines, ledger
from changliao.store.events import EVENTS
from changliao.store.ledger import PENDING_TRANSFERS
from changliao.store.parties import USERS
from changliao.store.payouts import (
    PAYOUT_BATCHES,
    PAYOUT_BATCHES_BY_REFERENCE,
    PAYOUTS,
    PAYOUTS_BY_REFERENCE,
)
from changliao.store.unit import UnitOfWork


def _pay_out(tx: UnitOfWork, command: PayOut, now: Instant) -> Payout | Refused:
    """Pay or reserve once for each reference. A refusal is not kept: the number may be used."""
    asked = command.payout
    earlier = tx.find_by(PAYOUTS_BY_REFERENCE, PAYOUTS_BY_REFERENCE.key(asked))
    if earlier is not None:
        same = earlier.digest == asked.digest
        return earlier if same else Refused(Reason.PAYOUT_REFERENCE_REUSED)
    payee = tx.find(USERS, asked.payee_id)
    payable = ledger.account(tx, chart.payable(asked.merchant_id, asked.amount.currency))

    paying = decide_payout(command, payee, payable, now)

    if isinstance(paying, Refused):
        return paying
    payout = paying.payout
    tx.insert(PAYOUTS, payout, PAYOUTS_BY_REFERENCE)
    if paying.transfer is not None:
        ledger.post(tx, (paying.transfer,))
    if paying.pending is not None:
        tx.insert(PENDING_TRANSFERS, paying.pending)
        kind = deadlines.DeadlineKind.PAYOUT
        deadlines.add(tx, payout.confirm_by, payout.id, payout.merchant_id, kind)
    _tell(tx, payout, now)
    return payout


def _pay_batch(tx: UnitOfWork, command: PayBatch, now: Instant) -> PayoutBatch | Refused:
    """Pay everybody of a batch once, in one commit; who cannot be paid is kept as failed."""
    asked = command.batch
    earlier = tx.find_by(PAYOUT_BATCHES_BY_REFERENCE, PAYOUT_BATCHES_BY_REFERENCE.key(asked))
    if earlier is not None:
        same = earlier.digest == asked.digest
        return earlier if same else Refused(Reason.PAYOUT_REFERENCE_REUSED)
    payees = {one.payout.payee_id: tx.find(USERS, one.payout.payee_id) for one in command.payouts}
    payable = ledger.account(tx, chart.payable(asked.merchant_id, BY_NUMBER[asked.currency]))

    done = decide_batch(command, payees, payable, now)

    if isinstance(done, Refused):
        return done
    tx.insert(PAYOUT_BATCHES, done.batch, PAYOUT_BATCHES_BY_REFERENCE)
    for one in done.payments:
        tx.insert(PAYOUTS, one.payout, PAYOUTS_BY_REFERENCE)
        if one.transfer is not None:
            ledger.post(tx, (one.transfer,))
    if asked.notify_url:
        kind = EventKind.PAYOUT_BATCH_FINISHED
        tx.insert(EVENTS, Event(EventId(asked.id), asked.merchant_id, kind, asked.id, now))
    return done.batch


def _confirm(tx: UnitOfWork, command: ConfirmPayout, now: Instant) -> Payout | Refused:
    """The payee takes the money: it is in the wallet at once."""
    payout = tx.find(PAYOUTS, (command.merchant_id, command.payout_id))
    if payout is None:
        return Refused(Reason.PAYOUT_NOT_FOUND)
    paying = decide_confirmation(command, payout, _pending(tx, payout), now)
    return _keep(tx, payout, paying, now)


def _end(tx: UnitOfWork, command: EndPayout, now: Instant) -> Payout | Refused:
    """Give the money back to the merchant. A deadline that has passed is done with."""
    payout = tx.find(PAYOUTS, (command.merchant_id, command.payout_id))
    if payout is None:
        return Refused(Reason.PAYOUT_NOT_FOUND)
    if payout.confirm_by != NEVER and now >= payout.confirm_by:
        deadlines.drop(tx, payout.confirm_by, payout.id, payout.merchant_id)
    paying = decide_ending(payout, command.event, _pending(tx, payout), now)
    return _keep(tx, payout, paying, now)


def _keep(
    tx: UnitOfWork, before: Payout, paying: Paying | Refused, now: Instant
) -> Payout | Refused:
    if isinstance(paying, Refused):
        return paying
    after = paying.payout
    if after is before:
        return after
    if paying.transfer is not None:
        ledger.post(tx, (paying.transfer,))
    if paying.pending is not None:
        tx.update(PENDING_TRANSFERS, paying.pending)
    tx.update(PAYOUTS, after)
    _tell(tx, after, now)
    return after


def _pending(tx: UnitOfWork, payout: Payout) -> PendingTransfer | None:
    return tx.find(PENDING_TRANSFERS, (payout.id, payout.merchant_id))


def _tell(tx: UnitOfWork, payout: Payout, now: Instant) -> None:
    """Its merchant hears of the end of a payout, once."""
    if payout.notify_url and payout.state is not PayoutState.WAITING:
        kind = EventKind.PAYOUT_FINISHED
        tx.insert(EVENTS, Event(EventId(payout.id), payout.merchant_id, kind, payout.id, now))


def _payout_keys(command: PayOut) -> Iterable[Place]:
    payout = command.payout
    currency = payout.amount.currency
    yield PAYOUTS_BY_REFERENCE, PAYOUTS_BY_REFERENCE.key(payout)
    yield USERS, payout.payee_id
    yield ledger.ACCOUNTS, chart.payable(payout.merchant_id, currency)
    yield ledger.ACCOUNTS, chart.wallet(payout.payee_id, currency)


def _batch_keys(command: PayBatch) -> Iterable[Place]:
    yield PAYOUT_BATCHES_BY_REFERENCE, PAYOUT_BATCHES_BY_REFERENCE.key(command.batch)
    for one in command.payouts:
        yield USERS, one.payout.payee_id
        yield ledger.ACCOUNTS, chart.wallet(one.payout.payee_id, one.payout.amount.currency)
        yield ledger.ACCOUNTS, chart.payable(one.payout.merchant_id, one.payout.amount.currency)


def _one_keys(command: ConfirmPayout | EndPayout) -> Iterable[Place]:
    yield PAYOUTS, (command.merchant_id, command.payout_id)
    yield PENDING_TRANSFERS, (command.payout_id, command.merchant_id)


PAY_OUT: Final = Operation("payouts.pay", _pay_out, _payout_keys)
PAY_BATCH: Final = Operation("payouts.pay_batch", _pay_batch, _batch_keys)
CONFIRM: Final = Operation("payouts.confirm", _confirm, _one_keys)
END: Final = Operation(
    "payouts.end",
    _end,
    _one_keys,
    standing(PAYOUTS, lambda one: (one.merchant_id, one.payout_id), state),
)
