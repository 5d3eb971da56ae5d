"""Finding an order by whatever somebody has of it, and the newest orders of everybody."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from changliao.store.engine import Reader
from changliao.store.views import baskets
from changliao.store.views.orders import Placed, Wanted, order, orders_of_merchant, placed_from_row

MOST_FOUND = 20
# So many orders are looked at for a state at a time.
WINDOW = 10_000


class Looked(Struct, frozen=True):
    """What was found. Orders with ids before `until` were not looked at; 0: there are none."""

    placed: list[Placed]
    until: int = 0


def orders_of_anybody(reader: Reader, wanted: Wanted, most: int, window: int = WINDOW) -> Looked:
    """The newest first; `merchant_id` 0 is everybody.

    No index leads to a state, so for one only `window` orders are looked at each time.
    """
    until = _until(reader, wanted, window) if wanted.state else 0
    within = replace(wanted, made_from=max(wanted.made_from, until))
    if wanted.merchant_id:
        return Looked(orders_of_merchant(reader, within, most), until)
    keys = {
        "before": min(within.before, within.made_before),
        "made_from": within.made_from,
        "state": within.state,
        "most": most,
    }
    return Looked([placed_from_row(row) for row in reader.select("orders_latest", keys)], until)


def _until(reader: Reader, wanted: Wanted, window: int) -> int:
    keys = {
        "before": min(wanted.before, wanted.made_before),
        "made_from": wanted.made_from,
        "skipped": window,
    }
    if wanted.merchant_id:
        keys |= {"merchant_id": wanted.merchant_id}
    name = "orders_window_of_merchant" if wanted.merchant_id else "orders_window"
    rows = reader.select(name, keys)
    return int(rows[0][0]) + 1 if rows else 0


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


def by_basket(reader: Reader, basket_id: int) -> list[Placed]:
    """The orders of a basket, in its own order."""
    rows = reader.select("basket_of_anybody", {"basket_id": basket_id})
    whole = baskets.basket(reader, basket_id, rows[0][0]) if rows else None
    return baskets.members(reader, whole) if whole else []


def owner_of_cause(reader: Reader, cause_id: int) -> int:
    """Whose movement the network knows by this id alone; 0: none."""
    rows = reader.find("causes_find", [(cause_id,)])
    return int(rows[0][1]) if rows else 0


def by_reference(reader: Reader, reference: str) -> list[Placed]:
    """Orders, or orders of refunds, that a merchant or provider gave this number."""
    keys: dict[str, int | str] = {"reference": reference, "most": MOST_FOUND}
    found = _placed(reader, "orders_by_any_reference", keys)
    return found or _placed(reader, "refunds_by_any_reference", keys)


def _placed(reader: Reader, name: str, keys: Mapping[str, int | str]) -> list[Placed]:
    found = [order(reader, row[0], row[1]) for row in reader.select(name, keys)]
    return [one for one in found if one is not None]
