"""Bills: what a merchant sold and refunded in a day, and how its account moved.

A day is a Beijing day, numbered from 1970-01-01. A payment, refund or movement belongs to the day
in which the ledger took it; it never changes afterwards, so a bill of a day that is over is always
the same bytes. Amounts in minor units; a movement's amount is signed, money in is positive.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NewType

from msgspec import Struct

from changliao.core.chart import AccountId
from changliao.core.clock import DAY, HOUR, MINUTE, Instant
from changliao.core.ledger import Code
from changliao.core.orders import Order, Terms
from changliao.core.refunds import Refund

Day = NewType("Day", int)
_EPOCH: Final = date(1970, 1, 1)
# China has one time zone and no summer time.
_OFFSET: Final = 8 * HOUR
# Several processes write one account: legs are not quite in the order of their ids, and the last of
# a day may be committed a little after midnight.
SETTLING: Final = 5 * MINUTE


class Sale(Struct, frozen=True):
    """A payment of an order or, with `refund`, money sent back for it. `fee` is signed like that:

    what the network took for the payment, or, negative, what it gave back with the refund.
    """

    at: Instant
    order: Order
    terms: Terms
    amount: int
    fee: int
    refund: Refund | None = None


class SaleTotals(Struct, frozen=True):
    """Sums of a trade bill; `fees` is what was taken less what was given back."""

    payments: int = 0
    refunds: int = 0
    paid: int = 0
    refunded: int = 0
    fees: int = 0


class Movement(Struct, frozen=True):
    """One leg of the merchant's account: `balance` is what the account held after it.

    `reference` is the merchant's own number of what caused it, empty where it has none; `order` is
    the order it belongs to, with its terms; `fee_back` is the fee that came back with a refund.
    """

    leg_id: int
    at: Instant
    amount: int
    balance: int
    code: Code
    cause: int
    reference: str = ""
    fee_back: int = 0
    order: Order | None = None
    terms: Terms | None = None


class MovementTotals(Struct, frozen=True):
    """Sums of a fund-flow bill."""

    incomes: int = 0
    income: int = 0
    outgoes: int = 0
    outgo: int = 0


class DayEnd(Struct, frozen=True):
    """Where an account's chain of legs stood when a day was over, and its balance there."""

    account: AccountId
    day: Day
    leg_id: int
    balance: int


def day_of(at: Instant) -> Day:
    """The day of a moment."""
    return Day((at + _OFFSET) // DAY)


def day_on(there: date) -> Day:
    """The day of a date in the calendar."""
    return Day((there - _EPOCH).days)


def date_of(day: int) -> date:
    """Its date in the calendar."""
    return _EPOCH + timedelta(day)


def starts_at(day: Day) -> Instant:
    """Its midnight."""
    return Instant(day * DAY - _OFFSET)


def ends_at(day: Day) -> Instant:
    """The next midnight."""
    return starts_at(Day(day + 1))


def is_over(day: Day, now: Instant) -> bool:
    """Is everything of the day in the ledger, for certain?"""
    return now >= ends_at(day) + SETTLING


def sum_sales(sales: Iterable[Sale]) -> SaleTotals:
    """The totals of these rows."""
    payments = refunds = paid = refunded = fees = 0
    for sale in sales:
        fees += sale.fee
        if sale.refund is None:
            payments += 1
            paid += sale.amount
        else:
            refunds += 1
            refunded += sale.amount
    return SaleTotals(payments, refunds, paid, refunded, fees)


def sum_movements(movements: Iterable[Movement]) -> MovementTotals:
    """The totals of these rows."""
    incomes = income = outgoes = outgo = 0
    for movement in movements:
        if movement.amount >= 0:
            incomes += 1
            income += movement.amount
        else:
            outgoes += 1
            outgo -= movement.amount
    return MovementTotals(incomes, income, outgoes, outgo)
