"""Differences of statements as rows."""

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.differences import Case, CaseState, Resolution
from changliao.core.ids import DifferenceId
from changliao.core.statements import (
    Counts,
    Difference,
    DifferenceKind,
    Reconciliation,
    Tally,
)
from changliao.store.engine import Row
from changliao.store.unit import Index, Table


def case_from_row(row: Row) -> Case:
    """A case from its columns in the order of `channel_differences_find`."""
    return Case(
        id=DifferenceId(row[0]),
        channel_id=row[1],
        key=row[2],
        statement=row[3],
        difference=Difference(DifferenceKind(row[4]), row[5], row[6], row[7], row[8]),
        currency=row[9],
        owner=chart.account(row[10], row[11]),
        owed=row[12],
        opened_at=Instant(row[13]),
        suggested=Resolution(row[14]),
        state=CaseState(row[15]),
        resolution=Resolution(row[16]),
        note=row[17],
        proposed_by=row[18],
        decided_by=row[19],
        decided_at=Instant(row[20]),
    )


def _to_row(one: Case) -> Row:
    found = one.difference
    return (
        *(one.id, one.channel_id, one.key, one.statement),
        *(found.kind.value, found.number, found.said, found.ours, found.reference),
        *(one.currency, one.owner.owner, one.owner.book, one.owed, one.opened_at),
        *(int(one.suggested), int(one.state), int(one.resolution)),
        *(one.note, one.proposed_by, one.decided_by, one.decided_at),
    )


def _change(before: Case, after: Case) -> Row:
    return (
        *(after.id, int(after.state), int(after.resolution), after.note, after.proposed_by),
        *(after.decided_by, after.decided_at),
        *(int(before.state), int(before.resolution), before.note, before.proposed_by),
    )


DIFFERENCES: Table[int, Case] = Table(
    name="channel_differences",
    key=lambda one: one.id,
    to_row=_to_row,
    from_row=case_from_row,
    change=_change,
)
DIFFERENCES_BY_NAME: Index[tuple[int, str], Case] = Index(
    name="channel_differences_find_by_name",
    table=DIFFERENCES,
    key=lambda one: (one.channel_id, one.key),
)


def reconciliation_from_row(row: Row) -> Reconciliation:
    """A statement's sums from their columns in the order of `reconciliations_find`."""
    tallies = (Tally(*row[place : place + 2]) for place in range(6, len(row), 2))
    return Reconciliation(
        row[0], row[1], Instant(row[2]), Instant(row[3]), row[4], Instant(row[5]), Counts(*tallies)
    )


def _reconciliation_row(one: Reconciliation) -> Row:
    counts = one.counts
    tallies = (
        *(counts.ours, counts.theirs, counts.matched, counts.missing_here),
        *(counts.missing_there, counts.differing, counts.not_as_asked),
    )
    return (
        *(one.channel_id, one.currency, one.begins, one.ends, one.statement, one.read_at),
        *(number for tally in tallies for number in (tally.count, tally.amount)),
    )


RECONCILIATIONS: Table[tuple[int, int, int], Reconciliation] = Table(
    name="reconciliations",
    key=lambda one: (one.channel_id, one.currency, one.begins),
    to_row=_reconciliation_row,
    from_row=reconciliation_from_row,
    change=lambda before, after: (*_reconciliation_row(after), before.read_at),
)
