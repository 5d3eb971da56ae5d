"""Payouts: a merchant's money goes to a user, at once or when the user confirms.

At once, the money moves from what the merchant has earned to the payee's wallet. One that waits is
reserved by a pending transfer of the same id, which is posted when the payee confirms, and released
when the merchant cancels or its time is over. A batch pays many at once: the payees that prove
wrong are kept as failed, the others are paid.
Refuses: a payee who is not known by this name, and money the merchant does not have.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import AppId, MerchantId, PayoutBatchId, PayoutId, PendingId, UserId
from changliao.core.ledger import (
    Account,
    Code,
    PendingEvent,
    PendingTransfer,
    Settled,
    Transfer,
    decide_post,
    decide_release,
    decide_reserve,
)
from changliao.core.money import MAX_AMOUNT, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User

MOST_IN_BATCH: Final = 1_000


class PayoutState(IntEnum):
    """The number is stored. All but WAITING are final."""

    __hash__ = int.__hash__

    WAITING = 1
    PAID = 2
    CANCELLED = 3
    EXPIRED = 4
    FAILED = 5


class PayoutEvent(IntEnum):
    """What can be asked of a payout."""

    __hash__ = int.__hash__

    CONFIRM = 1
    CANCEL = 2
    EXPIRE = 3


TRANSITIONS: Final[Mapping[tuple[PayoutState, PayoutEvent], PayoutState | Reason]] = {
    (PayoutState.WAITING, PayoutEvent.CONFIRM): PayoutState.PAID,
    (PayoutState.WAITING, PayoutEvent.CANCEL): PayoutState.CANCELLED,
    (PayoutState.WAITING, PayoutEvent.EXPIRE): PayoutState.EXPIRED,
    (PayoutState.PAID, PayoutEvent.CONFIRM): PayoutState.PAID,
    (PayoutState.PAID, PayoutEvent.CANCEL): Reason.PAYOUT_PAID,
    (PayoutState.PAID, PayoutEvent.EXPIRE): Reason.PAYOUT_PAID,
    (PayoutState.CANCELLED, PayoutEvent.CONFIRM): Reason.PAYOUT_CANCELLED,
    (PayoutState.CANCELLED, PayoutEvent.CANCEL): PayoutState.CANCELLED,
    (PayoutState.CANCELLED, PayoutEvent.EXPIRE): Reason.PAYOUT_CANCELLED,
    (PayoutState.EXPIRED, PayoutEvent.CONFIRM): Reason.PAYOUT_EXPIRED,
    (PayoutState.EXPIRED, PayoutEvent.CANCEL): Reason.PAYOUT_EXPIRED,
    (PayoutState.EXPIRED, PayoutEvent.EXPIRE): PayoutState.EXPIRED,
    (PayoutState.FAILED, PayoutEvent.CONFIRM): Reason.PAYOUT_FAILED,
    (PayoutState.FAILED, PayoutEvent.CANCEL): Reason.PAYOUT_FAILED,
    (PayoutState.FAILED, PayoutEvent.EXPIRE): Reason.PAYOUT_FAILED,
}
_ENDS_BY: Final = {
    PayoutEvent.CANCEL: PendingEvent.VOID,
    PayoutEvent.EXPIRE: PendingEvent.EXPIRE,
}


class Payout(Struct, frozen=True):
    """`reference` is the merchant's own number, unique per merchant, or within its batch.

    The payee confirms before `confirm_by`; NEVER: it is paid at once. `payee_id` is 0 for nobody we
    know. `digest` identifies what was asked, `reason` says why it failed. `door` is where it came
    in, `details` that door's own JSON.
    """

    id: PayoutId
    merchant_id: MerchantId
    app_id: AppId
    reference: str
    payee_id: UserId
    amount: Money
    digest: bytes
    door: str
    batch_id: PayoutBatchId = PayoutBatchId(0)
    confirm_by: Instant = NEVER
    remark: str = ""
    notify_url: str = ""
    details: bytes = b""
    state: PayoutState = PayoutState.WAITING
    reason: str = ""
    finished_at: Instant = NEVER


class PayOut(Struct, frozen=True):
    """A merchant pays a user. `payee_name` is whom it means; empty: whoever it is."""

    payout: Payout
    payee_name: str = ""


class PayoutBatch(Struct, frozen=True):
    """Many payouts under one number of the merchant's own. The sums are made when it is paid."""

    id: PayoutBatchId
    merchant_id: MerchantId
    app_id: AppId
    reference: str
    currency: int
    digest: bytes
    door: str
    name: str = ""
    remark: str = ""
    notify_url: str = ""
    details: bytes = b""
    count: int = 0
    amount: int = 0
    paid_count: int = 0
    paid_amount: int = 0
    finished_at: Instant = NEVER


class PayBatch(Struct, frozen=True):
    """A merchant pays many users with one request."""

    batch: PayoutBatch
    payouts: tuple[PayOut, ...]


class ConfirmPayout(Struct, frozen=True):
    """The payee takes the money."""

    merchant_id: MerchantId
    payout_id: PayoutId
    payee_id: UserId


class EndPayout(Struct, frozen=True):
    """The merchant takes a waiting payout back, or its time is over."""

    merchant_id: MerchantId
    payout_id: PayoutId
    event: PayoutEvent = PayoutEvent.CANCEL


class Paying(Struct, frozen=True):
    """A payout as it stands, its reservation if it has one, and the money that moved, if any."""

    payout: Payout
    pending: PendingTransfer | None = None
    transfer: Transfer | None = None


class BatchPaid(Struct, frozen=True):
    """The batch with its sums, and each of its payouts."""

    batch: PayoutBatch
    payments: tuple[Paying, ...]


def decide_payout(
    command: PayOut, payee: User | None, payable: Account, now: Instant
) -> Paying | Refused:
    """Pay at once, or reserve the money until the payee confirms."""
    payout = command.payout
    refused = _refused(command, payee, now)
    if refused is not None:
        return refused
    if payable.spendable < payout.amount.amount:
        return Refused(Reason.MERCHANT_FUNDS_INSUFFICIENT)
    if payout.confirm_by == NEVER:
        return _paid(payout, now)
    wallet = chart.wallet(payout.payee_id, payout.amount.currency)
    pending = PendingTransfer(
        PendingId(payout.id), payable.id, wallet, payout.amount.amount, payout.confirm_by
    )
    return _settled(payout, decide_reserve(pending, payable, now, Code.PAYOUT))


def decide_batch(
    command: PayBatch, payees: Mapping[UserId, User | None], payable: Account, now: Instant
) -> BatchPaid | Refused:
    """Pay everybody who can be paid; the money for all must be there."""
    asked = [one.payout for one in command.payouts]
    if len({payout.reference for payout in asked}) < len(asked):
        return Refused(Reason.PAYOUT_REFERENCE_REUSED, "two payouts of the batch share a number")
    if not asked or any(payout.amount.amount <= 0 for payout in asked):
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    total = sum(payout.amount.amount for payout in asked)
    if len(asked) > MOST_IN_BATCH or total > MAX_AMOUNT:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {MOST_IN_BATCH}, {MAX_AMOUNT} together")
    if any(payout.amount.currency.number != command.batch.currency for payout in asked):
        return Refused(Reason.CURRENCY_MISMATCH)
    if payable.spendable < total:
        return Refused(Reason.MERCHANT_FUNDS_INSUFFICIENT)

    payments = []
    for one in command.payouts:
        refused = _refused(one, payees.get(one.payout.payee_id), now)
        payments.append(_paid(one.payout, now) if refused is None else _failed(one, refused, now))
    paid = [one.payout.amount.amount for one in payments if one.transfer is not None]
    batch = replace(
        command.batch,
        count=len(asked),
        amount=total,
        paid_count=len(paid),
        paid_amount=sum(paid),
        finished_at=now,
    )
    return BatchPaid(batch, tuple(payments))


def decide_confirmation(
    command: ConfirmPayout, payout: Payout, pending: PendingTransfer | None, now: Instant
) -> Paying | Refused:
    """Credit the payee. Confirming again what was paid is no change."""
    if command.payee_id != payout.payee_id:
        return Refused(Reason.PAYEE_MISMATCH)
    state = TRANSITIONS[payout.state, PayoutEvent.CONFIRM]
    if isinstance(state, Reason):
        return Refused(state)
    if state is payout.state or pending is None:
        return Paying(payout)
    if now >= payout.confirm_by:
        return Refused(Reason.PAYOUT_EXPIRED)
    after = replace(payout, state=state, finished_at=now)
    return _settled(after, decide_post(pending, payout.amount.amount, now, Code.PAYOUT))


def decide_ending(
    payout: Payout, event: PayoutEvent, pending: PendingTransfer | None, now: Instant
) -> Paying | Refused:
    """Give the merchant its money back. Ending again what ended so is no change."""
    state = TRANSITIONS[payout.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is payout.state or pending is None:
        return Paying(payout)
    if event is PayoutEvent.EXPIRE and now < payout.confirm_by:
        return Refused(Reason.PAYOUT_NOT_EXPIRED)
    after = replace(payout, state=state, finished_at=now)
    return _settled(after, decide_release(pending, _ENDS_BY[event], now, Code.PAYOUT))


def _refused(command: PayOut, payee: User | None, now: Instant) -> Refused | None:
    """What is wrong with a payout itself, whatever money is there."""
    payout = command.payout
    if payout.amount.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if payout.amount.amount > MAX_AMOUNT:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {MAX_AMOUNT} minor units")
    if payout.confirm_by != NEVER and payout.confirm_by <= now:
        return Refused(Reason.EXPIRY_PASSED)
    if payee is None:
        return Refused(Reason.USER_NOT_FOUND)
    if command.payee_name and command.payee_name != payee.name:
        return Refused(Reason.PAYEE_NAME_MISMATCH)
    return None


def _paid(payout: Payout, now: Instant) -> Paying:
    currency = payout.amount.currency
    payable = chart.payable(payout.merchant_id, currency)
    wallet = chart.wallet(payout.payee_id, currency)
    transfer = Transfer(payable, wallet, payout.amount.amount, Code.PAYOUT, payout.id)
    return Paying(replace(payout, state=PayoutState.PAID, finished_at=now), None, transfer)


def _failed(command: PayOut, refused: Refused, now: Instant) -> Paying:
    reason = refused.reason.value
    state = PayoutState.FAILED
    return Paying(replace(command.payout, state=state, reason=reason, finished_at=now))


def _settled(payout: Payout, settled: Settled | Refused) -> Paying | Refused:
    if isinstance(settled, Refused):
        return settled
    return Paying(payout, settled.pending, settled.transfer)
