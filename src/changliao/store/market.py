"""The market's sums, groups and synthetic people, as rows."""

from typing import Any

import msgspec

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, UserId
from changliao.core.market import (
    CohortKey,
    Dimension,
    FlowKey,
    Grouping,
    Life,
    Month,
    Period,
    Position,
    SeenKey,
    Synthetic,
    Tally,
    Visit,
    Volume,
)
from changliao.store.engine import Row
from changliao.store.unit import Table

_PERIODS = {int(one): one for one in Period}
_DIMENSIONS = {int(one): one for one in Dimension}
_VISITS = msgspec.msgpack.Decoder(tuple[Visit, ...])
_MONTHS = msgspec.msgpack.Decoder(tuple[int, ...])


def month_from_row(row: Row) -> Month:
    """A person's month from its columns in the order of `market_months_find`."""
    return Month(UserId(row[0]), row[1], _VISITS.decode(row[2]))


def volume_from_row(row: Row) -> Volume:
    """A day's volume from its columns in the order of `market_volumes_find`."""
    return Volume(*row)


def seen_from_row(row: Row) -> Tally[SeenKey]:
    """People with one set from its columns in the order of `market_seen_find`."""
    key = SeenKey(_PERIODS[row[0]], row[1], _DIMENSIONS[row[2]], bytes(row[3]))
    return Tally(key, row[4])


def flow_from_row(row: Row) -> Tally[FlowKey]:
    """People who moved from its columns in the order of `market_flows_find`."""
    return Tally(FlowKey(_PERIODS[row[0]], row[1], row[2], row[3]), row[4])


def cohort_from_row(row: Row) -> Tally[CohortKey]:
    """People of a cohort from its columns in the order of `market_cohorts_find`."""
    return Tally(CohortKey(row[0], row[1]), row[2])


def grouping_from_row(row: Row) -> Grouping:
    """A group from its columns in the order of `market_groups_find`."""
    return Grouping(MerchantId(row[0]), row[1], row[2])


def _key_row(key: Any) -> Row:
    return tuple(int(part) if isinstance(part, int) else part for part in key)


def _tallies(name: str, from_row: Any) -> Table[Any, Tally[Any]]:
    return Table(
        name=name,
        key=lambda one: one.key,
        to_row=lambda one: (*_key_row(one.key), one.users),
        from_row=from_row,
        change=lambda before, after: (*_key_row(after.key), after.users, before.users),
    )


POSITIONS: Table[int, Position] = Table(
    name="market_positions",
    key=lambda one: one.node,
    to_row=lambda one: (one.node, one.leg_id),
    from_row=lambda row: Position(*row),
    change=lambda before, after: (after.node, after.leg_id, before.leg_id),
)
VOLUMES: Table[tuple[int, ...], Volume] = Table(
    name="market_volumes",
    key=lambda one: (one.day, one.platform_id, one.method_id, one.terminal_id, one.currency),
    to_row=lambda one: (
        *(one.day, one.platform_id, one.method_id, one.terminal_id, one.currency),
        *(one.payments, one.amount, one.refunds, one.refunded),
    ),
    from_row=volume_from_row,
    change=lambda before, after: (
        *(after.day, after.platform_id, after.method_id, after.terminal_id, after.currency),
        *(after.payments, after.amount, after.refunds, after.refunded),
        *(before.payments, before.refunds, before.refunded),
    ),
)
MONTHS: Table[tuple[int, int], Month] = Table(
    name="market_months",
    key=lambda one: (one.user_id, one.month),
    to_row=lambda one: (one.user_id, one.month, msgspec.msgpack.encode(one.visits)),
    from_row=month_from_row,
    change=lambda before, after: (
        after.user_id,
        after.month,
        msgspec.msgpack.encode(after.visits),
        msgspec.msgpack.encode(before.visits),
    ),
)
LIVES: Table[int, Life] = Table(
    name="market_lives",
    key=lambda one: one.user_id,
    to_row=lambda one: (one.user_id, msgspec.msgpack.encode(one.months)),
    from_row=lambda row: Life(UserId(row[0]), _MONTHS.decode(row[1])),
    change=lambda before, after: (
        after.user_id,
        msgspec.msgpack.encode(after.months),
        msgspec.msgpack.encode(before.months),
    ),
)
SEEN: Table[SeenKey, Tally[SeenKey]] = _tallies("market_seen", seen_from_row)
FLOWS: Table[FlowKey, Tally[FlowKey]] = _tallies("market_flows", flow_from_row)
COHORTS: Table[CohortKey, Tally[CohortKey]] = _tallies("market_cohorts", cohort_from_row)
GROUPS: Table[tuple[int, int], Grouping] = Table(
    name="market_groups",
    key=lambda one: (one.platform_id, one.from_day),
    to_row=lambda one: (one.platform_id, one.from_day, one.name),
    from_row=grouping_from_row,
    change=lambda before, after: (after.platform_id, after.from_day, after.name, before.name),
)
SYNTHETIC: Table[int, Synthetic] = Table(
    name="synthetic_people",
    key=lambda one: one.user_id,
    to_row=lambda one: (one.user_id, one.since, one.run),
    from_row=lambda row: Synthetic(UserId(row[0]), Instant(row[1]), row[2]),
)
# What is forgotten when all is added up again; positions last.
SUMS = (VOLUMES, MONTHS, LIVES, SEEN, FLOWS, COHORTS)
