"""Nonces that were used, as rows."""

from changliao.core.clock import Instant
from changliao.core.nonces import Nonce
from changliao.store.unit import Table

NONCES: Table[tuple[int, bytes], Nonce] = Table(
    name="nonces",
    key=lambda one: (one.owner_id, one.digest),
    to_row=lambda one: (one.owner_id, one.digest, one.message, one.seen_at),
    from_row=lambda row: Nonce(row[0], bytes(row[1]), bytes(row[2]), Instant(row[3])),
)
