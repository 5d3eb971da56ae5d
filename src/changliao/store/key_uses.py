"""When keys were last used, as rows."""

from changliao.core.clock import Instant
from changliao.core.key_uses import KeyUse
from changliao.store.engine import Row
from changliao.store.unit import Table


def use_from_row(row: Row) -> KeyUse:
    """A use from the columns of `key_uses_find`."""
    return KeyUse(row[0], row[1], Instant(row[2]))


KEY_USES: Table[tuple[int, str], KeyUse] = Table(
    name="key_uses",
    key=lambda one: (one.owner_id, one.serial),
    to_row=lambda one: (one.owner_id, one.serial, one.used_at),
    from_row=use_from_row,
    change=lambda before, after: (after.owner_id, after.serial, after.used_at, before.used_at),
)
