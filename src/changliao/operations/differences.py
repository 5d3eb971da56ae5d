"""Keeping what statements differ in, and resolving it: proposed by one, approved by another."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.differences import (
    Case,
    Compared,
    DecideResolution,
    ProposeResolution,
    decide_proposal,
    decide_resolution,
    facts,
)
from changliao.core.ids import DifferenceId
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place, standing
from changliao.store import ledger
from changliao.store.differences import DIFFERENCES, DIFFERENCES_BY_NAME, RECONCILIATIONS
from changliao.store.unit import UnitOfWork


def _keep(tx: UnitOfWork, command: Compared, now: Instant) -> tuple[Case, ...]:
    """What it came to, the last reading counts; and a case for each difference.

    A case that was read before is found as it stands.
    """
    key = RECONCILIATIONS.key(command.reconciliation)
    tx.find(RECONCILIATIONS, key)
    tx.put(RECONCILIATIONS, key, command.reconciliation)
    kept = []
    for one in command.cases:
        known = tx.find_by(DIFFERENCES_BY_NAME, DIFFERENCES_BY_NAME.key(one))
        if known is None:
            known = replace(one, id=DifferenceId(tx.new_id()))
            tx.insert(DIFFERENCES, known, DIFFERENCES_BY_NAME)
        kept.append(known)
    return tuple(kept)


def _propose(tx: UnitOfWork, command: ProposeResolution, now: Instant) -> Case | Refused:
    """Say what to book; nothing moves yet."""
    case = tx.find(DIFFERENCES, command.difference_id)
    if case is None:
        return Refused(Reason.DIFFERENCE_NOT_FOUND)
    proposed = decide_proposal(command, case)
    if isinstance(proposed, Case) and proposed != case:
        tx.update(DIFFERENCES, proposed)
    return proposed


def _decide(tx: UnitOfWork, command: DecideResolution, now: Instant) -> Case | Refused:
    """Book what was proposed, or open the case again."""
    case = tx.find(DIFFERENCES, command.difference_id)
    if case is None:
        return Refused(Reason.DIFFERENCE_NOT_FOUND)
    resolved = decide_resolution(command, case, now)
    if isinstance(resolved, Refused):
        return resolved
    ledger.post(tx, resolved.transfers)
    tx.update(DIFFERENCES, resolved.case)
    return resolved.case


def _key(command: ProposeResolution | DecideResolution) -> Iterable[Place]:
    yield DIFFERENCES, command.difference_id


KEEP: Final = Operation("differences.keep", _keep, lambda command: ())
_FACTS: Final = standing(DIFFERENCES, lambda one: one.difference_id, facts)
PROPOSE: Final = Operation("differences.propose", _propose, _key, _FACTS)
DECIDE: Final = Operation("differences.decide", _decide, _key, _FACTS)
