"""Reading group bills and who gave a part."""

from collections.abc import Iterator

from changliao.core.groupbills import GroupBill, GroupShare
from changliao.store.engine import Reader
from changliao.store.groupbills import from_row, share_from_row


def bill(reader: Reader, payee_id: int, bill_id: int) -> GroupBill | None:
    """By id."""
    rows = reader.select("group_bill_by_id", {"payee_id": payee_id, "bill_id": bill_id})
    return from_row(rows[0]) if rows else None


def of_payee(reader: Reader, payee_id: int, before: int, most: int) -> list[GroupBill]:
    """What a user asked for, newest first."""
    keys = {"payee_id": payee_id, "before": before, "most": most}
    return [from_row(row) for row in reader.select("group_bills_of_payee", keys)]


def shares(reader: Reader, payee_id: int, bill_id: int) -> list[GroupShare]:
    """Who gave a part, in the order of paying."""
    keys = {"payee_id": payee_id, "bill_id": bill_id}
    return [share_from_row(row) for row in reader.select("shares_of_group_bill", keys)]


def all_bills(reader: Reader) -> Iterator[GroupBill]:
    """Every bill, for the audit."""
    yield from map(from_row, reader.select("audit_group_bills", {}))


def all_shares(reader: Reader) -> Iterator[GroupShare]:
    """Every part by bill, in the order of paying, for the audit."""
    yield from map(share_from_row, reader.select("audit_group_shares", {}))
