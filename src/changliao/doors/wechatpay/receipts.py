"""Electronic receipts of transfers to users: asked for, found, fetched.

A receipt is made from the transfer each time, so it is there at once and nothing is kept of it; the
link lives ten minutes. Source: wechatpay-v3.md §8.10.
"""

import hashlib
from typing import Final, TypeVar

from msgspec import Struct

from changliao.core import clock
from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import MerchantId, PayoutBatchId, PayoutId, made_at
from changliao.core.money import CNY
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
BATCH_PATH: Final = "/v3/transferdownload/signfile"
LINK_LIVES: Final = 10 * MINUTE
FINISHED: Final = "FINISHED"
NOTE: Final = "本回单由畅聊支付按账本生成；请核对文件的 SHA256 摘要与查询结果是否一致。"


class Receipt(Struct, frozen=True, array_like=True, tag="receipt"):
    """What a link is for: a transfer."""

    merchant_id: MerchantId
    payout_id: PayoutId


class WholeBatch(Struct, frozen=True, array_like=True, tag="batch receipt"):
    """What a link is for: a batch."""

    merchant_id: MerchantId
    batch_id: PayoutBatchId


F = TypeVar("F", Receipt, WholeBatch)


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
    wanted = asked_for(door, call, Receipt)
    known = await door.network.read(payouts.payout, wanted.merchant_id, wanted.payout_id)
    if known is None:
        raise LookupError(f"the transfer of a receipt is gone: {wanted.payout_id}")
    content = await of_payout(door, call.merchant, known)
    return Answer(200, content, "application/pdf", signed=False)


def asked_for(door: Door, call: Call, form: type[F]) -> F:
    """What the link of a request is for. Raises WechatError."""
    ticket = door.network.downloads.read(required(call.query, "token"))
    wanted = described(ticket, form) if ticket is not None else None
    if ticket is None or wanted is None or door.network.clock() >= ticket.ends_at:
        raise WechatError(400, "INVALID_REQUEST", "下载链接无效或已过期，请重新查询电子回单")
    if wanted.merchant_id != call.merchant.id:
        raise WechatError(403, "NO_AUTH", "下载链接属于其他商户")
    return wanted


def link(door: Door, call: Call, wanted: Receipt | WholeBatch, content: bytes) -> dict[str, str]:
    """The digest of a receipt, and where it can be had."""
    path = PATH if isinstance(wanted, Receipt) else BATCH_PATH
    ends_at = Instant(door.network.clock() + LINK_LIVES)
    token = door.network.downloads.make(wanted, ends_at)
    return {
        "hash_type": "SHA256",
        "hash_value": hashlib.sha256(content).hexdigest(),
        "download_url": f"{base(door, call)}{path}?token={token}",
    }


async def of_payout(door: Door, merchant: Merchant, payout: Payout) -> bytes:
    """As the transfer is known; the payee's name only when the merchant gave it itself.

    Raises WechatError 400: what was not paid has no receipt.
    """
    check_paid(paid=payout.state is PayoutState.PAID)
    number = transfers.detail_number if payout.batch_id else transfers.bill_number
    rows = (
        ("转账单号", number(payout.id)),
        ("商户单号", payout.reference),
        ("付款方", f"{merchant.name} {merchant.number}"),
        ("收款方", await _payee(door, payout)),
        ("转账金额", shown(payout.amount.amount)),
        ("转账备注", payout.remark),
        ("发起时间", clock.to_rfc3339(made_at(payout.id))),
        ("到账时间", clock.to_rfc3339(transfers.changed_at(payout))),
    )
    return receipt_file.pdf("转账电子回单", rows, NOTE)


def check_paid(*, paid: bool) -> None:
    """Raises WechatError 400: what was not paid has no receipt."""
    if not paid:
        raise WechatError(400, "INVALID_REQUEST", "只有转账成功的单据可以申请电子回单")


def shown(amount: int) -> str:
    """Fen as ¥1,234.56 CNY."""
    return f"¥{amount // 100:,}.{amount % 100:02d} {CNY.code}"


def _applied(payout: Payout) -> Answer:
    check_paid(paid=payout.state is PayoutState.PAID)
    created = clock.to_rfc3339(transfers.changed_at(payout))
    return ok({"state": FINISHED, "create_time": created})


async def _found(door: Door, call: Call, payout: Payout) -> Answer:
    content = await of_payout(door, call.merchant, payout)
    at = clock.to_rfc3339(transfers.changed_at(payout))
    fields = {"state": FINISHED, "create_time": at, "update_time": at}
    wanted = Receipt(payout.merchant_id, payout.id)
    return ok(fields | link(door, call, wanted, content))


async def _payee(door: Door, payout: Payout) -> str:
    kept = transfers.details_of(payout.details)
    if not kept.named:
        return kept.openid
    return f"{await door.network.read(packages.name_of, payout.payee_id)} {kept.openid}"
