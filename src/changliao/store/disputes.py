"""Disputes and their notes, as rows."""

from changliao.core.clock import Instant
from changliao.core.disputes import Dispute, DisputeState, Note
from changliao.core.ids import DisputeId, MerchantId, NoteId, OrderId, UserId
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> Dispute:
    """A dispute from its columns in the order of `disputes_find`."""
    return Dispute(
        merchant_id=MerchantId(row[0]),
        id=DisputeId(row[1]),
        order_id=OrderId(row[2]),
        payer_id=UserId(row[3]),
        reason=row[4],
        state=DisputeState(row[5]),
        refunded=row[6],
        decision=row[7],
        decided_by=row[8],
        ended_at=Instant(row[9]),
    )


def note_from_row(row: Row) -> Note:
    """A note from its columns in the order of `dispute_notes_find`."""
    return Note(
        merchant_id=MerchantId(row[0]),
        dispute_id=DisputeId(row[1]),
        id=NoteId(row[2]),
        author=row[3],
        text=row[4],
    )


DISPUTES: Table[tuple[int, int], Dispute] = Table(
    name="disputes",
    key=lambda one: (one.merchant_id, one.id),
    to_row=lambda one: (
        one.merchant_id,
        one.id,
        one.order_id,
        one.payer_id,
        one.reason,
        int(one.state),
        one.refunded,
        one.decision,
        one.decided_by,
        one.ended_at,
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.id,
        int(after.state),
        after.refunded,
        after.decision,
        after.decided_by,
        after.ended_at,
        int(before.state),
    ),
)
NOTES: Table[tuple[int, int, int], Note] = Table(
    name="dispute_notes",
    key=lambda one: (one.merchant_id, one.dispute_id, one.id),
    to_row=lambda one: (one.merchant_id, one.dispute_id, one.id, one.author, one.text),
    from_row=note_from_row,
)
