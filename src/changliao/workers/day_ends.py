"""Ends of days: when a Beijing day is over, keep where each merchant's accounts stood.

Being late or never is safe: a bill that finds no kept end walks back from a later one, which only
takes longer. Several workers may run; the second finds the ends kept.
"""

import asyncio
import logging
from typing import Final

from changliao.core import chart
from changliao.core.bills import SETTLING, Day, DayEnd, day_of, is_over, starts_at
from changliao.core.chart import Purpose
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, made_at
from changliao.operations.bills import KEEP_DAY_END
from changliao.operations.network import Network
from changliao.store.engine import Reader
from changliao.store.views import bills, ledger, parties

_LOOK_EVERY_S: Final = 60.0
_MERCHANTS_AT_ONCE: Final = 100
_KEPT: Final = frozenset({Purpose.PAYABLE, Purpose.AVAILABLE, Purpose.ESCROW})
_log = logging.getLogger("changliao.day_ends")


async def run(network: Network) -> None:
    """Look every minute whether a day is over, until cancelled."""
    done = Day(0)
    while True:
        day = last_over(network.clock())
        if day != done:
            await keep(network, day)
            done = day
        await network.rest(_LOOK_EVERY_S)


def last_over(now: Instant) -> Day:
    """The newest day that is over."""
    return Day(day_of(Instant(now - SETTLING)) - 1)


async def keep(network: Network, day: Day) -> int:
    """Keep the end of a day for every merchant's account that moved in it; how many there were."""
    if not is_over(day, network.clock()):
        raise ValueError(f"day {day} is not over")
    after, count = 0, 0
    while True:
        page = await network.read(parties.merchants, after, _MERCHANTS_AT_ONCE)
        if not page:
            return count
        after = page[-1].id
        for merchant in page:
            ends = await network.read(_ends, merchant.id, day)
            count += len(ends)
            await asyncio.gather(*(network.perform(KEEP_DAY_END, end) for end in ends))


def _ends(reader: Reader, merchant_id: MerchantId, day: Day) -> list[DayEnd]:
    accounts = [one.id for one in ledger.accounts_of(reader, merchant_id)]
    kept = [one for one in accounts if chart.purpose(one) in _KEPT]
    ends = [bills.day_end(reader, account, day) for account in kept]
    return [end for end in ends if made_at(end.leg_id) >= starts_at(day)]
