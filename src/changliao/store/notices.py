"""Where notices go, as rows."""

from changliao.core.ids import MerchantId
from changliao.core.notices import Noticed
from changliao.store.engine import Row
from changliao.store.unit import Table


def noticed_from_row(row: Row) -> Noticed:
    """An address from the columns of `notices_find`."""
    return Noticed(MerchantId(row[0]), row[1])


NOTICES: Table[int, Noticed] = Table(
    name="notices",
    key=lambda one: one.merchant_id,
    to_row=lambda one: (one.merchant_id, one.notify_url),
    from_row=noticed_from_row,
    change=lambda before, after: (after.merchant_id, after.notify_url, before.notify_url),
)
