"""Reading budgets, coupons, and what was paid from them."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from changliao.core import budgets
from changliao.core.budgets import Budget
from changliao.core.clock import Instant
from changliao.core.discounts import Coupon, Discounted, worth
from changliao.core.orders import Discount, Order
from changliao.store.budgets import coupon_from_row, discounted_from_row, from_row
from changliao.store.engine import Reader, Row
from changliao.store.views.ledger import account

_BUDGET_COLUMNS: Final = 15
# So many of an owner's campaigns are looked at for one payer.
_MOST_LOOKED_AT: Final = 50


class Offer(Struct, frozen=True):
    """What a payer may use for an order."""

    discount: Discount
    name: str


class Figures(Struct, frozen=True):
    """How a budget stands. Units: minor. `uses` are orders, `paid` what they had, `returned` back.

    `left` is set aside and free, `promised` is in people's coupons.
    """

    left: int
    promised: int
    uses: int
    paid: int
    returned: int


def budget(reader: Reader, owner_id: int, budget_id: int) -> Budget | None:
    """By id."""
    rows = reader.select("budget_by_id", {"owner_id": owner_id, "budget_id": budget_id})
    return from_row(rows[0]) if rows else None


def of_owner(reader: Reader, owner_id: int, before: int, most: int) -> list[Budget]:
    """Newest first."""
    keys = {"owner_id": owner_id, "before": before, "most": most}
    return [from_row(row) for row in reader.select("budgets_of_owner", keys)]


def figures(reader: Reader, known: Budget) -> Figures:
    """How it stands now."""
    left, promised = (
        account(reader, one).balance for one in (budgets.account(known), budgets.promised(known))
    )
    keys = {"owner_id": known.owner_id, "budget_id": known.id}
    paid, returned, uses = reader.select("discounts_of_budget", keys)[0]
    return Figures(left, promised, uses, paid, returned)


def coupons_of(reader: Reader, user_id: int, before: int, most: int) -> list[Coupon]:
    """A person's, newest first."""
    keys = {"user_id": user_id, "before": before, "most": most}
    return [coupon_from_row(row) for row in reader.select("coupons_of_user", keys)]


def of_order(reader: Reader, merchant_id: int, order_id: int) -> Discounted | None:
    """What a budget paid of an order."""
    keys = {"merchant_id": merchant_id, "order_id": order_id}
    rows = reader.select("discount_of_order", keys)
    return discounted_from_row(rows[0]) if rows else None


def offers(reader: Reader, order: Order, user_id: int, now: Instant) -> list[Offer]:
    """What a person may use for an order now, the best first; coupons before equal subsidies."""
    found = [
        offer
        for owner_id in {order.merchant_id, order.partner_id} - {0}
        for offer in _offers(reader, owner_id, order, user_id, now)
    ]
    return sorted(found, key=lambda one: (-one.discount.amount, not one.discount.coupon_id))


def _offers(
    reader: Reader, owner_id: int, order: Order, user_id: int, now: Instant
) -> Iterator[Offer]:
    keys = {"owner_id": owner_id, "user_id": user_id, "now": now, "most": _MOST_LOOKED_AT}
    for row in reader.select("coupons_to_use", keys):
        coupon = coupon_from_row(row)
        known = budget(reader, owner_id, coupon.budget_id)
        amount = worth(known, order) if known is not None else 0
        if known is not None and amount:
            yield Offer(Discount(known.owner_id, known.id, amount, coupon.id), known.name)
    for row in reader.select("subsidies_for_payer", keys):
        known, taken = from_row(row[:_BUDGET_COLUMNS]), row[_BUDGET_COLUMNS]
        amount = worth(known, order)
        if amount and taken < known.most_each and _left(reader, known) >= amount:
            yield Offer(Discount(known.owner_id, known.id, amount), known.name)


def _left(reader: Reader, known: Budget) -> int:
    return account(reader, budgets.account(known)).spendable


def all_budgets(reader: Reader) -> Iterator[Budget]:
    """Every budget, for the audit."""
    yield from map(from_row, reader.select("audit_budgets", {}))


def coupons_waiting(reader: Reader) -> dict[tuple[int, int], int]:
    """How many coupons of a budget wait to be used; for the audit."""
    return {(row[0], row[1]): row[2] for row in reader.select("audit_coupons", {})}


def all_discounts(reader: Reader) -> Iterator[tuple[Discounted, Row]]:
    """What was paid of orders, each with (amount, refunded, discount) of its order."""
    for row in reader.select("audit_discounts", {}):
        yield discounted_from_row(row), row[-3:]


def discounted_orders(reader: Reader) -> Row:
    """All that orders have as discounts, and how many orders; for the audit."""
    return reader.select("audit_discounted_orders", {})[0]
