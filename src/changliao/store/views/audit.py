"""Reading everything, in pages, for the audit."""

from collections.abc import Iterator
from typing import Final

from changliao.core import chart
from changliao.core.bills import DayEnd
from changliao.core.chart import AccountId
from changliao.store.bills import from_row as day_end_from_row
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


def day_ends_accounts(reader: Reader) -> Iterator[AccountId]:
    """Every account of which an end of a day is kept."""
    owner_id = book = 0
    while rows := reader.select(
        "day_ends_accounts", {"owner_id": owner_id, "book": book, "most": _PAGE}
    ):
        yield from (chart.account(*row) for row in rows)
        owner_id, book = rows[-1]


def day_ends(reader: Reader, account: AccountId) -> list[DayEnd]:
    """The kept ends of an account's days, the newest first."""
    keys = {"owner_id": account.owner, "book": account.book}
    return [day_end_from_row(row) for row in reader.select("day_ends_of_account", keys)]


def balances_back(reader: Reader, account: AccountId) -> Iterator[tuple[int, int]]:
    """An account's whole chain, the newest leg first: each leg and the balance after it."""
    keys = {"owner_id": account.owner, "book": account.book}
    rows = reader.select("account_by_id", keys)
    leg_id, balance = (rows[0][6], rows[0][3] - rows[0][2]) if rows else (0, 0)
    while leg_id:
        walk = {"leg_id": leg_id, "owner_id": account.owner, "since": 0, "most": _PAGE}
        page = reader.select("legs_back_to", walk)
        for row in page:
            yield row[0], balance
            balance -= row[1] if row[0] & 1 else -row[1]
        leg_id = page[-1][4] if page else 0


def pending(reader: Reader) -> list[Row]:
    """Every pending transfer."""
    return reader.select("audit_pending", {})


def payouts(reader: Reader) -> Iterator[Row]:
    """Every payout."""
    merchant_id = payout_id = 0
    while rows := reader.select(
        "audit_payouts", {"merchant_id": merchant_id, "payout_id": payout_id, "most": _PAGE}
    ):
        yield from rows
        merchant_id, payout_id = rows[-1][:2]


def payout_batches(reader: Reader) -> list[Row]:
    """Every batch with the sums it says."""
    return reader.select("audit_payout_batches", {})


def authorizations(reader: Reader) -> Iterator[Row]:
    """Every authorization."""
    merchant_id = authorization_id = 0
    while rows := reader.select(
        "audit_authorizations",
        {"merchant_id": merchant_id, "authorization_id": authorization_id, "most": _PAGE},
    ):
        yield from rows
        merchant_id, authorization_id = rows[-1][:2]


def authorization_steps(reader: Reader) -> list[Row]:
    """Every step of every authorization."""
    return reader.select("audit_authorization_steps", {})


def payments_of_platform(reader: Reader, platform_id: int) -> Iterator[Row]:
    """Every payment of a platform's orders that obeys its acceptance."""
    after = 0
    while rows := reader.select(
        "audit_payments_of_platform",
        {"platform_id": platform_id, "after": after, "most": _PAGE},
    ):
        yield from rows
        after = rows[-1][0]
