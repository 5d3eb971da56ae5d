"""Reading refunds, payouts and budgets of everybody, newest first."""

from typing import Final

from msgspec import Struct

from changliao.core.budgets import Budget
from changliao.core.money import BY_NUMBER
from changliao.core.payouts import Payout
from changliao.core.refunds import Refund
from changliao.store.budgets import from_row as budget_from_row
from changliao.store.engine import Reader
from changliao.store.payouts import from_row as payout_from_row
from changliao.store.refunds import from_row as refund_from_row

_REFUND_COLUMNS: Final = 13


class Refunded(Struct, frozen=True):
    """A refund, with the currency and the merchant's number of its order."""

    refund: Refund
    currency: str
    order_reference: str


def refunds(
    reader: Reader, merchant_id: int, before: int, most: int, *, abnormal: bool = False
) -> list[Refunded]:
    """`merchant_id` 0 is everybody; `abnormal`: only those that a channel declined."""
    keys = {"before": before, "most": most}
    if abnormal:
        rows = reader.select("refunds_abnormal", {"merchant_id": merchant_id, **keys})
    elif merchant_id:
        rows = reader.select("refunds_latest_of_merchant", {"merchant_id": merchant_id, **keys})
    else:
        rows = reader.select("refunds_latest", keys)
    return [
        Refunded(refund_from_row(row[:_REFUND_COLUMNS]), BY_NUMBER[row[-2]].code, row[-1])
        for row in rows
    ]


def payouts(reader: Reader, before: int, most: int, *, waiting: bool) -> list[Payout]:
    """`waiting`: only those that their payees have not confirmed."""
    name = "payouts_waiting_latest" if waiting else "payouts_latest"
    return [payout_from_row(row) for row in reader.select(name, {"before": before, "most": most})]


def budgets(reader: Reader, before: int, most: int) -> list[Budget]:
    """Open or not."""
    rows = reader.select("budgets_latest", {"before": before, "most": most})
    return [budget_from_row(row) for row in rows]
