"""Risk: which rules a payment meets, what that makes of it, and who may put a rule in force."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.core.clock import DAY, HOUR, MINUTE, SECOND, Instant
from changliao.core.ids import MerchantId, OrderId, RiskRuleId, UserId, first_id
from changliao.core.money import CNY, CURRENCIES, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import (
    Attempted,
    Clearance,
    Movement,
    RiskAction,
    Rule,
    Rulebook,
    RuleKind,
    RuleState,
    Seen,
    decide_risk,
    made,
    rulebook,
)
from changliao.core.risk_memory import MOST_SUMMED, Memory, RecentKind, Window, after, topic
from changliao.core.risk_rules import (
    LONGEST_CLEARANCE,
    TRANSITIONS,
    ClearPayer,
    DecideRule,
    RuleEvent,
    decide_clearance,
    decide_event,
    decide_rule,
)

NOW = Instant(1_795_000_000_000_000)
PAYER = UserId(first_id(0, Instant(NOW - 3 * DAY)))
ONE, OTHER = "mbr_0000000000001", "mbr_0000000000002"


def a_rule(kind: RuleKind, action: RiskAction = RiskAction.REFUSE, **fields: Any) -> Rule:
    known: dict[str, Any] = {"id": RiskRuleId(1), "reason": "x", "drafted_by": ONE}
    return Rule(kind=kind, action=action, **(known | fields))


def attempted(amount: int = 100, currency: str = "CNY", **fields: Any) -> Attempted:
    known: dict[str, Any] = {
        "payer_id": PAYER,
        "merchant_id": MerchantId(9),
        "order_id": OrderId(8),
    }
    way = {"method_id": 1, "terminal_id": 4}
    return Attempted(amount=Money(amount, CURRENCIES[currency]), **(known | way | fields))


LARGE: dict[str, Any] = {"currency": CNY.number, "amount": 100}
WINDOW: dict[str, Any] = {"count": 2, "minutes": 10}
TWICE = (Instant(NOW - 9 * MINUTE), Instant(NOW - MINUTE))
THEN = (Instant(NOW - 10 * MINUTE), NOW)
YOUNG = a_rule(RuleKind.YOUNG_PAYER, days=4, **LARGE)
WAY = a_rule(RuleKind.WAY, method_id=1, terminal_id=4, **LARGE)
MANY = a_rule(RuleKind.MANY_PAYMENTS, **WINDOW)
PINS = a_rule(RuleKind.WRONG_PINS, **WINDOW)
RETURNS = a_rule(RuleKind.MANY_RETURNS, **WINDOW)
LISTED = a_rule(RuleKind.LISTED, users=(UserId(1), PAYER))
BOTH = a_rule(RuleKind.MANY_PAYMENTS, movements=(Movement.TRANSFER, Movement.PACKET), **WINDOW)
AT_ONCE = a_rule(RuleKind.LARGE, **LARGE)
SUM = a_rule(RuleKind.LARGE_SUM, movements=(Movement.TRANSFER,), minutes=10, **LARGE)
MOVED = (
    (topic(Movement.TRANSFER, CNY.number), Instant(NOW - 10 * MINUTE), 500),
    (topic(Movement.TRANSFER, CNY.number), Instant(NOW - MINUTE), 60),
    (topic(Movement.PACKET, CNY.number), NOW, 500),
)
RECEIVER = a_rule(RuleKind.NEW_RECEIVER, movements=(Movement.TRANSFER,), **LARGE)
NOTHING = Seen()


def remembered(*events: tuple[int, Instant, int]) -> Seen:
    memory = Memory(PAYER)
    for about, at, amount in events:
        memory = after(memory, about, amount, {about: Window(100, 365 * DAY)}, at)
    return Seen(memory)


def times(kind: RecentKind, *of: Instant) -> Seen:
    return remembered(*((kind, at, 0) for at in of))


@pytest.mark.parametrize(
    ("rule", "payment", "seen", "meets"),
    [
        (YOUNG, attempted(), NOTHING, True),
        (YOUNG, attempted(99), NOTHING, False),
        (YOUNG, attempted(payer_id=UserId(first_id(0, Instant(NOW - 4 * DAY)))),
         NOTHING, False),
        (YOUNG, attempted(currency="USD"), NOTHING, False),
        (WAY, attempted(), NOTHING, True),
        (WAY, attempted(99), NOTHING, False),
        (WAY, attempted(method_id=2), NOTHING, False),
        (WAY, attempted(terminal_id=5), NOTHING, False),
        (a_rule(RuleKind.WAY, terminal_id=4, **LARGE), attempted(method_id=2), NOTHING, True),
        (MANY, attempted(), times(RecentKind.PAYMENT, *TWICE), True),
        (MANY, attempted(), times(RecentKind.PAYMENT, *THEN), False),
        (MANY, attempted(), times(RecentKind.WRONG_PIN, *TWICE), False),
        (MANY, attempted(), Seen(returns=(TWICE,)), False),
        (PINS, attempted(), times(RecentKind.WRONG_PIN, *TWICE), True),
        (PINS, attempted(), times(RecentKind.WRONG_PIN, *TWICE[:1]), False),
        (RETURNS, attempted(), Seen(returns=((), TWICE)), True),
        (RETURNS, attempted(), Seen(returns=(THEN, TWICE[:1])), False),
        (LISTED, attempted(), NOTHING, True),
        (LISTED, attempted(payer_id=UserId(2)), NOTHING, False),
        (MANY, attempted(), times(RecentKind.TRANSFER, *TWICE), False),
        (BOTH, attempted(),
         remembered((RecentKind.TRANSFER, TWICE[0], 0), (RecentKind.PACKET, TWICE[1], 0)), True),
        (AT_ONCE, attempted(), NOTHING, True),
        (AT_ONCE, attempted(99), NOTHING, False),
        (SUM, attempted(40), remembered(*MOVED), True),
        (SUM, attempted(39), remembered(*MOVED), False),
        (SUM, attempted(40, "USD"), remembered(*MOVED), False),
        (RECEIVER, attempted(), Seen(new_receiver=True), True),
        (RECEIVER, attempted(), NOTHING, False),
        (RECEIVER, attempted(99), Seen(new_receiver=True), False),
    ],
)  # fmt: skip
def test_each_kind_meets_what_it_says(
    rule: Rule, payment: Attempted, seen: Seen, meets: bool
) -> None:
    judged = decide_risk((rule,), payment, seen, NOW)
    assert bool(judged.met) == (judged.refused is not None) == meets


def test_the_strictest_counts_and_all_that_were_met_are_told() -> None:
    note, review, refuse = (
        a_rule(RuleKind.LISTED, action, id=RiskRuleId(action), users=(PAYER,))
        for action in RiskAction
    )
    cleared = Seen(cleared_until=Instant(NOW + 1))
    for rules, seen, reason in (
        ((note,), NOTHING, None),
        ((note, review), NOTHING, Reason.RISK_REVIEW),
        ((note, review), Seen(cleared_until=NOW), Reason.RISK_REVIEW),
        ((note, review), cleared, None),
        ((note, review, refuse), cleared, Reason.RISK_REFUSED),
    ):
        judged = decide_risk(rules, attempted(), seen, NOW)
        assert judged.met == rules
        assert (judged.refused.reason if judged.refused else None) is reason


MOVES = tuple(Movement)
SOME_MOVES = st.lists(st.sampled_from(MOVES), min_size=1, max_size=3, unique=True).map(tuple)
COUNTING = st.builds(
    lambda count, minutes, movements: a_rule(
        RuleKind.MANY_PAYMENTS, count=count, minutes=minutes, movements=movements
    ),
    st.integers(1, 6), st.integers(1, 30), SOME_MOVES,
)  # fmt: skip
SUMMING = st.builds(
    lambda currency, amount, minutes, movements: a_rule(
        RuleKind.LARGE_SUM, currency=currency, amount=amount, minutes=minutes, movements=movements
    ),
    st.sampled_from([CNY.number, CURRENCIES["USD"].number]),
    st.integers(1, 200), st.integers(1, 30), SOME_MOVES,
)  # fmt: skip
PINNED = st.builds(
    lambda count, minutes: a_rule(
        RuleKind.WRONG_PINS, count=count, minutes=minutes, movements=MOVES
    ),
    st.integers(1, 4), st.integers(1, 30),
)  # fmt: skip
# A wait, what happens (None: a wrong PIN), how much in which currency.
HAPPENING = st.tuples(
    st.integers(0, 20).map(lambda one: one * MINUTE // 2),
    st.sampled_from([None, *MOVES, Movement.PAYMENT, Movement.PAYMENT]),
    st.integers(1, 50),
    st.sampled_from(["CNY", "USD"]),
)


@given(
    st.lists(st.one_of(COUNTING, SUMMING, PINNED), min_size=1, max_size=4).map(tuple),
    st.lists(HAPPENING, max_size=40),
)
def test_rules_meet_what_a_list_of_everything_that_happened_meets(
    rules: tuple[Rule, ...], happening: list[tuple[int, Movement | None, int, str]]
) -> None:
    """What is forgotten or counted from a short memory makes no difference, whatever the rules."""
    book, memory, now = rulebook(rules, 1), Memory(PAYER), NOW
    past: list[tuple[Instant, Attempted | None]] = []
    for wait, movement, amount, currency in happening:
        now = Instant(now + wait)
        if movement is None:
            past.append((now, None))
            if RecentKind.WRONG_PIN in book.windows:
                memory = after(memory, RecentKind.WRONG_PIN, 0, book.windows, now)
            continue
        asked = attempted(amount, currency, movement=movement)
        judging = tuple(one for one in rules if movement in one.movements)
        judged = decide_risk(judging, asked, Seen(memory), now)
        assert judged.met == tuple(one for one in judging if _plainly(one, asked, past, now))
        if judged.refused is None:
            past.append((now, asked))
            memory = made(memory, asked, book.windows, now)


def _plainly(
    rule: Rule, asked: Attempted, past: list[tuple[Instant, Attempted | None]], now: Instant
) -> bool:
    inside = [one for at, one in past if at > now - rule.minutes * MINUTE]
    if rule.kind is RuleKind.WRONG_PINS:
        return inside.count(None) >= rule.count
    moved = [one for one in inside if one is not None and one.movement in rule.movements]
    if rule.kind is RuleKind.MANY_PAYMENTS:
        return len(moved) >= rule.count
    sums = [one.amount.amount for one in (*moved, asked)
            if one.amount.currency is asked.amount.currency]  # fmt: skip
    return asked.amount.currency.number == rule.currency and sum(sums) >= rule.amount


@given(st.lists(st.integers(0, 3 * MINUTE), max_size=300), st.integers(1, 5), st.integers(1, 15))
def test_no_more_is_remembered_than_a_window_needs(
    waits: list[int], count: int, minutes: int
) -> None:
    book = rulebook((a_rule(RuleKind.MANY_PAYMENTS, count=count, minutes=minutes),), 1)
    memory, now = Memory(PAYER), NOW
    for wait in waits:
        now = Instant(now + wait)
        memory = made(memory, attempted(), book.windows, now)
        assert memory.count <= max(count, 4)
        assert memory.total == 0


def test_by_a_clock_that_is_behind_things_happen_as_late_as_the_last() -> None:
    seen = times(RecentKind.PAYMENT, NOW, Instant(NOW - HOUR), Instant(NOW + SECOND))
    assert seen.memory.times((RecentKind.PAYMENT,)) == [NOW, NOW, NOW + SECOND]


@given(
    st.lists(st.tuples(st.integers(0, 3 * MINUTE), st.integers(1, 40)), max_size=300),
    st.integers(20, 2_000),
)
def test_no_window_ever_holds_a_larger_sum_than_its_rule_allows(
    moves: list[tuple[int, int]], amount: int
) -> None:
    """Also when there are more than are remembered one by one; until then it is exact."""
    many: dict[str, Any] = {"minutes": 30, "currency": CNY.number, "amount": amount}
    book = rulebook((a_rule(RuleKind.LARGE_SUM, movements=(Movement.TRANSFER,), **many),), 1)
    memory, now = Memory(PAYER), NOW
    passed: list[tuple[int, int]] = []
    for wait, much in moves:
        now = Instant(now + wait)
        asked = attempted(much, movement=Movement.TRANSFER)
        judged = decide_risk(book.checks[Movement.TRANSFER].rules, asked, Seen(memory), now)
        inside = [one for at, one in passed if at > now - 30 * MINUTE]
        if sum(inside) + much >= amount:
            assert judged.refused is not None
        elif len(passed) <= MOST_SUMMED:
            assert judged.refused is None
        if judged.refused is None:
            passed.append((now, much))
            memory = made(memory, asked, book.windows, now)
            assert memory.count <= MOST_SUMMED


def test_a_sum_of_more_than_are_remembered_is_not_too_small() -> None:
    rule = a_rule(
        RuleKind.LARGE_SUM, movements=(Movement.TRANSFER,), minutes=30, currency=CNY.number,
        amount=3 * MOST_SUMMED,
    )  # fmt: skip
    memory, passed = Memory(PAYER), 0
    asked, windows = attempted(1, movement=Movement.TRANSFER), rulebook((rule,), 1).windows
    for second in range(4 * MOST_SUMMED):
        now = Instant(NOW + second * SECOND)
        if decide_risk((rule,), asked, Seen(memory), now).refused is None:
            memory, passed = made(memory, asked, windows, now), passed + 1
    assert passed == 3 * MOST_SUMMED - 1
    assert memory.count == MOST_SUMMED


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (a_rule(RuleKind.LARGE), "currency"),
        (a_rule(RuleKind.LARGE_SUM, **LARGE), "minutes"),
        (a_rule(RuleKind.LARGE, movements=(), **LARGE), "movements"),
        (a_rule(RuleKind.LARGE, movements=(Movement.PACKET, Movement.PACKET), **LARGE),
         "movements"),
        (a_rule(RuleKind.WAY, terminal_id=4, movements=tuple(Movement), **LARGE), "movements"),
        (a_rule(RuleKind.MANY_RETURNS, movements=(Movement.PACKET,), **WINDOW), "movements"),
        (a_rule(RuleKind.NEW_RECEIVER, **LARGE), "movements"),
        (a_rule(RuleKind.YOUNG_PAYER, days=0, **LARGE), "days"),
        (a_rule(RuleKind.YOUNG_PAYER, days=1, currency=CNY.number), "amount"),
        (a_rule(RuleKind.YOUNG_PAYER, days=1, amount=1), "currency"),
        (a_rule(RuleKind.MANY_PAYMENTS, count=0, minutes=1), "count"),
        (a_rule(RuleKind.WRONG_PINS, count=101, minutes=1), "count"),
        (a_rule(RuleKind.MANY_RETURNS, count=1, minutes=0), "minutes"),
        (a_rule(RuleKind.WAY, **LARGE), "method"),
        (a_rule(RuleKind.WAY, method_id=7, **LARGE), "method"),
        (a_rule(RuleKind.WAY, terminal_id=7, **LARGE), "terminal"),
        (a_rule(RuleKind.LISTED), "users"),
        (a_rule(RuleKind.LISTED, users=(UserId(5),)), "users"),
        (a_rule(RuleKind.LISTED, users=(PAYER,), reason=" "), "reason"),
    ],
)  # fmt: skip
def test_a_rule_that_says_nothing_is_named_by_its_field(rule: Rule, field: str) -> None:
    refused = decide_rule(rule, [1], [4], [PAYER])
    assert refused is not None
    assert refused.detail.startswith(f"{field}: ")
    assert decide_rule(LISTED, [1], [4], [PAYER, UserId(1)]) is None


@pytest.mark.parametrize("state", RuleState)
@pytest.mark.parametrize("event", RuleEvent)
def test_every_state_answers_every_event(state: RuleState, event: RuleEvent) -> None:
    rule = a_rule(RuleKind.LISTED, users=(PAYER,), state=state)
    book = rulebook((rule,) if state is RuleState.IN_FORCE else (), 3)
    decided = decide_event(DecideRule(rule.id, event, OTHER), rule, book, NOW)
    expected = TRANSITIONS[state, event]
    if isinstance(expected, Reason):
        assert decided == Refused(expected)
        return
    assert not isinstance(decided, Refused)
    changed, rules = decided
    assert changed.state is expected
    assert [one.id for one in rules.rules] == ([1] if expected is RuleState.IN_FORCE else [])
    assert (rules.revision == 3) == (rules.rules == book.rules)


def test_nobody_approves_the_own_rule() -> None:
    rule = a_rule(RuleKind.LISTED, users=(PAYER,))
    for by in (ONE, "a key of nobody's"):
        decided = decide_event(DecideRule(rule.id, RuleEvent.APPROVE, by), rule, Rulebook(), NOW)
        assert decided == Refused(Reason.RISK_RULE_SELF_APPROVAL)


def test_a_clearance_says_why_and_ends() -> None:
    known = Clearance(PAYER, NOW, "seen", ONE, 2)
    until = Instant(NOW + LONGEST_CLEARANCE)
    asked = ClearPayer(PAYER, until, "called back", OTHER)
    assert decide_clearance(asked, known, NOW) == Clearance(PAYER, until, "called back", OTHER, 3)
    for wrong in (
        ClearPayer(PAYER, Instant(until + 1), "x", OTHER),
        ClearPayer(PAYER, until, " ", OTHER),
        ClearPayer(PAYER, until, "x" * 201, OTHER),
    ):
        refused = decide_clearance(wrong, None, NOW)
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.RISK_CLEARANCE_INVALID
