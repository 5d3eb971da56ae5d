"""The REST form of this door: JSON in and out, signatures in headers.

Every method of the gateway that has a REST form is answered by the same handler.
Source: alipay-openapi.md §15. Header names of answers are lower case, as one SDK reads them.
"""

import logging
import re
import secrets
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import clock
from changliao.core.clock import MILLISECOND, MINUTE
from changliao.doors.alipay import authorizations, crypto, gateway
from changliao.doors.alipay.answers import node_text
from changliao.doors.alipay.call import Call, Caller, Door, Node, decoded, read_content
from changliao.doors.alipay.errors import AlipayError, invalid, missing, unavailable, unknown
from changliao.doors.alipay.methods import METHODS, Method, path_of
from changliao.doors.alipay.nonces import Nonces
from changliao.doors.alipay.verification import active_app, usable_keys
from changliao.store.engine import Unavailable
from changliao.store.views import parties
from changliao.web import asgi, twice
from changliao.web.asgi import Application, Receive, Scope, Send
from changliao.web.twice import SaidTwice

SCHEME: Final = "ALIPAY-SHA256withRSA"
MOST_SKEW: Final = 10 * MINUTE
_SIGN: Final = ",sign="
_APP: Final = re.compile(r"[ ,]app_id=([^,]*)")
_CERTIFICATE: Final = re.compile(r"[ ,]app_cert_sn=[^,]")
_LONGEST_STAMP: Final = 16
P = TypeVar("P")
R = TypeVar("R")
_log = logging.getLogger("changliao.alipay")
_PATHS: Final = {path_of(name): name for name, method in METHODS.items() if method.verb}


class Signed(Struct, frozen=True):
    """What a signature is about."""

    verb: str
    target: bytes
    body: bytes
    token: str


class Heard(Struct, frozen=True):
    """Who asks, and with which key its content was encrypted. `app` is what the header says."""

    app: str = ""
    certificate_mode: bool = False
    content_key: bytes = b""


def application(door: Door) -> Application:
    """The ASGI application for everything under /v3/alipay/."""
    nonces = Nonces(door.network)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await asgi.read_body(receive, gateway.BODY_LIMIT)
        except asgi.Disconnected:
            return
        except asgi.BodyTooLarge:
            message = f"请求体超过上限 {gateway.BODY_LIMIT} 字节"
            await _refuse(door, scope, send, invalid("invalid-parameter", message))
            return
        try:
            heard, fields = await _answered(door, nonces, scope, body)
        except AlipayError as error:
            await _refuse(door, scope, send, error)
        except Unavailable:
            await _refuse(door, scope, send, unavailable())
        except Exception:  # the door's last line: the trace is kept, the caller asks what came
            _log.exception("%s failed", scope["path"])
            await _refuse(door, scope, send, unknown())
        else:
            await _send(door, send, 200, fields, heard)

    return serve


def request_message(head: str, verb: str, target: bytes, body: bytes, token: str) -> bytes:
    """What an app signs: lines, each ended by a line feed."""
    last = f"{token}\n".encode() if token else b""
    return f"{head}\n{verb}\n".encode() + target + b"\n" + body + b"\n" + last


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What we sign of an answer."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


async def _answered(door: Door, nonces: Nonces, scope: Scope, body: bytes) -> tuple[Heard, Node]:
    _said_once(twice.check_headers, scope["headers"])
    headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
    token = headers.get("alipay-app-auth-token", b"").decode("latin-1")
    signed = Signed(scope["method"], asgi.target_of(scope), body, token)
    authorization = headers.get("authorization", b"").decode("latin-1")
    caller, certificate_mode = await authenticate(door, authorization, signed, nonces)
    name, method = _method(scope)
    heard = Heard(caller.app.number, certificate_mode)
    text = decoded(body)
    kind = headers.get("alipay-encrypt-type", b"").decode("latin-1")
    if kind:
        heard = replace(heard, content_key=await gateway.content_key(door, caller, kind))
        # What is asked for with GET has no content that could be encrypted.
        text = gateway.opened(heard.content_key, text) if text else ""
    content = _query(scope) if method.verb == "GET" else read_content(text or "{}")
    public = {"app_id": caller.app.number, "charset": "utf-8", "sign_type": crypto.RSA2}
    fields = await method.handler(door, Call(caller, name, content, public))
    # What must still be confirmed is told apart by what is missing: this form has no codes.
    return heard, {name: value for name, value in fields.items() if name != "code"}


async def authenticate(
    door: Door, header: str, signed: Signed, nonces: Nonces
) -> tuple[Caller, bool]:
    """Who signed, and whether under a certificate. Raises AlipayError."""
    scheme, _, rest = header.strip().partition(" ")
    if not header:
        raise missing("timestamp", "缺少Authorization请求头")
    head, mark, signature = rest.rpartition(_SIGN)
    if scheme != SCHEME or not mark:
        raise invalid("invalid-signature", f"Authorization 必须是 {SCHEME} …,sign=…")
    parts = dict(part.partition("=")[::2] for part in head.split(","))
    app, merchant = await active_app(door, parts.get("app_id", ""))
    if not parts.get("nonce"):
        raise invalid("invalid-signature", "缺少nonce")
    _check_time(door, parts.get("timestamp", ""))
    number = parts.get("app_cert_sn", "")
    known = await door.network.look_up(parties.keys_of, app.id)
    keys = usable_keys(known, number, door.network.clock())
    message = request_message(head, signed.verb, signed.target, signed.body, signed.token)
    signed_with = [key for key in keys if crypto.verifies(key.material, message, signature)]
    if not signed_with:
        shown = message[: gateway.BODY_LIMIT // 128].decode("utf-8", "replace")
        raise AlipayError(
            "40002", "isv.invalid-signature", "验签出错，网关生成的验签字符串为：", evidence=shown
        )
    if not await nonces.may_be(app.id, parts["nonce"], message):
        raise invalid("suspected-attack", "nonce 已使用，请勿重放请求")
    door.network.key_uses.note(signed_with[0], door.network.clock())
    return await authorizations.caller(door, app, merchant, signed.token), bool(number)


def _check_time(door: Door, stamp: str) -> None:
    if not stamp:
        raise missing("timestamp", "缺少时间戳")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > _LONGEST_STAMP:
        raise invalid("invalid-timestamp", "时间戳必须是毫秒数")
    if abs(door.network.real_clock() - int(stamp) * MILLISECOND) > MOST_SKEW:
        raise invalid("invalid-timestamp", "时间戳与当前时间相差超过10分钟")


def _method(scope: Scope) -> tuple[str, Method]:
    name = _PATHS.get(scope["path"], "")
    if not name or METHODS[name].verb != scope["method"]:
        raise invalid("invalid-method", "不存在的方法名")
    return name, METHODS[name]


def _query(scope: Scope) -> Node:
    raw: bytes = scope["query_string"]
    return _said_once(twice.parameters, parse_qsl(raw.decode("utf-8", "replace")))


def _said_once(read: Callable[[P], R], given: P) -> R:
    """What it makes of headers or parameters. Raises AlipayError."""
    try:
        return read(given)
    except SaidTwice as error:
        raise invalid("invalid-parameter", f"参数 {error.name} 出现两次且值不同") from error


async def _refuse(door: Door, scope: Scope, send: Send, error: AlipayError) -> None:
    """Errors are signed too, as the header asks for it: who asks may not be known."""
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    app = _APP.search(header)
    fields = {"code": error.bare_code, "message": error.message + error.evidence}
    status = 404 if error.sub_code == "isv.invalid-method" else error.status
    heard = Heard(app[1] if app else "", _CERTIFICATE.search(header) is not None)
    await _send(door, send, status, fields | dict(error.fields), heard)


async def _send(door: Door, send: Send, status: int, fields: dict[str, Any], heard: Heard) -> None:
    text = node_text({name: value for name, value in fields.items() if name != "msg"})
    body = text.encode() if not heard.content_key else b""
    if heard.content_key:
        body = crypto.seal(heard.content_key, text.encode()).encode()
    timestamp = str(clock.seconds(door.network.real_clock()) * 1000)
    nonce = secrets.token_hex(16)
    signer = door.platform.signer(heard.app)
    signature = crypto.sign(signer.key, answer_message(timestamp, nonce, body))
    kind = b"text/plain" if heard.content_key else b"application/json;charset=UTF-8"
    number = ((b"alipay-sn", signer.number.encode()),) if heard.certificate_mode else ()
    headers = (
        (b"content-type", kind),
        (b"alipay-timestamp", timestamp.encode()),
        (b"alipay-nonce", nonce.encode()),
        (b"alipay-signature", signature.encode()),
        (b"alipay-trace-id", secrets.token_hex(16).encode()),
        *number,
    )
    await asgi.answer(send, status, headers, body)
