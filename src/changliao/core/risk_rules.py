"""Risk rules: what a rule of each kind has to say, and who puts it in force and takes it back.

Two people put a rule in force, one ends it. A member clears a payer for a time.
Refuses: rules that say nothing or contradict their kind, approving one's own.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.clock import DAY, Instant, to_rfc3339
from changliao.core.ids import RiskRuleId, UserId
from changliao.core.members import same_hands
from changliao.core.money import BY_NUMBER, MAX_AMOUNT
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import (
    ANY,
    COUNTED,
    Clearance,
    Movement,
    Rule,
    Rulebook,
    RuleKind,
    RuleState,
    rulebook,
)

MOST_RULES: Final = 50
MOST_LISTED: Final = 200
MOST_COUNT: Final = 100
MOST_MINUTES: Final = 7 * 24 * 60
MOST_DAYS: Final = 365
LONGEST_CLEARANCE: Final = 30 * DAY
LONGEST_REASON: Final = 200
# Kinds that ask for an amount, and those that ask about a window.
AMOUNTS: Final = (
    RuleKind.YOUNG_PAYER, RuleKind.WAY, RuleKind.LARGE, RuleKind.LARGE_SUM, RuleKind.NEW_RECEIVER,
)  # fmt: skip
WINDOWS: Final = (*COUNTED, RuleKind.LARGE_SUM)
# Kinds that not every movement can meet.
ONLY: Final[Mapping[RuleKind, Movement]] = {
    RuleKind.MANY_RETURNS: Movement.PAYMENT,
    RuleKind.WAY: Movement.PAYMENT,
    RuleKind.NEW_RECEIVER: Movement.TRANSFER,
}


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


def facts(rule: Rule) -> Facts:
    """A rule in words; what its kind does not ask for is left out."""
    said = {
        "state": rule.state.name.lower(),
        "kind": rule.kind.name.lower(),
        "action": rule.action.name.lower(),
        "movements": " · ".join(one.name.lower() for one in rule.movements),
        "currency": BY_NUMBER[rule.currency].code if rule.currency else "",
        "amount": str(rule.amount or ""),
        "days": str(rule.days or ""),
        "count": str(rule.count or ""),
        "minutes": str(rule.minutes or ""),
        "users": str(len(rule.users) or ""),
        "reason": rule.reason,
    }
    return {name: text for name, text in said.items() if text}


def clearance_facts(one: Clearance) -> Facts:
    """Until when, and why, in words."""
    return {"until": to_rfc3339(one.until), "note": one.note}


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
    moves, only = rule.movements, ONLY.get(rule.kind)
    needs += [
        (0 < len(moves) == len(set(moves)), "movements: one or more, each once"),
        (only is None or moves == (only,), f"movements: {only.name.lower() if only else ''} alone"),
    ]
    if rule.kind in COUNTED:
        needs.append((1 <= rule.count <= MOST_COUNT, f"count: 1 to {MOST_COUNT}"))
    if rule.kind in WINDOWS:
        needs.append((1 <= rule.minutes <= MOST_MINUTES, f"minutes: 1 to {MOST_MINUTES}"))
    if rule.kind in AMOUNTS:
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
