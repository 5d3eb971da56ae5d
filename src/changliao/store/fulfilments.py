"""What merchants said of their orders, as rows."""

from changliao.core.clock import Instant
from changliao.core.fulfilments import Fulfilment
from changliao.core.ids import MerchantId, OrderId
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> Fulfilment:
    """What was said, from the columns of `fulfilments_find`."""
    return Fulfilment(MerchantId(row[0]), OrderId(row[1]), row[2], row[3], row[4], Instant(row[5]))


FULFILMENTS: Table[tuple[int, int, str], Fulfilment] = Table(
    name="fulfilments",
    key=lambda one: (one.merchant_id, one.order_id, one.reference),
    to_row=lambda one: (
        one.merchant_id,
        one.order_id,
        one.reference,
        one.kind,
        one.status,
        one.said_at,
    ),
    from_row=from_row,
)
