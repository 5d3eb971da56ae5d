"""Risk: which rules a payment meets, what that makes of it, and who may put a rule in force."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.core.clock import DAY, MINUTE, SECOND, Instant
from changliao.core.ids import MerchantId, OrderId, RiskRuleId, UserId, first_id
from changliao.core.money import CNY, CURRENCIES, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import (
    MOST_SUMMED,
    Attempted,
    Clearance,
    Moved,
    Movement,
    Recent,
    RecentKind,
    RiskAction,
    Rule,
    Rulebook,
    RuleKind,
    RuleState,
    Seen,
    added,
    after,
    decide_risk,
    rulebook,
)
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
TWICE = (Instant(NOW - MINUTE), Instant(NOW - 9 * MINUTE))
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
MOVED = {
    Movement.TRANSFER: ((Instant(NOW - 10 * MINUTE), 500), (Instant(NOW - MINUTE), 60)),
    Movement.PACKET: ((NOW, 500),),
}
RECEIVER = a_rule(RuleKind.NEW_RECEIVER, movements=(Movement.TRANSFER,), **LARGE)
NOTHING = Seen()


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
        (MANY, attempted(), Seen(made={Movement.PAYMENT: TWICE}), True),
        (MANY, attempted(), Seen(made={Movement.PAYMENT: THEN}), False),
        (MANY, attempted(), Seen(wrong_pins=TWICE, returns=(TWICE,)), False),
        (PINS, attempted(), Seen(wrong_pins=TWICE), True),
        (PINS, attempted(), Seen(wrong_pins=TWICE[:1]), False),
        (RETURNS, attempted(), Seen(returns=((), TWICE)), True),
        (RETURNS, attempted(), Seen(returns=(THEN, TWICE[:1])), False),
        (LISTED, attempted(), NOTHING, True),
        (LISTED, attempted(payer_id=UserId(2)), NOTHING, False),
        (MANY, attempted(), Seen(made={Movement.TRANSFER: TWICE}), False),
        (BOTH, attempted(), Seen(made={Movement.TRANSFER: TWICE[:1], Movement.PACKET: TWICE[:1]}),
         True),
        (AT_ONCE, attempted(), NOTHING, True),
        (AT_ONCE, attempted(99), NOTHING, False),
        (SUM, attempted(40), Seen(moved=MOVED), True),
        (SUM, attempted(39), Seen(moved=MOVED), False),
        (SUM, attempted(40, "USD"), Seen(moved=MOVED), False),
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


@given(
    st.lists(st.integers(0, 40 * MINUTE), max_size=60),
    st.integers(1, 5),
    st.integers(1, 15),
)
def test_no_window_ever_holds_more_payments_than_its_rule_allows(
    waits: list[int], count: int, minutes: int
) -> None:
    """Against every window there is: what passed, looked at afterwards, from each payment on."""
    rules = (a_rule(RuleKind.MANY_PAYMENTS, count=count, minutes=minutes),)
    known, now = Recent(PAYER, RecentKind.PAYMENT), NOW
    passed: list[int] = []
    for wait in waits:
        now = Instant(now + wait)
        judged = decide_risk(rules, attempted(), Seen(made={Movement.PAYMENT: known.times}), now)
        stopped = sum(at > now - minutes * MINUTE for at in passed) >= count
        assert (judged.refused is not None) == stopped
        if not stopped:
            passed.append(now)
            known = after(known, rulebook(rules, 1).times[RecentKind.PAYMENT], now)
            assert len(known.times) <= count
    for first, last in zip(passed, passed[count:], strict=False):
        assert last - first >= minutes * MINUTE


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
    known, now = Moved(PAYER, Movement.TRANSFER, CNY.number), NOW
    passed: list[tuple[int, int]] = []
    for wait, much in moves:
        now = Instant(now + wait)
        asked = attempted(much, movement=Movement.TRANSFER)
        seen = Seen(moved={Movement.TRANSFER: known.amounts})
        judged = decide_risk(book.checks[Movement.TRANSFER].rules, asked, seen, now)
        inside = [one for at, one in passed if at > now - 30 * MINUTE]
        if sum(inside) + much >= amount:
            assert judged.refused is not None
        elif len(passed) <= MOST_SUMMED:
            assert judged.refused is None
        if judged.refused is None:
            passed.append((now, much))
            known = added(known, much, book.sums[Movement.TRANSFER], now)
            assert len(known.amounts) <= MOST_SUMMED


def test_a_sum_of_more_than_are_remembered_is_not_too_small() -> None:
    rule = a_rule(
        RuleKind.LARGE_SUM, movements=(Movement.TRANSFER,), minutes=30, currency=CNY.number,
        amount=3 * MOST_SUMMED,
    )  # fmt: skip
    known, passed = Moved(PAYER, Movement.TRANSFER, CNY.number), 0
    asked = attempted(1, movement=Movement.TRANSFER)
    for second in range(4 * MOST_SUMMED):
        now = Instant(NOW + second * SECOND)
        seen = Seen(moved={Movement.TRANSFER: known.amounts})
        if decide_risk((rule,), asked, seen, now).refused is None:
            known, passed = added(known, 1, rule.minutes, now), passed + 1
    assert passed == 3 * MOST_SUMMED - 1
    assert len(known.amounts) == MOST_SUMMED


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
