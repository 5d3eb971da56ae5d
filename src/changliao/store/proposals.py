"""Proposed refunds as rows."""

import msgspec

from changliao.core.ids import RefundProposalId
from changliao.core.proposals import Proposal
from changliao.store.engine import Row
from changliao.store.unit import Table

_PROPOSAL = msgspec.json.Decoder(Proposal)


def proposal_from_row(row: Row) -> Proposal:
    """A proposal, from its columns in the order of `refund_proposals_find`."""
    return _PROPOSAL.decode(row[1])


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
