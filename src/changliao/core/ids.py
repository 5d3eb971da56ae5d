"""Identifiers: 63-bit, time-ordered, made in the process and shown with a prefix at the edges.

Layout, high to low: 41 bits of milliseconds since 2020, 13 of sequence, 8 of node, 1 zero bit. The
low bit stays free so that the two legs of a transfer share its number (see core/ledger.py). Time
order keeps every index append-only, which is worth a factor of three on a large file.
Text form: prefix, underscore, 13 characters of Crockford's base 32.
"""

from typing import Final, NewType

from changliao.core.clock import MILLISECOND, Instant

UserId = NewType("UserId", int)
MerchantId = NewType("MerchantId", int)
MemberId = NewType("MemberId", int)
MemberSessionId = NewType("MemberSessionId", int)
ActId = NewType("ActId", int)
AppId = NewType("AppId", int)
OrderId = NewType("OrderId", int)
AuthorizationId = NewType("AuthorizationId", int)
AuthorizationStepId = NewType("AuthorizationStepId", int)
BasketId = NewType("BasketId", int)
BudgetId = NewType("BudgetId", int)
CouponId = NewType("CouponId", int)
ChannelRequestId = NewType("ChannelRequestId", int)
DifferenceId = NewType("DifferenceId", int)
DisputeId = NewType("DisputeId", int)
MergerId = NewType("MergerId", int)
NoteId = NewType("NoteId", int)
PolicyDraftId = NewType("PolicyDraftId", int)
PacketId = NewType("PacketId", int)
PacketClaimId = NewType("PacketClaimId", int)
PaymentId = NewType("PaymentId", int)
PayoutBatchId = NewType("PayoutBatchId", int)
PayoutId = NewType("PayoutId", int)
RefundId = NewType("RefundId", int)
RefundProposalId = NewType("RefundProposalId", int)
RiskHitId = NewType("RiskHitId", int)
RiskRuleId = NewType("RiskRuleId", int)
ShareId = NewType("ShareId", int)
ReturnId = NewType("ReturnId", int)
TopUpId = NewType("TopUpId", int)
TransferId = NewType("TransferId", int)
PendingId = NewType("PendingId", int)
EventId = NewType("EventId", int)
GroupBillId = NewType("GroupBillId", int)
GroupShareId = NewType("GroupShareId", int)
SettlementId = NewType("SettlementId", int)

NODES: Final = 256
# Above every id, where a list begins at the newest.
NEWEST: Final = (1 << 63) - 1
_EPOCH_MS: Final = 1_577_836_800_000
_TIME_SHIFT: Final = 22
_NODE_SHIFT: Final = 1
_STEP: Final = NODES << _NODE_SHIFT
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KNOWN: Final = frozenset(_ALPHABET + _ALPHABET.lower())
# Python's own digits for base 32, by ours in both cases.
_DIGITS: Final = str.maketrans(
    _ALPHABET + _ALPHABET.lower(), "0123456789abcdefghijklmnopqrstuv" * 2
)
_LENGTH: Final = 13
_PAIRS: Final = [one + two for one in _ALPHABET for two in _ALPHABET]


def show(prefix: str, number: int) -> str:
    """`ord_` and thirteen characters; the same order as the numbers."""
    return (
        f"{prefix}_{_ALPHABET[number >> 60]}"
        f"{_PAIRS[number >> 50 & 1023]}{_PAIRS[number >> 40 & 1023]}{_PAIRS[number >> 30 & 1023]}"
        f"{_PAIRS[number >> 20 & 1023]}{_PAIRS[number >> 10 & 1023]}{_PAIRS[number & 1023]}"
    )


def parse(prefix: str, text: str) -> int | None:
    """The number behind a shown id; None when it is not one of this kind."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LENGTH or not _KNOWN.issuperset(tail):
        return None
    number = int(tail.translate(_DIGITS), 32)
    return number if number < 1 << 63 else None


def first_id(node: int, now: Instant) -> int:
    """The smallest id this node may make at this time."""
    return ((now // MILLISECOND - _EPOCH_MS) << _TIME_SHIFT) | (node << _NODE_SHIFT)


def following(last: int, node: int, now: Instant) -> int:
    """The id after `last`: never smaller, even when the clock steps back."""
    return max(last + _STEP, first_id(node, now))


def block_end(first: int, count: int) -> int:
    """The last of `count` ids that start at `first`."""
    return first + (count - 1) * _STEP


def block(first: int, count: int) -> range:
    """`count` ids in a row, of one node."""
    return range(first, first + count * _STEP, _STEP)


def node_of(number: int) -> int:
    """Which node made this id."""
    return (number >> _NODE_SHIFT) % NODES


def made_at(number: int) -> Instant:
    """When an id was made, to the millisecond."""
    return Instant(((number >> _TIME_SHIFT) + _EPOCH_MS) * MILLISECOND)
