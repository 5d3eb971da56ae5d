"""Double entry: accounts, transfers, and what may be done to a pending one.

A transfer moves a positive amount from one account (its debit) to another (its credit) and is never
changed. A pending transfer reserves; it is then posted, whole or in part, voided, or expired, once.
Vocabulary: TigerBeetle's data model. Units: minor units of the accounts' currency.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.chart import AccountId
from changliao.core.clock import Instant
from changliao.core.ids import PendingId
from changliao.core.outcome import Reason, Refused


class Code(IntEnum):
    """Why money moved. The number is stored: never change one."""

    __hash__ = int.__hash__

    TOP_UP = 1
    WALLET_TRANSFER = 2
    PAYMENT = 3
    FEE = 4
    REFUND = 5
    FEE_RETURN = 6
    RESERVE = 7
    SHARE = 8
    SHARE_RETURN = 9
    RELEASE = 10
    PAYOUT = 16
    FREEZE = 17
    UNFREEZE = 18
    PACKET_GIVE = 21
    PACKET_CLAIM = 22
    PACKET_RETURN = 23
    MERGER = 24
    MERGER_LOAN = 25
    BUDGET_FUND = 31
    BUDGET_CLOSE = 32
    COUPON_CLAIM = 33
    COUPON_RETURN = 34
    DISCOUNT = 35
    DISCOUNT_RETURN = 36
    CHANNEL_ASK = 40
    CHANNEL_OUT = 41
    CHANNEL_BACK = 42
    CHANNEL_SURPLUS = 43
    GROUP_SHARE = 51
    CHANNEL_PAY = 80
    SETTLE = 70
    SETTLE_BACK = 71
    DIFFERENCE = 81
    DIFFERENCE_PAID = 82
    REFUND_KEPT = 84


class LedgerFault(Exception):
    """A transfer the ledger may not keep: a decision failed to check. Always a bug."""


class Account(Struct, frozen=True, gc=False):
    """Posted and pending sums since the account opened; never negative.

    `last_leg` is the newest leg when the account was read, 0 before the first.
    """

    id: AccountId
    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0
    last_leg: int = 0

    @property
    def balance(self) -> int:
        """Posted credits less posted debits."""
        return self.credits_posted - self.debits_posted

    @property
    def spendable(self) -> int:
        """What may still be debited: the balance less what is reserved, above the floor."""
        held = self.debits_posted + self.debits_pending
        return self.credits_posted - held - chart.floor(self.id)


class Transfer(Struct, frozen=True, gc=False):
    """`amount` is posted; `pending` is added to (or, negative, taken from) the reservation.

    `cause` is the id of the payment, refund or other fact that explains the movement.
    """

    debit: AccountId
    credit: AccountId
    amount: int
    code: Code
    cause: int
    pending: int = 0


class PendingState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    PENDING = 1
    POSTED = 2
    VOIDED = 3
    EXPIRED = 4


class PendingEvent(IntEnum):
    """What can be asked of a pending transfer."""

    __hash__ = int.__hash__

    POST = 1
    VOID = 2
    EXPIRE = 3


PENDING_TRANSITIONS: Final[Mapping[tuple[PendingState, PendingEvent], PendingState | Reason]] = {
    (PendingState.PENDING, PendingEvent.POST): PendingState.POSTED,
    (PendingState.PENDING, PendingEvent.VOID): PendingState.VOIDED,
    (PendingState.PENDING, PendingEvent.EXPIRE): PendingState.EXPIRED,
    (PendingState.POSTED, PendingEvent.POST): Reason.PENDING_POSTED,
    (PendingState.POSTED, PendingEvent.VOID): Reason.PENDING_POSTED,
    (PendingState.POSTED, PendingEvent.EXPIRE): Reason.PENDING_POSTED,
    (PendingState.VOIDED, PendingEvent.POST): Reason.PENDING_VOIDED,
    (PendingState.VOIDED, PendingEvent.VOID): Reason.PENDING_VOIDED,
    (PendingState.VOIDED, PendingEvent.EXPIRE): Reason.PENDING_VOIDED,
    (PendingState.EXPIRED, PendingEvent.POST): Reason.PENDING_EXPIRED,
    (PendingState.EXPIRED, PendingEvent.VOID): Reason.PENDING_EXPIRED,
    (PendingState.EXPIRED, PendingEvent.EXPIRE): Reason.PENDING_EXPIRED,
}


class PendingTransfer(Struct, frozen=True):
    """A reservation of `amount`; `posted` of it became final, if at all before `expires_at`."""

    id: PendingId
    debit: AccountId
    credit: AccountId
    amount: int
    expires_at: Instant
    state: PendingState = PendingState.PENDING
    posted: int = 0


class Settled(Struct, frozen=True):
    """The end of a pending transfer and the movement that makes it true."""

    pending: PendingTransfer
    transfer: Transfer


def debited(account: Account, transfer: Transfer) -> Account:
    """The debit side after a transfer. Raises LedgerFault below the floor or zero."""
    after = Account(
        account.id,
        account.debits_posted + transfer.amount,
        account.credits_posted,
        account.debits_pending + transfer.pending,
        account.credits_pending,
        account.last_leg,
    )
    if after.spendable < 0 or after.debits_pending < 0:
        raise LedgerFault(f"{transfer.code.name} overdraws {account.id}")
    return after


def credited(account: Account, transfer: Transfer) -> Account:
    """The credit side after a transfer."""
    return Account(
        account.id,
        account.debits_posted,
        account.credits_posted + transfer.amount,
        account.debits_pending,
        account.credits_pending + transfer.pending,
        account.last_leg,
    )


def check(transfer: Transfer) -> None:
    """Raises LedgerFault for moving nothing, a negative sum, or between currencies."""
    if transfer.amount < 0 or (transfer.amount == 0 and transfer.pending == 0):
        raise LedgerFault(f"{transfer.code.name} of {transfer.amount}")
    if transfer.debit == transfer.credit:
        raise LedgerFault(f"{transfer.code.name} from an account to itself")
    if transfer.debit.book % 1000 != transfer.credit.book % 1000:
        raise LedgerFault(f"{transfer.code.name} between currencies")


def decide_reserve(
    pending: PendingTransfer, debit: Account, now: Instant, code: Code = Code.RESERVE
) -> Settled | Refused:
    """Reserve an amount on the debit account until it is posted, voided or expires."""
    if pending.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if chart.currency(pending.debit) is not chart.currency(pending.credit):
        return Refused(Reason.CURRENCY_MISMATCH)
    if pending.debit == pending.credit:
        return Refused(Reason.TRANSFER_TO_SELF)
    if now >= pending.expires_at:
        return Refused(Reason.EXPIRY_PASSED)
    if debit.spendable < pending.amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)
    return Settled(pending, _movement(pending, 0, pending.amount, code))


def decide_post(
    pending: PendingTransfer, amount: int, now: Instant, code: Code = Code.RESERVE
) -> Settled | Refused:
    """Make `amount` of a reservation final and release the rest."""
    state = PENDING_TRANSITIONS[pending.state, PendingEvent.POST]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= pending.expires_at:
        return Refused(Reason.PENDING_EXPIRED)
    if amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if amount > pending.amount:
        return Refused(Reason.PENDING_EXCEEDED)
    after = replace(pending, state=state, posted=amount)
    return Settled(after, _movement(pending, amount, -pending.amount, code))


def decide_release(
    pending: PendingTransfer, event: PendingEvent, now: Instant, code: Code = Code.RESERVE
) -> Settled | Refused:
    """Void or expire a reservation: nothing is posted and the whole amount is free again."""
    state = PENDING_TRANSITIONS[pending.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    if event is PendingEvent.EXPIRE and now < pending.expires_at:
        return Refused(Reason.PENDING_NOT_EXPIRED)
    return Settled(replace(pending, state=state), _movement(pending, 0, -pending.amount, code))


def _movement(pending: PendingTransfer, amount: int, reserved: int, code: Code) -> Transfer:
    return Transfer(pending.debit, pending.credit, amount, code, pending.id, reserved)
