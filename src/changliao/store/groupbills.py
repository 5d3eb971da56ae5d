"""Group bills and the parts people gave, as rows."""

from changliao.core.clock import Instant
from changliao.core.groupbills import GroupBill, GroupBillState, GroupShare
from changliao.core.ids import GroupBillId, GroupShareId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> GroupBill:
    """A bill from its columns in the order of `group_bills_find`."""
    return GroupBill(
        payee_id=UserId(row[0]),
        id=GroupBillId(row[1]),
        title=row[2],
        amount=Money(row[3], BY_NUMBER[row[4]]),
        shares=row[5],
        ends_at=Instant(row[6]),
        paid=row[7],
        collected=row[8],
        state=GroupBillState(row[9]),
    )


def share_from_row(row: Row) -> GroupShare:
    """A part from its columns in the order of `group_shares_find`."""
    return GroupShare(
        payee_id=UserId(row[0]),
        bill_id=GroupBillId(row[1]),
        payer_id=UserId(row[2]),
        id=GroupShareId(row[3]),
        place=row[4],
        amount=row[5],
    )


GROUP_BILLS: Table[tuple[int, int], GroupBill] = Table(
    name="group_bills",
    key=lambda one: (one.payee_id, one.id),
    to_row=lambda one: (
        one.payee_id,
        one.id,
        one.title,
        one.amount.amount,
        one.amount.currency.number,
        one.shares,
        one.ends_at,
        one.paid,
        one.collected,
        int(one.state),
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.payee_id,
        after.id,
        after.paid,
        after.collected,
        int(after.state),
        before.paid,
        int(before.state),
    ),
)
GROUP_SHARES: Table[tuple[int, int, int], GroupShare] = Table(
    name="group_shares",
    key=lambda one: (one.payee_id, one.bill_id, one.payer_id),
    to_row=lambda one: (
        one.payee_id,
        one.bill_id,
        one.payer_id,
        one.id,
        one.place,
        one.amount,
    ),
    from_row=share_from_row,
)
