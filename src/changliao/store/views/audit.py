"""Reading everything, in pages, for the audit."""

from collections.abc import Iterator
from typing import Final

from changliao.store.engine import Reader, Row

_PAGE: Final = 20_000


def legs(reader: Reader) -> Iterator[Row]:
    """Every leg in the order of its id."""
    after = 0
    while rows := reader.select("audit_legs", {"after": after, "most": _PAGE}):
        yield from rows
        after = rows[-1][0]


def nodes(reader: Reader) -> list[int]:
    """Which nodes have a chain."""
    return [row[0] for row in reader.select("audit_nodes", {})]


def journal(reader: Reader, node: int) -> Iterator[Row]:
    """One node's records in order."""
    after = 0
    while rows := reader.select("audit_journal", {"node": node, "after": after, "most": _PAGE}):
        yield from rows
        after = rows[-1][1]


def accounts(reader: Reader) -> Iterator[Row]:
    """Every account."""
    owner_id = book = 0
    while rows := reader.select(
        "audit_accounts", {"owner_id": owner_id, "book": book, "most": _PAGE}
    ):
        yield from rows
        owner_id, book = rows[-1][:2]


def orders(reader: Reader) -> Iterator[Row]:
    """Every order."""
    merchant_id = order_id = 0
    while rows := reader.select(
        "audit_orders", {"merchant_id": merchant_id, "order_id": order_id, "most": _PAGE}
    ):
        yield from rows
        merchant_id, order_id = rows[-1][:2]


def refunds(reader: Reader) -> Iterator[Row]:
    """Every refund."""
    merchant_id = refund_id = 0
    while rows := reader.select(
        "audit_refunds", {"merchant_id": merchant_id, "refund_id": refund_id, "most": _PAGE}
    ):
        yield from rows
        merchant_id, refund_id = rows[-1][:2]


def pending(reader: Reader) -> list[Row]:
    """Every pending transfer."""
    return reader.select("audit_pending", {})
