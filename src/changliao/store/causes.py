"""Whose movement or budget an id names, as rows."""

from msgspec import Struct

from changliao.store.unit import Table


class Cause(Struct, frozen=True):
    """An id that somebody chose for a movement or a budget, and who."""

    id: int
    owner_id: int


CAUSES: Table[int, Cause] = Table(
    name="causes",
    key=lambda one: one.id,
    to_row=lambda one: (one.id, one.owner_id),
    from_row=lambda row: Cause(row[0], row[1]),
)
