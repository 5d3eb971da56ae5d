"""The door itself: routes, authentication, signed answers, exact header names.

It speaks ASGI directly: Starlette lower-cases header names, and the official Java SDK reads them by
their documented case. Source: wechatpay-v3.md §1.2, §1.4 and §3.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from changliao.core import clock
from changliao.core.parties import Merchant
from changliao.doors.wechatpay import certificates, crypto, orders, refunds
from changliao.doors.wechatpay.authorization import SCHEME, Signed, authenticate
from changliao.doors.wechatpay.call import Answer, Call, Door, read_query
from changliao.doors.wechatpay.errors import WechatError, system_error
from changliao.store.engine import Unavailable

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Handler = Callable[[Door, Call], Awaitable[Answer]]
BODY_LIMIT: Final = 1_048_576
_log = logging.getLogger("changliao.wechatpay")


class Route(Struct, frozen=True):
    """A method and a path with named parts."""

    method: str
    path: re.Pattern[str]
    handler: Handler


def _route(method: str, template: str, handler: Handler) -> Route:
    pattern = re.sub(r"\{(\w+)(?::([^}]+))?\}", _part, template)
    return Route(method, re.compile(pattern), handler)


def _part(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>{match[2] or '[^/]+'})"


_PAY: Final = "/v3/pay/transactions"
_PARTNER: Final = "/v3/pay/partner/transactions"
_SCENE: Final = "{scene:native|jsapi|app|h5}"
_BY_NUMBER: Final = "out-trade-no/{out_trade_no}"
_BY_ID: Final = "id/{transaction_id}"
_REFUNDS: Final = "/v3/refund/domestic/refunds"
ROUTES: Final = (
    _route("POST", f"{_PAY}/{_SCENE}", orders.place),
    _route("GET", f"{_PAY}/{_BY_NUMBER}", orders.query),
    _route("GET", f"{_PAY}/{_BY_ID}", orders.query_by_id),
    _route("POST", f"{_PAY}/{_BY_NUMBER}/close", orders.close),
    _route("POST", f"{_PARTNER}/{_SCENE}", orders.place_for_partner),
    _route("GET", f"{_PARTNER}/{_BY_NUMBER}", orders.query_for_partner),
    _route("GET", f"{_PARTNER}/{_BY_ID}", orders.query_by_id_for_partner),
    _route("POST", f"{_PARTNER}/{_BY_NUMBER}/close", orders.close_for_partner),
    _route("POST", _REFUNDS, refunds.refund),
    _route("GET", f"{_REFUNDS}/{{out_refund_no}}", refunds.query),
    _route("GET", "/v3/certificates", certificates.certificates),
)


def application(door: Door) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI application for everything under /v3/."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        found = _find(scope["method"], scope["path"])
        if isinstance(found, int):
            await _send(send, found, b"", ())
            return
        route, path = found
        try:
            body = await _body(scope, receive)
            merchant, asked, answer = await _perform(door, scope, body, route, path)
        except WechatError as error:
            await _send(send, error.status, error.body(), ())
        except Unavailable:
            _log.warning("the database could not be read")
            await _send(send, 503, system_error().body(), ())
        except Exception:  # the door's last line: the trace is kept, the caller may try again
            _log.exception("%s %s failed", scope["method"], scope["path"])
            await _send(send, 500, system_error().body(), ())
        else:
            await _send(send, answer.status, answer.body, _signature(door, merchant, asked, answer))

    return serve


async def _perform(
    door: Door, scope: Scope, body: bytes, route: Route, path: dict[str, str]
) -> tuple[Merchant, str, Answer]:
    headers = dict(scope["headers"])
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    signed = Signed(scope["method"], target, body)
    merchant = await authenticate(door.network, authorization, signed)
    answer = await route.handler(door, Call(merchant, path, read_query(query), body))
    return merchant, headers.get(b"wechatpay-serial", b"").decode("latin-1"), answer


def _find(method: str, path: str) -> tuple[Route, dict[str, str]] | int:
    """The route and its parts, or the status that says there is none."""
    status = 404
    for route in ROUTES:
        match = route.path.fullmatch(path)
        if match is None:
            continue
        if route.method == method:
            return route, match.groupdict()
        status = 405
    return status


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The raw body. Raises WechatError 413 beyond the limit."""
    chunks = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise WechatError(400, "INVALID_REQUEST", "请求体不完整")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_LIMIT:
            raise WechatError(413, "PARAM_ERROR", f"请求体超过上限 {BODY_LIMIT} 字节")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _signature(
    door: Door, merchant: Merchant, asked: str, answer: Answer
) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that let the SDK check an answer."""
    signer = door.platform.signer_for(merchant, asked)
    timestamp, nonce = str(clock.seconds(door.network.clock())), secrets.token_hex(16)
    signature = crypto.sign(signer.key, crypto.answer_message(timestamp, nonce, answer.body))
    return (
        (b"Wechatpay-Nonce", nonce.encode()),
        (b"Wechatpay-Timestamp", timestamp.encode()),
        (b"Wechatpay-Serial", signer.serial.encode()),
        (b"Wechatpay-Signature", signature.encode()),
        (b"Wechatpay-Signature-Type", SCHEME.encode()),
    )


async def _send(
    send: Send, status: int, body: bytes, extra: tuple[tuple[bytes, bytes], ...]
) -> None:
    headers = [
        (b"Content-Type", b"application/json; charset=utf-8"),
        (b"Request-ID", secrets.token_hex(20).upper().encode() + b"-0"),
        *extra,
    ]
    if status != 204:
        headers.append((b"Content-Length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
