"""Reading pay codes."""

from changliao.core.paycodes import PayCode
from changliao.store.engine import Reader
from changliao.store.paycodes import from_row


def pay_code(reader: Reader, number: int) -> PayCode | None:
    """By its digits."""
    rows = reader.find("pay_codes_find", [(number,)])
    return from_row(rows[0]) if rows else None
