"""The audit of refunds through channels: each stands as its request does, and moved once."""

from collections.abc import Mapping
from typing import Final

from changliao.core import ids
from changliao.core.channels import RequestState
from changliao.core.ledger import Code
from changliao.core.refunds import RefundState
from changliao.core.repairs import Goal
from changliao.store.engine import Reader
from changliao.store.views import channels, repairs

_STATES: Final = {
    RequestState.WAITING: RefundState.PROCESSING,
    RequestState.ASKED: RefundState.PROCESSING,
    RequestState.UNKNOWN: RefundState.PROCESSING,
    RequestState.DONE: RefundState.SUCCEEDED,
    RequestState.HELD: RefundState.ABNORMAL,
}


def first_fault(reader: Reader, moved: Mapping[tuple[int, int], int]) -> str | None:
    """What is wrong with them; None: nothing. `moved` is by cause and code."""
    requests = {(one.home.owner, one.id): one for one in channels.all_requests(reader)}
    known = {(one.owner_id, one.request_id): one for one in repairs.all_repairs(reader)}
    held = {key for key, one in requests.items() if one.state is RequestState.HELD}
    for payer_id, refund_id, request_id, amount, state in repairs.refunds_by_channel(reader):
        key = (payer_id, request_id or refund_id)
        request, repair = requests.get(key), known.get(key)
        shown = ids.show("rfd", refund_id)
        held.discard(key)
        if repair is not None and (repair.refund_id, repair.amount) != (refund_id, amount):
            return f"{shown} was repaired as another"
        if repair is not None and repair.goal is Goal.MERCHANT:
            holds = request is None and state == RefundState.SUCCEEDED
        else:
            holds = request is not None and request.amount == amount
            holds = holds and request is not None and state == _STATES.get(request.state)
        if not holds:
            return f"{shown} does not stand as what was asked of its channel"
    if held:
        return f"{ids.show('chr', min(held)[1])} is held for no refund"
    kept = [one for one in known.values() if one.goal is Goal.MERCHANT]
    due: dict[int, int] = {one.request_id: one.amount for one in kept}
    went = {cause: sum_ for (cause, code), sum_ in moved.items() if code == Code.REFUND_KEPT}
    for number in {*due, *went}:
        if due.get(number, 0) != went.get(number, 0):
            return f"{ids.show('chr', number)} did not go back to its merchant"
    return None
