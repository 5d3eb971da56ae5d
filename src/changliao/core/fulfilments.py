"""Fulfilments: what a merchant says became of an order. They move no money."""

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, OrderId


class Fulfilment(Struct, frozen=True):
    """What was said under a merchant's own number for saying it; `status` empty: nothing of it."""

    merchant_id: MerchantId
    order_id: OrderId
    reference: str
    kind: str
    status: str
    said_at: Instant
