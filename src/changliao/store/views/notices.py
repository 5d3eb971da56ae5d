"""Reading where notices go."""

from changliao.core.ids import MerchantId
from changliao.core.notices import Noticed
from changliao.store.engine import Reader
from changliao.store.notices import noticed_from_row


def noticed(reader: Reader, merchant_id: MerchantId) -> Noticed:
    """Where a merchant's notices go: nowhere as long as nothing was said."""
    rows = reader.select("notices_of", {"merchant_id": merchant_id})
    return noticed_from_row(rows[0]) if rows else Noticed(merchant_id)
