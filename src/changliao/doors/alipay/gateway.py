"""The gateway: one address for every method, parameters in, a signed envelope out.

Payers' browsers come here too: their methods are answered with pages. Answers are always HTTP 200.
Source: alipay-openapi.md §1 to §3.
"""

import logging
import secrets
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request

from changliao.core.parties import KeyKind
from changliao.doors.alipay import answers, cashier, crypto, legacy, verification
from changliao.doors.alipay.answers import ERROR_ROOT, Style
from changliao.doors.alipay.call import Call, Caller, Door, Node, decoded, read_content
from changliao.doors.alipay.errors import AlipayError, invalid, unavailable, unknown
from changliao.doors.alipay.methods import METHODS, Method
from changliao.doors.alipay.parameters import Parameters, from_query, read
from changliao.operations.app_keys import CONTENT_KEY_PURPOSE
from changliao.store.engine import Unavailable
from changliao.store.views import parties
from changliao.web import asgi, security
from changliao.web.asgi import Application, Receive, Scope, Send

BODY_LIMIT: Final = 1_048_576
_PUBLIC: Final = ("app_id", "auth_token", "charset", "notify_url", "return_url", "sign_type")
_log = logging.getLogger("changliao.alipay")


class Heard(Struct, frozen=True):
    """A request as far as it could be read, and how to answer it."""

    parameters: Parameters
    style: Style


def application(door: Door) -> Application:
    """The ASGI application for /gateway.do."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/gateway.do":
            await asgi.answer(send, 404, (), b"")
            return
        if scope["method"] not in ("GET", "POST"):
            await asgi.answer(send, 405, (), b"")
            return
        try:
            given, problem = await _given(scope, receive)
        except asgi.Disconnected:
            return
        if given.get("service") == legacy.NOTIFY_VERIFY:
            await _verified(door, given, send)
            return
        if given.get("method") in cashier.ENTRIES:
            await _entry(door, given, problem, (scope, receive, send))
            return
        heard, fields = await _answered(door, given, problem)
        body = answers.envelope(door.platform, heard.style, fields)
        await asgi.answer(send, 200, _headers(given), body)

    return serve


async def _verified(door: Door, given: Parameters, send: Send) -> None:
    """An old client asks whether a notification was ours: a word, not an envelope."""
    try:
        word = b"true" if await legacy.is_ours(door, given) else b"false"
    except Unavailable:
        word = b"false"
    await asgi.answer(send, 200, _headers(given), word)


async def _given(scope: Scope, receive: Receive) -> tuple[Parameters, AlipayError | None]:
    """The parameters, and what is wrong with the body if they are only the address's."""
    query: bytes = scope["query_string"]
    try:
        body = await asgi.read_body(receive, BODY_LIMIT)
        kinds = [value for name, value in scope["headers"] if name == b"content-type"]
        return read(query, kinds, body), None
    except asgi.BodyTooLarge:
        problem = invalid("invalid-parameter", f"请求体超过上限 {BODY_LIMIT} 字节")
    except AlipayError as error:
        problem = error
    return from_query(query), problem


async def _answered(
    door: Door, given: Parameters, problem: AlipayError | None
) -> tuple[Heard, Node]:
    """The node of the answer, whatever happens."""
    heard = Heard(given, _style(given))
    try:
        caller = await _authenticated(door, given, problem)
        method = _method(given.get("method"))
        content, key = await _content(door, caller, given)
        if key:
            heard = Heard(given, replace(heard.style, content_key=key))
        if method.bare:
            return await _bare(door, heard, method, _call(caller, given, content))
        fields = await method.handler(door, _call(caller, given, content))
    except AlipayError as error:
        return heard, error.node()
    except Unavailable:
        return heard, unavailable().node()
    except Exception:  # the door's last line: the trace is kept, the caller asks what came of it
        _log.exception("%s failed", given.get("method"))
        return heard, unknown().node()
    return heard, answers.success(fields, str(fields.pop("code", "10000")))


async def _bare(door: Door, heard: Heard, method: Method, call: Call) -> tuple[Heard, Node]:
    """An old method: no code when it went well, another root when it did not."""
    try:
        return heard, await method.handler(door, call)
    except AlipayError as error:
        return Heard(heard.parameters, replace(heard.style, root=ERROR_ROOT)), error.node()


async def _entry(
    door: Door,
    given: Parameters,
    problem: AlipayError | None,
    connection: tuple[Scope, Receive, Send],
) -> None:
    """A payer's browser: on to the cashier, or a page that says why not."""
    scope, receive, send = connection
    request = Request(scope, receive)
    headers: asgi.Headers = security.HEADERS
    try:
        caller = await _authenticated(door, given, problem)
        content, _ = await _content(door, caller, given)
        call = _call(caller, given, content)
        response = await cashier.enter(door, call, request)
        headers = security.EMBEDDED if cashier.embeds(call) else headers
    except AlipayError as error:
        response = cashier.refused_page(door, request, error)
    except Unavailable:
        response = await door.pages.unavailable(request, unavailable())
    except Exception:  # the door's last line for pages
        _log.exception("%s failed", given.get("method"))
        response = door.pages.error(request, 500)
    response.raw_headers.extend(headers)
    await response(scope, receive, send)


async def _authenticated(door: Door, given: Parameters, problem: AlipayError | None) -> Caller:
    if problem is not None:
        raise problem
    return await verification.authenticate(door, given)


def _method(name: str) -> Method:
    method = METHODS.get(name)
    if method is None:
        raise invalid("invalid-method", "不存在的方法名")
    return method


async def _content(door: Door, caller: Caller, given: Parameters) -> tuple[Node, bytes]:
    """The content, and the key it was encrypted with. Raises AlipayError."""
    text, kind = given.get("biz_content"), given.get("encrypt_type")
    key = b""
    if kind:
        key = await content_key(door, caller, kind)
        text = opened(key, text, given.codec)
    return (read_content(text) if text else {}), key


def opened(key: bytes, sealed: str, codec: str = "utf-8") -> str:
    """What an encrypted content says. Raises AlipayError."""
    plain = crypto.unseal(key, sealed)
    if plain is None:
        raise invalid("decryption-error-unknown", "解密出错，请检查AES密钥")
    return decoded(plain, codec)


async def content_key(door: Door, caller: Caller, kind: str) -> bytes:
    """The AES key an app has agreed with us. Raises AlipayError."""
    if kind != "AES":
        raise invalid("invalid-encrypt-type", "无效的加密类型，支持 AES")
    for key in await door.network.look_up(parties.keys_of, caller.app.id):
        if key.kind is KeyKind.AES_SECRET and key.works(door.network.clock()):
            door.network.key_uses.note(key, door.network.clock())
            return door.network.vault.open(key.material, CONTENT_KEY_PURPOSE)
    raise invalid("decryption-error-not-valid-encrypt-key", "应用没有配置AES密钥")


def _call(caller: Caller, given: Parameters, content: dict[str, Any]) -> Call:
    public = {name: given.get(name) for name in _PUBLIC}
    # Old methods have their fields beside the public ones.
    old = {} if content else dict(given.values)
    return Call(caller, given.get("method"), content or old, public)


def _style(given: Parameters) -> Style:
    method = given.get("method")
    sign_type = given.get("sign_type")
    return Style(
        root=answers.root_of(method) if verification.plausible(method) else ERROR_ROOT,
        app=given.get("app_id"),
        codec=given.codec,
        sign_type=sign_type if sign_type in crypto.HASHES else crypto.RSA2,
        certificate_mode=bool(given.get("app_cert_sn")),
    )


def _headers(given: Parameters) -> asgi.Headers:
    return (
        (b"Content-Type", f"text/html;charset={given.codec}".encode()),
        (b"trace_id", secrets.token_hex(16).encode()),
    )
