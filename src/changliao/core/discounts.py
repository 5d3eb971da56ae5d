"""Discounts: what a budget pays of an order, by a coupon that was claimed before, or at once.

A *coupon* is a promise: its face value moves to the budget's second account until it is used or its
time is over. A *subsidy* is taken in the moment of paying. Either goes to the payer's wallet in the
commit that pays the whole order from there; so merchants, fees, holds and splits see the whole
amount. A refund sends the budget's part back in proportion.
Refuses: more than is there, more than a person's number, what has expired, too small orders.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.budgets import (
    Budget,
    BudgetKind,
    Taker,
    home,
    moves,
    one_more,
    promised,
)
from changliao.core.clock import Instant
from changliao.core.ids import BudgetId, CouponId, MerchantId, OrderId, PaymentId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import portion
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund


class CouponState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    CLAIMED = 1
    USED = 2
    EXPIRED = 3


class CouponEvent(IntEnum):
    """What can happen to a coupon."""

    __hash__ = int.__hash__

    USE = 1
    EXPIRE = 2


COUPON_TRANSITIONS: Final[Mapping[tuple[CouponState, CouponEvent], CouponState | Reason]] = {
    (CouponState.CLAIMED, CouponEvent.USE): CouponState.USED,
    (CouponState.CLAIMED, CouponEvent.EXPIRE): CouponState.EXPIRED,
    (CouponState.USED, CouponEvent.USE): Reason.COUPON_USED,
    (CouponState.USED, CouponEvent.EXPIRE): CouponState.USED,
    (CouponState.EXPIRED, CouponEvent.USE): Reason.COUPON_EXPIRED,
    (CouponState.EXPIRED, CouponEvent.EXPIRE): CouponState.EXPIRED,
}


class Coupon(Struct, frozen=True):
    """A promise of a budget to a person."""

    id: CouponId
    owner_id: MerchantId
    budget_id: BudgetId
    user_id: UserId
    expires_at: Instant
    state: CouponState = CouponState.CLAIMED


class Discounted(Struct, frozen=True):
    """What a budget paid of an order, and how much of it went back. `coupon_id` 0: a subsidy."""

    merchant_id: MerchantId
    order_id: OrderId
    owner_id: MerchantId
    budget_id: BudgetId
    coupon_id: CouponId
    payer_id: UserId
    payment_id: PaymentId
    amount: int
    returned: int = 0


class ClaimCoupon(Struct, frozen=True):
    """A person takes a coupon; the id names it."""

    coupon_id: CouponId
    owner_id: MerchantId
    budget_id: BudgetId
    user_id: UserId


class ExpireCoupon(Struct, frozen=True):
    """A coupon's time is over."""

    owner_id: MerchantId
    coupon_id: CouponId


class Promise(Struct, frozen=True):
    """A coupon after it was claimed or ran out, the money that moved, and its person's number."""

    coupon: Coupon
    transfers: tuple[Transfer, ...] = ()
    taker: Taker | None = None


class Taken(Struct, frozen=True):
    """What a budget pays of an order, the money that moved, and the coupon or number behind it."""

    transfers: tuple[Transfer, ...] = ()
    taker: Taker | None = None
    coupon: Coupon | None = None
    discounted: Discounted | None = None


def decide_claim(
    command: ClaimCoupon, known: Budget, taker: Taker, waiting: Account, now: Instant
) -> Promise | Refused:
    """Promise a coupon's face value to a person."""
    if known.kind is not BudgetKind.COUPON:
        return Refused(Reason.BUDGET_NOT_FOUND, "subsidies are not claimed")
    counted = one_more(taker, known, now)
    if isinstance(counted, Refused):
        return counted
    if waiting.spendable < known.face:
        return Refused(Reason.BUDGET_SPENT)
    expires_at = Instant(now + known.coupon_lives)
    coupon = Coupon(command.coupon_id, known.owner_id, known.id, command.user_id, expires_at)
    moved = moves(waiting.id, promised(known), known.face, Code.COUPON_CLAIM, coupon.id)
    return Promise(coupon, moved, counted)


def decide_coupon_expiry(known: Coupon, budget: Budget, now: Instant) -> Promise | Refused:
    """Take a promise back whose time is over, once."""
    state = COUPON_TRANSITIONS[known.state, CouponEvent.EXPIRE]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return Promise(known)
    if now < known.expires_at:
        return Refused(Reason.COUPON_NOT_EXPIRED)
    moved = moves(promised(budget), home(budget), budget.face, Code.COUPON_RETURN, known.id)
    return Promise(replace(known, state=state), moved)


def worth(budget: Budget, order: Order) -> int:
    """What a budget pays of an order; at least one unit is left to the payer. Units: minor."""
    amount = order.amount.amount
    if order.amount.currency.number != budget.cap.currency.number or amount < budget.threshold:
        return 0
    part = portion(amount, budget.rate_bps) if budget.rate_bps else budget.face
    return min(part, budget.face, amount - 1)


def decide_subsidy(
    asked: Discounted, budget: Budget, order: Order, taker: Taker, waiting: Account, *, now: Instant
) -> Taken | Refused:
    """Take a subsidy for an order that its person pays now."""
    if budget.kind is not BudgetKind.SUBSIDY:
        return Refused(Reason.COUPON_NOT_FOUND, "this budget's coupons are claimed first")
    counted = _fits(asked, budget, order) or one_more(taker, budget, now)
    if isinstance(counted, Refused):
        return counted
    if waiting.spendable < asked.amount:
        return Refused(Reason.BUDGET_SPENT)
    wallet = chart.wallet(asked.payer_id, budget.cap.currency)
    moved = moves(waiting.id, wallet, asked.amount, Code.DISCOUNT, asked.payment_id)
    return Taken(moved, counted, discounted=asked)


def decide_use(
    asked: Discounted, budget: Budget, order: Order, coupon: Coupon, now: Instant
) -> Taken | Refused:
    """Use a coupon for an order. What it promised beyond what it pays goes back."""
    if (coupon.user_id, coupon.budget_id) != (asked.payer_id, budget.id):
        return Refused(Reason.COUPON_NOT_FOUND)
    state = COUPON_TRANSITIONS[coupon.state, CouponEvent.USE]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= coupon.expires_at:
        return Refused(Reason.COUPON_EXPIRED)
    refused = _fits(asked, budget, order)
    if refused is not None:
        return refused
    source, wallet = promised(budget), chart.wallet(asked.payer_id, budget.cap.currency)
    left_over = budget.face - asked.amount
    moved = (
        *moves(source, wallet, asked.amount, Code.DISCOUNT, asked.payment_id),
        *moves(source, home(budget), left_over, Code.COUPON_RETURN, coupon.id),
    )
    return Taken(moved, coupon=replace(coupon, state=state), discounted=asked)


def decide_discount_back(
    known: Discounted, budget: Budget, refund: Refund
) -> tuple[Discounted, tuple[Transfer, ...]]:
    """The payer, who has the whole refund, passes the budget's part on."""
    wallet = chart.wallet(known.payer_id, budget.cap.currency)
    moved = moves(wallet, home(budget), refund.discount, Code.DISCOUNT_RETURN, refund.id)
    return replace(known, returned=known.returned + refund.discount), moved


def _fits(asked: Discounted, budget: Budget, order: Order) -> Refused | None:
    paid_in = budget.cap.currency
    if order.amount.currency.number != paid_in.number:
        return Refused(Reason.BUDGET_UNSUITED, f"currency: the budget pays in {paid_in.code}")
    pays = worth(budget, order)
    if not pays:
        least = budget.threshold
        return Refused(Reason.BUDGET_UNSUITED, f"amount: orders from {least} minor units")
    return None if pays == asked.amount else Refused(Reason.AMOUNT_CHANGED, "discount")
