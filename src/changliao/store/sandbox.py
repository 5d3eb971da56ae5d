"""The sandbox's rules and its log of requests, as rows."""

from typing import Any

from msgspec import Struct

from changliao.core.ids import MerchantId
from changliao.core.sandbox import Rule, RuleKind
from changliao.store.engine import Row
from changliao.store.unit import Table


class Logged(Struct, frozen=True):
    """One request at an API door. `id` says when; `record` is JSON, with secrets masked."""

    id: int
    merchant_id: MerchantId
    record: bytes


def rule_from_row(row: Row) -> Rule:
    """A rule from its columns."""
    return Rule(MerchantId(row[0]), RuleKind(row[1]), bytes(row[2]))


def logged_from_row(row: Row) -> Logged:
    """A logged request from its columns."""
    return Logged(row[0], MerchantId(row[1]), bytes(row[2]))


RULES: Table[tuple[int, int], Rule] = Table(
    name="sandbox_rules",
    key=lambda rule: (rule.merchant_id, int(rule.kind)),
    to_row=lambda rule: (rule.merchant_id, int(rule.kind), rule.body),
    from_row=rule_from_row,
    change=lambda before, after: (after.merchant_id, int(after.kind), after.body, before.body),
)


def logged_row(one: Logged) -> tuple[Any, ...]:
    """The columns of a logged request."""
    return (one.id, one.merchant_id, one.record)
