"""For whom an app acts: its own merchant, or one that gave its service provider a token.

A token is worth something for as long as the merchant accepts the provider.
Source: alipay-openapi.md §14.2.
"""

from typing import Final

from msgspec import Struct

from changliao.core.clock import DAY, SECOND, Instant
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Merchant, MerchantState
from changliao.doors.alipay import tokens
from changliao.doors.alipay.call import Call, Caller, Door, Node, read_form
from changliao.doors.alipay.errors import invalid, refusal
from changliao.doors.alipay.tokens import APP_CODE, APP_REFRESH, APP_TOKEN, Token
from changliao.operations.network import Network
from changliao.operations.numbers import number_of
from changliao.store.views import parties

CODE_LIVES: Final = 1 * DAY
_TOLD_LIFE: Final = 365 * DAY
_GRANTS: Final = {"authorization_code": APP_CODE, "refresh_token": APP_REFRESH}


class Asked(Struct):
    """alipay.open.auth.token.app."""

    grant_type: str
    code: str = ""
    refresh_token: str = ""


async def exchange(door: Door, call: Call) -> Node:
    """alipay.open.auth.token.app: a code, or an earlier refresh token, for a token."""
    asked, network = read_form(call, Asked), door.network
    kind = _GRANTS.get(asked.grant_type)
    if kind is None:
        raise invalid("grant-type-invalid", "grant_type 必须是 authorization_code 或 refresh_token")
    given = asked.code if kind == APP_CODE else asked.refresh_token
    granted = tokens.read(network.vault, kind, given)
    if granted is None or not tokens.works(granted, call.caller.app.id, network.clock()):
        name = "code-invalid" if kind == APP_CODE else "refresh-token-invalid"
        raise invalid(name, "授权码或刷新令牌无效、已过期或属于其他应用")
    seller_app = await network.look_up(parties.app, granted.subject)
    if seller_app is None:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    lives = str(_TOLD_LIFE // SECOND)
    fields = {
        "app_auth_token": token(network, call.caller.app, seller_app),
        "app_refresh_token": tokens.make(
            network.vault, APP_REFRESH, Token(call.caller.app.id, seller_app.id)
        ),
        "auth_app_id": seller_app.number,
        "expires_in": lives,
        "re_expires_in": lives,
        "user_id": await number_of(network, seller_app.merchant_id),
    }
    return fields | {"tokens": [dict(fields)]}


def code(network: Network, app: App, seller_app: App) -> str:
    """What an operator hands to a provider, to be exchanged within a day."""
    ends_at = Instant(network.clock() + CODE_LIVES)
    return tokens.make(network.vault, APP_CODE, Token(app.id, seller_app.id, ends_at))


def token(network: Network, app: App, seller_app: App) -> str:
    """With which `app` may act for the merchant of `seller_app`."""
    return tokens.make(network.vault, APP_TOKEN, Token(app.id, seller_app.id))


async def caller(door: Door, app: App, merchant: Merchant, given: str) -> Caller:
    """The merchant an app acts for. Raises AlipayError 20001."""
    if not given:
        return Caller(app, app, merchant)
    network = door.network
    read = tokens.read(network.vault, APP_TOKEN, given)
    if read is None or not tokens.works(read, app.id, network.clock()):
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    seller_app = await network.look_up(parties.app, read.subject)
    if seller_app is None:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    seller = await network.look_up(parties.merchant, seller_app.merchant_id)
    relation = await network.look_up(parties.partnership, merchant.id, seller_app.merchant_id)
    accepted = relation is not None or seller_app.merchant_id == merchant.id
    if not accepted or seller is None or seller.state is not MerchantState.ACTIVE:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    return Caller(app, seller_app, seller)
