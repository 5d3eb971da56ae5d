"""Proposals: a large refund by an operator, which another operator has to approve.

Large is what brings an order's refunds, all together, to the threshold of its currency, so that
nobody goes around it in small steps. A merchant's own refunds are its own business. Until it is
approved nothing moves, and the money is not set aside: approving asks again whether it is there.
Units: minor units.
Refuses: approving one's own proposal, more than is left of the order.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import NEVER, Instant
from changliao.core.ids import RefundProposalId
from changliao.core.members import same_hands
from changliao.core.money import MAX_AMOUNT
from changliao.core.orders import Order, OrderState
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund

NO_THRESHOLD: Final = 0


class ProposalState(IntEnum):
    """The number is stored. All but OPEN are final."""

    __hash__ = int.__hash__

    OPEN = 1
    APPROVED = 2
    REJECTED = 3


class ProposalEvent(IntEnum):
    """What another operator says."""

    __hash__ = int.__hash__

    APPROVE = 1
    REJECT = 2


_DECIDED: Final = Reason.REFUND_PROPOSAL_DECIDED
TRANSITIONS: Final[Mapping[tuple[ProposalState, ProposalEvent], ProposalState | Reason]] = {
    (ProposalState.OPEN, ProposalEvent.APPROVE): ProposalState.APPROVED,
    (ProposalState.OPEN, ProposalEvent.REJECT): ProposalState.REJECTED,
    (ProposalState.APPROVED, ProposalEvent.APPROVE): ProposalState.APPROVED,
    (ProposalState.APPROVED, ProposalEvent.REJECT): _DECIDED,
    (ProposalState.REJECTED, ProposalEvent.APPROVE): _DECIDED,
    (ProposalState.REJECTED, ProposalEvent.REJECT): ProposalState.REJECTED,
}


class Threshold(Struct, frozen=True):
    """From how much on refunds of one order need two operators. NO_THRESHOLD: never."""

    currency: int
    amount: int = NO_THRESHOLD
    revision: int = 0


class SetThreshold(Struct, frozen=True):
    """An operator says from how much on, in one currency (its ISO number)."""

    currency: int
    amount: int


class Proposal(Struct, frozen=True):
    """A refund that is to be made as it stands. Who is a member, or a key of nobody's."""

    id: RefundProposalId
    refund: Refund
    currency: int
    proposed_by: str
    state: ProposalState = ProposalState.OPEN
    decided_by: str = ""
    decided_at: Instant = NEVER


class DecideProposal(Struct, frozen=True):
    """Another operator agrees, or does not."""

    proposal_id: RefundProposalId
    event: ProposalEvent
    by: str


def decide_alone(threshold: Threshold | None, order: Order, amount: int) -> Refused | None:
    """May one operator alone send so much of the order back?"""
    if threshold is None or threshold.amount == NO_THRESHOLD:
        return None
    if order.refunded + amount < threshold.amount:
        return None
    said = f"refunds of one order from {threshold.amount} minor units on are proposed"
    return Refused(Reason.REFUND_NEEDS_SECOND, said)


def decide_proposing(proposal: Proposal, order: Order) -> Refused | None:
    """Could this refund be made?"""
    if order.state is not OrderState.PAID:
        return Refused(Reason.ORDER_NOT_PAID)
    if proposal.refund.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if proposal.refund.amount > order.amount.amount - order.refunded:
        return Refused(Reason.REFUND_EXCEEDS_PAYMENT)
    return None


def decide_proposal(command: DecideProposal, known: Proposal, now: Instant) -> Proposal | Refused:
    """The proposal afterwards; what was decided so before is no change."""
    state = TRANSITIONS[known.state, command.event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return known
    if command.event is ProposalEvent.APPROVE and same_hands(command.by, known.proposed_by):
        return Refused(Reason.REFUND_PROPOSAL_SELF_APPROVAL)
    return replace(known, state=state, decided_by=command.by, decided_at=now)


def decide_threshold(command: SetThreshold, known: Threshold | None) -> Threshold | Refused:
    """Another threshold; the same again is no change."""
    if not NO_THRESHOLD <= command.amount <= MAX_AMOUNT:
        return Refused(Reason.REFUND_THRESHOLD_INVALID, f"amount: 0 (none) to {MAX_AMOUNT}")
    if known is not None and known.amount == command.amount:
        return known
    return Threshold(command.currency, command.amount, known.revision + 1 if known else 1)
