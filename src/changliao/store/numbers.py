"""Parties' numbers as rows, in both directions."""

from changliao.core.numbers import Numbered
from changliao.store.unit import Table

PARTY_NUMBERS: Table[int, Numbered] = Table(
    name="party_numbers",
    key=lambda one: one.party_id,
    to_row=lambda one: (one.party_id, one.number),
    from_row=lambda row: Numbered(row[0], row[1]),
)
NUMBERED_PARTIES: Table[int, Numbered] = Table(
    name="numbered_parties",
    key=lambda one: one.number,
    to_row=lambda one: (one.number, one.party_id),
    from_row=lambda row: Numbered(row[1], row[0]),
)
