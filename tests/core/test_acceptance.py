"""Acceptance: one decision for every platform, method, terminal and moment."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core.acceptance import (
    LEAD,
    OWN_METHOD,
    Acceptance,
    Accepting,
    Approved,
    ApproveDraft,
    Cell,
    Draft,
    DraftState,
    UnderWay,
    WithdrawDraft,
    decide_acceptance,
    decide_approval,
    decide_draft,
    decide_placing,
    decide_withdrawal,
    replayed,
    stands,
)
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.ids import MerchantId, PolicyDraftId
from changliao.core.outcome import Reason, Refused

NOW = Instant(1_800_000_000_000_000)
PLATFORM = MerchantId(7)
METHODS, TERMINALS = frozenset({1, 2, 3, 4}), frozenset({1, 2, 3, 4, 5})
PC, APP = 4, 1


def at(days: float) -> Instant:
    return Instant(NOW + int(days * DAY))


def a_draft(
    *cells: Cell, number: int = 1, starts: Instant = NEVER, ends: Instant = NEVER,
    under_way: UnderWay = UnderWay.FINISH, by: str = "mbr_000000000000A",
) -> Draft:  # fmt: skip
    chosen = cells or (Cell(OWN_METHOD, PC, Accepting.SUSPENDED),)
    return Draft(PolicyDraftId(number), PLATFORM, chosen, starts, ends, under_way, "安全检查", by)


def agreed(*drafts: Draft, now: Instant = NOW) -> Acceptance:
    found = Acceptance(PLATFORM)
    for draft in drafts:
        decided = decide_approval(ApproveDraft(draft.id, "mbr_000000000000B"), draft, found, now)
        assert isinstance(decided, Approved), decided
        found = decided.acceptance
    return found


def says(acceptance: Acceptance, method: int, terminal: int, begun: Instant, now: Instant) -> str:
    refused = decide_acceptance(acceptance.policies, method, terminal, begun, now)
    return refused.reason.value if refused else "accepted"


def test_without_a_policy_only_the_networks_own_wallet_is_taken() -> None:
    nothing = Acceptance(PLATFORM)
    for terminal in TERMINALS:
        assert says(nothing, OWN_METHOD, terminal, NOW, NOW) == "accepted"
        assert says(nothing, 4, terminal, NOW, NOW) == "method_not_connected"


def test_a_suspension_begins_when_it_says_and_tells_why_and_since_when() -> None:
    known = agreed(a_draft(starts=at(1)))
    assert says(known, OWN_METHOD, PC, at(0), Instant(at(1) - 1)) == "accepted"
    refused = decide_acceptance(known.policies, OWN_METHOD, PC, at(1), at(1))
    assert refused is not None
    assert refused.reason is Reason.METHOD_SUSPENDED
    assert (refused.detail, refused.since) == ("安全检查", at(1))
    assert says(known, OWN_METHOD, APP, at(1), at(1)) == "accepted"


@pytest.mark.parametrize(
    ("under_way", "answer"),
    [(UnderWay.FINISH, "accepted"), (UnderWay.STOP, "method_suspended")],
)
def test_what_was_begun_before_is_finished_or_stopped_as_the_policy_says(
    under_way: UnderWay, answer: str
) -> None:
    known = agreed(a_draft(starts=at(1), under_way=under_way))
    assert says(known, OWN_METHOD, PC, at(0.5), at(1.5)) == answer
    assert says(known, OWN_METHOD, PC, at(1), at(1.5)) == "method_suspended"


def test_what_could_not_be_paid_so_before_is_not_finished_so_either() -> None:
    banned = Cell(4, PC, Accepting.BANNED)
    known = agreed(a_draft(banned, starts=at(1)))
    assert says(known, 4, PC, at(0), at(2)) == "method_banned"


def test_a_period_ends_and_a_later_policy_follows_one_without_an_end() -> None:
    first = a_draft(starts=at(1))
    back = a_draft(Cell(OWN_METHOD, PC, Accepting.ACCEPTED), number=2, starts=at(5))
    known = agreed(first, back)
    assert [says(known, OWN_METHOD, PC, at(d), at(d)) for d in (0, 2, 5, 9)] == [
        "accepted", "method_suspended", "accepted", "accepted",
    ]  # fmt: skip
    short = agreed(a_draft(starts=at(1), ends=at(2)))
    assert says(short, OWN_METHOD, PC, at(2), at(2)) == "accepted"


def test_a_period_with_an_end_interrupts_what_has_none() -> None:
    connected = a_draft(Cell(4, PC, Accepting.ACCEPTED))
    week = a_draft(Cell(4, PC, Accepting.SUSPENDED), number=2, starts=at(1), ends=at(8))
    known = agreed(connected, week)
    assert [says(known, 4, PC, at(d), at(d)) for d in (0.5, 1, 7.9, 8, 99)] == [
        "accepted", "method_suspended", "method_suspended", "accepted", "accepted",
    ]  # fmt: skip
    for_good = a_draft(Cell(4, PC, Accepting.BANNED), number=3, starts=at(9))
    known = agreed(connected, week, for_good)
    assert [says(known, 4, PC, at(d), at(d)) for d in (8, 9)] == ["accepted", "method_banned"]


def test_what_is_to_come_stays_when_a_shorter_period_is_agreed_before_it() -> None:
    later = a_draft(Cell(OWN_METHOD, PC, Accepting.BANNED), starts=at(10))
    short = a_draft(number=2, starts=at(1), ends=at(5))
    known = agreed(later, short)
    assert [says(known, OWN_METHOD, PC, at(d), at(d)) for d in (0, 1, 5, 10, 99)] == [
        "accepted", "method_suspended", "accepted", "method_banned", "method_banned",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "answer"),
    [(UnderWay.STOP, "method_banned"), (UnderWay.FINISH, "accepted")],
)
def test_what_was_stopped_is_not_finished_because_another_policy_follows(
    first: UnderWay, answer: str
) -> None:
    suspended = a_draft(starts=at(1), under_way=first)
    banned = a_draft(Cell(OWN_METHOD, PC, Accepting.BANNED), number=2, starts=at(3))
    known = agreed(suspended, banned)
    assert says(known, OWN_METHOD, PC, at(0.5), at(4)) == answer
    assert says(known, OWN_METHOD, PC, at(2), at(4)) == "method_banned"


def test_what_waited_for_a_method_to_come_back_is_finished_when_it_goes_again() -> None:
    first = a_draft(starts=at(1), ends=at(3))
    second = a_draft(number=2, starts=at(5))
    known = agreed(first, second)
    assert says(known, OWN_METHOD, PC, at(2), at(4)) == "accepted"
    assert says(known, OWN_METHOD, PC, at(2), at(6)) == "accepted"
    assert says(known, OWN_METHOD, PC, at(5), at(6)) == "method_suspended"


def test_an_order_is_placed_while_anything_is_accepted_at_its_terminal() -> None:
    off = Cell(OWN_METHOD, APP, Accepting.BANNED)
    known = agreed(a_draft(off))
    refused = decide_placing(known.policies, APP, at(1))
    assert refused is not None
    assert refused.reason is Reason.METHOD_BANNED
    assert decide_placing(known.policies, PC, at(1)) is None
    other = a_draft(Cell(4, APP, Accepting.ACCEPTED), number=2)
    assert decide_placing(agreed(a_draft(off), other).policies, APP, at(1)) is None


@pytest.mark.parametrize(
    ("draft", "reason", "field"),
    [
        (a_draft(Cell(9, PC, Accepting.BANNED)), Reason.METHOD_UNKNOWN, "cells[0].method"),
        (a_draft(Cell(1, 9, Accepting.BANNED)), Reason.TERMINAL_UNKNOWN, "cells[0].terminal"),
        (a_draft(Cell(1, PC, Accepting.BANNED), Cell(1, PC, Accepting.ACCEPTED)),
         Reason.POLICY_CONTRADICTORY, "cells[1]"),
        (a_draft(starts=at(-1)), Reason.POLICY_INVALID, "starts_at"),
        (a_draft(starts=at(2), ends=at(1)), Reason.POLICY_INVALID, "ends_at"),
        (a_draft(starts=at(2), ends=at(2)), Reason.POLICY_INVALID, "ends_at"),
        (replace(a_draft(), cells=()), Reason.POLICY_INVALID, "cells"),
        (replace(a_draft(), reason=" "), Reason.POLICY_INVALID, "reason"),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_be_meant_is_refused_and_names_its_field(
    draft: Draft, reason: Reason, field: str
) -> None:
    refused = decide_draft(draft, Acceptance(PLATFORM), METHODS, TERMINALS, NOW)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.detail.split(":")[0]) == (reason, field)


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [(0, 0, True), (0, 5, False), (0, 6, True), (10, 0, False), (9, 0, True), (6, 7, True)],
)
def test_a_period_may_not_cut_into_one_that_has_its_end(
    starts: float, ends: float, overlaps: bool
) -> None:
    known = agreed(a_draft(starts=at(5), ends=at(10)))
    draft = a_draft(
        number=2, starts=at(starts) if starts else NEVER, ends=at(ends) if ends else NEVER
    )
    refused = decide_draft(draft, known, METHODS, TERMINALS, NOW)
    assert (refused is not None) is overlaps
    if refused is not None:
        assert refused.reason is Reason.POLICY_OVERLAPS


def test_a_draft_that_cuts_into_others_names_each_once() -> None:
    everywhere = [Cell(OWN_METHOD, one, Accepting.SUSPENDED) for one in sorted(TERMINALS)]
    first = a_draft(*everywhere, starts=at(5), ends=at(10))
    second = a_draft(Cell(2, PC, Accepting.BANNED), number=2, starts=at(7))
    later = a_draft(*everywhere, Cell(2, PC, Accepting.ACCEPTED), number=3, starts=at(6))
    refused = decide_draft(later, agreed(first, second), METHODS, TERMINALS, NOW)
    assert refused is not None
    assert refused.detail == (
        "starts_at: overlaps drf_0000000000001 from 2027-01-20T16:00:00+08:00 to "
        "2027-01-25T16:00:00+08:00, drf_0000000000002 from 2027-01-22T16:00:00+08:00"
    )


def test_nobody_approves_a_draft_of_their_own_or_twice() -> None:
    draft, nothing = a_draft(), Acceptance(PLATFORM)
    own = decide_approval(ApproveDraft(draft.id, "mbr_000000000000A"), draft, nothing, NOW)
    assert own == Refused(Reason.POLICY_SELF_APPROVAL, "drafted_by: is who approves")
    approved = decide_approval(ApproveDraft(draft.id, "mbr_000000000000B"), draft, nothing, NOW)
    assert isinstance(approved, Approved)
    assert approved.draft.starts_at == NOW + LEAD
    assert approved.draft.before == (Cell(OWN_METHOD, PC, Accepting.ACCEPTED),)
    again = decide_approval(
        ApproveDraft(draft.id, "mbr_000000000000C"), approved.draft, approved.acceptance, NOW
    )
    assert again == Refused(Reason.POLICY_DECIDED, "state: the draft is approved")
    back = decide_withdrawal(WithdrawDraft(draft.id, "mbr_000000000000A"), approved.draft, NOW)
    assert back == Refused(Reason.POLICY_DECIDED, "state: the draft is approved")


def test_a_draft_is_taken_back_once() -> None:
    after = decide_withdrawal(WithdrawDraft(PolicyDraftId(1), "mbr_000000000000A"), a_draft(), NOW)
    assert isinstance(after, Draft)
    assert after.state is DraftState.WITHDRAWN
    assert (
        decide_withdrawal(WithdrawDraft(PolicyDraftId(1), "mbr_000000000000B"), after, NOW) is after
    )
    late = decide_approval(
        ApproveDraft(PolicyDraftId(1), "mbr_000000000000B"), after, Acceptance(PLATFORM), NOW
    )
    assert late == Refused(Reason.POLICY_DECIDED, "state: the draft is withdrawn")


CELLS = st.lists(
    st.tuples(st.sampled_from([1, 4]), st.sampled_from([1, 4]), st.sampled_from(list(Accepting))),
    min_size=1, max_size=3, unique_by=lambda cell: cell[:2],
)  # fmt: skip
DRAFTS = st.lists(
    st.tuples(CELLS, st.integers(0, 20), st.integers(0, 20), st.sampled_from(list(UnderWay))),
    max_size=8,
)


@given(DRAFTS)
def test_any_history_says_one_thing_for_each_cell_and_moment(history: list[Any]) -> None:
    known, approved = Acceptance(PLATFORM), []
    for number, (cells, starts, lasts, under_way) in enumerate(history):
        draft = a_draft(
            *(Cell(*cell) for cell in cells), number=number + 1, under_way=under_way,
            starts=at(starts) if starts else NEVER, ends=at(starts + lasts) if lasts else NEVER,
        )  # fmt: skip
        if decide_draft(draft, known, METHODS, TERMINALS, NOW) is not None:
            continue
        decided = decide_approval(ApproveDraft(draft.id, "mbr_000000000000B"), draft, known, NOW)
        if isinstance(decided, Approved):
            known = decided.acceptance
            approved.append(decided.draft)
    assert replayed(PLATFORM, approved) == known
    for policy in known.policies:
        cell = policy.cell
        same = [
            other for other in known.policies
            if (other.cell.method_id, other.cell.terminal_id) == (cell.method_id, cell.terminal_id)
        ]  # fmt: skip
        for day in range(45):
            moment = at(day)
            covering = [
                other for other in same
                if other.starts_at <= moment and (not other.ends_at or moment < other.ends_at)
            ]  # fmt: skip
            # One that has its end may interrupt one that has none, and was approved later.
            assert [bool(other.ends_at) for other in covering] in (
                [],
                [False],
                [True],
                [False, True],
            )
            stood = stands(known.policies, cell.method_id, cell.terminal_id, moment)
            assert not covering or stood is covering[-1].cell.state
            refused = decide_acceptance(
                known.policies, cell.method_id, cell.terminal_id, moment, moment
            )
            assert (refused is None) is (stood is Accepting.ACCEPTED)
