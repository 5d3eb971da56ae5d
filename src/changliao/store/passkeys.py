"""Passkeys, as rows."""

from changliao.core.clock import Instant
from changliao.core.passkeys import Passkey
from changliao.store.engine import Row
from changliao.store.unit import Table


def passkey_from_row(row: Row) -> Passkey:
    """A passkey from the columns of `passkeys_find`."""
    return Passkey(
        credential=bytes(row[0]),
        owner_id=row[1],
        name=row[2],
        public_key=bytes(row[3]),
        sign_count=row[4],
        added_at=Instant(row[5]),
        used_at=Instant(row[6]),
        removed_at=Instant(row[7]),
        confirms_at=Instant(row[8]),
    )


PASSKEYS: Table[bytes, Passkey] = Table(
    name="passkeys",
    key=lambda one: one.credential,
    to_row=lambda one: (
        one.credential,
        one.owner_id,
        one.name,
        one.public_key,
        one.sign_count,
        one.added_at,
        one.used_at,
        one.removed_at,
        one.confirms_at,
    ),
    from_row=passkey_from_row,
    change=lambda before, after: (
        after.credential,
        after.name,
        after.sign_count,
        after.used_at,
        after.removed_at,
        after.confirms_at,
        before.sign_count,
        before.used_at,
        before.removed_at,
        before.confirms_at,
    ),
)
