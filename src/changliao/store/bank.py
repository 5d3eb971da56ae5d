"""The sandbox bank's books and faults, as rows. Nothing of the network is read or written here."""

from changliao.core.bank import BankEntry, BankFault, FaultRule
from changliao.core.channels import RequestKind
from changliao.core.clock import Instant
from changliao.store.engine import Row
from changliao.store.unit import Table


def entry_from_row(row: Row) -> BankEntry:
    """An entry from its columns in the order of `bank_entries_find`."""
    channel_id, number, kind, asked, amount, currency, books_at, lines = row
    return BankEntry(
        channel_id, number, RequestKind(kind), asked, amount, currency, Instant(books_at), lines
    )


def rule_from_row(row: Row) -> FaultRule:
    """A fault from its columns in the order of `bank_faults_find`."""
    return FaultRule(row[0], RequestKind(row[1]), BankFault(row[2]), *row[3:])


BANK_ENTRIES: Table[tuple[int, int], BankEntry] = Table(
    name="bank_entries",
    key=lambda one: (one.channel_id, one.number),
    to_row=lambda one: (
        one.channel_id,
        one.number,
        int(one.kind),
        one.asked,
        one.amount,
        one.currency,
        one.books_at,
        one.lines,
    ),
    from_row=entry_from_row,
)
BANK_FAULTS: Table[tuple[int, int], FaultRule] = Table(
    name="bank_faults",
    key=lambda one: (one.channel_id, int(one.kind)),
    to_row=lambda one: (one.channel_id, int(one.kind), one.fault.value, one.left, one.off),
    from_row=rule_from_row,
    change=lambda before, after: (
        after.channel_id,
        int(after.kind),
        after.fault.value,
        after.left,
        after.off,
        before.left,
    ),
)
