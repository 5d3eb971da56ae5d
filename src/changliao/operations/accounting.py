"""The books as plain-text accounting: a file that programs of others read, add up and check.

Two formats: Beancount (beancount.github.io/docs/beancount_language_syntax.html) and Ledger's
journal, which hledger reads too (hledger.org/hledger.html#journal). Debits are positive there, as
everywhere in double entry: what the network owes somebody is negative. A day is a Beijing day. What
accounts should hold when a day is over is asserted, so that a file in which a line is missing or
was changed is refused by the program that reads it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.bills import Day, date_of
from changliao.core.chart import NETWORK, AccountId, Purpose
from changliao.core.clock import to_rfc3339
from changliao.core.closing import CHANNELS, EVERYBODY
from changliao.core.money import CNY, plain
from changliao.store.engine import Reader
from changliao.store.views import channels, closing

_NAMES: Final = {
    Purpose.WALLET: "Liabilities:Wallets",
    Purpose.PAYABLE: "Liabilities:Merchants:Payable",
    Purpose.AVAILABLE: "Liabilities:Merchants:Available",
    Purpose.ESCROW: "Liabilities:Merchants:Escrow",
    Purpose.FEES: "Income:Fees",
    Purpose.CLEARING: "Assets:Channels",
    Purpose.BUDGET: "Liabilities:Budgets",
    Purpose.SUSPENSE: "Liabilities:Suspense",
    Purpose.RESERVED: "Liabilities:Reserved",
    Purpose.PACKETS: "Liabilities:Packets",
    Purpose.COUPONS: "Liabilities:Coupons",
    Purpose.LEAVING: "Liabilities:Leaving",
}
Name = Callable[[AccountId], str]


class Posted(Struct, frozen=True):
    """One transaction of the file. `postings` sum to nothing: minor units, credits positive."""

    day: Day
    title: str
    notes: Mapping[str, str]
    postings: tuple[tuple[AccountId, int], ...]


class Format(Protocol):
    """How a file is written."""

    def head(self, title: str) -> Iterator[str]:
        """The file's first lines."""
        ...

    def opened(self, day: Day, account: str) -> Iterator[str]:
        """An account is there from this day on."""
        ...

    def transaction(self, posted: Posted, name: Name) -> Iterator[str]:
        """What moved."""
        ...

    def asserted(self, day: Day, held: Mapping[AccountId, int], name: Name) -> Iterator[str]:
        """What accounts hold when this day is over."""
        ...


class Beancount:
    """A balance is asserted at the beginning of a day: of the next one, and to the minor unit.

    Without a tolerance of nothing Beancount lets two of the last digit pass.
    """

    def head(self, title: str) -> Iterator[str]:
        """What a reader of the file starts with."""
        yield f'option "title" "{title}"'
        yield f'option "operating_currency" "{CNY.code}"'

    def opened(self, day: Day, account: str) -> Iterator[str]:
        """Every account is declared."""
        yield f"{_date(day)} open {account}"

    def transaction(self, posted: Posted, name: Name) -> Iterator[str]:
        """Title, notes as metadata, a posting a line."""
        yield f'{_date(posted.day)} * "{posted.title}"'
        for key, value in posted.notes.items():
            yield f'  {key}: "{value}"'
        for account, amount in posted.postings:
            yield f"  {name(account)}  {shown(account, amount)}"

    def asserted(self, day: Day, held: Mapping[AccountId, int], name: Name) -> Iterator[str]:
        """A directive for each account."""
        for account, amount in held.items():
            exactly = shown(account, amount).replace(" ", " ~ 0 ")
            yield f"{_date(Day(day + 1))} balance {name(account)}  {exactly}"


class Ledger:
    """A balance is asserted by a posting of nothing."""

    def head(self, title: str) -> Iterator[str]:
        """A comment."""
        yield f"; {title}"

    def opened(self, day: Day, account: str) -> Iterator[str]:
        """Accounts are declared; a day is not."""
        yield f"account {account}"

    def transaction(self, posted: Posted, name: Name) -> Iterator[str]:
        """Title, notes as tags, a posting a line."""
        yield f"{_date(posted.day)} * {posted.title}"
        for key, value in posted.notes.items():
            yield f"    ; {key}: {value}"
        for account, amount in posted.postings:
            yield f"    {name(account)}  {shown(account, amount)}"

    def asserted(self, day: Day, held: Mapping[AccountId, int], name: Name) -> Iterator[str]:
        """One transaction that moves nothing."""
        if held:
            yield f"{_date(day)} * close"
        for account, amount in held.items():
            code = chart.currency(account).code
            yield f"    {name(account)}  0 {code} = {shown(account, amount)}"


FORMATS: Final[Mapping[str, Format]] = {"beancount": Beancount(), "ledger": Ledger()}


def export(reader: Reader, first: Day, last: Day, form: Format, *, each: bool) -> Iterator[str]:
    """Lines of a file about these days, both included.

    What moved is added up by day and reason; with `each` every transfer is there, between
    the accounts of the parties themselves, named by their ids. All is read from one moment when the
    reader is a snapshot.
    """
    named_below = EVERYBODY if each else CHANNELS
    name = _Names({one.id: one.code for one in channels.channels(reader)})
    title = f"Changliao Pay, {_date(first)} to {_date(last)}, days of Beijing"
    yield from _paragraph(form.head(title))
    held = closing.standing_before(reader, first, named_below)
    yield from _declared(form, Day(first - 1), held, name)
    if held:
        opening = Posted(Day(first - 1), "opening balances", {}, tuple(held.items()))
        yield from _paragraph(form.transaction(opening, name))
    for day in map(Day, range(first, last + 1)):
        moved: dict[AccountId, int] = {}
        for posted in _each(reader, day) if each else _added_up(reader, day):
            yield from _declared(form, day, (account for account, _ in posted.postings), name)
            yield from _paragraph(form.transaction(posted, name))
            for account, amount in posted.postings:
                held[account] = held.get(account, 0) + amount
                moved[account] = held[account]
        if day < last:
            yield from _paragraph(form.asserted(day, moved, name))
    # As the accounts themselves say, not as these lines add up.
    held = closing.standing_before(reader, Day(last + 1), named_below)
    yield from _paragraph(form.asserted(last, name.all_of(held), name))


class _Names:
    """An account's name: its purpose and, where it is one party's, whose."""

    def __init__(self, codes: Mapping[int, str]) -> None:
        self._codes = codes
        self.known: dict[AccountId, str] = {}
        self.declared: set[str] = set()

    def __call__(self, account: AccountId) -> str:
        name = _NAMES[chart.purpose(account)]
        if account.owner in (0, NETWORK):
            return name
        if account.owner < CHANNELS:
            code = self._codes.get(account.owner, str(account.owner))
            return f"{name}:{code.replace('_', '-').capitalize()}"
        return f"{name}:{ids.show('', account.owner).lstrip('_')}"

    def all_of(self, held: Mapping[AccountId, int]) -> dict[AccountId, int]:
        """What every account of the file holds; those that became empty too."""
        return {account: held.get(account, 0) for account in {**self.known, **held}}


def shown(account: AccountId, amount: int) -> str:
    """An amount as these files have it: in the whole unit, debits positive."""
    currency = chart.currency(account)
    return f"{plain(-amount, currency)} {currency.code}"


def _declared(form: Format, day: Day, accounts: Iterable[AccountId], name: _Names) -> Iterator[str]:
    """Accounts that the file has not named yet."""
    for account in accounts:
        if account not in name.known:
            name.known[account] = shown_name = name(account)
            if shown_name not in name.declared:  # another currency's was
                name.declared.add(shown_name)
                yield from form.opened(day, shown_name)


def _added_up(reader: Reader, day: Day) -> Iterator[Posted]:
    for one in closing.moved(reader, day, CHANNELS):
        notes = {"transfers": str(one.count)}
        postings = ((one.debit, -one.amount), (one.credit, one.amount))
        yield Posted(day, _title(one.code.name), notes, postings)


def _each(reader: Reader, day: Day) -> Iterator[Posted]:
    for one in closing.transfers(reader, day):
        notes = {"entry": ids.show("leg", one.leg_id), "at": to_rfc3339(one.at)}
        postings = ((one.debit, -one.amount), (one.credit, one.amount))
        yield Posted(day, _title(one.code.name), notes, postings)


def _title(code: str) -> str:
    return code.lower().replace("_", " ")


def _date(day: Day) -> str:
    return date_of(day).isoformat()


def _paragraph(lines: Iterator[str]) -> Iterator[str]:
    told = False
    for line in lines:
        told = True
        yield line
    if told:
        yield ""
