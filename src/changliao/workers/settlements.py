"""Settlement runs: a day that is over is settled for every merchant by its cycle, and paid out.

A run may be cut short anywhere and begins again: a day is settled once, by its key; a payout is
asked for once, by its request's number; what is left undone is found by its state. Several workers
may run: the second finds it done.
"""

import asyncio
import logging
from typing import Final

from changliao.core import chart
from changliao.core.bills import Day
from changliao.core.channels import Channel
from changliao.core.ids import ChannelRequestId, SettlementId
from changliao.core.outcome import Refused
from changliao.core.settlements import (
    Cycle,
    FinishSettlement,
    PaySettlement,
    Settle,
    Settlement,
    SettlementState,
    due_day,
    settling_day,
)
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.operations.settlements import FINISH, PAY, SETTLE
from changliao.store.views import bills, settlements

_LOOK_EVERY_S: Final = 5.0
_CYCLES_AT_ONCE: Final = 200
_PAYOUTS_AT_ONCE: Final = 50
_log = logging.getLogger("changliao.settlements")


async def run(network: Network, desk: Desk) -> None:
    """Look every few seconds, until cancelled."""
    while True:
        await settle_due(network)
        await pay_due(network, desk)
        await finish_paid(network)
        await network.rest(_LOOK_EVERY_S)


async def settle_due(network: Network) -> int:
    """Settle every day that is due and was not settled; how many there were."""
    after, count, today = (0, 0), 0, settling_day(network.clock())
    while page := await network.read(settlements.cycles_due, today, after, _CYCLES_AT_ONCE):
        after = (page[-1].merchant_id, page[-1].currency.number)
        found = await asyncio.gather(*(_settle(network, one) for one in page))
        count += sum(found)
    return count


async def pay_due(network: Network, desk: Desk) -> int:
    """Ask channels to pay out what is made; how many were asked."""
    after, count = 0, 0
    while page := await network.read(
        settlements.in_state, SettlementState.MADE, after, _PAYOUTS_AT_ONCE
    ):
        after = page[-1].id
        found = await asyncio.gather(*(_pay(network, desk, one) for one in page))
        count += sum(found)
    return count


async def finish_paid(network: Network) -> None:
    """See what became of the payouts that were asked for."""
    after = 0
    while page := await network.read(
        settlements.in_state, SettlementState.PAYING, after, _PAYOUTS_AT_ONCE
    ):
        after = page[-1].id
        await asyncio.gather(
            *(
                network.perform(FINISH, FinishSettlement(one.merchant_id, one.currency, one.day))
                for one in page
            )
        )


async def _settle(network: Network, cycle: Cycle) -> bool:
    day = due_day(cycle, network.clock())
    if day is None:
        return False
    last = await network.read(settlements.newest, cycle.merchant_id, cycle.currency)
    if last is not None and last.day >= day:
        return False
    first_day = Day(last.day + 1) if last is not None else cycle.since
    account = chart.payable(cycle.merchant_id, cycle.currency)
    standing = await network.report(bills.standing, account, day)
    before = await network.report(bills.day_end, account, Day(first_day - 1))
    settlement = Settlement(
        id=SettlementId(network.ids.new()),
        merchant_id=cycle.merchant_id,
        currency=cycle.currency,
        first_day=first_day,
        day=day,
        opening=before.balance,
        closing=standing.closing,
    )
    outcome = await network.perform(SETTLE, Settle(settlement, standing))
    if isinstance(outcome, Refused):
        _log.warning("day %d of %d: %s", day, cycle.merchant_id, outcome.reason.value)
        return False
    return True


async def _pay(network: Network, desk: Desk, known: Settlement) -> bool:
    channel = await _channel(network, desk, known)
    if isinstance(channel, Refused):
        # It stays made, for operators to see; the channel may open again.
        _log.warning("settlement %d: %s %s", known.id, channel.reason.value, channel.detail)
        return False
    request_id = ChannelRequestId(network.ids.new())
    command = PaySettlement(known.merchant_id, known.currency, known.day, channel, request_id)
    asked = await network.perform(PAY, command)
    if isinstance(asked, Refused) or not asked.fresh:
        return False
    await desk.ask(asked.request)
    return True


async def _channel(network: Network, desk: Desk, known: Settlement) -> Channel | Refused:
    cycles = await network.read(settlements.cycles_of, known.merchant_id)
    code = next((one.channel for one in cycles if one.currency == known.currency), "")
    return await desk.askable(code)
