"""Tenders as rows."""

from changliao.core.ids import MerchantId, OrderId, PaymentId, UserId
from changliao.core.tenders import Tender, TenderState
from changliao.store.engine import Row
from changliao.store.unit import Table


def tender_from_row(row: Row) -> Tender:
    """A tender from its columns in the order of `tenders_find`."""
    return Tender(
        payer_id=UserId(row[0]),
        payment_id=PaymentId(row[1]),
        merchant_id=MerchantId(row[2]),
        order_id=OrderId(row[3]),
        method_id=row[4],
        terminal_id=row[5],
        state=TenderState(row[6]),
        reason=row[7],
    )


TENDERS: Table[tuple[int, int], Tender] = Table(
    name="tenders",
    key=lambda one: (one.payer_id, one.payment_id),
    to_row=lambda one: (
        *(one.payer_id, one.payment_id, one.merchant_id, one.order_id),
        *(one.method_id, one.terminal_id, int(one.state), one.reason),
    ),
    from_row=tender_from_row,
    change=lambda before, after: (
        *(after.payer_id, after.payment_id, int(after.state), after.reason, int(before.state)),
    ),
)
