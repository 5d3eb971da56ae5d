"""Pay codes as rows."""

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, OrderId, UserId
from changliao.core.paycodes import PayCode
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> PayCode:
    """A code from its columns in the order of `pay_codes_find`."""
    return PayCode(row[0], UserId(row[1]), Instant(row[2]), MerchantId(row[3]), OrderId(row[4]))


PAY_CODES: Table[int, PayCode] = Table(
    name="pay_codes",
    key=lambda code: code.number,
    to_row=lambda code: (
        code.number,
        code.user_id,
        code.expires_at,
        code.merchant_id,
        code.order_id,
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.number,
        after.merchant_id,
        after.order_id,
        before.order_id,
    ),
)
