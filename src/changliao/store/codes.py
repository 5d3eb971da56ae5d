"""Codes that were used up, as rows."""

from changliao.core.clock import Instant
from changliao.core.codes import SpentCode
from changliao.store.unit import Table

SPENT_CODES: Table[tuple[int, bytes], SpentCode] = Table(
    name="spent_codes",
    key=lambda one: (one.owner_id, one.digest),
    to_row=lambda one: (one.owner_id, one.digest, one.spent_at),
    from_row=lambda row: SpentCode(row[0], bytes(row[1]), Instant(row[2])),
)
