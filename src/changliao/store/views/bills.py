"""Reading a merchant's day: its sales and the movements of its accounts.

Both follow the chain of legs of the merchant's own accounts back from the nearest kept end of a day
(decision 0019), so their cost is that of the day, not of the history. Nothing is read that the
ledger does not say: a sale is what a payment or refund moved, its order explains it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from changliao.core import chart
from changliao.core.bills import SETTLING, Day, DayEnd, Movement, Sale, ends_at, starts_at
from changliao.core.chart import AccountId
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, first_id, made_at
from changliao.core.ledger import Code
from changliao.core.money import Currency
from changliao.core.orders import Order, Terms
from changliao.core.refunds import Refund
from changliao.core.settlements import Standing
from changliao.store.bills import from_row as day_end_from_row
from changliao.store.engine import Reader
from changliao.store.orders import ATTEMPTS, ORDERS, TERMS
from changliao.store.payouts import PAYOUTS
from changliao.store.refunds import REFUNDS
from changliao.store.unit import Table
from changliao.store.views import ledger
from changliao.store.views.ledger import Entry

_PAGE: Final = 20_000
_ENTRIES: Final = 500
_NEWEST: Final = Day((1 << 31) - 1)
_CREDIT: Final = 1
_OF_PAYMENT: Final = (Code.PAYMENT, Code.FEE)
_OF_REFUND: Final = (Code.REFUND, Code.FEE_RETURN)
_CODES: Final = {int(code): code for code in Code}
V = TypeVar("V")


def sales(reader: Reader, merchant_id: MerchantId, currency: Currency, day: Day) -> list[Sale]:
    """Payments and refunds of a day that is over, the newest first."""
    moved: dict[tuple[int, Code], int] = defaultdict(int)
    times: dict[tuple[int, Code], Instant] = {}
    for account in (chart.payable(merchant_id, currency), chart.escrow(merchant_id, currency)):
        for movement in _chain(reader, account, day):
            key = (movement.cause, movement.code)
            moved[key] += abs(movement.amount)
            times.setdefault(key, movement.at)
    paid = [cause for cause, code in moved if code is Code.PAYMENT]
    back = [cause for cause, code in moved if code is Code.REFUND]
    found = _Causes(reader, merchant_id, paid, back)
    rows = [
        Sale(
            times[cause, Code.PAYMENT],
            *found.of_payment(cause),
            amount=moved[cause, Code.PAYMENT],
            fee=moved.get((cause, Code.FEE), 0),
        )
        for cause in paid
    ]
    rows += [
        Sale(
            times[cause, Code.REFUND],
            *found.of_refund(cause),
            amount=moved[cause, Code.REFUND],
            fee=-moved.get((cause, Code.FEE_RETURN), 0),
            refund=found.refunds[cause],
        )
        for cause in back
    ]
    return sorted(rows, key=lambda sale: (sale.at, sale.refund is not None), reverse=True)


def movements(
    reader: Reader, merchant_id: MerchantId, account: AccountId, day: Day
) -> list[Movement]:
    """Every movement of one account in a day that is over, the newest first."""
    found = list(_chain(reader, account, day))
    paid = {one.cause for one in found if one.code in _OF_PAYMENT}
    back = {one.cause for one in found if one.code in _OF_REFUND}
    fees = {one.cause: one.amount for one in found if one.code is Code.FEE_RETURN}
    out = {one.cause for one in found if one.code is Code.PAYOUT}
    causes = _Causes(reader, merchant_id, sorted(paid), sorted(back), sorted(out))
    return [
        Movement(
            one.leg_id,
            one.at,
            one.amount,
            one.balance,
            one.code,
            one.cause,
            causes.reference(one.cause),
            fees.get(one.cause, 0) if one.code is Code.REFUND else 0,
            *causes.order(one.cause),
        )
        for one in found
    ]


def day_end(reader: Reader, account: AccountId, day: Day) -> DayEnd:
    """Where an account stood at the end of a day that is over, found by walking back to it."""
    start = _nearest(reader, account, day)
    if start.day == day:
        return start
    leg_id, balance = start.leg_id, start.balance
    until = ends_at(day)
    for row in _walk(reader, account, leg_id, until):
        if made_at(row[0]) < until:
            return DayEnd(account, day, row[0], balance)
        balance -= _signed(row[0], row[1])
    return DayEnd(account, day, 0, balance)


def passages(
    reader: Reader, account: AccountId, first: Day, last: Day
) -> tuple[int, list[tuple[Entry, int]]]:
    """What an account held before these days, and its movements with what it held after each.

    The oldest first. Today may be the last day: as far as it is.
    """
    end = day_end(reader, account, last)
    opening = balance = end.balance
    found: list[tuple[Entry, int]] = []
    for entry in _entries(reader, account, end.leg_id, starts_at(first)):
        if entry.amount and starts_at(first) <= entry.at < ends_at(last):
            found.append((entry, balance))
            opening = balance - entry.amount
        balance -= entry.amount
    return opening, found[::-1]


def _entries(reader: Reader, account: AccountId, leg_id: int, since: Instant) -> Iterator[Entry]:
    """Back from this leg until certainly all that are not older than `since` were met."""
    while leg_id:
        page = ledger.statement(reader, account, leg_id, _ENTRIES)
        yield from page
        leg_id = page[-1].previous if page and page[-1].at >= since - SETTLING else 0


def sums(reader: Reader, account: AccountId, day: Day) -> list[tuple[int, int, int]]:
    """What moved an account in a day that is over: (code, how often, sum), money in is positive."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for movement in _chain(reader, account, day):
        found[movement.code][0] += 1
        found[movement.code][1] += movement.amount
    return [(int(code), count, amount) for code, (count, amount) in sorted(found.items())]


def standing(reader: Reader, account: AccountId, day: Day) -> Standing:
    """How an account stood at the end of a day, and what of that has not left it since."""
    keys = {"owner_id": account.owner, "book": account.book}
    rows = reader.select("account_by_id", keys)
    if not rows:
        return Standing(0, 0, 0)
    debits, credits_, leg_id = rows[0][2], rows[0][3], rows[0][6]
    closing, left, until = credits_ - debits, 0, ends_at(day)
    for row in _walk(reader, account, leg_id, until):
        if made_at(row[0]) < until:
            break
        signed = _signed(row[0], row[1])
        closing -= signed
        left -= min(signed, 0)
    return Standing(closing, closing - left, debits)


def sub_merchants(reader: Reader, partner_id: MerchantId) -> list[MerchantId]:
    """For whom a service provider acts."""
    rows = reader.select("merchants_of_partner", {"partner_id": partner_id})
    return [MerchantId(row[0]) for row in rows]


def _chain(reader: Reader, account: AccountId, day: Day) -> Iterator[Movement]:
    """The legs of a day, the newest first in the chain's own order."""
    end = day_end(reader, account, day)
    balance, since, until = end.balance, starts_at(day), ends_at(day)
    for leg_id, amount, code, cause, _ in _walk(reader, account, end.leg_id, since):
        signed, at = _signed(leg_id, amount), made_at(leg_id)
        if amount and since <= at < until:
            yield Movement(leg_id, at, signed, balance, _CODES[code], cause)
        balance -= signed


def _walk(reader: Reader, account: AccountId, leg_id: int, since: Instant) -> Iterator[Any]:
    """Legs back from this one until certainly all that are not older than `since` were met."""
    oldest = first_id(0, Instant(since - SETTLING))
    while leg_id:
        keys = {"leg_id": leg_id, "owner_id": account.owner, "since": oldest, "most": _PAGE}
        rows = reader.select("legs_back_to", keys)
        yield from rows
        leg_id = rows[-1][4] if rows and rows[-1][0] >= oldest else 0


def _nearest(reader: Reader, account: AccountId, day: Day) -> DayEnd:
    """The kept end of this day or of the next that has one, or where the account stands now."""
    keys = {"owner_id": account.owner, "book": account.book}
    kept = reader.select("day_end_since", {**keys, "day": day})
    if kept:
        return day_end_from_row(kept[0])
    rows = reader.select("account_by_id", keys)
    balance = rows[0][3] - rows[0][2] if rows else 0
    return DayEnd(account, _NEWEST, rows[0][6] if rows else 0, balance)


def _signed(leg_id: int, amount: int) -> int:
    return amount if leg_id & _CREDIT else -amount


class _Causes:
    """The orders, refunds and payouts that explain some movements of one merchant."""

    def __init__(
        self,
        reader: Reader,
        merchant_id: MerchantId,
        paid: Sequence[int],
        back: Sequence[int],
        out: Sequence[int] = (),
    ) -> None:
        attempts = _found(reader, ATTEMPTS, [(one, merchant_id) for one in paid])
        self.refunds: dict[int, Refund] = {
            one.id: one for one in _found(reader, REFUNDS, [(merchant_id, one) for one in back])
        }
        payouts = _found(reader, PAYOUTS, [(merchant_id, one) for one in out])
        self._payouts: dict[int, str] = {one.id: one.reference for one in payouts}
        self._payments: dict[int, int] = {one.payment_id: one.order_id for one in attempts}
        ids = {*self._payments.values(), *(one.order_id for one in self.refunds.values())}
        wanted = [(merchant_id, one) for one in sorted(ids)]
        self._orders: dict[int, Order] = {one.id: one for one in _found(reader, ORDERS, wanted)}
        terms = _found(reader, TERMS, [(one, merchant_id) for one in sorted(ids)])
        self._terms: dict[int, Terms] = {one.order_id: one for one in terms}

    def of_payment(self, payment_id: int) -> tuple[Order, Terms]:
        """The order that a payment paid."""
        order_id = self._payments[payment_id]
        return self._orders[order_id], self._terms[order_id]

    def of_refund(self, refund_id: int) -> tuple[Order, Terms]:
        """The order whose money a refund sent back."""
        order_id = self.refunds[refund_id].order_id
        return self._orders[order_id], self._terms[order_id]

    def order(self, cause: int) -> tuple[Order | None, Terms | None]:
        """The order that a movement belongs to; none where another fact caused it."""
        if cause in self.refunds:
            return self.of_refund(cause)
        return self.of_payment(cause) if cause in self._payments else (None, None)

    def reference(self, cause: int) -> str:
        """The merchant's own number; empty for what has none."""
        if cause in self.refunds:
            return self.refunds[cause].reference
        order_id = self._payments.get(cause, 0)
        return self._orders[order_id].reference if order_id else self._payouts.get(cause, "")


def _found(reader: Reader, table: Table[Any, V], keys: Sequence[tuple[int, int]]) -> list[V]:
    """Rows by key, in pages."""
    found: list[V] = []
    pending = iter(keys)
    while page := list(islice(pending, _PAGE)):
        found += [table.from_row(row) for row in reader.find(f"{table.name}_find", page)]
    return found
