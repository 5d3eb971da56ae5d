"""Risk: which movements of money are noted, wait for a review of the payer, or are refused.

Judged is what leaves a wallet: payments to merchants, transfers to people, red packets and
withdrawals. A rule is data of one of a few kinds, drafted by one member and approved by another
(core/risk_rules.py). Those in force are one row that every movement reads; without rules there is
no row. A movement that meets a rule leaves a hit. The strictest action counts: REFUSE is final for
this movement, REVIEW until a member clears the payer for a time, NOTE only says that it happened.
Nothing is held for a review: a refused movement has moved nothing, and is asked for again.
What windows count is remembered in core/risk_memory.py.
Units: minor units; days and minutes as their fields say.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.clock import DAY, MINUTE, NEVER, Instant
from changliao.core.ids import MerchantId, OrderId, RiskHitId, RiskRuleId, UserId
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused
from changliao.core.risk_memory import (
    MOST_SUMMED,
    Memory,
    RecentKind,
    Window,
    after,
    topic,
)

# Of a method or a terminal: whichever.
ANY: Final = 0
NO_MEMORY: Final = Memory(0)


class Movement(IntEnum):
    """What leaves a wallet. The number is stored. TRANSFER: to a person, also a part of a bill."""

    __hash__ = int.__hash__

    PAYMENT = 1
    TRANSFER = 2
    PACKET = 3
    WITHDRAWAL = 4


class RuleKind(IntEnum):
    """The number is stored. YOUNG_PAYER: at least `amount` from an account under `days` old.

    MANY_PAYMENTS, WRONG_PINS: the payer had `count` of them in the last `minutes`; the first counts
    the movements that its rule judges. MANY_RETURNS: the merchant had `count` refunds and disputes.
    WAY: at least `amount` by a method on a terminal. LISTED: the payer is one of `users`.
    LARGE: at least `amount` at once. LARGE_SUM: with the last `minutes` at least `amount`.
    NEW_RECEIVER: at least `amount` to somebody to whom the payer never transferred before.
    """

    __hash__ = int.__hash__

    YOUNG_PAYER = 1
    MANY_PAYMENTS = 2
    WRONG_PINS = 3
    MANY_RETURNS = 4
    WAY = 5
    LISTED = 6
    LARGE = 7
    LARGE_SUM = 8
    NEW_RECEIVER = 9


class RiskAction(IntEnum):
    """The number is stored; the larger is the stricter."""

    NOTE = 1
    REVIEW = 2
    REFUSE = 3


class RuleState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    DRAFTED = 1
    IN_FORCE = 2
    WITHDRAWN = 3
    ENDED = 4


# What is remembered of a movement that was made.
MADE: Final[Mapping[Movement, RecentKind]] = {
    Movement.PAYMENT: RecentKind.PAYMENT,
    Movement.TRANSFER: RecentKind.TRANSFER,
    Movement.PACKET: RecentKind.PACKET,
    Movement.WITHDRAWAL: RecentKind.WITHDRAWAL,
}
# Kinds whose `count` in `minutes` is asked for.
COUNTED: Final = (RuleKind.MANY_PAYMENTS, RuleKind.WRONG_PINS, RuleKind.MANY_RETURNS)


class Rule(Struct, frozen=True):
    """One rule; fields that its kind does not ask for are empty. `reason` is for operators.

    Who is a member, or a key of nobody's. `decided_by` approved it, `ended_by` took it back.
    """

    id: RiskRuleId
    kind: RuleKind
    action: RiskAction
    reason: str
    drafted_by: str
    currency: int = 0
    amount: int = 0
    days: int = 0
    count: int = 0
    minutes: int = 0
    method_id: int = ANY
    terminal_id: int = ANY
    users: tuple[UserId, ...] = ()
    movements: tuple[Movement, ...] = (Movement.PAYMENT,)
    state: RuleState = RuleState.DRAFTED
    decided_by: str = ""
    decided_at: Instant = NEVER
    ended_by: str = ""
    ended_at: Instant = NEVER


class Checks(Struct, frozen=True):
    """The rules for one kind of movement, and what they ask about (`asks`: anything at all).

    `payer`: what is remembered of the payer. `windows` are for all that has to be remembered.
    """

    rules: tuple[Rule, ...]
    windows: Mapping[int, Window] = {}
    payer: bool = False
    returns: bool = False
    receivers: bool = False
    reviews: bool = False
    asks: bool = False


class Rulebook(Struct, frozen=True):
    """The rules in force, in the order in which they were drafted. There is one.

    What they ask about is worked out once and not by every movement: `windows` by topic.
    """

    rules: tuple[Rule, ...] = ()
    revision: int = 0
    checks: Mapping[Movement, Checks] = {}
    windows: Mapping[int, Window] = {}


class Clearance(Struct, frozen=True):
    """Until when REVIEW does not stop a payer, who said so and why."""

    user_id: UserId
    until: Instant
    note: str
    by: str
    revision: int = 0


class Attempted(Struct, frozen=True, gc=False):
    """A movement that nothing else stands against. `merchants` are all that a payment pays.

    `order_id` 0: money is frozen before there is an order. Only a payment has a merchant, a method
    and a terminal; only a transfer has a receiver.
    """

    payer_id: UserId
    merchant_id: MerchantId
    order_id: OrderId
    amount: Money
    method_id: int
    terminal_id: int
    merchants: tuple[MerchantId, ...] = ()
    movement: Movement = Movement.PAYMENT
    receiver_id: UserId = UserId(0)


class Seen(Struct, frozen=True, gc=False):
    """What rules ask about, as far as one does.

    What is remembered of the payer, times of the merchants' returns, whether the receiver is a new
    one, and the clearance.
    """

    memory: Memory = NO_MEMORY
    returns: tuple[Sequence[Instant], ...] = ()
    new_receiver: bool = False
    cleared_until: Instant = NEVER


class Hit(Struct, frozen=True):
    """A movement met a rule. `passed`: it was made nevertheless."""

    id: RiskHitId
    rule_id: RiskRuleId
    action: RiskAction
    attempted: Attempted
    passed: bool


class Judged(Struct, frozen=True, gc=False):
    """The rules that a movement met, and None or why it is refused."""

    met: tuple[Rule, ...]
    refused: Refused | None


def decide_risk(rules: Collection[Rule], attempted: Attempted, seen: Seen, now: Instant) -> Judged:
    """Which of these rules does the movement meet, and may it be made?"""
    met = tuple([one for one in rules if _MEETS[one.kind](one, attempted, seen, now)])
    if not met:
        return UNTOUCHED
    strictest = max(one.action for one in met)
    if strictest is RiskAction.REFUSE:
        return Judged(met, Refused(Reason.RISK_REFUSED))
    if strictest is RiskAction.REVIEW and now >= seen.cleared_until:
        return Judged(met, Refused(Reason.RISK_REVIEW))
    return Judged(met, None)


# What most movements come to.
UNTOUCHED: Final = Judged((), None)


def rulebook(rules: tuple[Rule, ...], revision: int) -> Rulebook:
    """The rules, with what they ask about."""
    windows: dict[int, Window] = {}
    for one in rules:
        most = MOST_SUMMED if one.kind is RuleKind.LARGE_SUM else one.count
        for about in _topics(one):
            known = windows.get(about, _NO_WINDOW)
            lasts = max(known.lasts, one.minutes * MINUTE)
            windows[about] = Window(max(known.most, most), lasts)
    judging = {move: tuple(one for one in rules if move in one.movements) for move in Movement}
    checks = {move: _checks(of_it, windows) for move, of_it in judging.items() if of_it}
    return Rulebook(rules, revision, checks, windows)


def made(
    known: Memory, attempted: Attempted, windows: Mapping[int, Window], now: Instant
) -> Memory:
    """What is remembered of the payer when the movement is made."""
    movement, amount = attempted.movement, attempted.amount
    counted = MADE[movement]
    if counted in windows:
        known = after(known, counted, 0, windows, now)
    summed = topic(movement, amount.currency.number)
    if summed in windows:
        known = after(known, summed, amount.amount, windows, now)
    return known


def _checks(rules: tuple[Rule, ...], windows: Mapping[int, Window]) -> Checks:
    kinds = {one.kind for one in rules}
    reviews = any(one.action is RiskAction.REVIEW for one in rules)
    return Checks(
        rules=rules,
        windows=windows,
        payer=not kinds.isdisjoint(_OF_THE_PAYER),
        returns=RuleKind.MANY_RETURNS in kinds,
        receivers=RuleKind.NEW_RECEIVER in kinds,
        reviews=reviews,
        asks=reviews or not kinds.isdisjoint(_ASKING),
    )


_NO_WINDOW: Final = Window(0, 0)
_OF_THE_PAYER: Final = (RuleKind.MANY_PAYMENTS, RuleKind.WRONG_PINS, RuleKind.LARGE_SUM)
_ASKING: Final = (*_OF_THE_PAYER, RuleKind.MANY_RETURNS, RuleKind.NEW_RECEIVER)


def _topics(rule: Rule) -> tuple[int, ...]:
    """What has to be remembered for a rule."""
    if rule.kind is RuleKind.WRONG_PINS:
        return (RecentKind.WRONG_PIN,)
    if rule.kind is RuleKind.MANY_RETURNS:
        return (RecentKind.RETURN,)
    if rule.kind is RuleKind.MANY_PAYMENTS:
        return tuple(MADE[one] for one in rule.movements)
    if rule.kind is RuleKind.LARGE_SUM:
        return tuple(topic(one, rule.currency) for one in rule.movements)
    return ()


def _young(rule: Rule, attempted: Attempted, _seen: Seen, now: Instant) -> bool:
    age = now - ids.made_at(attempted.payer_id)
    return _large(rule, attempted) and age < rule.days * DAY


def _payments(rule: Rule, _attempted: Attempted, seen: Seen, now: Instant) -> bool:
    # Most people are far from it, and nothing is searched.
    if seen.memory.count < rule.count:
        return False
    return _happened(rule, seen.memory.times(_topics(rule)), now)


def _wrong_pins(rule: Rule, _attempted: Attempted, seen: Seen, now: Instant) -> bool:
    return _happened(rule, seen.memory.times(_topics(rule)), now)


def _returns(rule: Rule, _attempted: Attempted, seen: Seen, now: Instant) -> bool:
    return any(_happened(rule, times, now) for times in seen.returns)


def _way(rule: Rule, attempted: Attempted, _seen: Seen, _now: Instant) -> bool:
    method = rule.method_id in (ANY, attempted.method_id)
    terminal = rule.terminal_id in (ANY, attempted.terminal_id)
    return method and terminal and _large(rule, attempted)


def _listed(rule: Rule, attempted: Attempted, _seen: Seen, _now: Instant) -> bool:
    return attempted.payer_id in rule.users


def _at_once(rule: Rule, attempted: Attempted, _seen: Seen, _now: Instant) -> bool:
    return _large(rule, attempted)


def _sum(rule: Rule, attempted: Attempted, seen: Seen, now: Instant) -> bool:
    amount, memory = attempted.amount, seen.memory
    if amount.currency.number != rule.currency or memory.total + amount.amount < rule.amount:
        return False
    since = Instant(now - rule.minutes * MINUTE)
    return memory.amounts(_topics(rule), since) + amount.amount >= rule.amount


def _receiver(rule: Rule, attempted: Attempted, seen: Seen, _now: Instant) -> bool:
    return seen.new_receiver and _large(rule, attempted)


def _large(rule: Rule, attempted: Attempted) -> bool:
    amount = attempted.amount
    return amount.currency.number == rule.currency and amount.amount >= rule.amount


def _happened(rule: Rule, times: Sequence[Instant], now: Instant) -> bool:
    """Is the last but so many inside the window?"""
    count = rule.count
    return len(times) >= count and times[-count] > now - rule.minutes * MINUTE


_MEETS: Final[Mapping[RuleKind, Callable[[Rule, Attempted, Seen, Instant], bool]]] = {
    RuleKind.YOUNG_PAYER: _young,
    RuleKind.MANY_PAYMENTS: _payments,
    RuleKind.WRONG_PINS: _wrong_pins,
    RuleKind.MANY_RETURNS: _returns,
    RuleKind.WAY: _way,
    RuleKind.LISTED: _listed,
    RuleKind.LARGE: _at_once,
    RuleKind.LARGE_SUM: _sum,
    RuleKind.NEW_RECEIVER: _receiver,
}
