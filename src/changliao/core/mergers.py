"""Merging platforms: one (the source) goes into another (the target), its heir, in steps.

A merger is drafted by one operator and approved by another, then runs while payments go on:

- CLOSE: the source takes no new stores; its orders obey the target's acceptance policies soon,
  unless the draft leaves it its own.
- STORES: its stores become the target's, a few in each commit. A store on both keeps the terms that
  the draft says, the target's unless it says otherwise.
- BALANCES: what the source has earned goes to the target by transfers.

What was sold before stays as it was sold: by its old numbers, keys and terms. Where the source then
lacks the money for a refund, its heir lends it.
Refuses: a platform into itself or into a merged one, a second merger meanwhile, self-approval.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, MergerId
from changliao.core.members import same_hands
from changliao.core.money import BPS
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import Platform, Store, StoreMode, StoreState, Terms, terms_of

MOST_ANSWERS: Final = 200
# So few stores in one commit that payments do not wait for it.
MOST_STORES: Final = 50


class MergerState(IntEnum):
    """The number is stored. DONE and CANCELLED are final."""

    __hash__ = int.__hash__

    DRAFTED = 1
    APPROVED = 2
    RUNNING = 3
    DONE = 4
    CANCELLED = 5


class MergerEvent(IntEnum):
    """What can be asked of a merger."""

    __hash__ = int.__hash__

    APPROVE = 1
    ADVANCE = 2
    CANCEL = 3


class Step(IntEnum):
    """What a merger does next. The number is stored."""

    __hash__ = int.__hash__

    CLOSE = 1
    STORES = 2
    BALANCES = 3
    END = 4


class Keep(IntEnum):
    """Whose terms a store has from then on that is on both platforms."""

    TARGET = 1
    SOURCE = 2


_S, _E, _NO = MergerState, MergerEvent, Reason.MERGER_STATE
# Its last step makes a running merger DONE; asked again, a merger that is done stays so.
TRANSITIONS: Final[Mapping[tuple[MergerState, MergerEvent], MergerState | Reason]] = {
    (_S.DRAFTED, _E.APPROVE): _S.APPROVED,
    (_S.DRAFTED, _E.ADVANCE): _NO,
    (_S.DRAFTED, _E.CANCEL): _S.CANCELLED,
    (_S.APPROVED, _E.APPROVE): _S.APPROVED,
    (_S.APPROVED, _E.ADVANCE): _S.RUNNING,
    (_S.APPROVED, _E.CANCEL): _S.CANCELLED,
    (_S.RUNNING, _E.APPROVE): _NO,
    (_S.RUNNING, _E.ADVANCE): _S.RUNNING,
    (_S.RUNNING, _E.CANCEL): _NO,
    (_S.DONE, _E.APPROVE): _NO,
    (_S.DONE, _E.ADVANCE): _S.DONE,
    (_S.DONE, _E.CANCEL): _NO,
    (_S.CANCELLED, _E.APPROVE): _NO,
    (_S.CANCELLED, _E.ADVANCE): _NO,
    (_S.CANCELLED, _E.CANCEL): _S.CANCELLED,
}


class Answer(Struct, frozen=True):
    """What a draft says of a store that is on both platforms."""

    merchant_id: MerchantId
    keep: Keep


class Joined(Struct, frozen=True):
    """Money that went from an account of the source to the target's. Units: minor.

    With what the ledger had in both before it, and after it in the same commit.
    """

    book: int
    amount: int
    source_before: int
    target_before: int
    source_after: int
    target_after: int


class Merger(Struct, frozen=True):
    """`position` counts the steps done, `step` is what comes next, `stores` how many moved.

    `joined` is what the run moved, `collected` what was moved since, by book. `own_policies` leaves
    the source its own acceptance policies. Who is a member, or a key of nobody's.
    """

    id: MergerId
    source_id: MerchantId
    target_id: MerchantId
    reason: str
    drafted_by: str
    answers: tuple[Answer, ...] = ()
    own_policies: bool = False
    state: MergerState = MergerState.DRAFTED
    decided_by: str = ""
    decided_at: Instant = NEVER
    ended_at: Instant = NEVER
    position: int = 0
    step: Step = Step.CLOSE
    stores: int = 0
    joined: tuple[Joined, ...] = ()
    collected: tuple[tuple[int, int], ...] = ()
    revision: int = 0

    def keeps(self, merchant_id: MerchantId) -> Keep:
        """Whose terms a store on both platforms has."""
        named = (one.keep for one in self.answers if one.merchant_id == merchant_id)
        return next(named, Keep.TARGET)


class ApproveMerger(Struct, frozen=True):
    """A second member agrees; it may run."""

    merger_id: MergerId
    by: str


class AdvanceMerger(Struct, frozen=True):
    """Do the step that follows `position` others; when it was done already, nothing."""

    merger_id: MergerId
    position: int


class CancelMerger(Struct, frozen=True):
    """It is taken back before it runs."""

    merger_id: MergerId
    by: str


class CollectMerger(Struct, frozen=True):
    """What the source earned since the merger goes to the target."""

    merger_id: MergerId


def decide_plan(asked: Merger) -> Refused | None:
    """Are these two platforms, of which one can go into the other?"""
    if asked.source_id == asked.target_id:
        return Refused(Reason.MERGER_INVALID, "target_id: is the source itself")
    return None


def facts(merger: Merger) -> Facts:
    """How far it is, in words."""
    said = {"state": merger.state.name.lower(), "position": str(merger.position)}
    return {**said, "reason": merger.reason}


def decide_merger(
    asked: Merger, source: Platform | None, target: Platform | None, both: frozenset[MerchantId]
) -> Refused | None:
    """May it be drafted, and approved? `both` are the merchants with a store on either platform."""
    refused = decide_plan(asked)
    if refused is not None:
        return refused
    for field, one in (("source_id", source), ("target_id", target)):
        if one is None:
            return Refused(Reason.PLATFORM_NOT_FOUND, f"{field}: is no platform")
        if one.heir_id:
            return Refused(Reason.PLATFORM_MERGED, f"{field}: was merged into another")
        if one.merger_id not in (0, asked.id):
            return Refused(Reason.MERGER_UNDER_WAY, f"{field}: another merger was approved")
    if not asked.reason.strip():
        return Refused(Reason.MERGER_INVALID, "reason: must not be empty")
    seen: set[MerchantId] = set()
    for place, answer in enumerate(asked.answers):
        if answer.merchant_id not in both or answer.merchant_id in seen:
            field = f"answers[{place}].merchant_id"
            return Refused(Reason.MERGER_INVALID, f"{field}: not on both platforms, or twice")
        seen.add(answer.merchant_id)
    return None


def decide_event(merger: Merger, event: MergerEvent, by: str, now: Instant) -> Merger | Refused:
    """Approve or cancel. What is already so is no change."""
    state = TRANSITIONS[merger.state, event]
    if isinstance(state, Reason):
        return Refused(state, f"state: the merger is {merger.state.name.lower()}")
    if state is merger.state:
        return merger
    if event is MergerEvent.APPROVE and same_hands(by, merger.drafted_by):
        return Refused(Reason.MERGER_SELF_APPROVAL, "drafted_by: is who approves")
    return changed(merger, state=state, decided_by=by, decided_at=now)


def decide_advance(merger: Merger, command: AdvanceMerger) -> Merger | Refused:
    """The merger as it runs its next step; itself, when this step is behind it."""
    state = TRANSITIONS[merger.state, MergerEvent.ADVANCE]
    if isinstance(state, Reason):
        return Refused(state, f"state: the merger is {merger.state.name.lower()}")
    if command.position > merger.position:
        said = f"position: {merger.position} steps are done"
        return Refused(Reason.MERGER_STATE, said)
    if command.position < merger.position or merger.step is Step.END:
        return merger
    return changed(merger, state=state, position=merger.position + 1)


def decide_move(merger: Merger, store: Store, known: Store | None, now: Instant) -> Store:
    """A source's store as the target's. `known` is the store its merchant has there already.

    What the target's own store sold before keeps the terms of then.
    """
    target = merger.target_id
    own = store.merchant_id in (merger.source_id, target)
    if known is None or known.state in (StoreState.APPLIED, StoreState.REFUSED):
        mode = StoreMode.SELF_OPERATED if own else store.mode
        return replace(_under(target, store), mode=mode, decided_at=now)
    stopped = store.state is StoreState.SUSPENDED and known.state is StoreState.OPEN
    state = StoreState.SUSPENDED if stopped else known.state
    reason = store.reason if stopped else known.reason
    if own or merger.keeps(store.merchant_id) is Keep.TARGET:
        return replace(known, state=state, reason=reason)
    return replace(
        _under(target, store),
        state=state,
        reason=reason,
        decided_at=now,
        earlier=(*known.earlier, Terms(now, *terms_of(known))),
    )


def joins(merger: Merger, more: Iterable[Joined]) -> Merger:
    """The merger with money that went to its target: by its run, or collected since."""
    found = tuple(more)
    if merger.state is not MergerState.DONE:
        return changed(merger, joined=merger.joined + found) if found else merger
    sums = dict(merger.collected)
    for one in found:
        sums[one.book] = sums.get(one.book, 0) + one.amount
    return changed(merger, collected=tuple(sorted(sums.items()))) if found else merger


def steps_left(merger: Merger, stores: int) -> int:
    """How many steps follow, with so many stores still to move: the last look finds none."""
    match merger.step:
        case Step.CLOSE:
            return 3 + -(-stores // MOST_STORES)
        case Step.STORES:
            return 2 + -(-stores // MOST_STORES)
        case Step.BALANCES:
            return 1
        case Step.END:
            return 0


def moved_in_all(merger: Merger) -> int:
    """All money that its ledger entries must show, over all currencies."""
    return sum(one.amount for one in merger.joined) + sum(one for _, one in merger.collected)


def changed(merger: Merger, **fields: Any) -> Merger:
    """A merger after something happened, one revision later."""
    return replace(merger, revision=merger.revision + 1, **fields)


def _under(target: MerchantId, store: Store) -> Store:
    """The same terms with another platform; what the target got as a receiver is its commission."""
    folded = sum(cut.bps for cut in store.cuts if cut.merchant_id == target)
    cuts = tuple(cut for cut in store.cuts if cut.merchant_id != target)
    commission = min(store.commission_bps + folded, BPS)
    return replace(store, platform_id=target, commission_bps=commission, cuts=cuts)
