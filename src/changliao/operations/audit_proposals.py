"""The audit of proposed refunds: what was approved was made as proposed, by two people.

A merchant's are of its own orders, and the people are its members.
"""

from changliao.core import ids
from changliao.core.proposals import Proposal, ProposalState, is_by_key, one_persons
from changliao.core.thresholds import NETWORK
from changliao.store.engine import Reader
from changliao.store.views import members, orders, proposals


def first_fault(reader: Reader) -> str | None:
    """What is wrong with proposed refunds; None: nothing."""
    for one in proposals.every(reader):
        shown, asked = ids.show("rfp", one.id), one.refund
        made = orders.refund(reader, asked.merchant_id, asked.id)
        if not _own(reader, one):
            return f"{shown} was proposed or decided by others than its organisation"
        if one.state is not ProposalState.APPROVED:
            if made is not None:
                return f"{shown} was made and not approved"
            continue
        if _one_persons(one):
            return f"{shown} was approved by one person alone"
        if made is None or (made.amount, made.order_id) != (asked.amount, asked.order_id):
            return f"{shown} was approved and not made as proposed"
    return None


def _one_persons(one: Proposal) -> bool:
    """Who might make keys then and may not now, nobody knows afterwards."""
    return one_persons(one, one.decided_by, makes_keys=ids.parse("mbr", one.decided_by) is None)


def _own(reader: Reader, one: Proposal) -> bool:
    if one.organisation == NETWORK:
        return True
    names = [one.decided_by] if is_by_key(one) else [one.proposed_by, one.decided_by]
    people = [members.member(reader, ids.parse("mbr", name) or 0) for name in names if name]
    belong = all(known and known.organisation == one.organisation for known in people)
    return one.organisation == one.refund.merchant_id and belong
