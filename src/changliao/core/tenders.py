"""Tenders: an order paid with money that a channel is to bring, such as a bank's.

A payer chooses a method; a channel that carries it is asked for the order's amount, once, under the
payment's id (core/channels.py). When the money has come it goes through the payer's wallet in one
commit: to the merchant if the order can still be paid so, otherwise back to where it came from. So
a wrong amount pays nothing, and of two methods that race one pays and the other's money returns.
A refund of such an order goes on from the wallet to the channel in the commit that refunds.
Refuses: methods the platform does not take there, channels that carry another, orders of a basket.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import OWN_METHOD
from changliao.core.channels import (
    LOOK_AFTER,
    Channel,
    ChannelRequest,
    Recorded,
    RequestKind,
    RequestState,
    decide_opened,
)
from changliao.core.clock import SECOND, Instant
from changliao.core.ids import ChannelRequestId, MerchantId, OrderId, PaymentId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.orders import Order, Payment, PayOrder, decide_payment, payable_by
from changliao.core.outcome import Reason, Refused

# A return waits so long for a channel that is suspended.
_SUSPENDED_PAUSE: Final = 60 * SECOND


class TenderState(IntEnum):
    """The number is stored. RETURNED: the money came, and was sent back."""

    __hash__ = int.__hash__

    ASKED = 1
    PAID = 2
    RETURNED = 3
    REFUSED = 4


class TenderEvent(IntEnum):
    """What becomes of the channel's request; RETURN: it brought what cannot pay the order."""

    __hash__ = int.__hash__

    PAY = 1
    RETURN = 2
    REFUSE = 3


_TURNED: Final = Reason.CHANNEL_CONTRADICTS
TRANSITIONS: Final[Mapping[tuple[TenderState, TenderEvent], TenderState | Reason]] = {
    (TenderState.ASKED, TenderEvent.PAY): TenderState.PAID,
    (TenderState.ASKED, TenderEvent.RETURN): TenderState.RETURNED,
    (TenderState.ASKED, TenderEvent.REFUSE): TenderState.REFUSED,
    (TenderState.PAID, TenderEvent.PAY): _TURNED,
    (TenderState.PAID, TenderEvent.RETURN): _TURNED,
    (TenderState.PAID, TenderEvent.REFUSE): _TURNED,
    (TenderState.RETURNED, TenderEvent.PAY): _TURNED,
    (TenderState.RETURNED, TenderEvent.RETURN): _TURNED,
    (TenderState.RETURNED, TenderEvent.REFUSE): _TURNED,
    (TenderState.REFUSED, TenderEvent.PAY): _TURNED,
    (TenderState.REFUSED, TenderEvent.RETURN): _TURNED,
    (TenderState.REFUSED, TenderEvent.REFUSE): _TURNED,
}


class Tender(Struct, frozen=True):
    """A payer's try. `reason` says why the order was not paid with it."""

    payer_id: UserId
    payment_id: PaymentId
    merchant_id: MerchantId
    order_id: OrderId
    method_id: int
    terminal_id: int
    state: TenderState = TenderState.ASKED
    reason: str = ""


class AskTender(Struct, frozen=True):
    """Pay an order by a channel. `request` is what will be asked of it, under the payment's id.

    `issue` is the payment link's, 0 for the order itself. `page_terminal_id` is where the payer
    really sits, which may be another terminal than the order's; 0: on no page.
    """

    tender: Tender
    request: ChannelRequest
    issue: int = 0
    page_terminal_id: int = 0


class TakeReturn(Struct, frozen=True):
    """A worker is about to ask a channel for a return that waits."""

    owner_id: int
    request_id: ChannelRequestId


def new_tender_request(
    channel: Channel, order: Order, payer_id: UserId, payment_id: PaymentId, now: Instant
) -> ChannelRequest:
    """What is asked of the channel for an order."""
    return ChannelRequest(
        id=ChannelRequestId(payment_id),
        channel_id=channel.id,
        kind=RequestKind.PAY,
        home=chart.wallet(payer_id, order.amount.currency),
        amount=order.amount.amount,
        asked_at=now,
        next_look=Instant(now + LOOK_AFTER),
        order_id=order.id,
    )


def same_tender(earlier: Tender, again: Tender) -> bool:
    """Was the same asked for under this id?"""
    return replace(earlier, state=again.state, reason=again.reason) == again


def decide_tender(
    command: AskTender, order: Order, channel: Channel, off: Refused | None, now: Instant
) -> Refused | None:
    """May a channel be asked for this order? `off` is what the platform says of the method."""
    tender, request = command.tender, command.request
    refused = payable_by(order, tender.payer_id, command.issue, now) or off
    if refused is not None:
        return refused
    if order.basket_id:
        return Refused(Reason.ORDER_IN_BASKET)
    if tender.method_id == OWN_METHOD or channel.method_id != tender.method_id:
        return Refused(Reason.METHOD_UNKNOWN, f"{channel.code} does not carry this method")
    if request.amount != order.amount.amount:
        return Refused(Reason.AMOUNT_CHANGED)
    if chart.currency(request.home).number != order.amount.currency.number:
        return Refused(Reason.CURRENCY_MISMATCH)
    for terminal_id in (tender.terminal_id, command.page_terminal_id):
        refused = decide_opened(channel, terminal_id)
        if refused is not None:
            return refused
    return None


def decide_tendered(
    tender: Tender, order: Order, done: ChannelRequest, wallet: Account, now: Instant
) -> Payment | Refused:
    """The money has come to the wallet: pay the order, or say why it has to go back.

    Whether the platform still takes the method is asked before: core/acceptance.py.
    """
    if done.settled != order.amount.amount:
        return Refused(Reason.AMOUNT_CHANGED, f"{done.settled} came")
    command = PayOrder(
        payment_id=tender.payment_id,
        merchant_id=tender.merchant_id,
        order_id=tender.order_id,
        payer_id=tender.payer_id,
        amount=order.amount,
    )
    return decide_payment(command, order, wallet, now)


def decide_end(tender: Tender, event: TenderEvent, reason: str = "") -> Tender | Refused:
    """How a tender stands when it is known what became of its request."""
    state = TRANSITIONS[tender.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    return replace(tender, state=state, reason=reason)


def decide_return(pay: ChannelRequest, amount: int, number: int, now: Instant) -> Recorded:
    """Send back what is in the wallet now; a worker will ask. The pay keeps how much that is."""
    back = ChannelRequest(
        id=ChannelRequestId(number),
        channel_id=pay.channel_id,
        kind=RequestKind.REFUND,
        home=pay.home,
        amount=amount,
        asked_at=now,
        next_look=now,
        pay_id=pay.id,
        state=RequestState.WAITING,
        order_id=pay.order_id,
    )
    out = Transfer(pay.home, chart.leaving(pay.home), amount, Code.CHANNEL_ASK, back.id)
    return Recorded(back, replace(pay, returned=pay.returned + amount), (out,))


def decide_taking(
    known: ChannelRequest, channel: Channel, now: Instant
) -> ChannelRequest | Refused:
    """Whoever takes a return that waits asks for it, once; a suspended channel is asked later."""
    if known.state is not RequestState.WAITING:
        return Refused(Reason.CHANNEL_REQUEST_NOT_FOUND, "nothing of it waits")
    if decide_opened(channel, 0) is not None:
        return replace(known, next_look=Instant(now + _SUSPENDED_PAUSE))
    return replace(
        known, state=RequestState.ASKED, asked_at=now, next_look=Instant(now + LOOK_AFTER)
    )
