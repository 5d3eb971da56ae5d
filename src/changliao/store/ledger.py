"""The ledger's rows: accounts as sums, legs as the transfers that made them, pending transfers.

An account's legs form a chain from the newest back, each naming the one before it: a statement is
read by walking it, and no index has to be kept by account. That saves a page write for each leg.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from changliao.core import chart, ledger
from changliao.core.chart import AccountId
from changliao.core.clock import Instant
from changliao.core.ids import PendingId
from changliao.core.ledger import Account, PendingState, PendingTransfer, Transfer
from changliao.core.limits import UNBOUNDED
from changliao.store.engine import Row
from changliao.store.unit import Table, UnitOfWork

ACCOUNTS: Table[AccountId, Account] = Table(
    name="accounts",
    key=lambda account: account.id,
    to_row=lambda account: (*account.id, *_sums(account), account.last_leg),
    from_row=lambda row: Account(chart.account(row[0], row[1]), *row[2:]),
)


def account(tx: UnitOfWork, account_id: AccountId) -> Account:
    """An account as this batch sees it; one that was never used is empty."""
    return tx.find(ACCOUNTS, account_id) or Account(account_id)


def owners(tx: UnitOfWork, book: int) -> list[int]:
    """Whose accounts of one book this batch has asked for."""
    return [owner for owner, kept in tx.asked(ACCOUNTS) if kept == book]


def post(tx: UnitOfWork, transfers: Iterable[Transfer]) -> None:
    """Keep transfers and what they make of their accounts. Raises LedgerFault: a bug."""
    for transfer in transfers:
        ledger.check(transfer)
        tx.put(ACCOUNTS, transfer.debit, ledger.debited(account(tx, transfer.debit), transfer))
        tx.put(ACCOUNTS, transfer.credit, ledger.credited(account(tx, transfer.credit), transfer))
        tx.transfers.append(transfer)


def account_work(tx: UnitOfWork, leg_ids: Sequence[int]) -> list[tuple[str, list[Row]]]:
    """What this batch makes of each account, in key order, with the account's newest leg.

    New accounts are inserted; to the others their difference is added, guarded by the floor and by
    what their debits may reach.
    """
    last: dict[AccountId, int] = {}
    for transfer, leg_id in zip(tx.transfers, leg_ids, strict=True):
        last[transfer.debit] = leg_id
        last[transfer.credit] = leg_id | 1
    opened, changed, ceilings = [], [], tx.ceilings
    for before, after in tx.changes(ACCOUNTS):
        account_id = after.id
        newest = last[account_id]
        if before is None:
            opened.append((*account_id, *_sums(after), chart.floor(account_id), newest))
        else:
            most = ceilings.get(account_id, UNBOUNDED)
            changed.append((*account_id, *_added(before, after), newest, most))
    work = [("accounts_insert", sorted(opened)), ("accounts_add", sorted(changed))]
    return [(name, rows) for name, rows in work if rows]


def leg_rows(
    tx: UnitOfWork, leg_ids: Sequence[int], returned: Iterable[Row]
) -> tuple[list[Row], dict[Row, int]]:
    """Both legs of each transfer, each naming the one before it on its account.

    `returned` is what the database says of accounts that other processes write as well. With the
    rows comes each account's newest leg.
    """
    previous: dict[Row, int] = {one.id: one.last_leg for _, one in tx.changes(ACCOUNTS)}
    previous.update({(owner, book): leg for owner, book, leg in returned})
    rows: list[Row] = []
    for transfer, leg_id in zip(tx.transfers, leg_ids, strict=True):
        debit, credit, amount, code, cause, pending = _fields(transfer)
        before = previous[debit]
        rows.append((leg_id, *debit, amount, pending, *credit, code, cause, before))
        previous[debit] = leg_id
        leg_id |= 1  # noqa: PLW2901 the credit side
        before = previous[credit]
        rows.append((leg_id, *credit, amount, pending, *debit, code, cause, before))
        previous[credit] = leg_id
    return rows, previous


def committed(tx: UnitOfWork, newest: Mapping[Row, int]) -> Iterator[tuple[AccountId, Account]]:
    """The accounts a batch changed, as the database now has them."""
    for _, one in tx.changes(ACCOUNTS):
        yield one.id, Account(one.id, *_sums(one), newest[one.id])


def _fields(transfer: Transfer) -> tuple[AccountId, AccountId, int, int, int, int]:
    return (
        transfer.debit,
        transfer.credit,
        transfer.amount,
        int(transfer.code),
        transfer.cause,
        transfer.pending,
    )


def _sums(one: Account) -> tuple[int, int, int, int]:
    return one.debits_posted, one.credits_posted, one.debits_pending, one.credits_pending


def _added(before: Account, after: Account) -> tuple[int, int, int, int]:
    return (
        after.debits_posted - before.debits_posted,
        after.credits_posted - before.credits_posted,
        after.debits_pending - before.debits_pending,
        after.credits_pending - before.credits_pending,
    )


PENDING_TRANSFERS: Table[tuple[int, int], PendingTransfer] = Table(
    name="pending_transfers",
    key=lambda pending: (pending.id, pending.debit.owner),
    to_row=lambda pending: (
        pending.id,
        *pending.debit,
        *pending.credit,
        pending.amount,
        pending.posted,
        int(pending.state),
        pending.expires_at,
    ),
    from_row=lambda row: PendingTransfer(
        id=PendingId(row[0]),
        debit=chart.account(row[1], row[2]),
        credit=chart.account(row[3], row[4]),
        amount=row[5],
        posted=row[6],
        state=PendingState(row[7]),
        expires_at=Instant(row[8]),
    ),
    change=lambda before, after: (
        after.id,
        after.debit.owner,
        after.posted,
        int(after.state),
        int(before.state),
    ),
)
