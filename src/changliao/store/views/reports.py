"""Reading sums: a merchant's days, the books altogether, the ends of the journals.

Days and books read much: run them beside the loop.
"""

from msgspec import Struct

from changliao.core import ids
from changliao.core.bills import Day, ends_at, starts_at
from changliao.store.engine import Reader


class DaySums(Struct):
    """One day in one currency."""

    currency: int
    day: int
    payments: int = 0
    paid: int = 0
    fees: int = 0
    refunds: int = 0
    refunded: int = 0


class Book(Struct, frozen=True):
    """All accounts of one book, added up."""

    book: int
    accounts: int
    balance: int
    reserved: int


class Head(Struct, frozen=True):
    """The last record of one node's journal."""

    node: int
    number: int
    hash: bytes


def days(reader: Reader, merchant_id: int, first: Day, last: Day) -> list[DaySums]:
    """Days on which something was paid or refunded, in order."""
    since, before = starts_at(first), ends_at(last)
    bounds = {"merchant_id": merchant_id, "from_us": since, "before_us": before}
    made = {"made_before": max(0, ids.first_id(0, before))}
    found: dict[tuple[int, int], DaySums] = {}
    for currency, count, paid, fees, day in reader.select("report_payments", bounds | made):
        found[day, currency] = DaySums(currency, day, count, paid, fees)
    for currency, count, refunded, day in reader.select("report_refunds", bounds):
        sums = found.setdefault((day, currency), DaySums(currency, day))
        sums.refunds, sums.refunded = count, refunded
    return [found[key] for key in sorted(found)]


def books(reader: Reader) -> list[Book]:
    """Every account, added up by book."""
    return [Book(*row) for row in reader.select("report_books", {})]


def books_before(reader: Reader, first: int) -> list[Book]:
    """The same as it was before the leg `first`."""
    return [Book(*row) for row in reader.select("report_books_before", {"first": first})]


def books_moved(reader: Reader, first: int, last: int) -> list[Book]:
    """What became of the books from the leg `first` on, before `last`."""
    keys = {"first": first, "last": last}
    return [Book(*row) for row in reader.select("report_books_moved", keys)]


def heads(reader: Reader) -> list[Head]:
    """The end of each node's journal."""
    nodes = [row[0] for row in reader.select("audit_nodes", {})]
    ends = ((node, reader.select("journal_head", {"node": node})[0]) for node in nodes)
    return [Head(node, row[0], bytes(row[2])) for node, row in ends]
