"""Request bodies of profit sharing. Units: fen. Source: wechatpay-v3.md §8.8."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from changliao.doors.wechatpay.forms import Fen, NotifyUrl, Number

ShareReference = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_\-|*@]+\Z")]
ReceiverType = Literal["MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID"]
RelationType = Literal[
    "SERVICE_PROVIDER", "STORE", "STAFF", "STORE_OWNER", "PARTNER", "HEADQUARTER", "BRAND",
    "DISTRIBUTOR", "USER", "SUPPLIER", "CUSTOM",
]  # fmt: skip
Account = Annotated[str, Meta(min_length=1, max_length=64)]
Description = Annotated[str, Meta(min_length=1, max_length=80)]
Secret = Annotated[str, Meta(max_length=1024)]


class Receipt(Struct):
    """What one receiver is to get."""

    type: ReceiverType
    account: Account
    amount: Fen
    description: Description
    name: Secret | None = None


class ShareForm(Struct):
    """No receivers only together with `unfreeze_unsplit`."""

    transaction_id: Number
    out_order_no: ShareReference
    unfreeze_unsplit: bool
    receivers: Annotated[list[Receipt], Meta(max_length=50)] | None = None
    appid: Number | None = None
    sub_mchid: Number | None = None
    sub_appid: Number | None = None
    notify_url: NotifyUrl | None = None


class UnfreezeForm(Struct):
    """`out_order_no` is a new number."""

    transaction_id: Number
    out_order_no: ShareReference
    description: Description
    sub_mchid: Number | None = None
    notify_url: NotifyUrl | None = None


class ReturnForm(Struct):
    """One of `order_id` and `out_order_no` names the share; the first wins."""

    out_return_no: ShareReference
    return_mchid: Number
    amount: Fen
    description: Description
    order_id: Annotated[str, Meta(max_length=64)] | None = None
    out_order_no: Annotated[str, Meta(max_length=64)] | None = None
    sub_mchid: Number | None = None


class ReceiverForm(Struct):
    """Who is added or deleted."""

    type: ReceiverType
    account: Account
    appid: Number | None = None
    sub_appid: Number | None = None
    sub_mchid: Number | None = None
    name: Secret | None = None
    relation_type: RelationType | None = None
    custom_relation: Annotated[str, Meta(max_length=10)] | None = None
