"""Reading what operators look at first: what waits for them, and the day so far."""

from msgspec import Struct

from changliao.core.orders import OrderState
from changliao.store.engine import Reader


class Waiting(Struct, frozen=True):
    """How many of each kind wait for somebody."""

    stores: int = 0
    drafts: int = 0
    disputes: int = 0
    mergers: int = 0
    events: int = 0


class Placed(Struct, frozen=True):
    """Orders of one currency (its number) that were placed in a time. Units: minor."""

    currency: int
    orders: int = 0
    paid: int = 0
    amount: int = 0
    refunded: int = 0


def waiting(reader: Reader) -> Waiting:
    """Zero where nothing waits."""
    found = {str(row[0]): int(row[1]) for row in reader.select("console_waiting", {})}
    return Waiting(**found)


def placed_since(reader: Reader, first: int) -> list[Placed]:
    """By currency; reads every order since this id, so run it beside the loop."""
    sums: dict[int, Placed] = {}
    for currency, state, orders, amount, refunded in reader.select(
        "console_since", {"since": first}
    ):
        known = sums.get(currency, Placed(currency))
        paid = state == OrderState.PAID
        sums[currency] = Placed(
            currency,
            known.orders + int(orders),
            known.paid + (int(orders) if paid else 0),
            known.amount + (int(amount) if paid else 0),
            known.refunded + (int(refunded) if paid else 0),
        )
    return list(sums.values())
