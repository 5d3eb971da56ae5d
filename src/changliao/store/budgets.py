"""Budgets, who took from them, coupons, and what was paid from them, as rows."""

from changliao.core.budgets import Budget, BudgetKind, BudgetState, Taker
from changliao.core.clock import Instant
from changliao.core.discounts import Coupon, CouponState, Discounted
from changliao.core.ids import BudgetId, CouponId, MerchantId, OrderId, PaymentId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> Budget:
    """A budget from its columns in the order of `budgets_find`."""
    return Budget(
        owner_id=MerchantId(row[0]),
        id=BudgetId(row[1]),
        name=row[2],
        kind=BudgetKind(row[3]),
        cap=Money(row[4], BY_NUMBER[row[5]]),
        face=row[6],
        rate_bps=row[7],
        threshold=row[8],
        most_each=row[9],
        starts_at=Instant(row[10]),
        ends_at=Instant(row[11]),
        coupon_lives=row[12],
        funded=row[13],
        state=BudgetState(row[14]),
    )


def coupon_from_row(row: Row) -> Coupon:
    """A coupon from its columns in the order of `coupons_find`."""
    return Coupon(
        owner_id=MerchantId(row[0]),
        id=CouponId(row[1]),
        budget_id=BudgetId(row[2]),
        user_id=UserId(row[3]),
        expires_at=Instant(row[4]),
        state=CouponState(row[5]),
    )


def taker_from_row(row: Row) -> Taker:
    """A person's number from its columns in the order of `budget_takers_find`."""
    return Taker(MerchantId(row[0]), BudgetId(row[1]), UserId(row[2]), row[3])


def discounted_from_row(row: Row) -> Discounted:
    """What was paid, from its columns in the order of `discounts_find`."""
    return Discounted(
        merchant_id=MerchantId(row[0]),
        order_id=OrderId(row[1]),
        owner_id=MerchantId(row[2]),
        budget_id=BudgetId(row[3]),
        coupon_id=CouponId(row[4]),
        payer_id=UserId(row[5]),
        payment_id=PaymentId(row[6]),
        amount=row[7],
        returned=row[8],
    )


def _to_row(one: Budget) -> Row:
    return (
        one.owner_id,
        one.id,
        one.name,
        int(one.kind),
        one.cap.amount,
        one.cap.currency.number,
        one.face,
        one.rate_bps,
        one.threshold,
        one.most_each,
        one.starts_at,
        one.ends_at,
        one.coupon_lives,
        one.funded,
        int(one.state),
    )


BUDGETS: Table[tuple[int, int], Budget] = Table(
    name="budgets",
    key=lambda one: (one.owner_id, one.id),
    to_row=_to_row,
    from_row=from_row,
    change=lambda before, after: (
        after.owner_id,
        after.id,
        after.funded,
        int(after.state),
        before.funded,
        int(before.state),
    ),
)
TAKERS: Table[tuple[int, int, int], Taker] = Table(
    name="budget_takers",
    key=lambda one: (one.owner_id, one.budget_id, one.user_id),
    to_row=lambda one: (one.owner_id, one.budget_id, one.user_id, one.taken),
    from_row=taker_from_row,
    change=lambda before, after: (
        after.owner_id,
        after.budget_id,
        after.user_id,
        after.taken,
        before.taken,
    ),
)
COUPONS: Table[tuple[int, int], Coupon] = Table(
    name="coupons",
    key=lambda one: (one.owner_id, one.id),
    to_row=lambda one: (
        one.owner_id,
        one.id,
        one.budget_id,
        one.user_id,
        one.expires_at,
        int(one.state),
    ),
    from_row=coupon_from_row,
    change=lambda before, after: (after.owner_id, after.id, int(after.state), int(before.state)),
)
DISCOUNTS: Table[tuple[int, int], Discounted] = Table(
    name="discounts",
    key=lambda one: (one.merchant_id, one.order_id),
    to_row=lambda one: (
        one.merchant_id,
        one.order_id,
        one.owner_id,
        one.budget_id,
        one.coupon_id,
        one.payer_id,
        one.payment_id,
        one.amount,
        one.returned,
    ),
    from_row=discounted_from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.order_id,
        after.returned,
        before.returned,
    ),
)
