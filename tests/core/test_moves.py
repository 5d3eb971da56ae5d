"""What each state machine lets happen, said a second time: everything else is refused.

`EVENT>STATE` moves on; an event alone is no change.
"""

from collections import defaultdict
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

import pytest

from changliao.core.budgets import TRANSITIONS as BUDGETS
from changliao.core.channels import TRANSITIONS as REQUESTS
from changliao.core.discounts import COUPON_TRANSITIONS as COUPONS
from changliao.core.disputes import TRANSITIONS as DISPUTES
from changliao.core.holds import TRANSITIONS as HOLDINGS
from changliao.core.mergers import TRANSITIONS as MERGERS
from changliao.core.outcome import Reason
from changliao.core.packets import TRANSITIONS as PACKETS
from changliao.core.platforms import TRANSITIONS as STORES
from changliao.core.settlements import TRANSITIONS as SETTLEMENTS
from changliao.core.tenders import TRANSITIONS as TENDERS

Table = Mapping[tuple[Any, Any], IntEnum | Reason]
_NO_MORE: Final = "DECLINE MISS SILENCE"


@pytest.mark.parametrize(
    ("table", "moves"),
    [
        (HOLDINGS, {
            "HELD": "SHARE RELEASE>RELEASED EXPIRE>RELEASED DISPUTE>DISPUTED EXTEND",
            "DISPUTED": "DISPUTE RESOLVE>HELD",
        }),
        (DISPUTES, {
            "OPEN": "NOTE DECIDE>DECIDED WITHDRAW>WITHDRAWN",
            "WITHDRAWN": "WITHDRAW",
        }),
        (STORES, {
            "APPLIED": "APPLY APPROVE>OPEN REFUSE>REFUSED CLOSE>CLOSED MOVE>MOVED",
            "OPEN": "APPROVE SUSPEND>SUSPENDED RESUME CLOSE>CLOSED MOVE>MOVED",
            "REFUSED": "APPLY>APPLIED REFUSE CLOSE>CLOSED",
            "SUSPENDED": "SUSPEND RESUME>OPEN CLOSE>CLOSED MOVE>MOVED",
            "CLOSED": "CLOSE",
            "MOVED": "MOVE",
        }),
        (MERGERS, {
            "DRAFTED": "APPROVE>APPROVED CANCEL>CANCELLED",
            "APPROVED": "APPROVE ADVANCE>RUNNING CANCEL>CANCELLED",
            "RUNNING": "ADVANCE",
            "DONE": "ADVANCE",
            "CANCELLED": "CANCEL",
        }),
        (BUDGETS, {
            "OPEN": "FUND TAKE PAUSE>PAUSED RESUME CLOSE>CLOSED",
            "PAUSED": "FUND PAUSE RESUME>OPEN CLOSE>CLOSED",
            "CLOSED": "CLOSE",
        }),
        (COUPONS, {"CLAIMED": "USE>USED EXPIRE>EXPIRED", "USED": "EXPIRE", "EXPIRED": "EXPIRE"}),
        (PACKETS, {"OPEN": "CLAIM EXPIRE>RETURNED", "EMPTY": "EXPIRE", "RETURNED": "EXPIRE"}),
        (SETTLEMENTS, {
            "MADE": "PAY>PAYING SUCCEED FAIL GIVE_UP",
            "PAYING": "SUCCEED>PAID FAIL>MADE GIVE_UP>RETURNED",
            "PAID": "SUCCEED",
            "RETURNED": "GIVE_UP",
        }),
        (TENDERS, {"ASKED": "PAY>PAID RETURN>RETURNED REFUSE>REFUSED"}),
        (REQUESTS, {
            "ASKED": "DO>DONE DECLINE>REFUSED MISS>REFUSED SILENCE>UNKNOWN",
            "UNKNOWN": "DO>DONE DECLINE>REFUSED MISS>REFUSED SILENCE",
            "DONE": "DO SILENCE",
            "REFUSED": _NO_MORE,
            "WAITING": "MISS SILENCE",
            "HELD": _NO_MORE,
        }),
    ],
)  # fmt: skip
def test_a_table_lets_happen_what_is_said_here_and_refuses_the_rest(
    table: Table, moves: dict[str, str]
) -> None:
    found = defaultdict(list)
    for (state, event), after in sorted(table.items()):
        if not isinstance(after, Reason):
            found[state.name].append(event.name if after is state else f"{event.name}>{after.name}")
    assert {state: " ".join(events) for state, events in found.items()} == moves
