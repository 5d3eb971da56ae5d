"""Risk: which payments are noted, wait for a review of their payer, or are refused.

A rule is data of one of a few kinds, drafted by one member and approved by another. Those in force
are one row that every payment reads; without rules there is no row. A payment that meets a rule
leaves a hit. The strictest action counts: REFUSE is final for this payment, REVIEW until a member
clears the payer for a time, NOTE only says that it happened.
A window holds the times of the last events that some rule counts, so that it never begins anew at a
full hour. Units: minor units; days and minutes as their fields say.
Refuses: rules that say nothing or contradict their kind, approving one's own.
"""

from collections.abc import Callable, Collection, Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.clock import DAY, MINUTE, NEVER, Instant
from changliao.core.ids import MerchantId, OrderId, RiskHitId, RiskRuleId, UserId
from changliao.core.members import same_hands
from changliao.core.money import BY_NUMBER, MAX_AMOUNT, Money
from changliao.core.outcome import Reason, Refused

MOST_RULES: Final = 50
MOST_LISTED: Final = 200
MOST_COUNT: Final = 100
MOST_MINUTES: Final = 7 * 24 * 60
MOST_DAYS: Final = 365
LONGEST_CLEARANCE: Final = 30 * DAY
LONGEST_REASON: Final = 200
# Of a method or a terminal: whichever.
ANY: Final = 0


class RuleKind(IntEnum):
    """The number is stored. YOUNG_PAYER: at least `amount` from an account under `days` old.

    MANY_PAYMENTS, WRONG_PINS: the payer had `count` of them in the last `minutes`. MANY_RETURNS:
    the merchant had `count` refunds and disputes. WAY: at least `amount` by a method on a terminal.
    LISTED: the payer is one of `users`.
    """

    __hash__ = int.__hash__

    YOUNG_PAYER = 1
    MANY_PAYMENTS = 2
    WRONG_PINS = 3
    MANY_RETURNS = 4
    WAY = 5
    LISTED = 6


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


class RuleEvent(IntEnum):
    """WITHDRAW a draft; END what is in force."""

    __hash__ = int.__hash__

    APPROVE = 1
    WITHDRAW = 2
    END = 3


_STATE: Final = Reason.RISK_RULE_STATE
TRANSITIONS: Final[Mapping[tuple[RuleState, RuleEvent], RuleState | Reason]] = {
    (RuleState.DRAFTED, RuleEvent.APPROVE): RuleState.IN_FORCE,
    (RuleState.DRAFTED, RuleEvent.WITHDRAW): RuleState.WITHDRAWN,
    (RuleState.DRAFTED, RuleEvent.END): _STATE,
    (RuleState.IN_FORCE, RuleEvent.APPROVE): _STATE,
    (RuleState.IN_FORCE, RuleEvent.WITHDRAW): _STATE,
    (RuleState.IN_FORCE, RuleEvent.END): RuleState.ENDED,
    (RuleState.WITHDRAWN, RuleEvent.APPROVE): _STATE,
    (RuleState.WITHDRAWN, RuleEvent.WITHDRAW): RuleState.WITHDRAWN,
    (RuleState.WITHDRAWN, RuleEvent.END): _STATE,
    (RuleState.ENDED, RuleEvent.APPROVE): _STATE,
    (RuleState.ENDED, RuleEvent.WITHDRAW): _STATE,
    (RuleState.ENDED, RuleEvent.END): RuleState.ENDED,
}


class RecentKind(IntEnum):
    """What a window counts. The number is stored. A merchant has RETURNs, a payer the others."""

    __hash__ = int.__hash__

    PAYMENT = 1
    WRONG_PIN = 2
    RETURN = 3


COUNTED: Final[Mapping[RuleKind, RecentKind]] = {
    RuleKind.MANY_PAYMENTS: RecentKind.PAYMENT,
    RuleKind.WRONG_PINS: RecentKind.WRONG_PIN,
    RuleKind.MANY_RETURNS: RecentKind.RETURN,
}


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
    state: RuleState = RuleState.DRAFTED
    decided_by: str = ""
    decided_at: Instant = NEVER
    ended_by: str = ""
    ended_at: Instant = NEVER


class Rulebook(Struct, frozen=True):
    """The rules in force, in the order in which they were drafted. There is one.

    What they ask about is worked out once and not by every payment: how many times of each kind
    have to be remembered (0: no rule counts them), and whether a clearance matters.
    """

    rules: tuple[Rule, ...] = ()
    revision: int = 0
    payments: int = 0
    wrong_pins: int = 0
    returns: int = 0
    reviews: bool = False


class Recent(Struct, frozen=True):
    """When something happened last with one party, the newest at the end."""

    owner_id: int
    kind: RecentKind
    times: tuple[Instant, ...] = ()
    revision: int = 0


class Clearance(Struct, frozen=True):
    """Until when REVIEW does not stop a payer, who said so and why."""

    user_id: UserId
    until: Instant
    note: str
    by: str
    revision: int = 0


class Attempted(Struct, frozen=True, gc=False):
    """A payment that nothing else stands against. `merchants` are all that it pays.

    `order_id` 0: money is frozen before there is an order.
    """

    payer_id: UserId
    merchant_id: MerchantId
    order_id: OrderId
    amount: Money
    method_id: int
    terminal_id: int
    merchants: tuple[MerchantId, ...] = ()


class Seen(Struct, frozen=True, gc=False):
    """What rules ask about, as far as one does: times of recent events, and the clearance."""

    payments: tuple[Instant, ...] = ()
    wrong_pins: tuple[Instant, ...] = ()
    returns: tuple[tuple[Instant, ...], ...] = ()
    cleared_until: Instant = NEVER


class Hit(Struct, frozen=True):
    """A payment met a rule. `passed`: it was made nevertheless."""

    id: RiskHitId
    rule_id: RiskRuleId
    action: RiskAction
    attempted: Attempted
    passed: bool


class Judged(Struct, frozen=True, gc=False):
    """The rules that a payment met, and None or why it is refused."""

    met: tuple[Rule, ...]
    refused: Refused | None


class DecideRule(Struct, frozen=True):
    """A member approves, withdraws or ends a rule."""

    rule_id: RiskRuleId
    event: RuleEvent
    by: str


class ClearPayer(Struct, frozen=True):
    """A member has looked into a payer. `until` now or before: not cleared any more."""

    user_id: UserId
    until: Instant
    note: str
    by: str


def decide_risk(rules: Collection[Rule], attempted: Attempted, seen: Seen, now: Instant) -> Judged:
    """Which rules does the payment meet, and may it be made?"""
    met = tuple(one for one in rules if _MEETS[one.kind](one, attempted, seen, now))
    if not met:
        return Judged(met, None)
    strictest = max(one.action for one in met)
    if strictest is RiskAction.REFUSE:
        return Judged(met, Refused(Reason.RISK_REFUSED))
    if strictest is RiskAction.REVIEW and now >= seen.cleared_until:
        return Judged(met, Refused(Reason.RISK_REVIEW))
    return Judged(met, None)


def rulebook(rules: tuple[Rule, ...], revision: int) -> Rulebook:
    """The rules, with what they ask about."""
    counts = dict.fromkeys(RecentKind, 0)
    for one in rules:
        kind = COUNTED.get(one.kind)
        if kind is not None:
            counts[kind] = max(counts[kind], one.count)
    reviews = any(one.action is RiskAction.REVIEW for one in rules)
    return Rulebook(
        rules=rules,
        revision=revision,
        payments=counts[RecentKind.PAYMENT],
        wrong_pins=counts[RecentKind.WRONG_PIN],
        returns=counts[RecentKind.RETURN],
        reviews=reviews,
    )


def after(known: Recent, most: int, now: Instant) -> Recent:
    """One more happened now."""
    return replace(known, times=(*known.times, now)[-most:], revision=known.revision + 1)


def decide_rule(
    rule: Rule, methods: Collection[int], terminals: Collection[int], users: Collection[int]
) -> Refused | None:
    """Is this a rule that could be approved? The detail names the field."""
    wrong = next((said for fine, said in _needs(rule, methods, terminals, users) if not fine), None)
    return Refused(Reason.RISK_RULE_INVALID, wrong) if wrong else None


def decide_event(
    command: DecideRule, rule: Rule, book: Rulebook, now: Instant
) -> tuple[Rule, Rulebook] | Refused:
    """The rule afterwards, and the rules in force. What was so before is no change."""
    state = TRANSITIONS[rule.state, command.event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is rule.state:
        return rule, book
    if command.event is RuleEvent.APPROVE:
        if same_hands(command.by, rule.drafted_by):
            return Refused(Reason.RISK_RULE_SELF_APPROVAL)
        if len(book.rules) >= MOST_RULES:
            return Refused(Reason.RISK_RULE_INVALID, f"at most {MOST_RULES} in force at a time")
        changed = replace(rule, state=state, decided_by=command.by, decided_at=now)
        rules = tuple(sorted((*book.rules, changed), key=lambda one: one.id))
    else:
        changed = replace(rule, state=state, ended_by=command.by, ended_at=now)
        rules = tuple(one for one in book.rules if one.id != rule.id)
    if rules == book.rules:
        return changed, book
    return changed, rulebook(rules, book.revision + 1)


def decide_clearance(
    command: ClearPayer, known: Clearance | None, now: Instant
) -> Clearance | Refused:
    """Let a payer pass reviews for a time, or not any more."""
    if not 0 < len(command.note.strip()) <= LONGEST_REASON:
        return Refused(Reason.RISK_CLEARANCE_INVALID, f"note: 1 to {LONGEST_REASON} characters")
    if command.until > now + LONGEST_CLEARANCE:
        return Refused(Reason.RISK_CLEARANCE_INVALID, "until: at most 30 days from now")
    revision = known.revision + 1 if known else 1
    return Clearance(command.user_id, command.until, command.note, command.by, revision)


def _young(rule: Rule, attempted: Attempted, _seen: Seen, now: Instant) -> bool:
    age = now - ids.made_at(attempted.payer_id)
    return _large(rule, attempted) and age < rule.days * DAY


def _payments(rule: Rule, _attempted: Attempted, seen: Seen, now: Instant) -> bool:
    return _happened(rule, seen.payments, now)


def _wrong_pins(rule: Rule, _attempted: Attempted, seen: Seen, now: Instant) -> bool:
    return _happened(rule, seen.wrong_pins, now)


def _returns(rule: Rule, _attempted: Attempted, seen: Seen, now: Instant) -> bool:
    return any(_happened(rule, times, now) for times in seen.returns)


def _way(rule: Rule, attempted: Attempted, _seen: Seen, _now: Instant) -> bool:
    method = rule.method_id in (ANY, attempted.method_id)
    terminal = rule.terminal_id in (ANY, attempted.terminal_id)
    return method and terminal and _large(rule, attempted)


def _listed(rule: Rule, attempted: Attempted, _seen: Seen, _now: Instant) -> bool:
    return attempted.payer_id in rule.users


def _large(rule: Rule, attempted: Attempted) -> bool:
    amount = attempted.amount
    return amount.currency.number == rule.currency and amount.amount >= rule.amount


def _happened(rule: Rule, times: tuple[Instant, ...], now: Instant) -> bool:
    since = now - rule.minutes * MINUTE
    return sum(at > since for at in times) >= rule.count


_MEETS: Final[Mapping[RuleKind, Callable[[Rule, Attempted, Seen, Instant], bool]]] = {
    RuleKind.YOUNG_PAYER: _young,
    RuleKind.MANY_PAYMENTS: _payments,
    RuleKind.WRONG_PINS: _wrong_pins,
    RuleKind.MANY_RETURNS: _returns,
    RuleKind.WAY: _way,
    RuleKind.LISTED: _listed,
}


def _needs(
    rule: Rule, methods: Collection[int], terminals: Collection[int], users: Collection[int]
) -> list[tuple[bool, str]]:
    """What has to hold for a rule of this kind, and what to say when it does not."""
    needs = [
        (
            0 < len(rule.reason.strip()) <= LONGEST_REASON,
            f"reason: 1 to {LONGEST_REASON} characters",
        )
    ]
    if rule.kind in COUNTED:
        needs += [
            (1 <= rule.count <= MOST_COUNT, f"count: 1 to {MOST_COUNT}"),
            (1 <= rule.minutes <= MOST_MINUTES, f"minutes: 1 to {MOST_MINUTES}"),
        ]
    if rule.kind in (RuleKind.YOUNG_PAYER, RuleKind.WAY):
        needs += [
            (rule.currency in BY_NUMBER, "currency: is not known"),
            (1 <= rule.amount <= MAX_AMOUNT, f"amount: 1 to {MAX_AMOUNT} minor units"),
        ]
    if rule.kind is RuleKind.YOUNG_PAYER:
        needs.append((1 <= rule.days <= MOST_DAYS, f"days: 1 to {MOST_DAYS}"))
    if rule.kind is RuleKind.WAY:
        needs += [
            (rule.method_id != ANY or rule.terminal_id != ANY, "method: or terminal must be named"),
            (rule.method_id in (ANY, *methods), "method: there is none of this name"),
            (rule.terminal_id in (ANY, *terminals), "terminal: there is none of this name"),
        ]
    if rule.kind is RuleKind.LISTED:
        needs += [
            (1 <= len(rule.users) <= MOST_LISTED, f"users: 1 to {MOST_LISTED}"),
            (set(rule.users) <= set(users), "users: somebody is not known"),
        ]
    return needs
