"""The audit of payouts: each moved what it says, each reservation stands as its payout does.

Given what the transfers moved by cause and code; the audit itself has made sure of the transfers.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from changliao.core import ids
from changliao.core.clock import NEVER
from changliao.core.ledger import Code, PendingState
from changliao.core.payouts import PayoutState
from changliao.store.engine import Reader
from changliao.store.views import audit

_PENDING: Final = {
    PayoutState.WAITING: PendingState.PENDING,
    PayoutState.PAID: PendingState.POSTED,
    PayoutState.CANCELLED: PendingState.VOIDED,
    PayoutState.EXPIRED: PendingState.EXPIRED,
}


def first_fault(reader: Reader, moved: Mapping[tuple[int, int], int]) -> str | None:
    """What is wrong with payouts or their batches; None: nothing."""
    reserved = {row[0]: (row[2], row[4]) for row in audit.pending(reader)}
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    paid = 0
    for merchant_id, payout_id, batch_id, amount, confirm_by, state in audit.payouts(reader):
        shown = ids.show("pay", payout_id)
        moves = moved.get((payout_id, Code.PAYOUT), 0)
        if moves != (amount if state == PayoutState.PAID else 0):
            return f"{shown} of {amount} moved {moves}"
        wanted = (amount, _PENDING.get(PayoutState(state))) if confirm_by != NEVER else None
        if reserved.get(payout_id) != wanted:
            return f"the reservation of {shown} does not stand as it does"
        paid += moves
        if batch_id:
            sum_ = sums[merchant_id, batch_id]
            for place, more in enumerate((1, amount, int(moves > 0), moves)):
                sum_[place] += more
    for merchant_id, batch_id, *said in audit.payout_batches(reader):
        if sums.pop((merchant_id, batch_id), None) != said:
            return f"batch {ids.show('pbt', batch_id)} is not the sum of its payouts"
    if sums:
        return f"payouts of {len(sums)} batches have no batch"
    in_all = sum(amount for (_, code), amount in moved.items() if code == Code.PAYOUT)
    return None if paid == in_all else f"{in_all} moved for payouts of {paid}"
