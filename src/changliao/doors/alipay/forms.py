"""Contents of the trade methods, as they come over the wire.

Units: yuan as text. Unknown members are ignored; empty and null members are absent.
Source: alipay-openapi.md §6 to §8.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

OutTradeNo = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_]+\Z")]
RequestNo = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^/\s\"{}]+\Z")]
TradeNo = Annotated[str, Meta(min_length=16, max_length=64)]
Text32 = Annotated[str, Meta(max_length=32)]
Text64 = Annotated[str, Meta(max_length=64)]
Text128 = Annotated[str, Meta(max_length=128)]
Text256 = Annotated[str, Meta(max_length=256)]
Text512 = Annotated[str, Meta(max_length=512)]
Address = Annotated[str, Meta(max_length=400)]
Object = dict[str, Any]


class Extending(Struct):
    """Whether the payment is held for sharing."""

    royalty_freeze: Text32 = ""


class SettleDetail(Struct):
    """To whom an escrow is settled: always the seller; `actual_amount` is a part of it."""

    trans_in_type: Text32 = "defaultSettle"
    trans_in: Text64 = ""
    amount: str = ""
    actual_amount: str = ""


class SettleInfo(Struct):
    """Holding the seller's money until it is confirmed, or so many days."""

    settle_detail_infos: Annotated[list[SettleDetail], Meta(min_length=1, max_length=1)]
    settle_period_time: Annotated[str, Meta(pattern=r"^([1-9][0-9]{0,2}d)?\Z")] = ""


class RoyaltyDetail(Struct):
    """Somebody who gets a part of an order when it is paid: an amount, or whole percents."""

    trans_in: Text128
    trans_in_type: Text32 = "userId"
    trans_out: Text32 = ""
    amount: str = ""
    amount_percentage: str = ""
    desc: Text128 = ""


class RoyaltyInfo(Struct):
    """What an order shares by itself."""

    royalty_detail_infos: Annotated[list[RoyaltyDetail], Meta(min_length=1, max_length=10)]
    royalty_type: Text32 = "ROYALTY"


class RoyaltyBack(Struct):
    """A receiver that gives back with a refund: `trans_out` pays, and only to the seller."""

    trans_out: Text128
    amount: str
    trans_out_type: Text32 = "userId"
    trans_in: Text32 = ""


class Placing(Struct):
    """An order, by whichever method; who reads which member, the method says."""

    out_trade_no: OutTradeNo
    total_amount: str
    subject: Text256
    product_code: Text64 = ""
    seller_id: Text32 = ""
    body: Text128 = ""
    time_expire: Text32 = ""
    timeout_express: Text32 = ""
    qr_code_timeout_express: Text32 = ""
    passback_params: Text512 = ""
    discountable_amount: str = ""
    undiscountable_amount: str = ""
    buyer_id: Text32 = ""
    buyer_open_id: Text128 = ""
    buyer_logon_id: Text128 = ""
    op_app_id: Text32 = ""
    op_buyer_open_id: Text128 = ""
    store_id: Text32 = ""
    operator_id: Text32 = ""
    terminal_id: Text32 = ""
    enable_pay_channels: Text128 = ""
    disable_pay_channels: Text128 = ""
    quit_url: Address = ""
    request_from_url: Text256 = ""
    goods_detail: list[Object] | None = None
    extend_params: Extending | None = None
    settle_info: SettleInfo | None = None
    royalty_info: RoyaltyInfo | None = None
    qr_pay_mode: Text32 = ""
    qrcode_width: Annotated[str, Meta(pattern=r"^([1-9][0-9]{1,2})?\Z")] = ""
    auth_code: Text64 = ""
    auth_no: Text64 = ""
    auth_confirm_mode: Text32 = ""
    scene: Text32 = ""


class Naming(Struct):
    """Which trade is meant; `trade_no` wins."""

    out_trade_no: OutTradeNo = ""
    trade_no: TradeNo = ""
    query_options: list[str] | None = None


class Refunding(Struct):
    """Money back, all or a part."""

    refund_amount: str
    out_trade_no: OutTradeNo = ""
    trade_no: TradeNo = ""
    out_request_no: RequestNo = ""
    refund_reason: Text256 = ""
    refund_currency: Text32 = ""
    refund_royalty_parameters: list[RoyaltyBack] = []
    query_options: list[str] | None = None


class RefundNaming(Struct):
    """Which refund is meant."""

    out_request_no: RequestNo
    out_trade_no: OutTradeNo = ""
    trade_no: TradeNo = ""
    query_options: list[str] | None = None
