"""What merchants pay for each method, as rows."""

from changliao.core.fees import MethodFee
from changliao.core.ids import MerchantId
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> MethodFee:
    """A rate, from its columns in the order of `method_fees_find`."""
    return MethodFee(MerchantId(row[0]), row[1], row[2])


METHOD_FEES: Table[tuple[int, int], MethodFee] = Table(
    name="method_fees",
    key=lambda one: (one.merchant_id, one.method_id),
    to_row=lambda one: (one.merchant_id, one.method_id, one.fee_bps),
    from_row=from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.method_id,
        after.fee_bps,
        before.fee_bps,
    ),
)
