"""Repairs: a refund that its channel declined goes to another account by the merchant's word.

Its money waits beside the payer's wallet, where it was on its way (chart.leaving). To a card it
goes as a payout of the same channel, which may decline it too. Taken back by the merchant, who then
pays the payer otherwise, it is theirs at once. Source: wechatpay-v3.md §8.6.
Refuses: refunds that are not abnormal.
"""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.channels import ChannelRequest, Recorded, RequestKind, RequestState
from changliao.core.clock import Instant
from changliao.core.ids import ChannelRequestId, MerchantId, RefundId
from changliao.core.ledger import Code, Transfer
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundEvent, decide_end


class Goal(IntEnum):
    """The number is stored. CARD: of the payer. MERCHANT: back to who refunded."""

    CARD = 1
    MERCHANT = 2


class Repair(Struct, frozen=True):
    """`request_id` names the try; `digest` is what was asked for, `account` a card in words."""

    request_id: ChannelRequestId
    merchant_id: MerchantId
    refund_id: RefundId
    goal: Goal
    digest: bytes
    owner_id: int = 0
    amount: int = 0


class RepairRefund(Struct, frozen=True):
    """A merchant says where an abnormal refund is to go. `account` is the card, in words."""

    repair: Repair
    account: str = ""


class Repaired(Struct, frozen=True):
    """The refund, the declined request and its pay after it, what is asked now, and the money."""

    refund: Refund
    repair: Repair
    held: ChannelRequest
    pay: ChannelRequest | None
    asked: ChannelRequest | None
    transfers: tuple[Transfer, ...]


def held(recorded: Recorded) -> Recorded:
    """What is recorded of a refund's request: declined, its money stays where it is."""
    if recorded.request.state is not RequestState.REFUSED:
        return recorded
    return Recorded(replace(recorded.request, state=RequestState.HELD))


def decide_repair(
    command: RepairRefund,
    refund: Refund,
    held: ChannelRequest,
    pay: ChannelRequest | None,
    now: Instant,
) -> Repaired | Refused:
    """Let go of the declined request, and send its money where it is to go."""
    to_card = command.repair.goal is Goal.CARD
    ended = decide_end(refund, RefundEvent.REPAIR if to_card else RefundEvent.SUCCEED, now)
    if isinstance(ended, Refused):
        return ended
    if refund.state is ended.state or held.state is not RequestState.HELD:
        return Refused(Reason.REFUND_FINAL, "this refund is not abnormal")
    number, amount, home = command.repair.request_id, held.amount, held.home
    free = Transfer(chart.leaving(home), home, amount, Code.CHANNEL_BACK, held.id)
    repair = replace(command.repair, owner_id=home.owner, amount=amount)
    asked = _payout(command, held, now) if to_card else None
    payable = chart.payable(refund.merchant_id, chart.currency(home))
    out = (
        Transfer(home, chart.leaving(home), amount, Code.CHANNEL_ASK, number)
        if to_card
        else Transfer(home, payable, amount, Code.REFUND_KEPT, number)
    )
    return Repaired(
        replace(ended, request_id=number),
        repair,
        replace(held, state=RequestState.REFUSED),
        replace(pay, returned=pay.returned - amount) if pay else None,
        asked,
        (free, out),
    )


def _payout(command: RepairRefund, held: ChannelRequest, now: Instant) -> ChannelRequest:
    """A worker will ask for it, as for every return."""
    return ChannelRequest(
        id=command.repair.request_id,
        channel_id=held.channel_id,
        kind=RequestKind.PAYOUT,
        home=held.home,
        amount=held.amount,
        asked_at=now,
        next_look=now,
        counterpart=command.account,
        state=RequestState.WAITING,
        order_id=held.order_id,
    )
