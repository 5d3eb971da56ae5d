"""Reading accounts and their statements."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from changliao.core import chart
from changliao.core.chart import AccountId
from changliao.core.clock import Instant
from changliao.core.ids import made_at
from changliao.core.ledger import Account, Code
from changliao.core.wallet import TopUp, WalletTransfer
from changliao.store.engine import Reader, Row
from changliao.store.wallet import TOP_UPS, WALLET_TRANSFERS

_PAGE: Final = 10_000
# So many legs are looked at for a book at a time.
WINDOW: Final = 10_000


class Entry(Struct, frozen=True):
    """One line of an account's statement. `amount` is signed: money in is positive.

    `leg_id` is also the cursor of the next page's start through `previous`.
    """

    leg_id: int
    at: Instant
    amount: int
    pending: int
    other: AccountId
    code: Code
    cause_id: int
    previous: int


class MovedIn(Struct, frozen=True):
    """Legs of a book from one id on and before another; of one owner, or (0) of all."""

    book: int
    owner: int
    first: int
    last: int


def account(reader: Reader, account_id: AccountId) -> Account:
    """An account as it stands; one that was never used is empty."""
    keys = {"owner_id": account_id.owner, "book": account_id.book}
    rows = reader.select("account_by_id", keys)
    return Account(account_id, *rows[0][2:]) if rows else Account(account_id)


def accounts_of(reader: Reader, owner_id: int) -> list[Account]:
    """Every account of a party."""
    rows = reader.select("accounts_of_owner", {"owner_id": owner_id})
    return [Account(chart.account(row[0], row[1]), *row[2:]) for row in rows]


def accounts_of_book(reader: Reader, book: int, after: int, most: int) -> list[Account]:
    """A page of all accounts of one book: those of owners after this one, in their order."""
    rows = reader.select("accounts_of_book", {"book": book, "after": after, "most": most})
    return [Account(chart.account(row[0], row[1]), *row[2:]) for row in rows]


def moved_in(
    reader: Reader, wanted: MovedIn, most: int, window: int = WINDOW
) -> tuple[list[tuple[AccountId, Entry]], int]:
    """What moved in a book, the oldest first, each with the account it moved in.

    No index leads from a book to its legs, so only `window` of all are looked at; then the leg is
    told at which the next look begins. 0: all were looked at.
    """
    bounds = {"first": wanted.first, "last": wanted.last}
    end = reader.select("legs_window", bounds | {"skipped": window})
    keys = {
        "book": wanted.book,
        "owner_id": wanted.owner,
        "first": wanted.first,
        "last": int(end[0][0]) if end else wanted.last,
        "most": most,
    }
    found = [
        (chart.account(*row[:2]), _entry(row[2:])) for row in reader.select("legs_of_book", keys)
    ]
    return found, keys["last"] if end else 0


def wallets_of(reader: Reader, user_id: int) -> list[Account]:
    """What a user may spend, one account for each currency: not what is frozen for merchants."""
    wallet = chart.Purpose.WALLET
    return [one for one in accounts_of(reader, user_id) if chart.purpose(one.id) is wallet]


def statement(reader: Reader, account_id: AccountId, leg_id: int, most: int) -> list[Entry]:
    """Newest first from this leg back; `previous` of the last entry starts the next page."""
    if not leg_id:
        return []
    keys = {"leg_id": leg_id, "owner_id": account_id.owner, "most": most}
    return [_entry(row) for row in reader.select("legs_back", keys)]


def _entry(row: Row) -> Entry:
    return Entry(
        leg_id=row[0],
        at=made_at(row[0]),
        amount=row[1] if row[0] & 1 else -row[1],
        pending=row[2],
        other=chart.account(row[3], row[4]),
        code=Code(row[5]),
        cause_id=row[6],
        previous=row[7],
    )


class Movement(Struct, frozen=True):
    """A transfer as it was kept: its debit leg names the account of the credit leg too."""

    leg_id: int
    at: Instant
    debit: AccountId
    credit: AccountId
    amount: int
    pending: int
    code: Code
    cause_id: int


def movements(reader: Reader, cause_id: int, first: int, last: int) -> list[Movement]:
    """The transfers one fact caused, between two ids."""
    keys = {"cause_id": cause_id, "first": first, "last": last}
    return [_movement(row) for row in reader.select("debits_of_cause", keys)]


def transfers(reader: Reader, first: int, last: int) -> Iterator[Movement]:
    """Every transfer from one id on, before another, that moved money: in their order."""
    while rows := reader.select("report_transfers", {"first": first, "last": last, "most": _PAGE}):
        yield from map(_movement, rows)
        first = rows[-1][0] + 1


def movement(reader: Reader, leg_id: int) -> Movement | None:
    """The transfer of a leg, whichever of its two sides was named."""
    rows = reader.select("debit_by_id", {"leg_id": leg_id - leg_id % 2})
    return _movement(rows[0]) if rows else None


def _movement(row: Row) -> Movement:
    return Movement(
        leg_id=row[0],
        at=made_at(row[0]),
        debit=chart.account(row[1], row[2]),
        credit=chart.account(row[5], row[6]),
        amount=row[3],
        pending=row[4],
        code=Code(row[7]),
        cause_id=row[8],
    )


def top_up(reader: Reader, top_up_id: int, user_id: int) -> TopUp | None:
    """By id."""
    rows = reader.select("top_up_by_id", {"top_up_id": top_up_id, "user_id": user_id})
    return TOP_UPS.from_row(rows[0]) if rows else None


def wallet_transfer(reader: Reader, transfer_id: int, payer_id: int) -> WalletTransfer | None:
    """By id and who paid."""
    keys = {"transfer_id": transfer_id, "payer_id": payer_id}
    rows = reader.select("wallet_transfer_by_id", keys)
    return WALLET_TRANSFERS.from_row(rows[0]) if rows else None
