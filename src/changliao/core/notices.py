"""Notices: where a merchant hears of what has no address of its own: stores, escrow, disputes."""

from msgspec import Struct

from changliao.core.ids import MerchantId


class Noticed(Struct, frozen=True):
    """Where a merchant's notices go; an empty address ends them."""

    merchant_id: MerchantId
    notify_url: str = ""
