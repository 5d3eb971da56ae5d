"""The audit of proposed refunds: what was approved was made as proposed, by two people."""

from changliao.core import ids
from changliao.core.members import same_hands
from changliao.core.proposals import ProposalState
from changliao.store.engine import Reader
from changliao.store.views import orders, proposals


def first_fault(reader: Reader) -> str | None:
    """What is wrong with proposed refunds; None: nothing."""
    for one in proposals.every(reader):
        shown, asked = ids.show("rfp", one.id), one.refund
        made = orders.refund(reader, asked.merchant_id, asked.id)
        if one.state is not ProposalState.APPROVED:
            if made is not None:
                return f"{shown} was made and not approved"
            continue
        if same_hands(one.decided_by, one.proposed_by):
            return f"{shown} was approved by one person alone"
        if made is None or (made.amount, made.order_id) != (asked.amount, asked.order_id):
            return f"{shown} was approved and not made as proposed"
    return None
