"""Reading what merchants said of their orders."""

from changliao.core.fulfilments import Fulfilment
from changliao.store.engine import Reader
from changliao.store.fulfilments import from_row


def of_order(reader: Reader, merchant_id: int, order_id: int, most: int) -> list[Fulfilment]:
    """What was said of an order, the oldest first."""
    keys = {"merchant_id": merchant_id, "order_id": order_id, "most": most}
    return [from_row(row) for row in reader.select("fulfilments_of_order", keys)]
