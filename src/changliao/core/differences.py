"""Differences between a channel's statement and the books: a case each, resolved by two people.

Until then nothing moves. One operator proposes what to book, another approves. What the channel
holds more or less than we say is booked against suspense, so that clearing is what the statement
says; money that belongs to whoever asked goes on to them, and nobody's is ever taken.
Units: minor, signed as our account at the channel sees them.
Refuses: approving one's own proposal, money to an owner who is not known or owed nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart, ids
from changliao.core.acts import Facts
from changliao.core.channels import ChannelRequest, RequestKind
from changliao.core.chart import AccountId
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import DifferenceId
from changliao.core.ledger import Code, Transfer
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason, Refused
from changliao.core.statements import Difference, DifferenceKind, Reconciliation, Statement


class Resolution(IntEnum):
    """The number is stored. NONE: nothing is booked, somebody else puts it right.

    SUSPENSE: it stands there until its owner is known. OWNER: whoever asked gets it.
    """

    NONE = 1
    SUSPENSE = 2
    OWNER = 3


class CaseState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    OPEN = 1
    PROPOSED = 2
    RESOLVED = 3


class CaseEvent(IntEnum):
    """What operators do with a case."""

    __hash__ = int.__hash__

    PROPOSE = 1
    APPROVE = 2
    REJECT = 3


TRANSITIONS: Final[Mapping[tuple[CaseState, CaseEvent], CaseState | Reason]] = {
    (CaseState.OPEN, CaseEvent.PROPOSE): CaseState.PROPOSED,
    (CaseState.OPEN, CaseEvent.APPROVE): Reason.DIFFERENCE_STATE,
    (CaseState.OPEN, CaseEvent.REJECT): Reason.DIFFERENCE_STATE,
    (CaseState.PROPOSED, CaseEvent.PROPOSE): CaseState.PROPOSED,
    (CaseState.PROPOSED, CaseEvent.APPROVE): CaseState.RESOLVED,
    (CaseState.PROPOSED, CaseEvent.REJECT): CaseState.OPEN,
    (CaseState.RESOLVED, CaseEvent.PROPOSE): Reason.DIFFERENCE_STATE,
    (CaseState.RESOLVED, CaseEvent.APPROVE): Reason.DIFFERENCE_STATE,
    (CaseState.RESOLVED, CaseEvent.REJECT): Reason.DIFFERENCE_STATE,
}


class Case(Struct, frozen=True):
    """A difference and what is done about it. `key` names it: reading again finds it.

    `owner` is the account that was asked for, its number 0 for a stranger's line; `owed` is what
    might go there. `suggested` is what the kind of difference usually asks for. `by` and
    `decided_by` are keys' names.
    """

    id: DifferenceId
    channel_id: int
    key: str
    statement: str
    difference: Difference
    currency: int
    owner: AccountId
    owed: int
    opened_at: Instant
    suggested: Resolution
    state: CaseState = CaseState.OPEN
    resolution: Resolution = Resolution.NONE
    note: str = ""
    proposed_by: str = ""
    decided_by: str = ""
    decided_at: Instant = NEVER

    @property
    def off(self) -> int:
        """What the channel holds for us beyond what the books say."""
        match self.difference.kind:
            case DifferenceKind.NOT_AS_ASKED:
                return 0
            case DifferenceKind.TWICE:
                return self.difference.said
            case _:
                return self.difference.said - self.difference.ours


class Compared(Struct, frozen=True):
    """A statement that was read: what it came to, and a case for each difference."""

    reconciliation: Reconciliation
    cases: tuple[Case, ...]


class ProposeResolution(Struct, frozen=True):
    """One operator says what to book, and why."""

    difference_id: DifferenceId
    resolution: Resolution
    note: str
    by: str


class DecideResolution(Struct, frozen=True):
    """Another operator agrees, or does not."""

    difference_id: DifferenceId
    approves: bool
    by: str


class Resolved(Struct, frozen=True):
    """The case afterwards and what is booked."""

    case: Case
    transfers: tuple[Transfer, ...] = ()


def facts(case: Case) -> Facts:
    """How a case stands, in words."""
    proposed = {
        "resolution": case.resolution.name.lower(),
        "note": case.note,
        "proposed_by": case.proposed_by,
    }
    return {"state": case.state.name.lower(), **(proposed if case.proposed_by else {})}


def cases(
    channel_id: int,
    statement: Statement,
    differences: Iterable[Difference],
    named: Mapping[int, ChannelRequest],
    now: Instant,
) -> list[Case]:
    """A case for each difference of a statement; their ids are given when they are kept."""
    found: list[Case] = []
    seen: Counter[str] = Counter()
    for one in differences:
        whose = ids.show("chr", one.number) if one.number else statement.id
        key = f"{one.kind.value}:{whose}:{one.reference}:{one.said}"
        seen[key] += 1
        request = named.get(one.number)
        case = Case(
            id=DifferenceId(0),
            channel_id=channel_id,
            key=f"{key}:{seen[key]}",
            statement=statement.id,
            difference=one,
            currency=statement.currency.number,
            owner=request.home if request else chart.account(0, 0),
            owed=0,
            opened_at=now,
            suggested=Resolution.NONE,
        )
        owed = _owed(case, request)
        found.append(replace(case, owed=owed, suggested=_suggested(case, owed)))
    return found


def decide_proposal(command: ProposeResolution, case: Case) -> Case | Refused:
    """Propose, or propose otherwise."""
    state = TRANSITIONS[case.state, CaseEvent.PROPOSE]
    if isinstance(state, Reason):
        return Refused(state, f"it is {case.state.name.lower()}")
    if not command.note.strip():
        return Refused(Reason.DIFFERENCE_INVALID, "note: must not be empty")
    if command.resolution is Resolution.OWNER and not case.owed:
        return Refused(Reason.DIFFERENCE_INVALID, "resolution: nothing is owed to an owner")
    if command.resolution is Resolution.SUSPENSE and not case.off:
        return Refused(Reason.DIFFERENCE_INVALID, "resolution: both sides hold the same")
    return replace(
        case,
        state=state,
        resolution=command.resolution,
        note=command.note,
        proposed_by=command.by,
    )


def decide_resolution(command: DecideResolution, case: Case, now: Instant) -> Resolved | Refused:
    """Agree and book it, or open the case again."""
    event = CaseEvent.APPROVE if command.approves else CaseEvent.REJECT
    state = TRANSITIONS[case.state, event]
    if isinstance(state, Reason):
        return Refused(state, f"it is {case.state.name.lower()}")
    if not command.approves:
        return Resolved(replace(case, state=state, proposed_by="", note=""))
    if command.by == case.proposed_by:
        return Refused(Reason.DIFFERENCE_SELF_APPROVAL)
    after = replace(case, state=state, decided_by=command.by, decided_at=now)
    return Resolved(after, booked(after))


def booked(case: Case) -> tuple[Transfer, ...]:
    """What a resolved case has moved."""
    if case.state is not CaseState.RESOLVED or case.resolution is Resolution.NONE:
        return ()
    currency = BY_NUMBER[case.currency]
    clearing, suspense = chart.clearing(case.channel_id, currency), chart.suspense(currency)
    moved = []
    if case.off > 0:
        moved.append(Transfer(clearing, suspense, case.off, Code.DIFFERENCE, case.id))
    elif case.off < 0:
        moved.append(Transfer(suspense, clearing, -case.off, Code.DIFFERENCE, case.id))
    if case.resolution is Resolution.OWNER:
        moved.append(Transfer(suspense, case.owner, case.owed, Code.DIFFERENCE_PAID, case.id))
    return tuple(moved)


def _owed(case: Case, request: ChannelRequest | None) -> int:
    """What came in, or did not go out, for whoever asked."""
    if request is None or chart.currency(request.home).number != case.currency:
        return 0
    if case.difference.kind is DifferenceKind.NOT_AS_ASKED:
        return request.surplus if request.kind is RequestKind.PAY else 0
    return max(case.off, 0)


def _suggested(case: Case, owed: int) -> Resolution:
    if owed and case.difference.kind is not DifferenceKind.MISSING:
        return Resolution.OWNER
    # What is missing often comes with the next statement.
    missing = case.difference.kind is DifferenceKind.MISSING
    return Resolution.SUSPENSE if case.off and not missing else Resolution.NONE
