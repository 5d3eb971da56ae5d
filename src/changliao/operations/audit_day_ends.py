"""The audit of kept ends of days: each must be where its account's chain stood, with its balance.

Walks the whole chain of each account that has one, from its newest leg to its first.
"""

from collections.abc import Iterator

from changliao.core.bills import DayEnd, ends_at
from changliao.core.chart import AccountId
from changliao.core.ids import made_at
from changliao.store.engine import Reader
from changliao.store.views import audit


def first_wrong(reader: Reader) -> DayEnd | None:
    """An end that the legs do not confirm; None when all are right."""
    for account in audit.day_ends_accounts(reader):
        ends = audit.day_ends(reader, account)
        for end, true in zip(ends, _recomputed(reader, account, ends), strict=True):
            if end != true:
                return end
    return None


def _recomputed(reader: Reader, account: AccountId, ends: list[DayEnd]) -> Iterator[DayEnd]:
    """What the ends of these days, the newest first, should be."""
    waiting = list(ends)
    for leg_id, balance in audit.balances_back(reader, account):
        while waiting and made_at(leg_id) < ends_at(waiting[0].day):
            yield DayEnd(account, waiting.pop(0).day, leg_id, balance)
    for end in waiting:
        yield DayEnd(account, end.day, 0, 0)
