"""Adding up the market: folding a stretch of a journal, forgetting it all, groups, simulations."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import market
from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.market import (
    REBUILDING,
    Grouping,
    Life,
    Month,
    Paid,
    Position,
    Returned,
    Stretch,
    Synthetic,
    Tally,
    Volume,
)
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store.market import (
    COHORTS,
    FLOWS,
    GROUPS,
    LIVES,
    MONTHS,
    POSITIONS,
    SEEN,
    SYNTHETIC,
    VOLUMES,
)
from changliao.store.parties import USERS
from changliao.store.platforms import PLATFORMS
from changliao.store.unit import Table, UnitOfWork


class Forget(Struct, frozen=True):
    """Rows of the sums, by table and key, and nodes that begin anew once all are gone."""

    rows: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    stopped: tuple[int, ...] = ()
    begun: tuple[int, ...] = ()


def _fold(tx: UnitOfWork, command: Stretch, now: Instant) -> Position | Refused:
    """Add a stretch, if it follows what was added before."""
    at = tx.find(POSITIONS, command.node) or Position(command.node)
    if at.leg_id != command.after:
        return at
    _add_volumes(tx, command)
    by_user: dict[UserId, list[Paid]] = defaultdict(list)
    for paid in command.paid:
        if paid.user_id:
            by_user[paid.user_id].append(paid)
    changes: dict[Any, int] = defaultdict(int)
    for user_id, bought in by_user.items():
        for key, change in _add_person(tx, user_id, bought).items():
            changes[key] += change
    for table, kind in ((SEEN, market.SeenKey), (FLOWS, market.FlowKey)):
        _add_people(tx, table, {key: n for key, n in changes.items() if isinstance(key, kind)})
    cohorts = {key: n for key, n in changes.items() if isinstance(key, market.CohortKey)}
    _add_people(tx, COHORTS, cohorts)
    after = Position(command.node, command.last)
    tx.put(POSITIONS, command.node, after)
    return after


def _add_volumes(tx: UnitOfWork, command: Stretch) -> None:
    for paid in command.paid:
        key = _cell(paid)
        known = tx.find(VOLUMES, key) or Volume(*key)
        after = replace(known, payments=known.payments + 1, amount=known.amount + paid.amount)
        tx.put(VOLUMES, key, after)
    for back in command.returned:
        key = _cell(back)
        known = tx.find(VOLUMES, key) or Volume(*key)
        refunds = known.refunds + back.counts
        tx.put(VOLUMES, key, replace(known, refunds=refunds, refunded=known.refunded + back.amount))


def _add_person(tx: UnitOfWork, user_id: UserId, bought: list[Paid]) -> dict[Any, int]:
    """Keep one person's purchases; what they change in the sums over all."""
    by_month: dict[int, list[Paid]] = defaultdict(list)
    for paid in bought:
        by_month[market.month_of(paid.day)].append(paid)
    window = range(min(by_month) - 1, max(by_month) + 2)
    before = [tx.find(MONTHS, (user_id, month)) or Month(user_id, month) for month in window]
    after = [market.visited(one, by_month[one.month]) if one.month in by_month else one
             for one in before]  # fmt: skip
    for one in after:
        if one.month in by_month:
            tx.put(MONTHS, (user_id, one.month), one)
    days = {paid.day for paid in bought}
    changes: dict[Any, int] = market.difference(
        market.of_months(before, days), market.of_months(after, days)
    )
    life = tx.find(LIVES, user_id)
    longer = market.lived(life or Life(user_id), by_month)
    if longer != life:
        tx.put(LIVES, user_id, longer)
        known = market.of_life(life) if life is not None else Counter()
        changes |= market.difference(known, market.of_life(longer))
    return changes


def _add_people(tx: UnitOfWork, table: Table[Any, Tally[Any]], changes: Mapping[Any, int]) -> None:
    """Change how many people keys have; a key nobody is left in has no row."""
    tx.load(table, changes)
    for key, change in changes.items():
        if not change:
            continue
        known = tx.find(table, key)
        users = (known.users if known is not None else 0) + change
        tx.put(table, key, Tally(key, users))
        if users:
            tx.cancel(f"{table.name}_delete", _row(key))
        else:
            tx.add(f"{table.name}_delete", _row(key))


def _forget(tx: UnitOfWork, command: Forget, now: Instant) -> int | Refused:
    """Delete rows, to add everything up again; meanwhile nobody folds."""
    for node in command.stopped:
        tx.find(POSITIONS, node)  # for its guard
        tx.put(POSITIONS, node, Position(node, REBUILDING))
    for table, key in command.rows:
        tx.add(f"{table}_delete", key)
    for node in command.begun:
        tx.add("market_positions_delete", (node,))
    return len(command.rows)


def _group(tx: UnitOfWork, command: Grouping, now: Instant) -> Grouping | Refused:
    """A platform belongs to a group from a day on. Naming it again for that day replaces it."""
    if tx.find(PLATFORMS, command.platform_id) is None:
        return Refused(Reason.PLATFORM_NOT_FOUND)
    key = GROUPS.key(command)
    if tx.find(GROUPS, key) != command:
        tx.put(GROUPS, key, command)
    return command


def _mark(tx: UnitOfWork, command: Synthetic, now: Instant) -> Synthetic | Refused:
    """A person is a simulation's from now on, for good."""
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    known = tx.find(SYNTHETIC, command.user_id)
    if known is not None:
        return known
    marked = replace(command, since=now)
    tx.insert(SYNTHETIC, marked)
    return marked


def _cell(one: Paid | Returned) -> tuple[int, ...]:
    return one.day, one.platform_id, one.method_id, one.terminal_id, one.currency


def _row(key: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(int(part) if isinstance(part, int) else part for part in key)


def _fold_keys(command: Stretch) -> Iterable[Place]:
    yield POSITIONS, command.node
    for back in command.returned:
        yield VOLUMES, _cell(back)
    for paid in command.paid:
        yield VOLUMES, _cell(paid)
        yield LIVES, paid.user_id
        month = market.month_of(paid.day)
        for near in (month - 1, month, month + 1):
            yield MONTHS, (paid.user_id, near)


def _forget_keys(command: Forget) -> Iterable[Place]:
    for node in command.stopped:
        yield POSITIONS, node


FOLD: Final = Operation("market.fold", _fold, _fold_keys)
FORGET: Final = Operation("market.forget", _forget, _forget_keys)
GROUP: Final = Operation("market.group", _group, lambda one: [(PLATFORMS, one.platform_id)])
MARK_SYNTHETIC: Final = Operation("market.synthetic", _mark, lambda one: [(USERS, one.user_id)])
