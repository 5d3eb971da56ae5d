"""Refunds by members: small ones alone, large ones proposed by one and approved by another."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import ids
from changliao.core.acts import Facts
from changliao.core.clock import Instant
from changliao.core.ids import MemberId
from changliao.core.members import Right, may
from changliao.core.outcome import Reason, Refused
from changliao.core.proposals import (
    DecideProposal,
    Proposal,
    ProposalState,
    decide_proposal,
    decide_proposing,
)
from changliao.core.refunds import Refund, RefundOrder
from changliao.core.thresholds import NETWORK
from changliao.operations import thresholds
from changliao.operations.operation import Operation, Place, standing, state
from changliao.operations.refunds import REFUND, asked_refund
from changliao.store.members import MEMBERS
from changliao.store.orders import ORDERS
from changliao.store.proposals import PROPOSALS
from changliao.store.refunds import REFUNDS_BY_REFERENCE
from changliao.store.unit import UnitOfWork


def _by_operator(tx: UnitOfWork, command: RefundOrder, now: Instant) -> Refund | Refused:
    """A refund by one operator, if it is not large."""
    return thresholds.alone(tx, NETWORK, command) or asked_refund(tx, command, now)


def _by_merchant(tx: UnitOfWork, command: RefundOrder, now: Instant) -> Refund | Refused:
    """A refund by one member of the merchant, if it is not large for the merchant."""
    merchant = command.refund.merchant_id
    return thresholds.alone(tx, merchant, command) or asked_refund(tx, command, now)


def _propose(tx: UnitOfWork, command: Proposal, now: Instant) -> Proposal | Refused:
    """Keep what one member wants to send back; nothing moves yet. The same again is found."""
    earlier = tx.find(PROPOSALS, command.id)
    if earlier is not None:
        again = replace(command, refund=replace(command.refund, id=earlier.refund.id))
        same = (again.refund, again.proposed_by) == (earlier.refund, earlier.proposed_by)
        return earlier if same else Refused(Reason.REFUND_REFERENCE_REUSED)
    asked = command.refund
    order = tx.find(ORDERS, (asked.merchant_id, asked.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    if tx.find_by(REFUNDS_BY_REFERENCE, REFUNDS_BY_REFERENCE.key(asked)) is not None:
        return Refused(Reason.REFUND_REFERENCE_REUSED)
    refused = decide_proposing(command, order)
    if refused is not None:
        return refused
    tx.insert(PROPOSALS, command)
    return command


def _decide(tx: UnitOfWork, command: DecideProposal, now: Instant) -> Proposal | Refused:
    """Make the refund in the commit that approves it, or nothing. A no moves nothing."""
    known = tx.find(PROPOSALS, command.proposal_id)
    if known is None:
        return Refused(Reason.REFUND_PROPOSAL_NOT_FOUND)
    decided = decide_proposal(command, known, now, makes_keys=_makes_keys(tx, command.by))
    if isinstance(decided, Refused) or decided is known:
        return decided
    if decided.state is ProposalState.APPROVED:
        order = tx.find(ORDERS, (known.refund.merchant_id, known.refund.order_id))
        if order is None:
            return Refused(Reason.ORDER_NOT_FOUND)
        amount = order.amount
        wanted = RefundOrder(known.refund, amount.amount, amount.currency.code)
        made = asked_refund(tx, wanted, now)
        if isinstance(made, Refused):
            return made
        if made.id != known.refund.id:
            return Refused(Reason.REFUND_REFERENCE_REUSED, "it was made before, by another")
    tx.update(PROPOSALS, decided)
    return decided


def _makes_keys(tx: UnitOfWork, name: str) -> bool:
    member = tx.find(MEMBERS, MemberId(ids.parse("mbr", name) or 0))
    return member is None or may(member, Right.PORTAL_KEYS)


def _deciding_keys(command: DecideProposal) -> Iterable[Place]:
    yield PROPOSALS, command.proposal_id


def _proposing_keys(command: Proposal) -> Iterable[Place]:
    yield PROPOSALS, command.id
    yield ORDERS, (command.refund.merchant_id, command.refund.order_id)


def _refund_facts(tx: UnitOfWork, command: RefundOrder, now: Instant) -> Facts:
    """What of the order went back."""
    asked = command.refund
    order = tx.find(ORDERS, (asked.merchant_id, asked.order_id))
    if order is None:
        return {}
    return {"currency": order.amount.currency.code, "refunded": str(order.refunded)}


ALONE: Final = Operation("refunds.refund", _by_operator, REFUND.keys, _refund_facts)
OWN: Final = Operation("refunds.refund", _by_merchant, REFUND.keys, _refund_facts)
PROPOSE: Final = Operation(
    "proposals.propose", _propose, _proposing_keys, standing(PROPOSALS, lambda one: one.id, state)
)
DECIDE: Final = Operation(
    "proposals.decide",
    _decide,
    _deciding_keys,
    standing(PROPOSALS, lambda one: one.proposal_id, state),
)
