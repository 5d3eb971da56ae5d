"""Refunds as rows."""

from changliao.core.clock import Instant
from changliao.core.ids import ChannelRequestId, MerchantId, OrderId, RefundId
from changliao.core.refunds import Refund, RefundState
from changliao.store.engine import Row
from changliao.store.unit import Index, Table


def from_row(row: Row) -> Refund:
    """A refund from its columns in the order of `refunds_find`."""
    return Refund(
        id=RefundId(row[1]),
        merchant_id=MerchantId(row[0]),
        order_id=OrderId(row[3]),
        reference=row[4],
        amount=row[5],
        digest=bytes(row[6]),
        partner_id=MerchantId(row[2]),
        notify_url=row[7],
        reason=row[8],
        state=RefundState(row[9]),
        finished_at=Instant(row[10]),
        discount=row[11],
        request_id=ChannelRequestId(row[12]),
    )


REFUNDS: Table[tuple[int, int], Refund] = Table(
    name="refunds",
    key=lambda refund: (refund.merchant_id, refund.id),
    to_row=lambda refund: (
        refund.merchant_id,
        refund.id,
        refund.partner_id,
        refund.order_id,
        refund.reference,
        refund.amount,
        refund.digest,
        refund.notify_url,
        refund.reason,
        int(refund.state),
        refund.finished_at,
        refund.discount,
        refund.request_id,
    ),
    from_row=from_row,
    change=lambda before, after: (
        *(after.merchant_id, after.id, int(after.state), after.finished_at),
        *(after.request_id, int(before.state), before.request_id),
    ),
)
REFUNDS_BY_REFERENCE: Index[tuple[int, int, str], Refund] = Index(
    name="refunds_find_by_reference",
    table=REFUNDS,
    key=lambda refund: (refund.merchant_id, refund.partner_id, refund.reference),
)
