"""Reading baskets with their orders."""

from changliao.core.baskets import Basket
from changliao.store.baskets import from_row
from changliao.store.engine import Reader
from changliao.store.views import orders
from changliao.store.views.orders import Placed


def basket(reader: Reader, basket_id: int, merchant_id: int) -> Basket | None:
    """By id."""
    rows = reader.find("baskets_find", [(basket_id, merchant_id)])
    return from_row(rows[0]) if rows else None


def basket_by_reference(reader: Reader, merchant_id: int, reference: str) -> Basket | None:
    """By the number of the merchant that sells the whole."""
    rows = reader.find("baskets_find_by_reference", [(merchant_id, reference)])
    return from_row(rows[0]) if rows else None


def members(reader: Reader, whole: Basket) -> list[Placed]:
    """A basket's orders with their terms, in its own order."""
    found = (orders.order(reader, merchant_id, order_id) for merchant_id, order_id in whole.members)
    return [placed for placed in found if placed is not None]
