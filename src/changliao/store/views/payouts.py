"""Reading payouts and batches."""

from changliao.core.payouts import Payout, PayoutBatch
from changliao.store.engine import Reader
from changliao.store.payouts import batch_from_row, from_row


def payout(reader: Reader, merchant_id: int, payout_id: int) -> Payout | None:
    """By id."""
    rows = reader.select("payout_by_id", {"merchant_id": merchant_id, "payout_id": payout_id})
    return from_row(rows[0]) if rows else None


def payout_by_reference(
    reader: Reader, merchant_id: int, batch_id: int, reference: str
) -> Payout | None:
    """By the merchant's own number; `batch_id` is 0 for payouts made alone."""
    keys = {"merchant_id": merchant_id, "batch_id": batch_id, "reference": reference}
    rows = reader.select("payout_by_reference", keys)
    return from_row(rows[0]) if rows else None


def of_merchant(reader: Reader, merchant_id: int, before: int, most: int) -> list[Payout]:
    """Newest first, also those of batches."""
    keys = {"merchant_id": merchant_id, "before": before, "most": most}
    return [from_row(row) for row in reader.select("payouts_of_merchant", keys)]


def payouts_of_batch(
    reader: Reader, merchant_id: int, batch_id: int, *, state: int, skipped: int, most: int
) -> list[Payout]:
    """In the order in which they were asked for; `state` 0 is all of them."""
    keys = {
        "merchant_id": merchant_id,
        "batch_id": batch_id,
        "state": state,
        "skipped": skipped,
        "most": most,
    }
    return [from_row(row) for row in reader.select("payouts_of_batch", keys)]


def batch(reader: Reader, merchant_id: int, batch_id: int) -> PayoutBatch | None:
    """By id."""
    rows = reader.select("payout_batch_by_id", {"merchant_id": merchant_id, "batch_id": batch_id})
    return batch_from_row(rows[0]) if rows else None


def batch_by_reference(reader: Reader, merchant_id: int, reference: str) -> PayoutBatch | None:
    """By the merchant's own number."""
    keys = {"merchant_id": merchant_id, "reference": reference}
    rows = reader.select("payout_batch_by_reference", keys)
    return batch_from_row(rows[0]) if rows else None
