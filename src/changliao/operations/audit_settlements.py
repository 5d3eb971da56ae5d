"""The audit of settlement runs: each moved once what it says; what is available is not paid yet."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from changliao.core import ids
from changliao.core.channels import ChannelRequest, RequestState
from changliao.core.chart import AccountId
from changliao.core.ledger import Code
from changliao.core.settlements import Settlement, SettlementState
from changliao.store.engine import Reader
from changliao.store.views import channels
from changliao.store.views import settlements as views

_CODES: Final = (Code.SETTLE, Code.SETTLE_BACK)


def first_fault(
    reader: Reader, moved: Mapping[tuple[int, int], int], available: Mapping[AccountId, int]
) -> str | None:
    """What is wrong with settlements; None: nothing. `moved` is by cause and code."""
    waiting: dict[AccountId, int] = defaultdict(int)
    sums = dict.fromkeys(_CODES, 0)
    last: Settlement | None = None
    for one in views.all_settlements(reader):
        shown = ids.show("stl", one.id)
        if last is not None and _overlap(last, one):
            return f"{shown} settles a day that was settled before"
        request = channels.request(reader, one.merchant_id, one.request_id)
        wrong = _wrong(one, request, moved)
        if wrong:
            return f"{shown} {wrong}"
        waiting[one.available] += _waits(one, request)
        for code in _CODES:
            sums[code] += moved.get((one.id, code), 0)
        last = one
    for code in _CODES:
        in_all = sum(amount for (_, why), amount in moved.items() if why == code)
        if in_all != sums[code]:
            return f"{code.name.lower()} moved {in_all}, settlements say {sums[code]}"
    for account in {*available, *waiting}:
        if available.get(account, 0) != waiting[account]:
            return f"what is available to {account.owner} is not what waits to be paid out"
    return None


def _overlap(before: Settlement, after: Settlement) -> bool:
    same = (before.merchant_id, before.currency) == (after.merchant_id, after.currency)
    return same and after.first_day <= before.day


def _wrong(
    one: Settlement, request: ChannelRequest | None, moved: Mapping[tuple[int, int], int]
) -> str | None:
    if moved.get((one.id, Code.SETTLE), 0) != one.amount or one.amount > max(one.closing, 0):
        return f"did not settle {one.amount} of {one.closing}"
    ended = one.state in (SettlementState.PAID, SettlementState.RETURNED)
    back = one.amount - one.paid if ended else 0
    if moved.get((one.id, Code.SETTLE_BACK), 0) != back:
        return f"did not send {back} back"
    if one.tries and (request is None or request.amount != one.amount):
        return "has no request that pays it out"
    paid = request.reached if request is not None and ended else 0
    return f"was paid {paid}, not {one.paid}" if paid != one.paid else None


def _waits(one: Settlement, request: ChannelRequest | None) -> int:
    """What of it is in available: all before a payout, and what came back of one."""
    if one.state is SettlementState.MADE:
        return one.amount
    if one.state is not SettlementState.PAYING or request is None or request.is_open:
        return 0
    done = request.state is RequestState.DONE
    return one.amount - request.reached if done else one.amount
