"""The origins that may frame a merchant's codes, as rows."""

from changliao.core.frames import FrameOrigins
from changliao.core.ids import MerchantId
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> FrameOrigins:
    """From the columns of `frame_origins_find`."""
    return FrameOrigins(MerchantId(row[0]), tuple(row[1].split()), row[2])


def _to_row(one: FrameOrigins) -> Row:
    return one.merchant_id, " ".join(one.origins), one.revision


FRAME_ORIGINS: Table[int, FrameOrigins] = Table(
    name="frame_origins",
    key=lambda one: one.merchant_id,
    to_row=_to_row,
    from_row=from_row,
    change=lambda before, after: (*_to_row(after), before.revision),
)
