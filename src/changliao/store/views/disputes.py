"""Reading disputes and notes."""

from changliao.core.disputes import Dispute, Note
from changliao.store.disputes import from_row, note_from_row
from changliao.store.engine import Reader


def dispute(reader: Reader, merchant_id: int, dispute_id: int) -> Dispute | None:
    """By id."""
    rows = reader.select("dispute", {"merchant_id": merchant_id, "dispute_id": dispute_id})
    return from_row(rows[0]) if rows else None


def disputes(
    reader: Reader, merchant_id: int, *, order_id: int, state: int, before: int, most: int
) -> list[Dispute]:
    """Newest first; zeros are no filter."""
    keys = {
        "merchant_id": merchant_id,
        "order_id": order_id,
        "state": state,
        "before": before,
        "most": most,
    }
    return [from_row(row) for row in reader.select("disputes_of_merchant", keys)]


def notes(reader: Reader, merchant_id: int, dispute_id: int) -> list[Note]:
    """What was said, the oldest first."""
    keys = {"merchant_id": merchant_id, "dispute_id": dispute_id}
    return [note_from_row(row) for row in reader.select("notes_of_dispute", keys)]
