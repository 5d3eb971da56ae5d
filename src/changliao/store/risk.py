"""Risk rules, those in force, what happened lately, clearances and hits, as rows."""

from typing import Final

import msgspec

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, OrderId, RiskHitId, RiskRuleId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.core.risk import (
    Attempted,
    Clearance,
    Hit,
    Movement,
    RiskAction,
    Rule,
    Rulebook,
    rulebook,
)
from changliao.core.risk_memory import Memory, recalled
from changliao.core.risk_unseen import Unseen
from changliao.store.engine import Row
from changliao.store.unit import Table, UnitOfWork

# There is one rulebook.
THE_RULEBOOK: Final = 1
_RULE = msgspec.json.Decoder(Rule)
_RULES = msgspec.json.Decoder(tuple[Rule, ...])


def rule_from_row(row: Row) -> Rule:
    """A rule, from its columns in the order of `risk_rules_find`."""
    return _RULE.decode(row[1])


def rulebook_from_row(row: Row) -> Rulebook:
    """The rules in force, from their columns in the order of `risk_rulebooks_find`."""
    return rulebook(_RULES.decode(row[0]), row[1])


def memory_from_row(row: Row) -> Memory:
    """What is remembered of a party, from its columns in the order of `risk_memories_find`."""
    return recalled(row[0], bytes(row[1]), row[2])


def clearance_from_row(row: Row) -> Clearance:
    """A clearance, from its columns in the order of `risk_clearances_find`."""
    return Clearance(UserId(row[0]), Instant(row[1]), *row[2:])


def unseen_from_row(row: Row) -> Unseen:
    """An unseen payer, from its columns in the order of `risk_unseen_find`."""
    return Unseen(UserId(row[0]), row[1], RiskAction(row[2]), RiskHitId(row[3]), row[4])


def hit_from_row(row: Row) -> Hit:
    """A hit, from its columns in the order of `risk_hits_list`."""
    attempted = Attempted(
        payer_id=UserId(row[0]),
        merchant_id=MerchantId(row[4]),
        order_id=OrderId(row[5]),
        amount=Money(row[6], BY_NUMBER[row[7]]),
        method_id=row[8],
        terminal_id=row[9],
        movement=Movement(row[11]),
        receiver_id=UserId(row[12]),
    )
    return Hit(RiskHitId(row[1]), RiskRuleId(row[2]), RiskAction(row[3]), attempted, bool(row[10]))


def add_hit(tx: UnitOfWork, hit: Hit) -> None:
    """Write a hit; no command reads it."""
    one = hit.attempted
    money = (one.amount.amount, one.amount.currency.number)
    tx.add(
        "risk_hits_insert",
        (
            *(one.payer_id, hit.id, hit.rule_id, int(hit.action), one.merchant_id, one.order_id),
            *(*money, one.method_id, one.terminal_id, int(hit.passed)),
            *(int(one.movement), one.receiver_id),
        ),
    )


RULES: Table[RiskRuleId, Rule] = Table(
    name="risk_rules",
    key=lambda one: one.id,
    to_row=lambda one: (one.id, msgspec.json.encode(one), int(one.state)),
    from_row=rule_from_row,
    change=lambda before, after: (
        after.id,
        msgspec.json.encode(after),
        int(after.state),
        int(before.state),
    ),
)
RULEBOOKS: Table[int, Rulebook] = Table(
    name="risk_rulebooks",
    key=lambda one: THE_RULEBOOK,
    to_row=lambda one: (THE_RULEBOOK, msgspec.json.encode(one.rules), one.revision),
    from_row=rulebook_from_row,
    change=lambda before, after: (
        THE_RULEBOOK,
        msgspec.json.encode(after.rules),
        after.revision,
        before.revision,
    ),
)
MEMORIES: Table[int, Memory] = Table(
    name="risk_memories",
    key=lambda one: one.owner_id,
    to_row=lambda one: (one.owner_id, one.records, one.revision),
    from_row=memory_from_row,
    change=lambda before, after: (
        after.owner_id,
        after.records,
        after.revision,
        before.revision,
    ),
)
CLEARANCES: Table[UserId, Clearance] = Table(
    name="risk_clearances",
    key=lambda one: one.user_id,
    to_row=lambda one: (one.user_id, one.until, one.note, one.by, one.revision),
    from_row=clearance_from_row,
    change=lambda before, after: (
        after.user_id,
        after.until,
        after.note,
        after.by,
        after.revision,
        before.revision,
    ),
)
UNSEEN: Table[UserId, Unseen] = Table(
    name="risk_unseen",
    key=lambda one: one.payer_id,
    to_row=lambda one: (one.payer_id, one.hits, int(one.action), one.last, one.revision),
    from_row=unseen_from_row,
    change=lambda before, after: (
        after.payer_id,
        after.hits,
        int(after.action),
        after.last,
        after.revision,
        before.revision,
    ),
)
