"""Reading risk rules, hits and clearances."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.clock import DAY, MILLISECOND, Instant
from changliao.core.risk import Clearance, Hit, RiskAction, Rule, Rulebook
from changliao.store.engine import Reader
from changliao.store.risk import clearance_from_row, hit_from_row, rule_from_row, rulebook_from_row

_PAGE: Final = 1_000
# How long a hit waits for somebody, and how many are counted.
FRESH: Final = 7 * DAY
_MOST_FRESH: Final = 500


class Unseen(Struct, frozen=True):
    """A payer who met rules since somebody last looked into it: how often, the strictest, when."""

    payer_id: int
    hits: int
    action: RiskAction
    at: Instant


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


def unseen(reader: Reader, now: Instant) -> list[Unseen]:
    """Payers of the latest hits that nobody has looked into, the newest hit first.

    Whoever was cleared, for however short a time, was looked into until then.
    """
    keys = {"since": ids.first_id(0, Instant(now - FRESH)), "most": _MOST_FRESH}
    found: dict[int, Unseen] = {}
    for payer_id, hit_id, action, until in reader.select("risk_hits_fresh", keys):
        if ids.made_at(hit_id) + MILLISECOND <= until:
            continue
        known = found.get(payer_id) or Unseen(payer_id, 0, RiskAction.NOTE, ids.made_at(hit_id))
        strictest = RiskAction(max(known.action, action))
        found[payer_id] = replace(known, hits=known.hits + 1, action=strictest)
    return list(found.values())


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
