"""Reading identity levels, limits, and what people spent."""

from collections.abc import Iterator
from typing import Final

from changliao.core.limits import Identity, Level, Limits, Spending
from changliao.store.engine import Reader
from changliao.store.limits import (
    identity_from_row,
    level_from_row,
    limits_from_row,
    spending_from_row,
)

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
