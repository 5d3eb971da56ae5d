"""Held money as rows."""

from changliao.core.clock import Instant
from changliao.core.holds import Holding, HoldingState, HoldTerms
from changliao.core.ids import MerchantId, OrderId
from changliao.core.money import BY_NUMBER
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> Holding:
    """A holding from its columns in the order of `holdings_find`."""
    return Holding(
        order_id=OrderId(row[0]),
        merchant_id=MerchantId(row[1]),
        currency=BY_NUMBER[row[2]],
        amount=row[3],
        held=row[4],
        until=Instant(row[5]),
        shared=row[6],
        released=row[7],
        refunded=row[8],
        requests=row[9],
        revision=row[10],
        state=HoldingState(row[11]),
    )


HOLDINGS: Table[tuple[int, int], Holding] = Table(
    name="holdings",
    key=lambda holding: (holding.order_id, holding.merchant_id),
    to_row=lambda holding: (
        holding.order_id,
        holding.merchant_id,
        holding.currency.number,
        holding.amount,
        holding.held,
        holding.until,
        holding.shared,
        holding.released,
        holding.refunded,
        holding.requests,
        holding.revision,
        int(holding.state),
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.order_id,
        after.merchant_id,
        after.held,
        after.until,
        after.shared,
        after.released,
        after.refunded,
        after.requests,
        after.revision,
        int(after.state),
        before.revision,
    ),
)
HOLD_TERMS: Table[tuple[int, int], HoldTerms] = Table(
    name="hold_terms",
    key=lambda one: (one.merchant_id, one.order_id),
    to_row=lambda one: (one.merchant_id, one.order_id, one.days),
    from_row=lambda row: HoldTerms(MerchantId(row[0]), OrderId(row[1]), row[2]),
)
