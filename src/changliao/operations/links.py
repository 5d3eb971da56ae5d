"""Payment links: what a QR code, a prepay id or a cashier address carries.

A link names an order and how often one was issued for it, and ends by itself; it is authenticated,
so nobody can make one for another order. Nothing has to be stored for it. Text form: 44 characters
of URL-safe base 64.
"""

import re
import struct
from typing import Final

from msgspec import Struct

from changliao.core.clock import SECOND, Instant
from changliao.core.ids import MerchantId, OrderId
from changliao.core.orders import Order
from changliao.operations.seal import Seal
from changliao.operations.vault import Vault

_LAYOUT: Final = struct.Struct(">QQII")
_MAC_BYTES: Final = 9
_LENGTH: Final = 44
_CANDIDATE: Final = re.compile(r"(?<![\w-])(?:wx)?([\w-]{44})(?![\w-])", re.ASCII)


class Link(Struct, frozen=True):
    """Which order, and which issue of its link; it opens nothing from `expires_at` on."""

    merchant_id: MerchantId
    order_id: OrderId
    issue: int
    expires_at: Instant


class Links:
    """Makes and reads links with a key of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._seal = Seal(vault.derive("payment links"), _MAC_BYTES)

    def make(self, order: Order, expires_at: Instant) -> str:
        """A link for the newest issue of an order."""
        body = _LAYOUT.pack(order.merchant_id, order.id, order.issue, expires_at // SECOND)
        return self._seal.close(body)

    def read(self, text: str) -> Link | None:
        """None for anything that is not a link of ours. An expired link is still read."""
        body = self._seal.open(text) if len(text) == _LENGTH else None
        if body is None:
            return None
        merchant_id, order_id, issue, expires_s = _LAYOUT.unpack(body)
        expires_at = Instant(expires_s * SECOND)
        return Link(MerchantId(merchant_id), OrderId(order_id), issue, expires_at)

    def find_in(self, text: str) -> Link | None:
        """The link in a code, prepay id or address, whichever protocol wrapped it."""
        found = (self.read(match[1]) for match in _CANDIDATE.finditer(text))
        return next((link for link in found if link is not None), None)
