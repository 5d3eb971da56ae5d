"""Proposals: a large refund by one, which another member of the same organisation approves.

What is large core/thresholds.py says. Until it is approved nothing moves, and the money is not set
aside: approving asks again whether it is there. A merchant's program proposes with its key; as
developers hold its keys, a member who may not make keys approves that.
Refuses: approving one's own proposal, more than is left of the order, another organisation's.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, RefundProposalId
from changliao.core.members import same_hands
from changliao.core.orders import Order, OrderState
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund
from changliao.core.thresholds import NETWORK


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


class Proposal(Struct, frozen=True):
    """A refund that is to be made as it stands. Who is a member, or a key of no member's."""

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


def decide_proposal(
    command: DecideProposal, known: Proposal, now: Instant, *, makes_keys: bool = False
) -> Proposal | Refused:
    """The proposal afterwards; what was decided so before is no change.

    `makes_keys`: whoever decides may make keys of the organisation.
    """
    if command.organisation != known.organisation:
        return Refused(Reason.REFUND_PROPOSAL_NOT_FOUND)
    state = TRANSITIONS[known.state, command.event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return known
    approves = command.event is ProposalEvent.APPROVE
    if approves and one_persons(known, command.by, makes_keys=makes_keys):
        return Refused(Reason.REFUND_PROPOSAL_SELF_APPROVAL)
    return replace(known, state=state, decided_by=command.by, decided_at=now)


def one_persons(known: Proposal, by: str, *, makes_keys: bool) -> bool:
    """May whoever decides have proposed it as well?"""
    if known.organisation != NETWORK and is_by_key(known):
        return makes_keys
    return same_hands(by, known.proposed_by)


def is_by_key(known: Proposal) -> bool:
    """Was it proposed by a key that is no member's?"""
    return ids.parse("mbr", known.proposed_by) is None
