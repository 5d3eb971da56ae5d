"""Request bodies and queries of the WeChat Pay door, as they come over the wire.

Units: fen. Unknown members are ignored, null members are absent. Source: wechatpay-v3.md §7 and §8.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from changliao.web.addresses import WITHOUT_QUERY

Reference = Annotated[str, Meta(min_length=6, max_length=32, pattern=r"^[0-9A-Za-z_\-|*]+\Z")]
RefundReference = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_\-|*@]+\Z")
]
NotifyUrl = Annotated[str, Meta(max_length=255, pattern=rf"^{WITHOUT_QUERY}\Z")]
Number = Annotated[str, Meta(min_length=1, max_length=32)]
Fen = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Text127 = Annotated[str, Meta(min_length=1, max_length=127)]
Text128 = Annotated[str, Meta(max_length=128)]
Openid = Annotated[str, Meta(min_length=1, max_length=128)]
Object = dict[str, Any]


class Amount(Struct, omit_defaults=True):
    """`currency` is CNY when absent."""

    total: Fen
    currency: str | None = None


class Payer(Struct, omit_defaults=True):
    """Who must pay, for jsapi."""

    openid: Openid | None = None
    sp_openid: Openid | None = None
    sub_openid: Openid | None = None


class SceneInfo(Struct, omit_defaults=True):
    """Where the payer is."""

    payer_client_ip: Annotated[str, Meta(min_length=1, max_length=45)]
    device_id: Annotated[str, Meta(max_length=32)] | None = None
    store_info: Object | None = None
    h5_info: Object | None = None


class Order(Struct, omit_defaults=True):
    """What every way of placing an order shares; which merchant fields are there, the path says."""

    description: Text127
    out_trade_no: Reference
    notify_url: NotifyUrl
    amount: Amount
    appid: Number | None = None
    mchid: Number | None = None
    sp_appid: Number | None = None
    sp_mchid: Number | None = None
    sub_appid: Number | None = None
    sub_mchid: Number | None = None
    time_expire: Annotated[str, Meta(max_length=64)] | None = None
    attach: Text128 | None = None
    goods_tag: Annotated[str, Meta(max_length=256)] | None = None
    support_fapiao: bool | None = None
    limit_pay: list[str] | None = None
    payer: Payer | None = None
    detail: Object | None = None
    scene_info: SceneInfo | None = None
    settle_info: Object | None = None


class AuthCode(Struct, omit_defaults=True):
    """The code on the payer's phone."""

    auth_code: Annotated[str, Meta(max_length=32, pattern=r"^[0-9]+\Z")]


class Counter(Struct, omit_defaults=True):
    """A payment at a counter. Which merchant fields are there, the path says."""

    description: Text127
    out_trade_no: Reference
    payer: AuthCode
    amount: Amount
    scene_info: Object
    appid: Number | None = None
    mchid: Number | None = None
    sp_appid: Number | None = None
    sp_mchid: Number | None = None
    sub_appid: Number | None = None
    sub_mchid: Number | None = None
    attach: Text128 | None = None
    goods_tag: Annotated[str, Meta(max_length=256)] | None = None
    support_fapiao: bool | None = None
    detail: Object | None = None
    settle_info: Object | None = None


class Reverse(Struct):
    """Who reverses: the merchant, or a provider for a sub-merchant."""

    appid: Number | None = None
    mchid: Number | None = None
    sp_appid: Number | None = None
    sp_mchid: Number | None = None
    sub_appid: Number | None = None
    sub_mchid: Number | None = None


class Close(Struct):
    """Who closes: the merchant, or a provider for a sub-merchant."""

    mchid: Number | None = None
    sp_mchid: Number | None = None
    sub_mchid: Number | None = None


class AbnormalRefund(Struct):
    """How a refund that failed is to reach the payer after all; bank fields are encrypted."""

    out_refund_no: RefundReference
    type: Literal["USER_BANK_CARD", "MERCHANT_BANK_CARD"]
    sub_mchid: Number | None = None
    bank_type: Annotated[str, Meta(max_length=16)] | None = None
    bank_account: Annotated[str, Meta(max_length=1024)] | None = None
    real_name: Annotated[str, Meta(max_length=1024)] | None = None


class RefundAmount(Struct, omit_defaults=True):
    """`total` repeats the order's amount."""

    refund: Fen
    total: Fen
    currency: Annotated[str, Meta(min_length=1, max_length=16)]


class Refund(Struct, omit_defaults=True):
    """One of `transaction_id` and `out_trade_no` names the order; the first wins."""

    out_refund_no: RefundReference
    amount: RefundAmount
    sub_mchid: Number | None = None
    transaction_id: Number | None = None
    out_trade_no: Number | None = None
    reason: Annotated[str, Meta(max_length=80)] | None = None
    notify_url: NotifyUrl | None = None
    funds_account: str | None = None
    goods_detail: list[Object] | None = None


class EcommerceRefund(Struct, omit_defaults=True):
    """A platform's refund of a sub-merchant's order, out of the sub-merchant's money."""

    sub_mchid: Number
    sp_appid: Number
    out_refund_no: RefundReference
    amount: RefundAmount
    transaction_id: Number | None = None
    out_trade_no: Number | None = None
    sub_appid: Number | None = None
    reason: Annotated[str, Meta(max_length=80)] | None = None
    notify_url: NotifyUrl | None = None
    refund_account: Literal["REFUND_SOURCE_SUB_MERCHANT"] | None = None
    funds_account: str | None = None
