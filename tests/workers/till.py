"""A merchant that places orders by both doors, and an operator who pays them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.served import Rest, Served, Shop
from tests.waiting import LONGEST_S, eventually
from tests.workers.receiver import Mailbox

PRICE = 1000


class Till:
    """One merchant of a network, by both doors, with an operator who pays its orders."""

    def __init__(self, served: Served, operator: Rest) -> None:
        self.served = served
        self.operator = operator
        self.made = operator.made("/api/v1/merchants", name="Shop", fee_bps=60)
        self.id: str = self.made["id"]
        self.rest = Rest(served.base_url, self.made["rest_key"], self.made["rest_secret"])
        self.shop = Shop(self.made)
        phone = f"1{secrets.randbelow(10**12):012d}"
        self.payer: str = operator.made("/api/v1/users", phone=phone, name="payer")["id"]
        operator.made(f"/api/v1/users/{self.payer}/top-ups", amount=1_000_000)

    def close(self) -> None:
        self.rest.http.close()
        self.shop.http.close()

    def place(self, box: Mailbox | None, **changes: Any) -> Any:
        """A REST order that is told to the mailbox."""
        fields = {"reference": secrets.token_hex(8), "title": "shoes", "amount": PRICE}
        address = {"notify_url": box.url} if box else {}
        return self.rest.made("/api/v1/orders", **(fields | address | changes))

    def pay(self, order_id: str) -> Any:
        return self.operator.made(
            "/api/v1/payments", merchant_id=self.id, order_id=order_id, payer_id=self.payer,
            amount=PRICE,
        )  # fmt: skip

    def sell(self, box: Mailbox, **changes: Any) -> Any:
        """A paid REST order that is told to the mailbox."""
        return self.pay(self.place(box, **changes)["id"])

    def newest(self) -> str:
        """The id of the order that was placed last, by whichever door."""
        found = self.operator.get(f"/api/v1/orders?merchant_id={self.id}").json()["data"]
        return str(found[0]["id"])

    def refund(self, order: Any, amount: int, box: Mailbox | None = None) -> Any:
        address = {"notify_url": box.url} if box else {}
        path = f"/api/v1/orders/{order['id']}/refunds"
        return self.rest.made(path, reference=secrets.token_hex(8), amount=amount, **address)

    def event(self, event_id: str) -> Any:
        return self.operator.get(f"/api/v1/events/{event_id}").json()

    def settled(self, event_id: str, state: str, within_s: float = LONGEST_S) -> Any:
        """The event, once it is in that state."""
        return eventually(
            lambda: (found := self.event(event_id))["state"] == state and found, within_s
        )


@contextmanager
def opened(served: Served, operator: Rest) -> Iterator[Till]:
    till = Till(served, operator)
    try:
        yield till
    finally:
        till.close()
