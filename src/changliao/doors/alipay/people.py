"""Letting a shop know who a person is: the page where the person agrees, and what it is told then.

The page shows which app asks and where the answer goes; the person follows a link there, so nothing
leaves without consent. A code works once, for five minutes. Source: alipay-openapi.md §14.1.
"""

import hashlib
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core.clock import DAY, MINUTE, SECOND, Instant
from changliao.core.codes import SpentCode
from changliao.core.ids import UserId
from changliao.core.outcome import Refused
from changliao.core.parties import App
from changliao.doors.alipay import tokens, words
from changliao.doors.alipay.answers import harmless
from changliao.doors.alipay.call import Call, Door, Node
from changliao.doors.alipay.errors import AlipayError, invalid
from changliao.doors.alipay.tokens import USER_CODE, USER_REFRESH, USER_TOKEN, Token
from changliao.operations import sessions
from changliao.operations.codes import SPEND
from changliao.operations.numbers import number_of
from changliao.store.views import parties
from changliao.web import session

PATH: Final = "/oauth2/publicAppAuthorize.htm"
CODE_LIVES: Final = 5 * MINUTE
TOKEN_LIVES: Final = 15 * DAY
REFRESH_LIVES: Final = 30 * DAY
_SCOPES: Final = ("auth_base", "auth_user")
_GRANTS: Final = {
    "authorization_code": (USER_CODE, "code", "code-invalid"),
    "refresh_token": (USER_REFRESH, "refresh_token", "refresh-token-invalid"),
}


def routes(door: Door) -> list[Route]:
    """What a shop sends people's browsers to."""

    async def agree(request: Request) -> Response:
        """GET /oauth2/publicAppAuthorize.htm?app_id=&scope=&redirect_uri=&state=."""
        query = request.query_params
        app = await door.network.look_up(parties.app_by_number, query.get("app_id", ""))
        scope, target = query.get("scope", ""), query.get("redirect_uri", "")
        parts = urlsplit(target)
        if app is None or scope not in _SCOPES or parts.scheme not in ("http", "https"):
            return door.pages.error(request, 404)
        find = partial(sessions.find, door.network)
        person = await session.user_of(request, door.pages.browser, find)
        if person is None:
            here = f"{request.url.path}?{request.url.query}"
            return RedirectResponse(f"/w/login?next={quote(here, safe='')}", 303)
        code = _token(door, USER_CODE, app, person.id, CODE_LIVES)
        answer = {
            "app_id": app.number,
            "source": "alipay_wallet",
            "scope": scope,
            "auth_code": code,
            "state": query.get("state", ""),
        }
        together = "&".join(filter(None, (parts.query, urlencode(answer))))
        onward = urlunsplit((parts.scheme, parts.netloc, parts.path, together, parts.fragment))
        return door.pages.render(
            request,
            "alipay/agree.html",
            app=app.name,
            host=parts.netloc,
            onward=onward,
            scope=scope,
        )

    return [Route(PATH, agree)]


async def exchange(door: Door, call: Call) -> Node:
    """alipay.system.oauth.token: a code, or an earlier refresh token, for tokens."""
    network, now = door.network, door.network.clock()
    grant = _GRANTS.get(_text(call, "grant_type"))
    if grant is None:
        raise invalid("grant-type-invalid", "grant_type 必须是 authorization_code 或 refresh_token")
    kind, name, wrong = grant
    granted = tokens.read(network.vault, kind, _text(call, name))
    app = call.caller.app
    if granted is None or not tokens.works(granted, app.id, now):
        raise invalid(wrong, f"{name} 无效、已过期或属于其他应用")
    if kind == USER_CODE:
        digest = hashlib.sha256(_text(call, name).encode()).digest()
        spent = await network.perform(SPEND, SpentCode(app.id, digest, now))
        if isinstance(spent, Refused):
            raise invalid(wrong, f"{name} 已使用")
    person = UserId(granted.subject)
    number = await number_of(network, person)
    return {
        "access_token": _token(door, USER_TOKEN, app, person, TOKEN_LIVES),
        "alipay_user_id": number,
        "auth_start": words.moment(now),
        "expires_in": str(TOKEN_LIVES // SECOND),
        "open_id": network.openids.of(app.id, person),
        "re_expires_in": str(REFRESH_LIVES // SECOND),
        "refresh_token": _token(door, USER_REFRESH, app, person, REFRESH_LIVES),
        "user_id": number,
    }


async def share(door: Door, call: Call) -> Node:
    """alipay.user.info.share: who agreed to be known."""
    network = door.network
    granted = tokens.read(network.vault, USER_TOKEN, call.given("auth_token"))
    if granted is None or not tokens.works(granted, call.caller.app.id, network.clock()):
        raise AlipayError("20001", "aop.invalid-auth-token", "无效的访问令牌")
    user = await network.read(parties.user, granted.subject)
    return {
        "nick_name": harmless(user.name) if user else "",
        "open_id": network.openids.of(call.caller.app.id, UserId(granted.subject)),
        "user_id": await number_of(network, granted.subject),
    }


def _token(door: Door, kind: str, app: App, person: UserId, lives: int) -> str:
    ends_at = Instant(door.network.clock() + lives)
    return tokens.make(door.network.vault, kind, Token(app.id, person, ends_at))


def _text(call: Call, name: str) -> str:
    value = call.content.get(name, "")
    return value if isinstance(value, str) else ""
