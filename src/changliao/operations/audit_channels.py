"""The audit of requests to channels: each moved what its state says, and what is open waits."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from changliao.core import chart, ids
from changliao.core.channels import ChannelRequest, RequestKind, RequestState
from changliao.core.chart import AccountId
from changliao.core.ledger import Code
from changliao.store.engine import Reader
from changliao.store.views import channels

_CODES: Final = frozenset(
    {
        Code.TOP_UP,
        Code.CHANNEL_PAY,
        Code.CHANNEL_ASK,
        Code.CHANNEL_OUT,
        Code.CHANNEL_BACK,
        Code.CHANNEL_SURPLUS,
    }
)


def first_fault(
    reader: Reader, moved: Mapping[tuple[int, int], int], leaving: Mapping[AccountId, int]
) -> str | None:
    """What is wrong with requests; None: nothing. `moved` is by cause and code."""
    due: dict[tuple[int, int], int] = defaultdict(int)
    waiting: dict[AccountId, int] = defaultdict(int)
    returned: dict[int, int] = defaultdict(int)
    credited = channels.all_top_ups(reader)
    for (_, top_up_id), amount in credited.items():
        due[top_up_id, Code.TOP_UP] += amount
    for one in channels.all_requests(reader):
        for code, amount in _due(one).items():
            due[one.id, code] += amount
        reached = one.reached if one.kind is RequestKind.PAY and not one.order_id else 0
        if credited.get((one.home.owner, one.id), 0) != reached:
            return f"{ids.show('chr', one.id)} took {reached} that was not credited"
        returned[one.pay_id or one.id] += _given_back(one)
        waiting[chart.leaving(one.home)] += one.amount if _is_leaving(one) else 0
    went = {key: amount for key, amount in moved.items() if key[1] in _CODES}
    for key in {*due, *went}:
        if went.get(key, 0) != due[key]:
            return f"{ids.show('chr', key[0])} did not move {due[key]}"
    for account in {*leaving, *waiting}:
        if leaving.get(account, 0) != waiting[account]:
            return f"what is leaving {account.owner} is not what was asked of channels"
    wrong = [ids.show("chr", pay_id) for pay_id, left in returned.items() if left]
    return f"{wrong[0]} does not agree with what was given back of it" if wrong else None


def _is_leaving(one: ChannelRequest) -> bool:
    return _is_unsettled(one) and one.kind is not RequestKind.PAY


def _is_unsettled(one: ChannelRequest) -> bool:
    return one.is_open or one.state in (RequestState.WAITING, RequestState.HELD)


def _given_back(one: ChannelRequest) -> int:
    """What a refund gives back, or may; less what its pay says of it: they sum to nothing."""
    if one.kind is not RequestKind.REFUND:
        return -one.returned
    return one.amount if _is_unsettled(one) else one.reached


def _due(one: ChannelRequest) -> dict[Code, int]:
    """What a request in this state has moved, beside what was credited."""
    done, refused = one.state is RequestState.DONE, one.state is RequestState.REFUSED
    if one.kind is RequestKind.PAY:
        due = {Code.CHANNEL_SURPLUS: one.surplus} if done else {}
        return due | {Code.CHANNEL_PAY: one.reached} if done and one.order_id else due
    due = {Code.CHANNEL_ASK: one.amount}
    if done:
        due |= {Code.CHANNEL_OUT: one.reached, Code.CHANNEL_SURPLUS: one.surplus}
        due[Code.CHANNEL_BACK] = one.amount - one.reached
    if refused:
        due[Code.CHANNEL_BACK] = one.amount
    return due
