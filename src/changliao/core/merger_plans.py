"""What two platforms have that contradicts, and how a merger answers each unless it is told.

An answer is proposed for each: the target's terms and policies from then on, and for order numbers
that nothing is to be done, because what was sold before keeps its service provider's number.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from changliao.core.acceptance import Acceptance, stands
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.mergers import Keep, Merger, decide_move
from changliao.core.platforms import Store, StoreState, terms_of

LIVE = frozenset({StoreState.APPLIED, StoreState.OPEN, StoreState.SUSPENDED})


class Kind(StrEnum):
    """What contradicts."""

    STORE_ON_BOTH = "store_on_both"
    MODE = "mode"
    COMMISSION = "commission"
    STORE_STATE = "store_state"
    POLICY = "policy"
    REFERENCES = "references"


class Conflict(Struct, frozen=True):
    """One contradiction: what each side says, and the answer. `field` is where a draft changes it.

    Without a field there is nothing to choose.
    """

    kind: Kind
    source: str
    target: str
    answer: str
    field: str = ""
    merchant_id: MerchantId = MerchantId(0)


class Moves(Struct, frozen=True):
    """How many stores of the source move as they are, and join one that the target has."""

    alone: int
    target_terms: int
    source_terms: int


def store_conflicts(
    merger: Merger, source: Sequence[Store], target: Sequence[Store]
) -> list[Conflict]:
    """Merchants with a store on both: it becomes one."""
    there = {one.merchant_id: one for one in target}
    found = []
    for store in source:
        known = there.get(store.merchant_id)
        if store.state not in LIVE or known is None:
            continue
        keep = merger.keeps(store.merchant_id).name.lower()
        for kind, one, other in _differences(store, known):
            found.append(Conflict(kind, one, other, keep, "answers", store.merchant_id))
        if known.state is not store.state:
            states = store.state.name.lower(), known.state.name.lower()
            later = decide_move(merger, store, known, store.decided_at).state.name.lower()
            found.append(Conflict(Kind.STORE_STATE, *states, later, merchant_id=store.merchant_id))
    return found


def policy_conflicts(
    merger: Merger, source: Acceptance, target: Acceptance, now: Instant
) -> list[Conflict]:
    """Methods that stand differently on a terminal."""
    cells = {
        (one.cell.method_id, one.cell.terminal_id)
        for agreed in (source, target)
        for one in agreed.policies
    }
    found = []
    for cell in sorted(cells):
        one, other = (stands(agreed.policies, *cell, now) for agreed in (source, target))
        if one is not other:
            where = f"method {cell[0]}, terminal {cell[1]}: "
            answer = "own_policies" if merger.own_policies else "target"
            said = where + one.name.lower(), where + other.name.lower()
            found.append(Conflict(Kind.POLICY, *said, answer, "own_policies"))
    return found


def moves(merger: Merger, source: Sequence[Store], target: Sequence[Store]) -> Moves:
    """What will become of the source's stores."""
    there = {one.merchant_id for one in target}
    moving = [one.merchant_id for one in source if one.state in LIVE]
    joining = [one for one in moving if one in there]
    kept = sum(merger.keeps(one) is Keep.TARGET for one in joining)
    return Moves(len(moving) - len(joining), kept, len(joining) - kept)


def _differences(store: Store, known: Store) -> list[tuple[Kind, str, str]]:
    found = []
    if store.mode is not known.mode:
        found.append((Kind.MODE, store.mode.name.lower(), known.mode.name.lower()))
    if store.commission_bps != known.commission_bps:
        found.append((Kind.COMMISSION, str(store.commission_bps), str(known.commission_bps)))
    if not found or terms_of(store) == terms_of(known):
        found.append((Kind.STORE_ON_BOTH, store.title, known.title))
    return found
