"""What the audit asks of baskets: the sum of their orders, and paid whole or not at all."""

import msgspec

from changliao.core import ids
from changliao.core.orders import OrderState
from changliao.store.engine import Reader
from changliao.store.orders import from_row


def first_fault(reader: Reader) -> str | None:
    """What is wrong first, in words; None when nothing is."""
    for basket_id, amount, members in reader.select("audit_baskets", {}):
        keys = [tuple(member) for member in msgspec.json.decode(members)]
        orders = [from_row(row) for row in reader.find("orders_find", keys)]
        shown = ids.show("bsk", basket_id)
        if len(orders) != len(keys) or any(one.basket_id != basket_id for one in orders):
            return f"{shown} does not have the orders it names"
        if sum(one.amount.amount for one in orders) != amount:
            return f"{shown} of {amount} is not the sum of its orders"
        paid = sum(one.state is OrderState.PAID for one in orders)
        if paid not in (0, len(orders)):
            return f"{shown} is paid in part: {paid} of {len(orders)} orders"
    return None
