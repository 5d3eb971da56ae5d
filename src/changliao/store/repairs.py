"""Where abnormal refunds went, as rows."""

from changliao.core.ids import ChannelRequestId, MerchantId, RefundId
from changliao.core.repairs import Goal, Repair
from changliao.store.engine import Row
from changliao.store.unit import Table


def repair_from_row(row: Row) -> Repair:
    """A repair from its columns in the order of `refund_repairs_find`."""
    return Repair(
        request_id=ChannelRequestId(row[1]),
        merchant_id=MerchantId(row[2]),
        refund_id=RefundId(row[3]),
        goal=Goal(row[4]),
        digest=bytes(row[6]),
        owner_id=row[0],
        amount=row[5],
    )


REPAIRS: Table[tuple[int, int], Repair] = Table(
    name="refund_repairs",
    key=lambda one: (one.owner_id, one.request_id),
    to_row=lambda one: (
        *(one.owner_id, one.request_id, one.merchant_id, one.refund_id),
        *(int(one.goal), one.amount, one.digest),
    ),
    from_row=repair_from_row,
)
