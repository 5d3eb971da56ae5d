"""Large refunds by operators over REST: proposed by one, approved by another."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.ids import RefundProposalId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, MAX_AMOUNT
from changliao.core.outcome import Reason
from changliao.core.proposals import (
    NETWORK,
    DecideProposal,
    Proposal,
    ProposalEvent,
    ProposalState,
    SetThreshold,
    Threshold,
)
from changliao.doors.rest.call import Call, Door, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
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
from changliao.operations.proposals import DECIDE, PROPOSE, SET_THRESHOLD
from changliao.store.views import proposals as views

StateName = Literal["open", "approved", "rejected"]
From = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="Minor units; 0: no threshold")]


class NewThreshold(Struct, frozen=True, forbid_unknown_fields=True):
    """From which sum of an order's refunds on two operators are needed."""

    amount: From
    currency: CurrencyCode = "CNY"


class ThresholdShown(Struct, frozen=True):
    """From which sum of an order's refunds on two operators are needed."""

    currency: CurrencyCode
    amount: From


class ProposalShown(Struct, frozen=True):
    """A refund that another operator is to approve, and what became of it."""

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


async def thresholds(door: Door, call: Call[Nothing, Nothing]) -> Page[ThresholdShown]:
    """List from how much on refunds need two operators, by currency."""
    return Page([_threshold(one) for one in await door.network.read(views.thresholds)])


async def set_threshold(door: Door, call: Call[NewThreshold, Nothing]) -> Any:
    """Say from how much on refunds need two operators. The same again is no change."""
    currency = read_money(1, call.form.currency).currency
    command = SetThreshold(currency.number, call.form.amount)
    return await perform_by(door, call, _SET, command, _threshold, subject=currency.code)


async def propose(door: Door, call: Call[NewRefund, WhoseQuery]) -> Any:
    """Propose a refund for another operator to approve. Nothing moves until then."""
    order = (await find(door, call)).order
    command = Proposal(
        RefundProposalId(door.network.ids.new()),
        wanted(door, call.form, order),
        order.amount.currency.number,
        call.caller.name,
    )
    subject = ids.show("rfp", command.id)
    return await perform_by(door, call, _PROPOSE, command, _shown, subject=subject)


async def search(door: Door, call: Call[Nothing, ProposalsQuery]) -> Page[ProposalShown]:
    """List refunds that operators proposed, newest first."""
    asked = call.query
    chosen = views.ProposalsOf(
        ProposalState[asked.state.upper()] if asked.state else 0,
        read_id("ord", asked.order_id) if asked.order_id else 0,
        NETWORK,
    )
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.proposals, chosen, before, asked.limit + 1)
    return page([_shown(one) for one in found], [one.id for one in found], asked.limit)


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


def _threshold(one: Threshold) -> ThresholdShown:
    return ThresholdShown(BY_NUMBER[one.currency].code, one.amount)


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
_SET: Final = doing(SET_THRESHOLD, Right.MANAGE_LIMITS)
_PROPOSE: Final = doing(PROPOSE, Right.REFUND_ORDERS)
_DECIDE: Final = doing(DECIDE, Right.REFUND_ORDERS)
_ONE: Final = "/refund-proposals/{proposal_id}"
_DECIDING: Final = (
    Reason.MEMBER_NOT_PERMITTED, Reason.REFUND_PROPOSAL_DECIDED, Reason.REFUND_PROPOSAL_NOT_FOUND,
)  # fmt: skip
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/refund-thresholds", thresholds, Who.OPERATOR, Nothing, Nothing,
        Page[ThresholdShown], 200,
    ),
    Endpoint(
        "POST", "/refund-thresholds", set_threshold, Who.MEMBER, NewThreshold, Nothing,
        ThresholdShown, 200, ("currency_unknown", Reason.MEMBER_NOT_PERMITTED,
                              Reason.REFUND_THRESHOLD_INVALID),
        repeats=True, right=Right.MANAGE_LIMITS,
    ),
    Endpoint(
        "POST", "/orders/{order_id}/refund-proposals", propose, Who.MEMBER, NewRefund, WhoseQuery,
        ProposalShown, 201,
        ("merchant_missing", Reason.MEMBER_NOT_PERMITTED, Reason.ORDER_NOT_FOUND,
         Reason.ORDER_NOT_PAID, Reason.REFUND_EXCEEDS_PAYMENT, Reason.REFUND_REFERENCE_REUSED),
        right=Right.REFUND_ORDERS,
    ),
    Endpoint(
        "GET", "/refund-proposals", search, Who.OPERATOR, Nothing, ProposalsQuery,
        Page[ProposalShown], 200,
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
