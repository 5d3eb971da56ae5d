"""Proposals: a large refund by a member, which another member of the same organisation approves.

The network's operators have one threshold a currency; a merchant has its own, for what its members
refund in the portal. What its keys refund is its system's business. Large is what brings an order's
refunds, all together, to the threshold, so that nobody goes around it in small steps. Until it is
approved nothing moves, and the money is not set aside: approving asks again whether it is there.
Units: minor units.
Refuses: approving one's own proposal, more than is left of the order, another organisation's.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, RefundProposalId
from changliao.core.members import same_hands
from changliao.core.money import MAX_AMOUNT
from changliao.core.orders import Order, OrderState
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund

NO_THRESHOLD: Final = 0
# Who proposes and who approves.
HANDS: Final = 2
NETWORK: Final = MerchantId(chart.NETWORK)


class ProposalState(IntEnum):
    """The number is stored. All but OPEN are final."""

    __hash__ = int.__hash__

    OPEN = 1
    APPROVED = 2
    REJECTED = 3


class ProposalEvent(IntEnum):
    """What another member says."""

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
    """From how much on refunds of one order need two members. NO_THRESHOLD: never."""

    organisation: MerchantId
    currency: int
    amount: int = NO_THRESHOLD
    revision: int = 0


class SetThreshold(Struct, frozen=True):
    """A member says from how much on, in one currency (its ISO number)."""

    currency: int
    amount: int
    organisation: MerchantId = NETWORK


class Proposal(Struct, frozen=True):
    """A refund that is to be made as it stands. Who is a member, or a key of nobody's."""

    id: RefundProposalId
    refund: Refund
    currency: int
    proposed_by: str
    state: ProposalState = ProposalState.OPEN
    decided_by: str = ""
    decided_at: Instant = NEVER
    organisation: MerchantId = NETWORK


class DecideProposal(Struct, frozen=True):
    """Another member of the organisation agrees, or does not."""

    proposal_id: RefundProposalId
    event: ProposalEvent
    by: str
    organisation: MerchantId = NETWORK


def decide_alone(threshold: Threshold | None, order: Order, amount: int) -> Refused | None:
    """May one member alone send so much of the order back?"""
    if threshold is None or threshold.amount == NO_THRESHOLD:
        return None
    if order.refunded + amount < threshold.amount:
        return None
    said = f"refunds of one order from {threshold.amount} minor units on are proposed"
    return Refused(Reason.REFUND_NEEDS_SECOND, said)


def decide_proposing(proposal: Proposal, order: Order) -> Refused | None:
    """Could this refund be made, by these?"""
    if proposal.organisation not in (NETWORK, order.merchant_id):
        return Refused(Reason.ORDER_NOT_FOUND)
    if order.state is not OrderState.PAID:
        return Refused(Reason.ORDER_NOT_PAID)
    if proposal.refund.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if proposal.refund.amount > order.amount.amount - order.refunded:
        return Refused(Reason.REFUND_EXCEEDS_PAYMENT)
    return None


def decide_proposal(command: DecideProposal, known: Proposal, now: Instant) -> Proposal | Refused:
    """The proposal afterwards; what was decided so before is no change."""
    if command.organisation != known.organisation:
        return Refused(Reason.REFUND_PROPOSAL_NOT_FOUND)
    state = TRANSITIONS[known.state, command.event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return known
    if command.event is ProposalEvent.APPROVE and same_hands(command.by, known.proposed_by):
        return Refused(Reason.REFUND_PROPOSAL_SELF_APPROVAL)
    return replace(known, state=state, decided_by=command.by, decided_at=now)


def decide_threshold(
    command: SetThreshold, known: Threshold | None, hands: int
) -> Threshold | Refused:
    """Another threshold; the same again is no change. `hands`: how many may refund."""
    if not NO_THRESHOLD <= command.amount <= MAX_AMOUNT:
        return Refused(Reason.REFUND_THRESHOLD_INVALID, f"amount: 0 (none) to {MAX_AMOUNT}")
    if known is not None and known.amount == command.amount:
        return known
    if command.amount != NO_THRESHOLD and hands < HANDS:
        return Refused(Reason.REFUND_THRESHOLD_INVALID, "two members who may refund are needed")
    revision = known.revision + 1 if known else 1
    return Threshold(command.organisation, command.currency, command.amount, revision)
