"""For whom a call acts: a merchant for itself, or a service provider for a sub-merchant.

Source: wechatpay-v3.md §2.3 step 5 and §8.2.
"""

from msgspec import Struct

from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Merchant
from changliao.doors.wechatpay.call import Call, Door
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.store.views import parties


class Acting(Struct, frozen=True):
    """Whose order it is, and through which provider (None: the merchant itself)."""

    merchant: Merchant
    partner: Merchant | None = None

    @property
    def partner_id(self) -> MerchantId:
        """0 when no provider is between."""
        return self.partner.id if self.partner else MerchantId(0)


def direct(call: Call, mchid: str | None) -> Acting:
    """The caller for itself; the number in the request must be the caller's."""
    _same(call, "mchid", mchid)
    return Acting(call.merchant)


async def partner(door: Door, call: Call, sp_mchid: str | None, sub_mchid: str | None) -> Acting:
    """The caller as a service provider for a merchant that accepted it."""
    _same(call, "sp_mchid", sp_mchid)
    if not sub_mchid:
        raise param_error("sub_mchid", "is required")
    merchant = await door.network.look_up(parties.merchant_by_number, sub_mchid)
    if merchant is None:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    relation = await door.network.look_up(parties.partnership, call.merchant.id, merchant.id)
    if relation is None:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    return Acting(merchant, call.merchant)


async def bound_app(door: Door, merchant: Merchant, number: str | None, field: str) -> App:
    """An app that is the merchant's own. Raises WechatError 400."""
    if not number:
        raise param_error(f"/{field}", "is required")
    app = await door.network.look_up(parties.app_by_number, number)
    if app is None or app.merchant_id != merchant.id:
        raise refusal(Refused(Reason.APP_NOT_BOUND))
    return app


def _same(call: Call, name: str, number: str | None) -> None:
    if not number:
        raise param_error(name, "is required")
    if number != call.merchant.number:
        raise WechatError(400, "PARAM_ERROR", "http header中的mchid与post payload中的mchid不匹配")
