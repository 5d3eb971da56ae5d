"""Payouts and their batches, as rows."""

from changliao.core.clock import Instant
from changliao.core.ids import AppId, MerchantId, PayoutBatchId, PayoutId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.core.payouts import Payout, PayoutBatch, PayoutState
from changliao.store.engine import Row
from changliao.store.unit import Index, Table


def from_row(row: Row) -> Payout:
    """A payout from its columns in the order of `payouts_find`."""
    return Payout(
        id=PayoutId(row[1]),
        merchant_id=MerchantId(row[0]),
        app_id=AppId(row[2]),
        batch_id=PayoutBatchId(row[3]),
        reference=row[4],
        payee_id=UserId(row[5]),
        amount=Money(row[6], BY_NUMBER[row[7]]),
        digest=bytes(row[8]),
        door=row[9],
        remark=row[10],
        notify_url=row[11],
        details=bytes(row[12]),
        confirm_by=Instant(row[13]),
        state=PayoutState(row[14]),
        reason=row[15],
        finished_at=Instant(row[16]),
    )


def batch_from_row(row: Row) -> PayoutBatch:
    """A batch from its columns in the order of `payout_batches_find`."""
    return PayoutBatch(
        id=PayoutBatchId(row[1]),
        merchant_id=MerchantId(row[0]),
        app_id=AppId(row[2]),
        reference=row[3],
        currency=row[4],
        digest=bytes(row[5]),
        door=row[6],
        name=row[7],
        remark=row[8],
        notify_url=row[9],
        details=bytes(row[10]),
        count=row[11],
        amount=row[12],
        paid_count=row[13],
        paid_amount=row[14],
        finished_at=Instant(row[15]),
    )


PAYOUTS: Table[tuple[int, int], Payout] = Table(
    name="payouts",
    key=lambda payout: (payout.merchant_id, payout.id),
    to_row=lambda payout: (
        payout.merchant_id,
        payout.id,
        payout.app_id,
        payout.batch_id,
        payout.reference,
        payout.payee_id,
        payout.amount.amount,
        payout.amount.currency.number,
        payout.digest,
        payout.door,
        payout.remark,
        payout.notify_url,
        payout.details,
        payout.confirm_by,
        int(payout.state),
        payout.reason,
        payout.finished_at,
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.id,
        int(after.state),
        after.finished_at,
        int(before.state),
    ),
)
PAYOUTS_BY_REFERENCE: Index[tuple[int, int, str], Payout] = Index(
    name="payouts_find_by_reference",
    table=PAYOUTS,
    key=lambda payout: (payout.merchant_id, payout.batch_id, payout.reference),
)
PAYOUT_BATCHES: Table[tuple[int, int], PayoutBatch] = Table(
    name="payout_batches",
    key=lambda batch: (batch.merchant_id, batch.id),
    to_row=lambda batch: (
        batch.merchant_id,
        batch.id,
        batch.app_id,
        batch.reference,
        batch.currency,
        batch.digest,
        batch.door,
        batch.name,
        batch.remark,
        batch.notify_url,
        batch.details,
        batch.count,
        batch.amount,
        batch.paid_count,
        batch.paid_amount,
        batch.finished_at,
    ),
    from_row=batch_from_row,
)
PAYOUT_BATCHES_BY_REFERENCE: Index[tuple[int, str], PayoutBatch] = Index(
    name="payout_batches_find_by_reference",
    table=PAYOUT_BATCHES,
    key=lambda batch: (batch.merchant_id, batch.reference),
)
