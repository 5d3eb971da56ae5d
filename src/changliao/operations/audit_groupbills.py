"""The audit of group bills: every part moved once, and each bill counts its parts."""

from collections import defaultdict
from collections.abc import Mapping

from changliao.core import ids
from changliao.core.groupbills import GroupBill, GroupBillState, GroupShare
from changliao.core.ledger import Code
from changliao.store.engine import Reader
from changliao.store.views import groupbills


def first_fault(reader: Reader, moved: Mapping[tuple[int, int], int]) -> str | None:
    """What is wrong with group bills; None: nothing. `moved` is by cause and code."""
    shares: dict[tuple[int, int], list[GroupShare]] = defaultdict(list)
    given = 0
    for share in groupbills.all_shares(reader):
        if moved.get((share.id, Code.GROUP_SHARE), 0) != share.amount:
            return f"{ids.show('gsh', share.id)} did not move {share.amount}"
        shares[share.payee_id, share.bill_id].append(share)
        given += share.amount
    for bill in groupbills.all_bills(reader):
        if not _agrees(bill, shares.pop((bill.payee_id, bill.id), [])):
            return f"{ids.show('gbl', bill.id)} does not agree with its parts"
    if shares:
        return f"{len(shares)} group bills have parts and no row"
    in_all = sum(amount for (_, why), amount in moved.items() if why == Code.GROUP_SHARE)
    return None if in_all == given else f"group_share moved {in_all}, the parts say {given}"


def _agrees(bill: GroupBill, shares: list[GroupShare]) -> bool:
    amounts = [one.amount for one in shares]
    full = bill.state is GroupBillState.FULL
    return (
        [one.place for one in shares] == list(range(bill.paid))
        and sum(amounts) == bill.collected
        and (bill.paid == bill.shares) == full
        and (not full or bill.collected == bill.amount.amount)
    )
