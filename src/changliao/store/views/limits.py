"""Reading identity levels, limits, and what people spent."""

from collections.abc import Iterator
from typing import Final

from changliao.core import chart
from changliao.core import limits as rules
from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.limits import Identity, Left, Level, Limits, Spending
from changliao.core.money import BY_NUMBER, Currency
from changliao.store.engine import Reader
from changliao.store.limits import (
    identity_from_row,
    level_from_row,
    limits_from_row,
    spending_from_row,
)
from changliao.store.views import ledger

_PAGE: Final = 20_000


def levels(reader: Reader) -> list[Level]:
    """Every level, the lowest first."""
    return [level_from_row(row) for row in reader.select("identity_levels_all", {})]


def limits(reader: Reader) -> list[Limits]:
    """Every currency that has limits."""
    return [limits_from_row(row) for row in reader.select("limits_all", {})]


def identity(reader: Reader, user_id: int) -> Identity | None:
    """How well a person is known; None: at the first level, and nothing was counted."""
    rows = reader.select("identity_of_user", {"user_id": user_id})
    return identity_from_row(rows[0]) if rows else None


def spendings(reader: Reader, user_id: int) -> list[Spending]:
    """What a person spends, by currency."""
    rows = reader.select("spendings_of_user", {"user_id": user_id})
    return [spending_from_row(row) for row in rows]


def left(reader: Reader, user_id: UserId, now: Instant) -> tuple[Identity, dict[Currency, Left]]:
    """A person's level, and what may still be spent in each currency that has limits."""
    person = identity(reader, user_id) or Identity(user_id)
    spent = {one.currency: one for one in spendings(reader, user_id)}
    debits = {one.id: one.debits_posted for one in ledger.wallets_of(reader, user_id)}
    found = {}
    for known in limits(reader):
        currency = BY_NUMBER[known.currency]
        wallet = debits.get(chart.wallet(user_id, currency), 0)
        limit, spending = known.limit(person.level), spent.get(known.currency)
        found[currency] = rules.left(limit, spending, wallet, now)
    return person, found


def all_identities(reader: Reader) -> Iterator[Identity]:
    """Everybody whose level was set or whose spending is counted, for the audit."""
    after = 0
    while rows := reader.select("audit_identities", {"after": after, "most": _PAGE}):
        yield from map(identity_from_row, rows)
        after = rows[-1][0]


def all_spendings(reader: Reader) -> Iterator[Spending]:
    """What everybody spends, for the audit."""
    user_id = currency = 0
    while rows := reader.select(
        "audit_spendings", {"user_id": user_id, "currency": currency, "most": _PAGE}
    ):
        yield from map(spending_from_row, rows)
        user_id, currency = rows[-1][:2]
