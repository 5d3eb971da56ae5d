"""Refunds: all or part of a paid order goes back to the payer, never more than was paid.

The network's fee is returned in proportion; after a full refund exactly all of it is returned.
Refuses: more than is left, money the merchant does not have, and to a merchant more than fifty or
after a year.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart, holds
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.holds import Holding
from changliao.core.ids import ChannelRequestId, MerchantId, OrderId, RefundId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.orders import TRANSITIONS, Order, OrderEvent
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import Take

# Source: WeChat Pay v3, domestic refunds: within 365 days, at most 50 partial refunds an order.
WINDOW: Final = 365 * DAY
MOST_REFUNDS: Final = 50


class RefundState(IntEnum):
    """The number is stored. A wallet is refunded at once; a channel takes its time.

    ABNORMAL: it declined, and the merchant says where the money goes (core/repairs.py).
    """

    __hash__ = int.__hash__

    PROCESSING = 1
    SUCCEEDED = 2
    CLOSED = 3
    ABNORMAL = 4


class RefundEvent(IntEnum):
    """What can happen to a refund."""

    __hash__ = int.__hash__

    SUCCEED = 1
    CLOSE = 2
    FAIL = 3
    REPAIR = 4


REFUND_TRANSITIONS: Final[Mapping[tuple[RefundState, RefundEvent], RefundState | Reason]] = {
    (RefundState.PROCESSING, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    (RefundState.PROCESSING, RefundEvent.CLOSE): RefundState.CLOSED,
    (RefundState.PROCESSING, RefundEvent.FAIL): RefundState.ABNORMAL,
    (RefundState.PROCESSING, RefundEvent.REPAIR): Reason.REFUND_FINAL,
    (RefundState.SUCCEEDED, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    (RefundState.SUCCEEDED, RefundEvent.CLOSE): Reason.REFUND_FINAL,
    (RefundState.SUCCEEDED, RefundEvent.FAIL): Reason.REFUND_FINAL,
    (RefundState.SUCCEEDED, RefundEvent.REPAIR): Reason.REFUND_FINAL,
    (RefundState.CLOSED, RefundEvent.SUCCEED): Reason.REFUND_FINAL,
    (RefundState.CLOSED, RefundEvent.CLOSE): RefundState.CLOSED,
    (RefundState.CLOSED, RefundEvent.FAIL): Reason.REFUND_FINAL,
    (RefundState.CLOSED, RefundEvent.REPAIR): Reason.REFUND_FINAL,
    (RefundState.ABNORMAL, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    (RefundState.ABNORMAL, RefundEvent.CLOSE): RefundState.CLOSED,
    (RefundState.ABNORMAL, RefundEvent.FAIL): RefundState.ABNORMAL,
    (RefundState.ABNORMAL, RefundEvent.REPAIR): RefundState.PROCESSING,
}


class Refund(Struct, frozen=True):
    """`reference` is the merchant's own number; `digest` identifies what was asked under it.

    `discount` is the part of the amount that the payer passes on to the budget that had paid it.
    `request_id` is what it waits for at a channel; 0: what was asked under its own id.
    """

    id: RefundId
    merchant_id: MerchantId
    order_id: OrderId
    reference: str
    amount: int
    digest: bytes
    partner_id: MerchantId = MerchantId(0)
    notify_url: str = ""
    reason: str = ""
    state: RefundState = RefundState.PROCESSING
    finished_at: Instant = NEVER
    discount: int = 0
    request_id: ChannelRequestId = ChannelRequestId(0)


class RefundOrder(Struct, frozen=True):
    """A merchant sends money back. `total` repeats the order's amount; it must agree.

    `takes` is what receivers of the order's shares give back in the same commit. `decided`: not the
    merchant but a dispute's decision wants it, however late and after however many others.
    """

    refund: Refund
    total: int
    currency: str
    takes: tuple[Take, ...] = ()
    decided: bool = False


class Refunding(Struct, frozen=True):
    """The refund, the order after it, and the money that moved.

    `holding` is the order's held money after it; None when none of it was touched.
    """

    refund: Refund
    order: Order
    transfers: tuple[Transfer, ...]
    holding: Holding | None = None


def decide_refund(
    command: RefundOrder,
    order: Order,
    payable: Account,
    now: Instant,
    holding: Holding | None = None,
) -> Refunding | Refused:
    """Move a part of what was paid back to the payer, with its share of the fee.

    What a channel paid has yet to go on to it.

    Held money pays first; what was shared or released comes out of the merchant's own, `payable`
    being what it will be when its receivers have given back.
    """
    refund = command.refund
    if refund.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    state = TRANSITIONS[order.state, OrderEvent.REFUND]
    if isinstance(state, Reason):
        return Refused(state)
    if command.currency != order.amount.currency.code:
        return Refused(Reason.CURRENCY_MISMATCH)
    if command.total != order.amount.amount:
        return Refused(Reason.REFUND_REFERENCE_REUSED, "amount.total is not the order's amount")
    if now >= order.paid_at + WINDOW and not command.decided:
        return Refused(Reason.REFUND_TOO_LATE)
    refunded = order.refunded + refund.amount
    if refunded > order.amount.amount:
        return Refused(Reason.REFUND_EXCEEDS_PAYMENT)
    if order.refunds >= MOST_REFUNDS and not command.decided:
        return Refused(Reason.REFUNDS_TOO_MANY)
    fee_back = _fee_back(refund, order)
    held, left = holds.refund_from(holding, refund.amount, fee_back)
    if payable.spendable < owed(refund, order, holding):
        return Refused(Reason.MERCHANT_FUNDS_INSUFFICIENT)

    after = replace(
        order,
        state=state,
        refunded=refunded,
        refunds=order.refunds + 1,
        fee_returned=order.fee_returned + fee_back,
    )
    made = replace(refund, discount=_discount_back(refund, order))
    if not order.method:
        made = replace(made, state=RefundState.SUCCEEDED, finished_at=now)
    return Refunding(made, after, _refund_transfers(refund, order, fee_back, held), left)


def decide_end(refund: Refund, event: RefundEvent, now: Instant) -> Refund | Refused:
    """How a refund stands when it is known what its channel did, or its merchant says."""
    state = REFUND_TRANSITIONS[refund.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    done = state is RefundState.SUCCEEDED and refund.state is not state
    return replace(refund, state=state, finished_at=now if done else refund.finished_at)


def owed(refund: Refund, order: Order, holding: Holding | None) -> int:
    """How much of a refund is the merchant's own to give, its fee coming back first."""
    fee_back = _fee_back(refund, order)
    held, _ = holds.refund_from(holding, refund.amount, fee_back)
    return refund.amount - held - (0 if held else fee_back)


def same_refund(earlier: Refund, again: Refund) -> bool:
    """Was the same refund asked for under this reference?"""
    return earlier.digest == again.digest


def _fee_back(refund: Refund, order: Order) -> int:
    refunded = order.refunded + refund.amount
    return order.fee * refunded // order.amount.amount - order.fee_returned


def _discount_back(refund: Refund, order: Order) -> int:
    """In proportion, rounded down in sum: all of it is back after a full refund."""
    whole, refunded = order.amount.amount, order.refunded
    now, before = (order.discount * sum_ // whole for sum_ in (refunded + refund.amount, refunded))
    return now - before


def _refund_transfers(
    refund: Refund, order: Order, fee_back: int, held: int
) -> tuple[Transfer, ...]:
    currency = order.amount.currency
    payable = chart.payable(order.merchant_id, currency)
    escrow = chart.escrow(order.merchant_id, currency)
    wallet = chart.wallet(order.payer_id, currency)
    fees = chart.fees(order.merchant_id, currency)
    own = refund.amount - held
    moves = (
        Transfer(fees, escrow if held else payable, fee_back, Code.FEE_RETURN, refund.id),
        Transfer(escrow, wallet, held, Code.REFUND, refund.id),
        Transfer(payable, wallet, own, Code.REFUND, refund.id),
    )
    return tuple(move for move in moves if move.amount)
