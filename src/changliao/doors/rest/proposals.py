"""Large refunds over REST: proposed by one, approved by another.

Operators propose and decide with members' keys. A merchant's program proposes with the merchant's
key and reads what came of it; its people decide in the portal.
"""

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from changliao.core import ids
from changliao.core.ids import RefundProposalId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason, Refused
from changliao.core.proposals import (
    DecideProposal,
    Proposal,
    ProposalEvent,
    ProposalState,
)
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    Minor,
    Moment,
    Nothing,
    OrderIdText,
    Page,
    Reference,
    RefundIdText,
    RefundProposalIdText,
    moment,
    page,
)
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.orders import WhoseQuery, find
from changliao.doors.rest.refunds import NewRefund, wanted
from changliao.operations.proposals import DECIDE, PROPOSE
from changliao.store.views import proposals as views

StateName = Literal["open", "approved", "rejected"]


class ProposalShown(Struct, frozen=True):
    """A refund that another member is to approve, and what became of it.

    Members by their ids; what a merchant's key proposed by the key.
    """

    id: RefundProposalIdText
    refund_id: RefundIdText
    merchant_id: MerchantIdText
    order_id: OrderIdText
    reference: Reference
    amount: Minor
    currency: CurrencyCode
    reason: str
    state: StateName
    proposed_by: str
    proposed_at: Moment
    decided_by: str | UnsetType = UNSET
    decided_at: Moment | UnsetType = UNSET


class ProposalsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which; what is left out is any."""

    order_id: OrderIdText | None = None
    state: StateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def propose(door: Door, call: Call[NewRefund, WhoseQuery]) -> Any:
    """Propose a refund for another to approve. Nothing moves until then.

    What an operator proposes another operator approves; what a merchant's key proposes, a member of
    the merchant who may not make keys, in the portal. The same again finds the proposal only under
    the same Idempotency-Key.
    """
    order, caller = (await find(door, call)).order, call.caller
    command = Proposal(
        RefundProposalId(door.network.ids.new()),
        wanted(door, call.form, order),
        order.amount.currency.number,
        caller.name,
        organisation=caller.key.merchant_id,
    )
    if not caller.is_operator:
        return await perform(door, call, PROPOSE, command, _shown)
    if caller.member is None:
        raise Problem("not_permitted", "needs a member's key: `changliao member key` makes one")
    subject = ids.show("rfp", command.id)
    return await perform_by(door, call, _PROPOSE, command, _shown, subject=subject)


async def search(door: Door, call: Call[Nothing, ProposalsQuery]) -> Page[ProposalShown]:
    """List proposed refunds, newest first: the merchant's own, or the operators'."""
    asked = call.query
    chosen = views.ProposalsOf(
        ProposalState[asked.state.upper()] if asked.state else 0,
        read_id("ord", asked.order_id) if asked.order_id else 0,
        call.caller.key.merchant_id,
    )
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.proposals, chosen, before, asked.limit + 1)
    return page([_shown(one) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, Nothing]) -> ProposalShown:
    """Show a proposed refund: the merchant's own, or the operators'."""
    number = read_id("rfp", call.path["proposal_id"])
    known = await door.network.read(views.proposal, number)
    if known is None or known.organisation != call.caller.key.merchant_id:
        raise refusal(Refused(Reason.REFUND_PROPOSAL_NOT_FOUND))
    return _shown(known)


async def approve(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Approve what another operator proposed: the refund is made at once.

    The body is not read.
    """
    return await _decide(door, call, ProposalEvent.APPROVE)


async def reject(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Reject a proposed refund, or take the own one back. The body is not read."""
    return await _decide(door, call, ProposalEvent.REJECT)


async def _decide(door: Door, call: Call[Nothing, Nothing], event: ProposalEvent) -> Any:
    subject = call.path["proposal_id"]
    number = RefundProposalId(read_id("rfp", subject))
    command = DecideProposal(number, event, call.caller.name)
    return await perform_by(door, call, _DECIDE, command, _shown, subject=subject)


def _shown(one: Proposal) -> ProposalShown:
    return ProposalShown(
        id=ids.show("rfp", one.id),
        refund_id=ids.show("rfd", one.refund.id),
        merchant_id=ids.show("mch", one.refund.merchant_id),
        order_id=ids.show("ord", one.refund.order_id),
        reference=one.refund.reference,
        amount=one.refund.amount,
        currency=BY_NUMBER[one.currency].code,
        reason=one.refund.reason,
        state=_STATES[one.state],
        proposed_by=one.proposed_by,
        proposed_at=moment(ids.made_at(one.id)),
        decided_by=one.decided_by or UNSET,
        decided_at=moment(one.decided_at) if one.decided_at else UNSET,
    )


_STATES: Final[dict[ProposalState, StateName]] = {
    ProposalState.OPEN: "open",
    ProposalState.APPROVED: "approved",
    ProposalState.REJECTED: "rejected",
}
_PROPOSE: Final = doing(PROPOSE, Right.REFUND_ORDERS)
_DECIDE: Final = doing(DECIDE, Right.REFUND_ORDERS)
_ONE: Final = "/refund-proposals/{proposal_id}"
_DECIDING: Final = (
    Reason.MEMBER_NOT_PERMITTED, Reason.REFUND_PROPOSAL_DECIDED, Reason.REFUND_PROPOSAL_NOT_FOUND,
)  # fmt: skip
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/orders/{order_id}/refund-proposals", propose, Who.EITHER, NewRefund, WhoseQuery,
        ProposalShown, 201,
        ("merchant_missing", Reason.MEMBER_NOT_PERMITTED, Reason.ORDER_NOT_FOUND,
         Reason.ORDER_NOT_PAID, Reason.REFUND_EXCEEDS_PAYMENT, Reason.REFUND_REFERENCE_REUSED),
        right=Right.REFUND_ORDERS,
    ),
    Endpoint(
        "GET", "/refund-proposals", search, Who.EITHER, Nothing, ProposalsQuery,
        Page[ProposalShown], 200,
    ),
    Endpoint(
        "GET", _ONE, show, Who.EITHER, Nothing, Nothing, ProposalShown, 200,
        (Reason.REFUND_PROPOSAL_NOT_FOUND,),
    ),
    Endpoint(
        "POST", f"{_ONE}/approve", approve, Who.MEMBER, Nothing, Nothing, ProposalShown, 200,
        (*_DECIDING, Reason.MERCHANT_FUNDS_INSUFFICIENT, Reason.ORDER_NOT_PAID,
         Reason.REFUND_EXCEEDS_PAYMENT, Reason.REFUND_PROPOSAL_SELF_APPROVAL,
         Reason.REFUND_REFERENCE_REUSED, Reason.REFUND_TOO_LATE, Reason.REFUNDS_TOO_MANY),
        right=Right.REFUND_ORDERS,
    ),
    Endpoint(
        "POST", f"{_ONE}/reject", reject, Who.MEMBER, Nothing, Nothing, ProposalShown, 200,
        _DECIDING, right=Right.REFUND_ORDERS,
    ),
)  # fmt: skip
