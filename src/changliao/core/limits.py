"""Limits: how much a person of each identity level may spend in a payment, a day and a year.

What counts is what leaves the wallet of the person's own will: payments, transfers, withdrawals,
red packets, parts of group bills, money frozen for a merchant. Nothing is added up for it: the
wallet's account knows what was ever debited, and a row that changes once a day knows where its
sum stood when the day and the year began. `given` is what does not count after all: a refund, on
the day and in the year of its payment, what a channel sent back, what a frozen sum gave back.
Units: minor units; days and years are Beijing's.
"""

from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import bills, chart
from changliao.core.acts import Facts
from changliao.core.bills import Day
from changliao.core.chart import AccountId
from changliao.core.clock import BEIJING, NEVER, Instant, from_datetime, to_datetime, to_rfc3339
from changliao.core.ids import UserId
from changliao.core.ledger import Account
from changliao.core.money import BY_NUMBER, MAX_AMOUNT
from changliao.core.outcome import Reason, Refused

# Whoever has shown nothing but a phone number.
FIRST_LEVEL: Final = 1
NO_LIMIT: Final = 0
# More than any account can ever be debited.
UNBOUNDED: Final = 1 << 62
_MOST: Final = 1_000 * MAX_AMOUNT
_DAYS_KEPT: Final = 64


class Level(Struct, frozen=True):
    """A row. `needs` says in words what a person has to show to reach it."""

    number: int
    name_zh: str
    name_en: str
    needs_zh: str
    needs_en: str


class Limit(Struct, frozen=True):
    """What one level may spend in one currency. NO_LIMIT: as much as is there."""

    level: int
    per_payment: int = NO_LIMIT
    per_day: int = NO_LIMIT
    per_year: int = NO_LIMIT


class Limits(Struct, frozen=True):
    """The limits of every level in one currency (its ISO number), the levels in order."""

    currency: int
    of_level: tuple[Limit, ...] = ()
    revision: int = 0

    def limit(self, level: int) -> Limit:
        """What this level may spend; without a limit where none was set."""
        for one in self.of_level:
            if one.level == level:
                return one
        return Limit(level)


class Identity(Struct, frozen=True):
    """How well a person is known, and since when. `counts` rises with each row of spending."""

    user_id: UserId
    level: int = FIRST_LEVEL
    set_at: Instant = NEVER
    counts: int = 0
    revision: int = 0


class Spent(Struct, frozen=True, gc=False):
    """Where the wallet's debits stood when a day or year began, and what of them is given back."""

    began: int
    base: int
    given: int = 0

    def after(self, debits: int) -> int:
        """What was spent since."""
        return debits - self.base - self.given

    def without(self, amount: int, debits: int) -> "Spent":
        """So much of what was spent does not count."""
        return replace(self, given=self.given + min(amount, self.after(debits)))


class Spending(Struct, frozen=True, gc=False):
    """What one person spends in one currency, counted since `since`.

    `day.began` is a day's number, `year.began` a year. `level` is the person's: the commit that
    changes the one changes the other. `revision` 0: not kept yet.
    """

    user_id: UserId
    currency: int
    level: int
    since: Instant
    day: Spent
    year: Spent
    revision: int = 0

    @property
    def wallet(self) -> AccountId:
        """Whose debits are counted."""
        return chart.account(self.user_id, chart.Purpose.WALLET * 1_000 + self.currency)


class Counted(Struct, frozen=True, gc=False):
    """The spending to keep, and what the wallet's debits may reach in the commit that does."""

    wallet: AccountId
    spending: Spending
    most_debits: int
    changed: bool


class Left(Struct, frozen=True):
    """What a person may still spend. `most` is the largest next payment; None: no limit."""

    limit: Limit
    today: int
    this_year: int
    most: int | None


class SetLimit(Struct, frozen=True):
    """An operator says what a level may spend in a currency."""

    currency: int
    limit: Limit


class SetLevel(Struct, frozen=True):
    """An operator has seen who a person is."""

    user_id: UserId
    level: int


def begin(user_id: UserId, currency: int, level: int, debits: int, now: Instant) -> Spending:
    """Count a person's spending from now on."""
    day = bills.day_of(now)
    return Spending(user_id, currency, level, now, Spent(day, debits), Spent(year_of(day), debits))


def rolled(known: Spending, debits: int, now: Instant) -> Spending:
    """The spending today: a new day, and a new year, begin where the debits stand."""
    today = bills.day_of(now)
    # A clock that is behind, in another process, does not open yesterday again.
    if today <= known.day.began:
        return known
    year = year_of(today)
    return replace(
        known,
        day=Spent(today, debits),
        year=known.year if year == known.year.began else Spent(year, debits),
        revision=known.revision + 1,
    )


def decide_spending(
    limits: Limits, known: Spending, wallet: Account, amount: int, now: Instant
) -> Counted | Refused:
    """May the person spend this now? `wallet` is as it stands before."""
    debits = wallet.debits_posted
    spending = rolled(known, debits, now)
    limit, most = limits.limit(known.level), UNBOUNDED
    if limit.per_payment and amount > limit.per_payment:
        return Refused(Reason.LIMIT_PER_PAYMENT, f"at most {limit.per_payment} minor units")
    if limit.per_day:
        most = spending.day.base + spending.day.given + limit.per_day
        if debits + amount > most:
            return Refused(Reason.LIMIT_PER_DAY, to_rfc3339(next_day(now)))
    if limit.per_year:
        this_year = spending.year.base + spending.year.given + limit.per_year
        if debits + amount > this_year:
            return Refused(Reason.LIMIT_PER_YEAR, to_rfc3339(next_year(now)))
        most = min(most, this_year)
    return Counted(wallet.id, spending, most, spending is not known)


def give_back(
    known: Spending, amount: int, spent_at: Instant, debits: int, now: Instant
) -> Spending:
    """What was spent at this time does not count any more; what was never counted stays so."""
    today = rolled(known, debits, now)
    if spent_at < known.since:
        return today
    spent_on = bills.day_of(spent_at)
    day, year = today.day, today.year
    if spent_on >= day.began:
        day = day.without(amount, debits)
    if year_of(spent_on) >= year.began:
        year = year.without(amount, debits)
    if (day, year) == (today.day, today.year):
        return today
    return replace(today, day=day, year=year, revision=today.revision + 1)


def pass_over(known: Spending, amount: int, debits: int, now: Instant) -> Spending:
    """The wallet is about to be debited by what is not spent: a budget's part of a refund."""
    today = rolled(known, debits, now)
    return replace(
        today,
        day=replace(today.day, given=today.day.given + amount),
        year=replace(today.year, given=today.year.given + amount),
        revision=today.revision + 1,
    )


def left(limit: Limit, known: Spending | None, debits: int, now: Instant) -> Left:
    """What a person with these limits may still spend."""
    spent = rolled(known, debits, now) if known is not None else None
    today = spent.day.after(debits) if spent else 0
    this_year = spent.year.after(debits) if spent else 0
    ceilings = [
        max(ceiling, 0)
        for set_, ceiling in (
            (limit.per_payment, limit.per_payment),
            (limit.per_day, limit.per_day - today),
            (limit.per_year, limit.per_year - this_year),
        )
        if set_
    ]
    return Left(limit, today, this_year, min(ceilings, default=None))


def facts(known: Limits, level: int) -> Facts:
    """What a level may spend, in words."""
    one = known.limit(level)
    return {
        "currency": BY_NUMBER[known.currency].code,
        "per_payment": str(one.per_payment),
        "per_day": str(one.per_day),
        "per_year": str(one.per_year),
    }


def level_facts(person: Identity) -> Facts:
    """How well a person is known, in words."""
    return {"level": str(person.level)}


def decide_limit(command: SetLimit, known: Limits) -> Limits | Refused:
    """Change what a level may spend. The detail names the field."""
    asked = command.limit
    for name in ("per_payment", "per_day", "per_year"):
        if not 0 <= getattr(asked, name) <= _MOST:
            return Refused(Reason.LIMIT_INVALID, f"{name}: 0 (no limit) to {_MOST} minor units")
    if asked.per_year and asked.per_day > asked.per_year:
        return Refused(Reason.LIMIT_INVALID, "per_day: at most per_year")
    if asked.per_day and asked.per_payment > asked.per_day:
        return Refused(Reason.LIMIT_INVALID, "per_payment: at most per_day")
    if asked == known.limit(asked.level) and known.of_level:
        return known
    others = [one for one in known.of_level if one.level != asked.level]
    ordered = tuple(sorted((*others, asked), key=lambda one: one.level))
    return replace(known, of_level=ordered, revision=known.revision + 1)


def next_day(now: Instant) -> Instant:
    """When the limit of a day is open again."""
    return bills.ends_at(bills.day_of(now))


def next_year(now: Instant) -> Instant:
    """When the limit of a year is open again."""
    here = to_datetime(now, BEIJING)
    return from_datetime(
        here.replace(year=here.year + 1, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    )


@lru_cache(_DAYS_KEPT)
def year_of(day: Day) -> int:
    """The year of a day."""
    return to_datetime(bills.starts_at(day), BEIJING).year
