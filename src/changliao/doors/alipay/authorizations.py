"""For whom an app acts: its own merchant, or one that gave its service provider a token.

A token names two apps and is made by this network alone; it is worth something for as long as the
merchant accepts the provider. Source: alipay-openapi.md §14.2.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from typing import Final

from changliao.core.ids import AppId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Merchant, MerchantState
from changliao.doors.alipay.call import Caller, Door
from changliao.doors.alipay.errors import refusal
from changliao.operations.vault import Vault
from changliao.store.views import parties

_LAYOUT: Final = struct.Struct(">QQ")
_MAC_BYTES: Final = 12
_PURPOSE: Final = "alipay app authorizations"


def token(vault: Vault, app: App, seller_app: App) -> str:
    """With which `app` may act for the merchant of `seller_app`; 40 characters at most."""
    body = _LAYOUT.pack(app.id, seller_app.id)
    return base64.urlsafe_b64encode(body + _mac(vault, body)).decode().rstrip("=")


async def caller(door: Door, app: App, merchant: Merchant, given: str) -> Caller:
    """The merchant an app acts for. Raises AlipayError 20001."""
    if not given:
        return Caller(app, app, merchant)
    seller_app_id = _read(door.network.vault, app, given)
    network = door.network
    seller_app = await network.look_up(parties.app, seller_app_id) if seller_app_id else None
    if seller_app is None:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    seller = await network.look_up(parties.merchant, seller_app.merchant_id)
    relation = await network.look_up(parties.partnership, merchant.id, seller_app.merchant_id)
    accepted = relation is not None or seller_app.merchant_id == merchant.id
    if not accepted or seller is None or seller.state is not MerchantState.ACTIVE:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    return Caller(app, seller_app, seller)


def _read(vault: Vault, app: App, given: str) -> AppId | None:
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(vault, body)):
        return None
    bearer, seller_app_id = _LAYOUT.unpack(body)
    return AppId(seller_app_id) if bearer == app.id else None


def _mac(vault: Vault, body: bytes) -> bytes:
    return hmac.new(vault.derive(_PURPOSE), body, hashlib.sha256).digest()[:_MAC_BYTES]
