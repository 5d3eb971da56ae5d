"""Reading what merchants pay for each method."""

from changliao.core.fees import MethodFee
from changliao.store.engine import Reader
from changliao.store.fees import from_row


def of_merchant(reader: Reader, merchant_id: int) -> list[MethodFee]:
    """The methods that have, or had, a rate of their own."""
    rows = reader.select("method_fees_of_merchant", {"merchant_id": merchant_id})
    return [from_row(row) for row in rows]
