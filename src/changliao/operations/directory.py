"""The directory: merchants, apps and keys as every request needs them, kept for a moment.

Reading four small tables for each request would cost more than the request. An entry is read again
after a second, and at once when this process changed a merchant; another process's change is
therefore seen within a second.
"""

from collections.abc import Callable
from typing import Any, Final

from changliao.core.clock import SECOND, Clock, Instant
from changliao.core.parties import App, Key, Merchant, Partnership
from changliao.store.engine import Reader
from changliao.store.views import parties

FRESH: Final = 1 * SECOND
_MOST: Final = 100_000


class Directory:
    """Reads through a reader; forgets when told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[tuple[Any, ...], tuple[Instant, Any]] = {}

    def forget(self) -> None:
        """A merchant, app, key or partnership changed."""
        self._entries = {}

    def merchant(self, reader: Reader, number: str) -> Merchant | None:
        """By the protocol's number."""
        return self._kept(("merchant", number), parties.merchant_by_number, reader, number)

    def merchant_by_id(self, reader: Reader, merchant_id: int) -> Merchant | None:
        """By our own id."""
        return self._kept(("merchant", merchant_id), parties.merchant, reader, merchant_id)

    def app(self, reader: Reader, number: str) -> App | None:
        """By the protocol's number."""
        return self._kept(("app", number), parties.app_by_number, reader, number)

    def app_by_id(self, reader: Reader, app_id: int) -> App | None:
        """By our own id."""
        return self._kept(("app", app_id), parties.app, reader, app_id)

    def keys(self, reader: Reader, merchant_id: int) -> list[Key]:
        """Every key of a merchant, also those that do not work."""
        return self._kept(("keys", merchant_id), parties.keys_of, reader, merchant_id)

    def key(self, reader: Reader, serial: str) -> Key | None:
        """The key with a serial that is ours alone."""
        return self._kept(("key", serial), parties.key_by_serial, reader, serial)

    def partnership(self, reader: Reader, partner: int, merchant: int) -> Partnership | None:
        """May the partner act for the merchant?"""
        key = ("partnership", partner, merchant)
        return self._kept(key, parties.partnership, reader, partner, merchant)

    def _kept(self, key: tuple[Any, ...], view: Callable[..., Any], *arguments: Any) -> Any:
        now = self._clock()
        found = self._entries.get(key)
        if found is not None and 0 <= now - found[0] < FRESH:
            return found[1]
        value = view(*arguments)
        if len(self._entries) >= _MOST:
            self._entries = {}
        self._entries[key] = (now, value)
        return value
