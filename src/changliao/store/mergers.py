"""Mergers of platforms, as rows."""

import msgspec

from changliao.core.mergers import Merger
from changliao.store.engine import Row
from changliao.store.unit import Table

_MERGER = msgspec.json.Decoder(Merger)


def merger_from_row(row: Row) -> Merger:
    """A merger, from its columns in the order of `mergers_find`."""
    return _MERGER.decode(row[3])


MERGERS: Table[int, Merger] = Table(
    name="mergers",
    key=lambda one: one.id,
    to_row=lambda one: (
        one.id,
        one.source_id,
        one.target_id,
        msgspec.json.encode(one),
        int(one.state),
        one.revision,
    ),
    from_row=merger_from_row,
    change=lambda before, after: (
        after.id,
        msgspec.json.encode(after),
        int(after.state),
        after.revision,
        before.revision,
    ),
)
