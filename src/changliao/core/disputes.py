"""Disputes: a buyer says that something is wrong with what was paid into escrow.

While a dispute is open nothing is released, by nobody and by no clock. It is withdrawn by the
buyer, after which the escrow waits on, or decided: a part or all goes back to the buyer, the rest
to the seller, in one commit.
Refuses: disputing what was released already or another's order, deciding twice, giving back more
than was paid.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import holds
from changliao.core.acts import Facts
from changliao.core.clock import NEVER, Instant
from changliao.core.holds import Holding, HoldingEvent, HoldingState
from changliao.core.ids import DisputeId, MerchantId, NoteId, OrderId, UserId
from changliao.core.orders import Hold, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund

# How a refund is named that a dispute's decision makes.
BY_DISPUTE: Final = "dispute@"


class DisputeState(IntEnum):
    """The number is stored. All but OPEN are final."""

    __hash__ = int.__hash__

    OPEN = 1
    DECIDED = 2
    WITHDRAWN = 3


class DisputeEvent(IntEnum):
    """What can be asked of a dispute."""

    __hash__ = int.__hash__

    NOTE = 1
    DECIDE = 2
    WITHDRAW = 3


TRANSITIONS: Final[Mapping[tuple[DisputeState, DisputeEvent], DisputeState | Reason]] = {
    (DisputeState.OPEN, DisputeEvent.NOTE): DisputeState.OPEN,
    (DisputeState.OPEN, DisputeEvent.DECIDE): DisputeState.DECIDED,
    (DisputeState.OPEN, DisputeEvent.WITHDRAW): DisputeState.WITHDRAWN,
    (DisputeState.DECIDED, DisputeEvent.NOTE): Reason.DISPUTE_ENDED,
    (DisputeState.DECIDED, DisputeEvent.DECIDE): Reason.DISPUTE_ENDED,
    (DisputeState.DECIDED, DisputeEvent.WITHDRAW): Reason.DISPUTE_ENDED,
    (DisputeState.WITHDRAWN, DisputeEvent.NOTE): Reason.DISPUTE_ENDED,
    (DisputeState.WITHDRAWN, DisputeEvent.DECIDE): Reason.DISPUTE_ENDED,
    (DisputeState.WITHDRAWN, DisputeEvent.WITHDRAW): DisputeState.WITHDRAWN,
}


class Dispute(Struct, frozen=True):
    """One order's dispute. `refunded` went back to the buyer by the decision."""

    id: DisputeId
    merchant_id: MerchantId
    order_id: OrderId
    payer_id: UserId
    reason: str
    state: DisputeState = DisputeState.OPEN
    refunded: int = 0
    decision: str = ""
    decided_by: str = ""
    ended_at: Instant = NEVER


class Note(Struct, frozen=True):
    """Evidence: what a side says, or a link to what it shows. `author` says who speaks."""

    id: NoteId
    merchant_id: MerchantId
    dispute_id: DisputeId
    author: str
    text: str


class OpenDispute(Struct, frozen=True):
    """The buyer disputes."""

    dispute: Dispute


class DecideDispute(Struct, frozen=True):
    """Somebody who may decides. `refund` is what goes back; its amount may be 0."""

    merchant_id: MerchantId
    dispute_id: DisputeId
    refund: Refund
    decision: str
    by: str


class WithdrawDispute(Struct, frozen=True):
    """The buyer takes it back."""

    merchant_id: MerchantId
    dispute_id: DisputeId


def facts(dispute: Dispute) -> Facts:
    """How it stands, in words; what the buyer gets is the order's refunds."""
    said = {"state": dispute.state.name.lower(), "decision": dispute.decision}
    return {name: text for name, text in said.items() if text}


def decide_opening(asked: Dispute, order: Order, holding: Holding | None) -> Holding | Refused:
    """Freeze what the order holds."""
    if order.payer_id != asked.payer_id:
        return Refused(Reason.ORDER_NOT_FOUND, "payer_id: has paid no such order")
    if holding is None or order.hold is not Hold.RECEIPT:
        return Refused(Reason.HOLD_MISSING)
    if holding.state is HoldingState.RELEASED:
        return Refused(Reason.HOLD_RELEASED, "order_id: nothing of it is in escrow any more")
    return _moved(holding, HoldingEvent.DISPUTE)


def decide_ending(
    dispute: Dispute, holding: Holding, event: DisputeEvent
) -> tuple[DisputeState, Holding] | Refused:
    """Unfreeze, for a decision or because the buyer withdrew."""
    state = TRANSITIONS[dispute.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is dispute.state:
        return state, holding
    freed = _moved(holding, HoldingEvent.RESOLVE)
    return freed if isinstance(freed, Refused) else (state, freed)


def ended(
    dispute: Dispute, state: DisputeState, command: DecideDispute | None, now: Instant
) -> Dispute:
    """The dispute as it ended."""
    if command is None:
        return replace(dispute, state=state, ended_at=now)
    return replace(
        dispute,
        state=state,
        refunded=command.refund.amount,
        decision=command.decision,
        decided_by=command.by,
        ended_at=now,
    )


def _moved(holding: Holding, event: HoldingEvent) -> Holding | Refused:
    state = holds.TRANSITIONS[holding.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    return holds.changed(holding, state=state)
