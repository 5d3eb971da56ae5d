"""Drafting, approving and ending risk rules, and clearing payers."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import risk_rules
from changliao.core.clock import Instant
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import Clearance, Rule, Rulebook
from changliao.core.risk_rules import (
    ClearPayer,
    DecideRule,
    clearance_facts,
    decide_clearance,
    decide_event,
    decide_rule,
    facts,
)
from changliao.core.risk_unseen import looked_into
from changliao.operations.operation import Operation, Place, standing
from changliao.operations.risk import KEY
from changliao.store.acceptance import METHODS, TERMINALS
from changliao.store.parties import USERS
from changliao.store.risk import CLEARANCES, RULEBOOKS, RULES, THE_RULEBOOK, UNSEEN
from changliao.store.unit import UnitOfWork


def _draft(tx: UnitOfWork, command: Rule, now: Instant) -> Rule | Refused:
    """Keep a rule that could be approved. The same one again is found."""
    earlier = tx.find(RULES, command.id)
    if earlier is not None:
        return earlier
    methods = [command.method_id] if tx.find(METHODS, command.method_id) else []
    terminals = [command.terminal_id] if tx.find(TERMINALS, command.terminal_id) else []
    users = [one for one in command.users[: risk_rules.MOST_LISTED] if tx.find(USERS, one)]
    refused = decide_rule(command, methods, terminals, users)
    if refused is not None:
        return refused
    tx.insert(RULES, command)
    return command


def _decide(tx: UnitOfWork, command: DecideRule, now: Instant) -> Rule | Refused:
    """Approve, withdraw or end a rule: the next movement obeys."""
    rule = tx.find(RULES, command.rule_id)
    if rule is None:
        return Refused(Reason.RISK_RULE_NOT_FOUND)
    book = tx.find(RULEBOOKS, THE_RULEBOOK) or Rulebook()
    decided = decide_event(command, rule, book, now)
    if isinstance(decided, Refused):
        return decided
    after, changed = decided
    if after is not rule:
        tx.update(RULES, after)
    if changed is not book:
        tx.put(RULEBOOKS, THE_RULEBOOK, changed)
    return after


def _clear(tx: UnitOfWork, command: ClearPayer, now: Instant) -> Clearance | Refused:
    """Let a payer pass reviews until then."""
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    known = tx.find(CLEARANCES, command.user_id)
    if known is not None and replace(_cleared(command), revision=known.revision) == known:
        return known
    cleared = decide_clearance(command, known, now)
    if isinstance(cleared, Clearance):
        tx.put(CLEARANCES, command.user_id, cleared)
        unseen = tx.find(UNSEEN, command.user_id)
        if unseen is not None:
            tx.update(UNSEEN, looked_into(unseen))
    return cleared


def _cleared(command: ClearPayer) -> Clearance:
    return Clearance(command.user_id, command.until, command.note, command.by)


def _drafting_keys(command: Rule) -> Iterable[Place]:
    yield RULES, command.id


def _deciding_keys(command: DecideRule) -> Iterable[Place]:
    yield RULES, command.rule_id
    yield KEY


def _clearing_keys(command: ClearPayer) -> Iterable[Place]:
    yield USERS, command.user_id
    yield CLEARANCES, command.user_id
    yield UNSEEN, command.user_id


DRAFT: Final = Operation(
    "risk.draft", _draft, _drafting_keys, standing(RULES, lambda one: one.id, facts)
)
DECIDE: Final = Operation(
    "risk.decide", _decide, _deciding_keys, standing(RULES, lambda one: one.rule_id, facts)
)
CLEAR: Final = Operation(
    "risk.clear",
    _clear,
    _clearing_keys,
    standing(CLEARANCES, lambda one: one.user_id, clearance_facts),
)
