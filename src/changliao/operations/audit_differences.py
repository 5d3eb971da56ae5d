"""The audit of differences: what was booked for each is what two people agreed to, once."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from changliao.core import ids
from changliao.core.differences import CaseState, booked
from changliao.core.ledger import Code
from changliao.store.engine import Reader
from changliao.store.views import differences

_CODES: Final = frozenset({Code.DIFFERENCE, Code.DIFFERENCE_PAID})


def first_fault(reader: Reader, moved: Mapping[tuple[int, int], int]) -> str | None:
    """What is wrong with differences; None: nothing. `moved` is by cause and code."""
    due: dict[tuple[int, int], int] = defaultdict(int)
    for case in differences.every(reader):
        for transfer in booked(case):
            due[case.id, transfer.code] += transfer.amount
        alone = case.state is CaseState.RESOLVED and case.decided_by == case.proposed_by
        if alone:
            return f"{ids.show('dif', case.id)} was resolved by one person alone"
    went = {key: amount for key, amount in moved.items() if key[1] in _CODES}
    for key in {*due, *went}:
        if went.get(key, 0) != due[key]:
            return f"{ids.show('dif', key[0])} did not move {due[key]}"
    return None
