"""Expiry: what nobody paid or settled in time is closed or freed.

Being late is safe: every decision compares the time itself. Several workers may run; the second
finds nothing left to do.
"""

import asyncio
import logging
from typing import Final

from changliao.core.authorizations import AuthorizationEvent, EndAuthorization
from changliao.core.budgets import EndBudget
from changliao.core.discounts import ExpireCoupon
from changliao.core.holds import ExpireHold
from changliao.core.ids import (
    AuthorizationId,
    AuthorizationStepId,
    BudgetId,
    CouponId,
    MerchantId,
    OrderId,
    PacketId,
    PayoutId,
    PendingId,
    UserId,
)
from changliao.core.ledger import PendingEvent
from changliao.core.orders import ExpireOrder
from changliao.core.packets import ExpirePacket
from changliao.core.payouts import EndPayout, PayoutEvent
from changliao.operations import authorizations, budgets, packets, payouts, settling
from changliao.operations.ledger import RELEASE, ReleasePending
from changliao.operations.network import Network
from changliao.operations.orders import EXPIRE
from changliao.operations.paycodes import FORGET, ForgetCode
from changliao.store.deadlines import DeadlineKind
from changliao.store.views.deadlines import Deadline, due

_MOST_AT_ONCE: Final = 500
_LOOK_EVERY_S: Final = 1.0
_log = logging.getLogger("changliao.expiry")


async def run(network: Network) -> None:
    """Look every second, until cancelled."""
    while True:
        if await expire_due(network) < _MOST_AT_ONCE:
            await network.rest(_LOOK_EVERY_S)


async def expire_due(network: Network) -> int:
    """Handle what is due now, up to a limit; how many there were."""
    deadlines = await network.read(due, network.clock(), _MOST_AT_ONCE)
    await asyncio.gather(*(_expire(network, deadline) for deadline in deadlines))
    return len(deadlines)


async def _expire(network: Network, deadline: Deadline) -> None:
    match deadline.kind:
        case DeadlineKind.ORDER:
            order = ExpireOrder(MerchantId(deadline.owner_id), OrderId(deadline.subject_id))
            await network.perform(EXPIRE, order)
        case DeadlineKind.PENDING:
            pending_id = PendingId(deadline.subject_id)
            release = ReleasePending(pending_id, deadline.owner_id, PendingEvent.EXPIRE)
            await network.perform(RELEASE, release)
        case DeadlineKind.PAY_CODE:
            user_id = UserId(deadline.owner_id)
            await network.perform(FORGET, ForgetCode(deadline.subject_id, user_id, deadline.at))
        case DeadlineKind.HOLDING:
            hold = ExpireHold(MerchantId(deadline.owner_id), OrderId(deadline.subject_id))
            await network.perform(settling.EXPIRE, hold)
        case DeadlineKind.PAYOUT:
            payout_id = PayoutId(deadline.subject_id)
            end = EndPayout(MerchantId(deadline.owner_id), payout_id, PayoutEvent.EXPIRE)
            await network.perform(payouts.END, end)
        case DeadlineKind.AUTHORIZATION:
            await network.perform(
                authorizations.END,
                EndAuthorization(
                    MerchantId(deadline.owner_id),
                    AuthorizationId(deadline.subject_id),
                    AuthorizationStepId(network.ids.new()),
                    AuthorizationEvent.EXPIRE,
                ),
            )
        case DeadlineKind.PACKET:
            rest = ExpirePacket(UserId(deadline.owner_id), PacketId(deadline.subject_id))
            await network.perform(packets.EXPIRE, rest)
        case DeadlineKind.BUDGET:
            over = EndBudget(MerchantId(deadline.owner_id), BudgetId(deadline.subject_id))
            await network.perform(budgets.END, over)
        case DeadlineKind.COUPON:
            late = ExpireCoupon(MerchantId(deadline.owner_id), CouponId(deadline.subject_id))
            await network.perform(budgets.EXPIRE, late)
