"""Request bodies and queries of the WeChat Pay door, as they come over the wire.

Units: fen. Unknown members are ignored, null members are absent. Source: wechatpay-v3.md §7 and §8.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from changliao.web.addresses import WITHOUT_QUERY

Reference = Annotated[str, Meta(min_length=6, max_length=32, pattern=r"^[0-9A-Za-z_\-|*]+\Z")]
RefundReference = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_\-|*@]+\Z")
]
NotifyUrl = Annotated[str, Meta(max_length=255, pattern=rf"^{WITHOUT_QUERY}\Z")]
Number = Annotated[str, Meta(min_length=1, max_length=32)]
Fen = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Text127 = Annotated[str, Meta(min_length=1, max_length=127)]
Text32 = Annotated[str, Meta(max_length=32)]
Text256 = Annotated[str, Meta(max_length=256)]
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


class Goods(Struct, omit_defaults=True):
    """One kind of goods of an order."""

    merchant_goods_id: Number
    quantity: Annotated[int, Meta(ge=1)]
    unit_price: Annotated[int, Meta(ge=0)]
    wechatpay_goods_id: Text32 | None = None
    goods_name: Text256 | None = None


class Detail(Struct, omit_defaults=True):
    """What was bought."""

    cost_price: Annotated[int, Meta(ge=0)] | None = None
    invoice_id: Text32 | None = None
    goods_detail: Annotated[list[Goods], Meta(min_length=1, max_length=6000)] | None = None


class StoreInfo(Struct, omit_defaults=True):
    """In which shop."""

    id: Number
    name: Text256 | None = None
    area_code: Text32 | None = None
    address: Annotated[str, Meta(max_length=512)] | None = None


class H5Info(Struct, omit_defaults=True):
    """In which kind of browser."""

    type: Number
    app_name: Annotated[str, Meta(max_length=64)] | None = None
    app_url: Text128 | None = None
    bundle_id: Text128 | None = None
    package_name: Text128 | None = None


class SceneInfo(Struct, omit_defaults=True):
    """Where the payer is."""

    payer_client_ip: Annotated[str, Meta(min_length=1, max_length=45)]
    device_id: Text32 | None = None
    store_info: StoreInfo | None = None
    h5_info: H5Info | None = None


class SettleInfo(Struct, omit_defaults=True):
    """Whether what is paid is held for sharing."""

    profit_sharing: bool | None = None
    subsidy_amount: Annotated[int, Meta(ge=0)] | None = None


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
    goods_tag: Text256 | None = None
    support_fapiao: bool | None = None
    limit_pay: list[str] | None = None
    payer: Payer | None = None
    detail: Detail | None = None
    scene_info: SceneInfo | None = None
    settle_info: SettleInfo | None = None


class CounterStore(Struct, omit_defaults=True):
    """Which shop: by WeChat Pay's number or by the merchant's own."""

    id: Number | None = None
    out_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


class CounterScene(Struct, omit_defaults=True):
    """Where the counter is."""

    store_info: CounterStore
    device_id: Text32 | None = None
    device_ip: Annotated[str, Meta(min_length=1, max_length=45)] | None = None


class AuthCode(Struct, omit_defaults=True):
    """The code on the payer's phone."""

    auth_code: Annotated[str, Meta(max_length=32, pattern=r"^[0-9]+\Z")]


class Counter(Struct, omit_defaults=True):
    """A payment at a counter. Which merchant fields are there, the path says."""

    description: Text127
    out_trade_no: Reference
    payer: AuthCode
    amount: Amount
    scene_info: CounterScene
    appid: Number | None = None
    mchid: Number | None = None
    sp_appid: Number | None = None
    sp_mchid: Number | None = None
    sub_appid: Number | None = None
    sub_mchid: Number | None = None
    attach: Text128 | None = None
    goods_tag: Text256 | None = None
    support_fapiao: bool | None = None
    detail: Object | None = None
    settle_info: SettleInfo | None = None


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


class RefundFrom(Struct, omit_defaults=True):
    """Out of which of the merchant's accounts a part of a refund is to come."""

    account: Literal["AVAILABLE", "UNAVAILABLE"]
    amount: Fen


class RefundAmount(Struct, omit_defaults=True):
    """`total` repeats the order's amount."""

    refund: Fen
    total: Fen
    currency: Annotated[str, Meta(min_length=1, max_length=16)]
    accounts: list[RefundFrom] | None = field(default=None, name="from")


class RefundedGoods(Struct, omit_defaults=True):
    """One kind of goods that comes back."""

    merchant_goods_id: Number
    unit_price: Annotated[int, Meta(ge=0)]
    refund_amount: Annotated[int, Meta(ge=0)]
    refund_quantity: Annotated[int, Meta(ge=1)]
    wechatpay_goods_id: Text32 | None = None
    goods_name: Text256 | None = None


class Refund(Struct, omit_defaults=True):
    """One of `transaction_id` and `out_trade_no` names the order; the first wins."""

    out_refund_no: RefundReference
    amount: RefundAmount
    sub_mchid: Number | None = None
    transaction_id: Number | None = None
    out_trade_no: Number | None = None
    reason: Annotated[str, Meta(max_length=80)] | None = None
    notify_url: NotifyUrl | None = None
    funds_account: Literal["AVAILABLE", "UNSETTLED"] | None = None
    goods_detail: list[RefundedGoods] | None = None


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
