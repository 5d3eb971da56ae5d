"""Reading when keys were last used."""

from changliao.core.clock import Instant
from changliao.store.engine import Reader
from changliao.store.key_uses import use_from_row


def of_owner(reader: Reader, owner_id: int) -> dict[str, Instant]:
    """By serial; a key that was never used is not there."""
    rows = reader.select("key_uses_of_owner", {"owner_id": owner_id})
    return {one.serial: one.used_at for one in map(use_from_row, rows)}
