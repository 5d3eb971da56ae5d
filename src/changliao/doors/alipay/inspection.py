"""What a recorded request at the gateway or its V3 addresses was, and why its signature failed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import msgspec

from changliao.core.clock import MILLISECOND, SECOND
from changliao.core.parties import App, KeyKind
from changliao.doors.alipay import crypto, rest
from changliao.doors.alipay.errors import AlipayError
from changliao.doors.alipay.parameters import Parameters, read
from changliao.operations.network import Network
from changliao.store.views import parties
from changliao.web import diagnosis
from changliao.web.causes import Cause
from changliao.web.diagnosis import NamedKey, Variant, only
from changliao.web.exchanges import Exchange, Failure, Inspection

_SIGNATURE: Final = "isv.invalid-signature"
_MS_IN_S: Final = SECOND // MILLISECOND


async def inspect(network: Network, exchange: Exchange) -> Inspection:
    """Whose it was, the sub_code of the answer, and the story of a refused signature."""
    if exchange.target.startswith(b"/v3/"):
        return await _inspect_v3(network, exchange)
    code = _sub_code(exchange)
    _, _, query = exchange.target.partition(b"?")
    kind = exchange.headers.get("content-type", "").encode("latin-1")
    try:
        given = read(query, [kind] if kind else [], exchange.body)
    except AlipayError:
        return Inspection(code=code)
    app = await network.read(parties.app_by_number, given.get("app_id"))
    failure = None
    if code == _SIGNATURE and exchange.whole:
        keys = await _keys(network, app, given.get("app_cert_sn"))
        ours = crypto.canonical(given.values).encode(given.codec, "replace")
        failure = _told(ours, given.get("sign"), keys, _variants(given))
    return Inspection(app.merchant_id if app else 0, given.get("app_id"), code, failure)


async def _inspect_v3(network: Network, exchange: Exchange) -> Inspection:
    code = _code_v3(exchange)
    header = exchange.headers.get("authorization", "")
    head, _, signature = header.removeprefix(f"{rest.SCHEME} ").rpartition(",sign=")
    parts = dict(part.partition("=")[::2] for part in head.split(","))
    app = await network.read(parties.app_by_number, parts.get("app_id", ""))
    failure = None
    stamp = parts.get("timestamp", "")
    if code == "invalid-timestamp" and stamp.isdigit():
        skew = int(stamp) / _MS_IN_S - exchange.at
        failure = Failure(only(Cause.CLOCK_OR_UNITS, seconds=f"{skew:+.0f}"))
    elif code == "invalid-signature" and exchange.whole:
        token = exchange.headers.get("alipay-app-auth-token", "")

        def build(method: str, target: bytes, body: bytes) -> bytes:
            return rest.request_message(head, method, target, body, token)

        asked = (exchange.method, exchange.target, exchange.body)
        keys = await _keys(network, app, parts.get("app_cert_sn", ""))
        host = exchange.headers.get("host", "")
        variants = diagnosis.request_variants(asked, build, host)
        failure = _told(build(*asked), signature, keys, variants)
    return Inspection(app.merchant_id if app else 0, parts.get("app_id", ""), code, failure)


async def _keys(network: Network, app: App | None, certificate: str) -> list[NamedKey]:
    """Those of the app, the named certificate first."""
    known = await network.read(parties.keys_of, app.id) if app else []
    kinds = (KeyKind.RSA_PUBLIC, KeyKind.RSA_CERTIFICATE)
    signing = [NamedKey(key.serial, key.material) for key in known if key.kind in kinds]
    return sorted(signing, key=lambda key: key.name != certificate.lower())


def _told(
    ours: bytes, signature: str, keys: list[NamedKey], variants: Iterator[Variant]
) -> Failure:
    if not keys:
        return Failure(only(Cause.APP_WITHOUT_KEY), ours.decode("utf-8", "replace"))
    return diagnosis.of_rsa(ours, signature, keys[0], keys[1:], variants)


def _variants(given: Parameters) -> Iterator[Variant]:
    """What people sign instead of the sorted, unescaped parameters."""
    values: Mapping[str, str] = given.values

    def built(fields: Mapping[str, str]) -> bytes:
        return crypto.canonical(fields).encode(given.codec, "replace")

    yield (
        only(Cause.SIGN_TYPE_LEFT_OUT),
        crypto.canonical(values, without=("sign", "sign_type")).encode(given.codec, "replace"),
    )
    escaped = {name: quote_plus(value) for name, value in values.items()}
    yield only(Cause.VALUES_ENCODED), built(escaped)
    inner = {name: value for name, value in values.items() if name != "biz_content"}
    yield only(Cause.CONTENT_LEFT_OUT), built(inner)
    pairs = "&".join(f"{n}={v}" for n, v in values.items() if v and n != "sign")
    yield only(Cause.UNSORTED), pairs.encode(given.codec)
    plus = {name: value.replace(" ", "+") for name, value in values.items()}
    yield only(Cause.SPACES_AS_PLUS), built(plus)
    for cause, content in diagnosis.bodies(values.get("biz_content", "").encode()):
        text = content.decode("utf-8", "replace")
        yield only(Cause.CONTENT) + only(cause), built({**values, "biz_content": text})


def _sub_code(exchange: Exchange) -> str:
    try:
        decoded: Any = msgspec.json.decode(exchange.answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    # Whether a notification was ours is answered by a word.
    members = decoded.values() if isinstance(decoded, dict) else ()
    nodes = [one for one in members if isinstance(one, dict)]
    return str(nodes[0].get("sub_code", "")) if nodes else ""


def _code_v3(exchange: Exchange) -> str:
    if exchange.status < 400:
        return ""
    try:
        fields: Any = msgspec.json.decode(exchange.answer)
        return str(fields["code"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return ""
