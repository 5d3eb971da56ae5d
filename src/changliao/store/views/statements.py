"""What can be said of many movements of a wallet at once: with whom, about what, what waits.

The movements of an account are a chain that only leads back. Whoever looks through a wallet sees
WINDOW of them at a time and goes on from there: no page costs more, however long the chain is.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct

from changliao.core.chart import Purpose, purpose
from changliao.core.holds import Holding, HoldingState
from changliao.core.ledger import Code
from changliao.store.engine import Reader
from changliao.store.holds import HOLDINGS
from changliao.store.orders import ATTEMPTS, ORDERS, TERMS
from changliao.store.parties import MERCHANTS, USERS
from changliao.store.refunds import REFUNDS
from changliao.store.unit import Table
from changliao.store.views.ledger import Entry

WINDOW: Final = 1_000
_NONE: Final = (0, 0)
V = TypeVar("V")
Key = tuple[int, int]


class Subject(Struct, frozen=True):
    """Whom a movement was with, what was bought, and the merchant's number of it."""

    name: str = ""
    goods: str = ""
    reference: str = ""

    def has(self, text: str) -> bool:
        """Is this said of it, in whatever letters?"""
        wanted = text.casefold()
        return any(wanted in one.casefold() for one in (self.name, self.goods, self.reference))


def subjects(reader: Reader, entries: Sequence[Entry]) -> dict[int, Subject]:
    """By leg; a movement with nobody but the network has none."""
    owners = sorted({one.other.owner for one in entries})
    names: dict[int, str] = {
        one.id: one.name for one in _found(reader, USERS, [(one,) for one in owners])
    }
    shops = _found(reader, MERCHANTS, [(one,) for one in owners])
    names |= {one.id: one.name for one in shops}
    orders = _orders(reader, entries)
    keys = sorted(set(orders.values()))
    numbers: dict[Key, str] = {
        (one.merchant_id, one.id): one.reference for one in _found(reader, ORDERS, keys)
    }
    told = _found(reader, TERMS, [(order_id, merchant_id) for merchant_id, order_id in keys])
    goods: dict[Key, str] = {(one.merchant_id, one.order_id): one.title for one in told}
    return {
        one.leg_id: Subject(
            names.get(one.other.owner, ""),
            goods.get(orders.get(one.leg_id, _NONE), ""),
            numbers.get(orders.get(one.leg_id, _NONE), ""),
        )
        for one in entries
    }


def waiting(reader: Reader, entries: Sequence[Entry]) -> dict[int, Holding]:
    """By leg of a purchase: its money that waits for the buyer's yes."""
    held = [one for one in entries if purpose(one.other) is Purpose.ESCROW]
    orders = _orders(reader, held)
    keys = sorted({(order_id, merchant_id) for merchant_id, order_id in orders.values()})
    found = {
        (one.merchant_id, one.order_id): one
        for one in _found(reader, HOLDINGS, keys)
        if one.held and one.state is not HoldingState.RELEASED
    }
    return {leg_id: found[key] for leg_id, key in orders.items() if key in found}


def _orders(reader: Reader, entries: Sequence[Entry]) -> dict[int, Key]:
    """By leg, whose order and which it paid or gave back."""
    paid = {(one.cause_id, one.other.owner) for one in entries if one.code is Code.PAYMENT}
    back = {(one.other.owner, one.cause_id) for one in entries if one.code is Code.REFUND}
    causes: dict[Key, Key] = {
        (one.payment_id, one.merchant_id): (one.merchant_id, one.order_id)
        for one in _found(reader, ATTEMPTS, sorted(paid))
    }
    causes |= {
        (one.id, one.merchant_id): (one.merchant_id, one.order_id)
        for one in _found(reader, REFUNDS, sorted(back))
    }
    keyed = {one.leg_id: (one.cause_id, one.other.owner) for one in entries}
    return {leg_id: causes[key] for leg_id, key in keyed.items() if key in causes}


def _found(reader: Reader, table: Table[Any, V], keys: Sequence[tuple[int, ...]]) -> list[V]:
    return [table.from_row(row) for row in reader.find(f"{table.name}_find", keys)] if keys else []
