"""Reading orders, refunds and payers' attempts."""

from typing import Final

from msgspec import Struct

from changliao.core.orders import Attempt, Order, Terms
from changliao.core.refunds import Refund
from changliao.store.engine import Reader, Row
from changliao.store.orders import ATTEMPTS, TERMS
from changliao.store.orders import from_row as order_from_row
from changliao.store.refunds import from_row as refund_from_row

_ORDER_COLUMNS: Final = 25


class Wanted(Struct, frozen=True):
    """Which of a merchant's orders or refunds: with ids before and not before these, and a state.

    `state` 0 is every state. Ids rise with time, so they bound times too.
    """

    merchant_id: int
    before: int
    made_from: int
    made_before: int
    state: int


class Placed(Struct, frozen=True):
    """An order with its terms."""

    order: Order
    terms: Terms


def order(reader: Reader, merchant_id: int, order_id: int) -> Placed | None:
    """By id."""
    keys = {"merchant_id": merchant_id, "order_id": order_id}
    rows = reader.select("order_with_terms", keys)
    return placed_from_row(rows[0]) if rows else None


def order_by_reference(
    reader: Reader, merchant_id: int, partner_id: int, reference: str
) -> Placed | None:
    """By the merchant's own number; `partner_id` is 0 for orders it placed itself."""
    keys = {"merchant_id": merchant_id, "partner_id": partner_id, "reference": reference}
    rows = reader.select("order_by_reference", keys)
    return placed_from_row(rows[0]) if rows else None


def orders_of_merchant(reader: Reader, wanted: Wanted, most: int) -> list[Placed]:
    """The newest first."""
    return [
        placed_from_row(row) for row in reader.select("orders_of_merchant", _bounds(wanted, most))
    ]


def refunds_of_merchant(reader: Reader, wanted: Wanted, most: int) -> list[Refund]:
    """The newest first."""
    rows = reader.select("refunds_of_merchant", _bounds(wanted, most))
    return [refund_from_row(row) for row in rows]


def refund(reader: Reader, merchant_id: int, refund_id: int) -> Refund | None:
    """By id."""
    rows = reader.select("refund_by_id", {"merchant_id": merchant_id, "refund_id": refund_id})
    return refund_from_row(rows[0]) if rows else None


def refund_by_reference(
    reader: Reader, merchant_id: int, partner_id: int, reference: str
) -> Refund | None:
    """By the merchant's own number."""
    keys = {"merchant_id": merchant_id, "partner_id": partner_id, "reference": reference}
    rows = reader.select("refund_by_reference", keys)
    return refund_from_row(rows[0]) if rows else None


def refunds_of_order(reader: Reader, merchant_id: int, order_id: int) -> list[Refund]:
    """The oldest first."""
    keys = {"merchant_id": merchant_id, "order_id": order_id}
    return [refund_from_row(row) for row in reader.select("refunds_of_order", keys)]


def order_of_payment(reader: Reader, payment_id: int) -> Placed | None:
    """By the payment's id, whoever the merchant is."""
    rows = reader.select("payment_of_anybody", {"payment_id": payment_id})
    return order(reader, rows[0][0], rows[0][1]) if rows else None


def attempt(reader: Reader, payment_id: int, merchant_id: int) -> Attempt | None:
    """A payer's try and its answer."""
    keys = {"payment_id": payment_id, "merchant_id": merchant_id}
    rows = reader.select("payment_by_id", keys)
    return ATTEMPTS.from_row(rows[0]) if rows else None


def placed_from_row(row: Row) -> Placed:
    """From the columns of an order followed by those of its terms."""
    columns = (row[1], row[0], *row[_ORDER_COLUMNS:])
    return Placed(order_from_row(row[:_ORDER_COLUMNS]), TERMS.from_row(columns))


def _bounds(wanted: Wanted, most: int) -> dict[str, int]:
    return {
        "merchant_id": wanted.merchant_id,
        "before": min(wanted.before, wanted.made_before),
        "made_from": wanted.made_from,
        "state": wanted.state,
        "most": most,
    }
