"""Request bodies of transfers to users. Units: fen. Source: wechatpay-v3.md §8.10."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from changliao.core.payouts import MOST_IN_BATCH
from changliao.doors.wechatpay.forms import Fen, NotifyUrl, Number, Openid

BillAmount = Annotated[int, Meta(ge=10, le=1_000_000_000_000)]
TransferReference = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z]+\Z")]
Remark = Annotated[str, Meta(min_length=1, max_length=32)]
Scene = Annotated[str, Meta(min_length=1, max_length=36)]
Secret = Annotated[str, Meta(max_length=1024)]


class Report(Struct):
    """What a scene asks the merchant to say of the transfer."""

    info_type: Annotated[str, Meta(max_length=15)]
    info_content: Annotated[str, Meta(max_length=32)]


class Style(Struct):
    """What the payee sees: a page to confirm, or a red packet to open."""

    type: Literal["CONFIRM_PAGE", "RED_PACKET"]


class BillForm(Struct):
    """One transfer that its payee confirms."""

    appid: Number
    out_bill_no: TransferReference
    transfer_scene_id: Scene
    openid: Openid
    transfer_amount: BillAmount
    transfer_remark: Remark
    transfer_scene_report_infos: Annotated[list[Report], Meta(min_length=1, max_length=10)]
    user_name: Secret | None = None
    notify_url: NotifyUrl | None = None
    user_recv_perception: Annotated[str, Meta(max_length=64)] | None = None
    user_recv_style: Style | None = None


class ReceiptByReference(Struct):
    """The transfer whose receipt is asked for, by the merchant's number."""

    out_bill_no: TransferReference


class ReceiptByNumber(Struct):
    """The same by the network's number."""

    transfer_bill_no: Annotated[str, Meta(min_length=1, max_length=64)]


class BatchReceipt(Struct):
    """The batch whose receipt is asked for."""

    out_batch_no: TransferReference


class DetailReceipt(Struct):
    """The detail whose receipt is asked for; the other kinds name transfers of older APIs."""

    accept_type: Literal["BATCH_TRANSFER", "TRANSFER_TO_POCKET", "TRANSFER_TO_BANK"]
    out_detail_no: TransferReference
    out_batch_no: TransferReference | None = None


class DetailForm(Struct):
    """One payee of a batch."""

    out_detail_no: TransferReference
    transfer_amount: Fen
    transfer_remark: Remark
    openid: Openid
    user_name: Secret | None = None


class BatchForm(Struct):
    """Many transfers at once; the totals must be those of the details."""

    appid: Number
    out_batch_no: TransferReference
    batch_name: Remark
    batch_remark: Remark
    total_amount: Fen
    total_num: Annotated[int, Meta(ge=1, le=MOST_IN_BATCH)]
    transfer_detail_list: Annotated[list[DetailForm], Meta(min_length=1, max_length=MOST_IN_BATCH)]
    transfer_scene_id: Scene | None = None
    notify_url: NotifyUrl | None = None
