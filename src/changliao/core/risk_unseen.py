"""Which payers met risk rules since somebody last looked into them, kept beside their hits.

Whoever is cleared, for however short a time, was looked into; what a payer meets while cleared
needs nobody.
"""

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.ids import RiskHitId, UserId, made_at
from changliao.core.risk import Clearance, RiskAction, Rule


class Unseen(Struct, frozen=True):
    """How often, the strictest action, and the newest hit; 0 hits: nothing waits."""

    payer_id: UserId
    hits: int = 0
    action: RiskAction = RiskAction.NOTE
    last: RiskHitId = RiskHitId(0)
    revision: int = 0

    @property
    def at(self) -> Instant:
        """When the newest was."""
        return made_at(self.last)


def met(
    known: Unseen, rule: Rule, hit: RiskHitId, cleared: Clearance | None, now: Instant
) -> Unseen:
    """One more hit, unless the payer is cleared."""
    if cleared is not None and now < cleared.until:
        return known
    strictest, last = max(known.action, rule.action), max(known.last, hit)
    return Unseen(known.payer_id, known.hits + 1, strictest, last, known.revision + 1)


def looked_into(known: Unseen) -> Unseen:
    """Nothing waits any more."""
    return Unseen(known.payer_id, last=known.last, revision=known.revision + 1)
