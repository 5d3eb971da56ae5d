"""Baskets as rows; their orders are rows of `orders`."""

import msgspec

from changliao.core.baskets import Basket, Member
from changliao.core.ids import BasketId, MerchantId, OrderId
from changliao.core.money import BY_NUMBER, Money
from changliao.store.engine import Row
from changliao.store.unit import Index, Table


def from_row(row: Row) -> Basket:
    """A basket from its columns in the order of `baskets_find`."""
    members: list[Member] = [
        (MerchantId(merchant), OrderId(order)) for merchant, order in msgspec.json.decode(row[6])
    ]
    return Basket(
        id=BasketId(row[0]),
        merchant_id=MerchantId(row[1]),
        reference=row[2],
        amount=Money(row[3], BY_NUMBER[row[4]]),
        digest=bytes(row[5]),
        members=tuple(members),
    )


BASKETS: Table[tuple[int, int], Basket] = Table(
    name="baskets",
    key=lambda basket: (basket.id, basket.merchant_id),
    to_row=lambda basket: (
        basket.id,
        basket.merchant_id,
        basket.reference,
        basket.amount.amount,
        basket.amount.currency.number,
        basket.digest,
        msgspec.json.encode(basket.members),
    ),
    from_row=from_row,
)
BASKETS_BY_REFERENCE: Index[tuple[int, str], Basket] = Index(
    "baskets_find_by_reference", BASKETS, lambda basket: (basket.merchant_id, basket.reference)
)
