"""Electronic receipts of transfers in batches: of a whole batch, and of one of its details.

As with other receipts, each is made from the books when it is asked for. A batch's lists every
detail that was paid. Source: wechatpay-v3.md §8.10.
"""

from typing import Final

from changliao.core import clock
from changliao.core.ids import made_at
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant
from changliao.core.payouts import MOST_IN_BATCH, PayoutBatch, PayoutState
from changliao.doors.wechatpay import receipt_file, receipts, transfer_batches, transfers
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import refusal
from changliao.doors.wechatpay.receipts import FINISHED, Receipt, WholeBatch
from changliao.doors.wechatpay.transfer_forms import BatchReceipt, DetailReceipt
from changliao.store.views import payouts

_IN_BATCH: Final = "BATCH_TRANSFER"


async def apply(door: Door, call: Call) -> Answer:
    """POST /v3/transfer/bill-receipt."""
    return await _found(door, call, read_form(call.body, BatchReceipt).out_batch_no)


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/transfer/bill-receipt/{out_batch_no}."""
    return await _found(door, call, call.path["out_batch_no"])


async def apply_for_detail(door: Door, call: Call) -> Answer:
    """POST /v3/transfer-detail/electronic-receipts."""
    form = read_form(call.body, DetailReceipt)
    return await _detail_found(door, call, form.accept_type, form.out_batch_no, form.out_detail_no)


async def query_detail(door: Door, call: Call) -> Answer:
    """GET /v3/transfer-detail/electronic-receipts?accept_type=&out_batch_no=&out_detail_no=."""
    kind, detail = required(call.query, "accept_type"), required(call.query, "out_detail_no")
    return await _detail_found(door, call, kind, call.query.get("out_batch_no"), detail)


async def download(door: Door, call: Call) -> Answer:
    """GET /v3/transferdownload/signfile?token=: the bytes, not signed."""
    wanted = receipts.asked_for(door, call, WholeBatch)
    batch = await door.network.read(payouts.batch, wanted.merchant_id, wanted.batch_id)
    if batch is None:
        raise LookupError(f"the batch of a receipt is gone: {wanted.batch_id}")
    content = await _file(door, call.merchant, batch)
    return Answer(200, content, "application/pdf", signed=False)


async def _found(door: Door, call: Call, reference: str) -> Answer:
    batch = await transfer_batches.by_reference(door, call.merchant, reference)
    content = await _file(door, call.merchant, batch)
    at = clock.to_rfc3339(batch.finished_at)
    fields = {
        "out_batch_no": batch.reference,
        "signature_no": transfers.batch_number(batch.id),
        "signature_status": FINISHED,
        "create_time": at,
        "update_time": at,
    }
    wanted = WholeBatch(batch.merchant_id, batch.id)
    return ok(fields | receipts.link(door, call, wanted, content))


async def _detail_found(
    door: Door, call: Call, kind: str, reference: str | None, detail: str
) -> Answer:
    if kind != _IN_BATCH or not reference:
        raise refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    batch = await transfer_batches.by_reference(door, call.merchant, reference)
    payout = await transfer_batches.detail_of(door, batch, detail)
    content = await receipts.of_payout(door, call.merchant, payout)
    fields = {
        "accept_type": kind,
        "out_batch_no": batch.reference,
        "out_detail_no": payout.reference,
        "signature_no": transfers.detail_number(payout.id),
        "signature_status": FINISHED,
    }
    wanted = Receipt(payout.merchant_id, payout.id)
    return ok(fields | receipts.link(door, call, wanted, content))


async def _file(door: Door, merchant: Merchant, batch: PayoutBatch) -> bytes:
    """The sums, then each detail that was paid. Raises WechatError 400: none was."""
    receipts.check_paid(paid=batch.paid_count > 0)
    paid = await door.network.read(
        payouts.payouts_of_batch, batch.merchant_id, batch.id,
        state=int(PayoutState.PAID), skipped=0, most=MOST_IN_BATCH,
    )  # fmt: skip
    rows = [
        ("批次单号", transfers.batch_number(batch.id)),
        ("商家批次单号", batch.reference),
        ("付款方", f"{merchant.name} {merchant.number}"),
        ("批次名称", batch.name),
        ("成功金额", f"{receipts.shown(batch.paid_amount)}，{batch.paid_count} 笔"),
        ("发起时间", clock.to_rfc3339(made_at(batch.id))),
        ("完成时间", clock.to_rfc3339(batch.finished_at)),
    ]
    for one in paid:
        payee = transfers.details_of(one.details).openid
        rows.append((receipts.shown(one.amount.amount), f"{one.reference} {payee}"))
    return receipt_file.pdf("转账批次电子回单", rows, receipts.NOTE)
