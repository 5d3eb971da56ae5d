"""What becomes of a store whose platform is merged, and what a plan says of it."""

from typing import Any

import pytest

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, MergerId
from changliao.core.merger_plans import Kind, Moves, moves, store_conflicts
from changliao.core.mergers import Answer, Keep, Merger, decide_move
from changliao.core.platforms import Cut, Store, StoreMode, StoreState, as_at

SOURCE, TARGET, SELLER = MerchantId(2), MerchantId(4), MerchantId(6)
NOW = Instant(1_000)


def a_merger(*answers: Answer) -> Merger:
    return Merger(MergerId(8), SOURCE, TARGET, "合并", "mbr_000000000000A", answers)


def a_store(platform_id: MerchantId, state: StoreState = StoreState.OPEN, **terms: Any) -> Store:
    mode = terms.pop("mode", StoreMode.OPEN)
    return Store(platform_id, SELLER, "店", mode, Instant(1), state=state, **terms)


def test_a_store_moves_as_it_is_and_what_the_target_got_is_its_commission() -> None:
    cuts = (Cut(TARGET, 300), Cut(MerchantId(10), 200))
    there = decide_move(a_merger(), a_store(SOURCE, commission_bps=500, cuts=cuts), None, NOW)
    assert (there.platform_id, there.commission_bps, there.cuts) == (TARGET, 800, cuts[1:])


@pytest.mark.parametrize(
    ("here", "there", "after"),
    [
        (StoreState.OPEN, StoreState.OPEN, StoreState.OPEN),
        (StoreState.SUSPENDED, StoreState.OPEN, StoreState.SUSPENDED),
        (StoreState.OPEN, StoreState.SUSPENDED, StoreState.SUSPENDED),
        (StoreState.OPEN, StoreState.CLOSED, StoreState.CLOSED),
        (StoreState.OPEN, StoreState.REFUSED, StoreState.OPEN),
        (StoreState.OPEN, StoreState.APPLIED, StoreState.OPEN),
    ],
)
def test_a_store_on_both_is_open_only_when_nobody_stopped_it(
    here: StoreState, there: StoreState, after: StoreState
) -> None:
    moved = decide_move(a_merger(), a_store(SOURCE, here), a_store(TARGET, there), NOW)
    assert moved.state is after
    conflicts = store_conflicts(a_merger(), [a_store(SOURCE, here)], [a_store(TARGET, there)])
    said = [one.answer for one in conflicts if one.kind is Kind.STORE_STATE]
    assert said == ([] if here is there else [after.name.lower()])


def test_the_sources_terms_begin_with_the_move_and_the_earlier_ones_stay() -> None:
    merger = a_merger(Answer(SELLER, Keep.SOURCE))
    known = a_store(TARGET, commission_bps=500, days=7)
    source = a_store(SOURCE, mode=StoreMode.C2C, days=3)
    moved = decide_move(merger, source, known, NOW)
    assert (moved.mode, moved.commission_bps, moved.days) == (StoreMode.C2C, 0, 3)
    before = as_at(moved, Instant(NOW - 1))
    assert (before.mode, before.commission_bps, before.days) == (StoreMode.OPEN, 500, 7)
    assert as_at(moved, NOW) == moved
    assert moves(merger, [source], [known]) == Moves(0, 0, 1)
    assert moves(a_merger(), [source], []) == Moves(1, 0, 0)
