"""Electronic receipts of transfers to users: asked for, found, fetched.

A receipt is made from the transfer each time, so it is there at once and nothing is kept of it; the
link lives ten minutes. Source: wechatpay-v3.md §8.10.
"""

import hashlib
from typing import Any, Final

from msgspec import Struct

from changliao.core import clock
from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import MerchantId, PayoutId, made_at
from changliao.core.parties import Merchant
from changliao.core.payouts import Payout, PayoutState
from changliao.doors.wechatpay import receipt_file, transfer_bills, transfers
from changliao.doors.wechatpay.bills import base
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import WechatError
from changliao.doors.wechatpay.transfer_forms import ReceiptByNumber, ReceiptByReference
from changliao.operations import packages
from changliao.operations.downloads import described
from changliao.store.views import payouts

PATH: Final = "/v3/transferdownload/elecvoucherfile"
LINK_LIVES: Final = 10 * MINUTE
_FINISHED: Final = "FINISHED"
_TITLE: Final = "转账电子回单"
_NOTE: Final = "本回单由畅聊支付按账本生成；请核对文件的 SHA256 摘要与查询结果是否一致。"


class Receipt(Struct, frozen=True, array_like=True, tag="receipt"):
    """What a link is for."""

    merchant_id: MerchantId
    payout_id: PayoutId


async def apply(door: Door, call: Call) -> Answer:
    """POST /v3/fund-app/mch-transfer/elecsign/out-bill-no."""
    form = read_form(call.body, ReceiptByReference)
    return _applied(await transfer_bills.by_reference(door, call, form.out_bill_no))


async def apply_by_number(door: Door, call: Call) -> Answer:
    """POST /v3/fund-app/mch-transfer/elecsign/transfer-bill-no."""
    form = read_form(call.body, ReceiptByNumber)
    return _applied(await transfer_bills.by_number(door, call, form.transfer_bill_no))


async def query(door: Door, call: Call) -> Answer:
    """GET …/elecsign/out-bill-no/{out_bill_no}."""
    known = await transfer_bills.by_reference(door, call, call.path["out_bill_no"])
    return await _found(door, call, known)


async def query_by_number(door: Door, call: Call) -> Answer:
    """GET …/elecsign/transfer-bill-no/{transfer_bill_no}."""
    known = await transfer_bills.by_number(door, call, call.path["transfer_bill_no"])
    return await _found(door, call, known)


async def download(door: Door, call: Call) -> Answer:
    """GET /v3/transferdownload/elecvoucherfile?token=: the bytes, not signed."""
    ticket = door.network.downloads.read(required(call.query, "token"))
    wanted = described(ticket, Receipt) if ticket is not None else None
    if ticket is None or wanted is None or door.network.clock() >= ticket.ends_at:
        raise WechatError(400, "INVALID_REQUEST", "下载链接无效或已过期，请重新查询电子回单")
    if wanted.merchant_id != call.merchant.id:
        raise WechatError(403, "NO_AUTH", "下载链接属于其他商户")
    known = await door.network.read(payouts.payout, wanted.merchant_id, wanted.payout_id)
    if known is None:
        raise LookupError(f"the transfer of a receipt is gone: {wanted.payout_id}")
    return Answer(200, await _file(door, call.merchant, known), "application/pdf", signed=False)


def _applied(payout: Payout) -> Answer:
    _paid(payout)
    created = clock.to_rfc3339(transfers.changed_at(payout))
    return ok({"state": _FINISHED, "create_time": created})


async def _found(door: Door, call: Call, payout: Payout) -> Answer:
    _paid(payout)
    content = await _file(door, call.merchant, payout)
    ends_at = Instant(door.network.clock() + LINK_LIVES)
    token = door.network.downloads.make(Receipt(payout.merchant_id, payout.id), ends_at)
    at = clock.to_rfc3339(transfers.changed_at(payout))
    fields: dict[str, Any] = {
        "state": _FINISHED,
        "create_time": at,
        "update_time": at,
        "hash_type": "SHA256",
        "hash_value": hashlib.sha256(content).hexdigest(),
        "download_url": f"{base(door, call)}{PATH}?token={token}",
    }
    return ok(fields)


def _paid(payout: Payout) -> None:
    """Raises WechatError 400: what was not paid has no receipt."""
    if payout.state is not PayoutState.PAID:
        raise WechatError(400, "INVALID_REQUEST", "只有转账成功的单据可以申请电子回单")


async def _file(door: Door, merchant: Merchant, payout: Payout) -> bytes:
    """As the transfer is known; the payee's name only when the merchant gave it itself."""
    kept = transfers.details_of(payout.details)
    payee = kept.openid
    if kept.named:
        payee = f"{await door.network.read(packages.name_of, payout.payee_id)} {kept.openid}"
    amount = payout.amount.amount
    rows = (
        ("转账单号", transfers.bill_number(payout.id)),
        ("商户单号", payout.reference),
        ("付款方", f"{merchant.name} {merchant.number}"),
        ("收款方", payee),
        ("转账金额", f"¥{amount // 100:,}.{amount % 100:02d} {payout.amount.currency.code}"),
        ("转账备注", payout.remark),
        ("发起时间", clock.to_rfc3339(made_at(payout.id))),
        ("到账时间", clock.to_rfc3339(transfers.changed_at(payout))),
    )
    return receipt_file.pdf(_TITLE, rows, _NOTE)
