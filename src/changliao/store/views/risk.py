"""Reading risk rules, hits and clearances."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.clock import DAY, Instant
from changliao.core.risk import Clearance, Hit, Rule, Rulebook
from changliao.core.risk_unseen import Unseen
from changliao.store.engine import Reader
from changliao.store.risk import (
    clearance_from_row,
    hit_from_row,
    rule_from_row,
    rulebook_from_row,
    unseen_from_row,
)

_PAGE: Final = 1_000
# How long a hit waits for somebody.
FRESH: Final = 7 * DAY


class HitsOf(Struct, frozen=True):
    """Which hits; 0 is any."""

    payer_id: int = 0
    merchant_id: int = 0
    rule_id: int = 0
    action: int = 0
    movement: int = 0


def rule(reader: Reader, rule_id: int) -> Rule | None:
    """By id."""
    rows = reader.select("risk_rule_by_id", {"rule_id": rule_id})
    return rule_from_row(rows[0]) if rows else None


def rules(reader: Reader, state: int, before: int, most: int) -> list[Rule]:
    """Newest first; 0 is any state."""
    keys = {"state": state, "before": before, "most": most}
    return [rule_from_row(row) for row in reader.select("risk_rules_list", keys)]


def rulebook(reader: Reader) -> Rulebook:
    """The rules in force."""
    rows = reader.select("risk_rulebook", {})
    return rulebook_from_row(rows[0]) if rows else Rulebook()


def clearance(reader: Reader, user_id: int) -> Clearance | None:
    """Until when a payer is cleared, or was."""
    rows = reader.select("risk_clearance_of", {"user_id": user_id})
    return clearance_from_row(rows[0]) if rows else None


def hits(reader: Reader, wanted: HitsOf, before: int, most: int) -> list[Hit]:
    """Newest first."""
    keys = {
        "payer_id": wanted.payer_id,
        "merchant_id": wanted.merchant_id,
        "rule_id": wanted.rule_id,
        "action": wanted.action,
        "movement": wanted.movement,
        "before": before,
        "most": most,
    }
    return [hit_from_row(row) for row in reader.select("risk_hits_list", keys)]


def unseen_count(reader: Reader, now: Instant) -> int:
    """How many payers met rules lately that nobody has looked into since."""
    return int(reader.select("risk_unseen_count", {"since": _fresh(now)})[0][0])


def unseen(reader: Reader, now: Instant, most: int) -> list[Unseen]:
    """Who they are, the newest hit first."""
    keys = {"since": _fresh(now), "before": ids.NEWEST, "most": most}
    return [unseen_from_row(row) for row in reader.select("risk_unseen_list", keys)]


def _fresh(now: Instant) -> int:
    return ids.first_id(0, Instant(now - FRESH))


def all_rules(reader: Reader) -> Iterator[Rule]:
    """Every rule, for the audit."""
    before = ids.NEWEST
    while page := rules(reader, 0, before, _PAGE):
        yield from page
        before = page[-1].id


def all_hits(reader: Reader) -> Iterator[Hit]:
    """Every hit, for the audit."""
    before = ids.NEWEST
    while page := hits(reader, HitsOf(), before, _PAGE):
        yield from page
        before = page[-1].id


def all_unseen(reader: Reader) -> Iterator[Unseen]:
    """Every payer who waits, for the audit."""
    before = ids.NEWEST
    while True:
        keys = {"since": 0, "before": before, "most": _PAGE}
        page = [unseen_from_row(row) for row in reader.select("risk_unseen_list", keys)]
        if not page:
            return
        yield from page
        before = page[-1].last
