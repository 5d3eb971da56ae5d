"""What the audit asks of held money, shares and returns: do they say what the ledger says?"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from changliao.core import chart, ids
from changliao.core.chart import AccountId
from changliao.core.holds import HoldingState
from changliao.core.ids import MerchantId
from changliao.core.ledger import Code
from changliao.core.money import BY_NUMBER
from changliao.store.engine import Reader

_NONE: Final = (0, 0, 0, 0, 0, 0)


def first_wrong(
    reader: Reader, moved: Mapping[tuple[int, int], int], escrows: Mapping[AccountId, int]
) -> str:
    """What is wrong first, in words; empty when nothing is. `moved` is by cause and code."""
    shared: dict[int, int] = defaultdict(int)
    return _wrong_share(reader, moved, shared) or _wrong_holding(reader, moved, escrows, shared)


def _wrong_share(
    reader: Reader, moved: Mapping[tuple[int, int], int], shared: dict[int, int]
) -> str:
    returned: dict[tuple[int, int], int] = defaultdict(int)
    for return_id, share_id, receiver_id, amount in reader.select("audit_share_returns", {}):
        if moved.get((return_id, Code.SHARE_RETURN), 0) != amount:
            return f"return {return_id} did not move {amount}"
        returned[share_id, receiver_id] += amount
    given: dict[int, int] = defaultdict(int)
    back: dict[int, int] = defaultdict(int)
    for share_id, _, party_id, amount, came_back in reader.select("audit_share_parts", {}):
        if returned.pop((share_id, party_id), 0) != came_back:
            return f"a part of share {share_id} does not agree with its returns"
        given[share_id] += amount
        back[share_id] += came_back
    if returned:
        return f"share {next(iter(returned))[0]} has returns of no part"
    for _, share_id, order_id, _ in reader.select("audit_shares", {}):
        if moved.get((share_id, Code.SHARE), 0) != given[share_id]:
            return f"share {share_id} did not move its parts"
        shared[order_id] += given.pop(share_id) - back[share_id]
    in_all = sum(amount for (_, code), amount in moved.items() if code == Code.SHARE)
    if any(given.values()) or in_all != sum(shared.values()) + sum(back.values()):
        return f"shares of {in_all} moved for others than those kept"
    return ""


def _wrong_holding(
    reader: Reader,
    moved: Mapping[tuple[int, int], int],
    escrows: Mapping[AccountId, int],
    shared: Mapping[int, int],
) -> str:
    escrow: dict[AccountId, int] = defaultdict(int)
    count = 0
    for row in reader.select("audit_holdings", {}):
        merchant_id, order_id, _, currency, paid, fee, *sums = row
        shown = ids.show("ord", order_id)
        amount, held, gone, released, refunded, state = _NONE if sums[0] is None else sums
        if amount != paid - fee or held + gone + released + refunded != amount:
            return f"the holding of {shown} does not sum to what was paid"
        if gone != shared.get(order_id, 0):
            return f"the holding of {shown} does not agree with its shares"
        if state == HoldingState.RELEASED and held:
            return f"{shown} was released and still holds {held}"
        if moved.get((order_id, Code.RELEASE), 0) > released:
            return f"{shown} released more than its holding says"
        escrow[chart.escrow(MerchantId(merchant_id), BY_NUMBER[currency])] += held
        count += 1
    for account, balance in escrows.items():
        held_now = escrow.pop(account, 0)
        if held_now != balance:
            return f"escrow of {account.owner} has {balance} for holdings of {held_now}"
    if any(escrow.values()):
        return "there are holdings without an escrow account"
    frozen, still_open, both = reader.select("audit_disputed_holdings", {})[0]
    if not frozen == still_open == both:
        return f"{frozen} holdings are frozen for {still_open} open disputes"
    if reader.select("audit_holdings_count", {})[0][0] != count:
        return "there are holdings of orders that hold nothing"
    return ""
