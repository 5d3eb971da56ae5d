"""The audit of limits: what is counted as spent is what left the wallet, and levels are the same.

Processes whose clocks differ a little may see midnight apart: debits around it may count to either
day.
"""

from collections import defaultdict
from typing import Final

from changliao.core import bills, chart, ids
from changliao.core.bills import Day
from changliao.core.chart import AccountId
from changliao.core.clock import SECOND, Instant, from_rfc3339
from changliao.core.ids import UserId
from changliao.core.limits import FIRST_LEVEL, Spending
from changliao.store.engine import Reader, Row
from changliao.store.views import limits as views

_APART: Final = 5 * SECOND


class Debits:
    """What left the wallets that are counted, while the audit reads every leg."""

    def __init__(self, reader: Reader) -> None:
        self._spendings = {one.wallet: one for one in views.all_spendings(reader)}
        self._sums: dict[tuple[AccountId, bool], list[int]] = defaultdict(lambda: [0, 0])

    def see(self, debit: Row) -> None:
        """The debit side of one transfer."""
        account = chart.account(debit[1], debit[2])
        known = self._spendings.get(account)
        if known is None:
            return
        at = ids.made_at(debit[0])
        for yearly in (False, True):
            begins = _begins(known, yearly)
            sums = self._sums[account, yearly]
            sums[0] += debit[3] if at >= begins + _APART else 0
            sums[1] += debit[3] if at >= begins - _APART else 0

    def first_fault(self, reader: Reader, standing: dict[AccountId, int]) -> str | None:
        """What is wrong with what people spend; None: nothing. `standing` is debits in all."""
        counts: dict[UserId, int] = defaultdict(int)
        levels = {one.user_id: one for one in views.all_identities(reader)}
        for known in self._spendings.values():
            shown = ids.show("usr", known.user_id)
            counts[known.user_id] += 1
            person = levels.get(known.user_id)
            if person is None or person.level != known.level:
                return f"{shown} spends at level {known.level} and has another"
            debits = standing.get(known.wallet, 0)
            for yearly, spent in ((False, known.day), (True, known.year)):
                least, most = self._sums[known.wallet, yearly]
                gross = debits - spent.base
                if not least <= gross <= most or spent.given > gross:
                    period = "year" if yearly else "day"
                    return f"{shown} spent {gross} in the {period}, its transfers say {least}"
        for user_id, one in levels.items():
            if one.counts != counts[user_id] or (not one.set_at and one.level != FIRST_LEVEL):
                return f"{ids.show('usr', user_id)} has a level nobody gave, or a count is missing"
        return None


def _begins(known: Spending, yearly: bool) -> Instant:
    """From when on its debits count."""
    if yearly:
        begins = from_rfc3339(f"{known.year.began}-01-01T00:00:00+08:00")
    else:
        begins = bills.starts_at(Day(known.day.began))
    return max(begins, known.since)
