"""Proposed refunds and their thresholds, as rows."""

import msgspec

from changliao.core.ids import RefundProposalId
from changliao.core.proposals import Proposal, Threshold
from changliao.store.engine import Row
from changliao.store.unit import Table

_PROPOSAL = msgspec.json.Decoder(Proposal)


def threshold_from_row(row: Row) -> Threshold:
    """A threshold, from its columns in the order of `refund_thresholds_find`."""
    return Threshold(*row)


def proposal_from_row(row: Row) -> Proposal:
    """A proposal, from its columns in the order of `refund_proposals_find`."""
    return _PROPOSAL.decode(row[1])


THRESHOLDS: Table[tuple[int, int], Threshold] = Table(
    name="refund_thresholds",
    key=lambda one: (one.organisation, one.currency),
    to_row=lambda one: (one.organisation, one.currency, one.amount, one.revision),
    from_row=threshold_from_row,
    change=lambda before, after: (
        after.organisation,
        after.currency,
        after.amount,
        after.revision,
        before.revision,
    ),
)
PROPOSALS: Table[RefundProposalId, Proposal] = Table(
    name="refund_proposals",
    key=lambda one: one.id,
    to_row=lambda one: (
        one.id,
        one.refund.order_id,
        msgspec.json.encode(one),
        int(one.state),
        one.organisation,
    ),
    from_row=proposal_from_row,
    change=lambda before, after: (
        after.id,
        msgspec.json.encode(after),
        int(after.state),
        int(before.state),
    ),
)
