"""Finding an order by whatever somebody has of it, and the newest orders of everybody."""

from collections.abc import Mapping

from changliao.store.engine import Reader
from changliao.store.views.orders import Placed, Wanted, order, orders_of_merchant, placed_from_row

MOST_FOUND = 20


def orders_of_anybody(reader: Reader, wanted: Wanted, most: int) -> list[Placed]:
    """The newest first; `merchant_id` 0 is everybody."""
    if wanted.merchant_id:
        return orders_of_merchant(reader, wanted, most)
    keys = {
        "before": min(wanted.before, wanted.made_before),
        "made_from": wanted.made_from,
        "state": wanted.state,
        "most": most,
    }
    return [placed_from_row(row) for row in reader.select("orders_latest", keys)]


def order_by_id(reader: Reader, order_id: int) -> Placed | None:
    """Whoever's it is."""
    rows = reader.select("order_of_anybody", {"order_id": order_id})
    return order(reader, rows[0][0], rows[0][1]) if rows else None


def by_payment(reader: Reader, payment_id: int) -> list[Placed]:
    """The orders one payment paid."""
    return _placed(reader, "payment_of_anybody", {"payment_id": payment_id})


def by_refund(reader: Reader, refund_id: int) -> list[Placed]:
    """The order a refund is of."""
    return _placed(reader, "refund_of_anybody", {"refund_id": refund_id})


def by_reference(reader: Reader, reference: str) -> list[Placed]:
    """Orders, or orders of refunds, that a merchant or provider gave this number."""
    keys: dict[str, int | str] = {"reference": reference, "most": MOST_FOUND}
    found = _placed(reader, "orders_by_any_reference", keys)
    return found or _placed(reader, "refunds_by_any_reference", keys)


def _placed(reader: Reader, name: str, keys: Mapping[str, int | str]) -> list[Placed]:
    found = [order(reader, row[0], row[1]) for row in reader.select(name, keys)]
    return [one for one in found if one is not None]
