"""Group bills (AA): one person paid for all, and each of the others gives their part.

Equal parts; units left over go one each to the first who pay. A part goes straight from wallet to
wallet, so no money waits, and a bill that is not paid in full owes nobody anything.
Refuses: a second part, one's own bill, after it is full, closed or over.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import GroupBillId, GroupShareId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import MAX_AMOUNT, Money
from changliao.core.outcome import Reason, Refused

LIVES: Final = 7 * DAY
MOST_SHARES: Final = 100


class GroupBillState(IntEnum):
    """The number is stored. CLOSED: by who asked for the money."""

    __hash__ = int.__hash__

    OPEN = 1
    FULL = 2
    CLOSED = 3


class GroupBillEvent(IntEnum):
    """What can be asked of a group bill."""

    __hash__ = int.__hash__

    PAY = 1
    CLOSE = 2


_OPEN, _FULL, _CLOSED = GroupBillState.OPEN, GroupBillState.FULL, GroupBillState.CLOSED
# The last part makes an open bill full.
TRANSITIONS: Final[Mapping[tuple[GroupBillState, GroupBillEvent], GroupBillState | Reason]] = {
    (_OPEN, GroupBillEvent.PAY): _OPEN,
    (_OPEN, GroupBillEvent.CLOSE): _CLOSED,
    (_FULL, GroupBillEvent.PAY): Reason.GROUP_BILL_FULL,
    (_FULL, GroupBillEvent.CLOSE): _FULL,
    (_CLOSED, GroupBillEvent.PAY): Reason.GROUP_BILL_CLOSED,
    (_CLOSED, GroupBillEvent.CLOSE): _CLOSED,
}


class GroupBill(Struct, frozen=True):
    """`amount` is what `shares` others give together; `paid` and `collected` count what came."""

    id: GroupBillId
    payee_id: UserId
    title: str
    amount: Money
    shares: int
    ends_at: Instant
    paid: int = 0
    collected: int = 0
    state: GroupBillState = GroupBillState.OPEN


class GroupShare(Struct, frozen=True):
    """One person's part. `place` is 0 for who paid first."""

    id: GroupShareId
    payee_id: UserId
    bill_id: GroupBillId
    payer_id: UserId
    place: int
    amount: int


class PayShare(Struct, frozen=True):
    """A person gives a part; person and bill name it: once only. `amount` is what they saw."""

    share_id: GroupShareId
    payee_id: UserId
    bill_id: GroupBillId
    payer_id: UserId
    amount: int
    proof: Proven | None = None

    def act(self) -> Act:
        """What a passkey confirms: one part, which a person gives once, in the bill's currency."""
        return Act(ActKind.SHARE, self.bill_id, self.amount, 0, f"{self.payee_id} {self.payer_id}")


class CloseGroupBill(Struct, frozen=True):
    """No more parts are wanted."""

    payee_id: UserId
    bill_id: GroupBillId


class SharePaid(Struct, frozen=True):
    """A bill after a part, the part, and its money."""

    bill: GroupBill
    share: GroupShare
    transfer: Transfer


def decide_group_bill(asked: GroupBill, now: Instant) -> Refused | None:
    """May there be such a bill? The detail names the field."""
    if not 1 <= asked.shares <= MOST_SHARES:
        return Refused(Reason.GROUP_BILL_INVALID, f"shares: 1 to {MOST_SHARES}")
    if not asked.shares <= asked.amount.amount <= MAX_AMOUNT:
        return Refused(Reason.GROUP_BILL_INVALID, "amount: at least one minor unit each")
    if asked.ends_at <= now:
        return Refused(Reason.EXPIRY_PASSED)
    return None


def decide_share(
    command: PayShare, known: GroupBill, wallet: Account, now: Instant
) -> SharePaid | Refused:
    """Move the next part from a person who has given none yet."""
    state = TRANSITIONS[known.state, GroupBillEvent.PAY]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= known.ends_at:
        return Refused(Reason.GROUP_BILL_CLOSED, "its time is over")
    if command.payer_id == known.payee_id:
        return Refused(Reason.TRANSFER_TO_SELF)
    amount = next_share(known)
    if command.amount != amount:
        return Refused(Reason.AMOUNT_CHANGED, f"{amount} now")
    if wallet.spendable < amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)
    share = GroupShare(
        command.share_id, known.payee_id, known.id, command.payer_id, known.paid, amount
    )
    after = replace(known, paid=known.paid + 1, collected=known.collected + amount)
    if after.paid == after.shares:
        after = replace(after, state=GroupBillState.FULL)
    payee = chart.wallet(known.payee_id, known.amount.currency)
    return SharePaid(after, share, Transfer(wallet.id, payee, amount, Code.GROUP_SHARE, share.id))


def decide_closing(known: GroupBill) -> GroupBill | Refused:
    """Close it. What is full or closed stays as it is."""
    state = TRANSITIONS[known.state, GroupBillEvent.CLOSE]
    if isinstance(state, Reason):
        return Refused(state)
    return known if state is known.state else replace(known, state=state)


def next_share(known: GroupBill) -> int:
    """What the next person gives. Units: minor."""
    return known.amount.amount // known.shares + (known.paid < known.amount.amount % known.shares)


def same_bill(one: GroupBill, other: GroupBill) -> bool:
    """Were these two asked for in the same words?"""
    return _words(one) == _words(other)


def _words(one: GroupBill) -> Sequence[object]:
    return one.payee_id, one.title, one.amount, one.shares
