"""Identity levels, limits, and what people spend, as rows."""

import msgspec

from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.limits import Identity, Level, Limit, Limits, Spending, Spent
from changliao.store.engine import Row
from changliao.store.unit import Table

_LIMITS = msgspec.json.Decoder(tuple[Limit, ...])


def level_from_row(row: Row) -> Level:
    """A level, from its columns in the order of `identity_levels_find`."""
    return Level(*row)


def limits_from_row(row: Row) -> Limits:
    """A currency's limits, from their columns in the order of `limits_find`."""
    return Limits(row[0], _LIMITS.decode(row[1]), row[2])


def identity_from_row(row: Row) -> Identity:
    """A person's level, from its columns in the order of `identities_find`."""
    return Identity(UserId(row[0]), row[1], Instant(row[2]), row[3], row[4])


def spending_from_row(row: Row) -> Spending:
    """What a person spends, from its columns in the order of `spendings_find`."""
    return Spending(
        user_id=UserId(row[0]),
        currency=row[1],
        level=row[2],
        since=Instant(row[3]),
        day=Spent(*row[4:7]),
        year=Spent(*row[7:10]),
        revision=row[10],
    )


def _sums(one: Spending) -> Row:
    day, year = one.day, one.year
    return (day.began, day.base, day.given, year.began, year.base, year.given, one.revision)


LEVELS: Table[int, Level] = Table(
    name="identity_levels",
    key=lambda one: one.number,
    to_row=lambda one: (one.number, one.name_zh, one.name_en, one.needs_zh, one.needs_en),
    from_row=level_from_row,
)
LIMITS: Table[int, Limits] = Table(
    name="limits",
    key=lambda one: one.currency,
    to_row=lambda one: (one.currency, msgspec.json.encode(one.of_level), one.revision),
    from_row=limits_from_row,
    change=lambda before, after: (
        after.currency,
        msgspec.json.encode(after.of_level),
        after.revision,
        before.revision,
    ),
)
IDENTITIES: Table[UserId, Identity] = Table(
    name="identities",
    key=lambda one: one.user_id,
    to_row=lambda one: (one.user_id, one.level, one.set_at, one.counts, one.revision),
    from_row=identity_from_row,
    change=lambda before, after: (
        after.user_id,
        after.level,
        after.set_at,
        after.counts,
        after.revision,
        before.revision,
    ),
)
SPENDINGS: Table[tuple[int, int], Spending] = Table(
    name="spendings",
    key=lambda one: (one.user_id, one.currency),
    to_row=lambda one: (one.user_id, one.currency, one.level, one.since, *_sums(one)),
    from_row=spending_from_row,
    change=lambda before, after: (
        after.user_id,
        after.currency,
        after.level,
        *_sums(after),
        before.revision,
    ),
)
