"""Thresholds: from how much on the refunds of one order need two people.

The network's operators have one a currency; a merchant has its own, for what its members refund in
the portal and, only if it says so, for what its keys refund. Large is what brings an order's
refunds, all together, to the threshold, so that nobody goes around it in small steps. One member
alone makes a threshold stricter, at once; what loosens it waits for another member, because whoever
could lift it alone would need nobody for the refund either.
Units: minor units.
Refuses: approving one's own change, or another one than the one that waits.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acts import Facts
from changliao.core.ids import MerchantId
from changliao.core.members import same_hands
from changliao.core.money import BY_NUMBER, MAX_AMOUNT
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused

NO_THRESHOLD: Final = 0
# Who asks and who agrees.
HANDS: Final = 2
NETWORK: Final = MerchantId(chart.NETWORK)


class Terms(Struct, frozen=True):
    """From how much on; NO_THRESHOLD: never. `keys`: also what a merchant's keys refund."""

    amount: int = NO_THRESHOLD
    keys: bool = False


class Threshold(Struct, frozen=True):
    """What is in force, and what a member wants instead that loosens it; "": nobody does."""

    organisation: MerchantId
    currency: int
    terms: Terms = Terms()
    revision: int = 0
    wanted: Terms = Terms()
    wanted_by: str = ""


class SetThreshold(Struct, frozen=True):
    """A member, or a key of nobody's, says from how much on, in one currency (its ISO number)."""

    currency: int
    terms: Terms
    by: str
    organisation: MerchantId = NETWORK


class DecideThreshold(Struct, frozen=True):
    """Another member agrees to the change that waits, or not. `terms` are those it has seen."""

    currency: int
    terms: Terms
    approves: bool
    by: str
    organisation: MerchantId = NETWORK


def facts(one: Threshold) -> Facts:
    """What is in force and what waits, in words."""
    waits = {"wanted_amount": str(one.wanted.amount), "wanted_by": one.wanted_by}
    return {
        "currency": BY_NUMBER[one.currency].code,
        "amount": str(one.terms.amount),
        "keys": "1" if one.terms.keys else "",
        **(waits if one.wanted_by else {}),
    }


def decide_alone(
    known: Threshold | None, order: Order, amount: int, *, by_key: bool = False
) -> Refused | None:
    """May one member, or a key, alone send so much of the order back?"""
    terms = known.terms if known else Terms()
    if terms.amount == NO_THRESHOLD or (by_key and not terms.keys):
        return None
    if order.refunded + amount < terms.amount:
        return None
    said = f"refunds of one order from {terms.amount} minor units on are proposed"
    return Refused(Reason.REFUND_NEEDS_SECOND, said)


def decide_threshold(
    command: SetThreshold, known: Threshold | None, hands: int
) -> Threshold | Refused:
    """Stricter at once, looser after another member's word. `hands`: how many may refund.

    What is in force, said again, takes back what waits.
    """
    terms = command.terms
    if not NO_THRESHOLD <= terms.amount <= MAX_AMOUNT:
        return Refused(Reason.REFUND_THRESHOLD_INVALID, f"amount: 0 (none) to {MAX_AMOUNT}")
    if terms.keys and (terms.amount == NO_THRESHOLD or command.organisation == NETWORK):
        said = "keys: with an amount, of a merchant; operators' keys are asked always"
        return Refused(Reason.REFUND_THRESHOLD_INVALID, said)
    before = known or Threshold(command.organisation, command.currency)
    if terms == before.terms:
        return _settled(before, terms) if before.wanted_by else before
    if terms.amount != NO_THRESHOLD and hands < HANDS:
        return Refused(Reason.REFUND_THRESHOLD_INVALID, "two members who may refund are needed")
    if not _loosens(terms, before.terms):
        return _settled(before, terms)
    if (before.wanted, before.wanted_by) == (terms, command.by):
        return before
    return replace(before, wanted=terms, wanted_by=command.by, revision=before.revision + 1)


def decide_change(command: DecideThreshold, known: Threshold | None) -> Threshold | Refused:
    """What is in force afterwards; what is in force already is no change."""
    if known is None or not known.wanted_by:
        if known is not None and command.approves and known.terms == command.terms:
            return known
        return Refused(Reason.REFUND_PROPOSAL_DECIDED, "no change of the threshold waits")
    if known.wanted != command.terms:
        return Refused(Reason.REFUND_PROPOSAL_DECIDED, "another change waits meanwhile")
    if not command.approves:
        return _settled(known, known.terms)
    if same_hands(command.by, known.wanted_by):
        return Refused(Reason.REFUND_PROPOSAL_SELF_APPROVAL)
    return _settled(known, known.wanted)


def _settled(known: Threshold, terms: Terms) -> Threshold:
    return replace(known, terms=terms, wanted=Terms(), wanted_by="", revision=known.revision + 1)


def _loosens(after: Terms, before: Terms) -> bool:
    if before.amount == NO_THRESHOLD:
        return False
    raised = after.amount == NO_THRESHOLD or after.amount > before.amount
    return raised or (before.keys and not after.keys)
