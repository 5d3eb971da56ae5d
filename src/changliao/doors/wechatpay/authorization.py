"""Who is calling: the Authorization header of a request, checked in the documented order.

Source: wechatpay-v3.md §2. A repeated nonce is not refused: proxies legitimately send the same
request twice, and repeating it changes nothing. Nothing of a request is believed before this.
"""

import re
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from changliao.core.clock import MINUTE, SECOND, Instant
from changliao.core.parties import Key, KeyKind, Merchant, MerchantState
from changliao.doors.wechatpay import crypto
from changliao.doors.wechatpay.errors import sign_error
from changliao.operations.network import Network
from changliao.store.views import parties

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
MOST_SKEW: Final = 5 * MINUTE
_PAIR: Final = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*(?:,|$)')
_PARTS: Final = frozenset({"mchid", "nonce_str", "timestamp", "serial_no", "signature"})
_NONCE: Final = re.compile(r"[\x21\x23-\x7e]{1,128}")
_SHOWN: Final = 1_024
_MALFORMED: Final = (
    "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》:"
    "需要 WECHATPAY2-SHA256-RSA2048 以及 mchid、nonce_str、timestamp、serial_no、signature"
)


class Authorization(Struct, frozen=True):
    """The header's five parts."""

    mchid: str
    nonce: str
    timestamp: str
    serial: str
    signature: str


class Signed(Struct, frozen=True):
    """What a signature is about."""

    method: str
    target: bytes
    body: bytes


async def authenticate(network: Network, header: str, signed: Signed) -> Merchant:
    """The merchant who signed this request. Raises WechatError 401."""
    parts = parse(header)
    if abs(network.real_clock() - int(parts.timestamp) * SECOND) > MOST_SKEW:
        raise sign_error("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    merchant = await network.look_up(parties.merchant_by_number, parts.mchid)
    if merchant is None or merchant.state is not MerchantState.ACTIVE:
        raise sign_error("商户号不存在或已停用")
    keys = await network.look_up(parties.keys_of, merchant.id)
    key = _key(keys, parts.serial, network.clock())
    if not verifies(key.material, parts, signed):
        raise sign_error("签名错误", _explained(parts, signed))
    network.key_uses.note(key, network.clock())
    return merchant


def parse(header: str) -> Authorization:
    """Raises WechatError 401 for anything but the scheme with its five parts."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme != SCHEME:
        known = scheme.startswith("WECHATPAY2-")
        raise sign_error("HTTP头Authorization认证类型不正确" if known else _MALFORMED)
    parts = dict(_pairs(rest))
    if not parts.keys() >= _PARTS or not parts["timestamp"].isascii():
        raise sign_error(_MALFORMED)
    if not parts["timestamp"].isdigit() or len(parts["timestamp"]) > 12:
        raise sign_error(_MALFORMED)
    if not _NONCE.fullmatch(parts["nonce_str"]):
        raise sign_error(_MALFORMED)
    return Authorization(
        mchid=parts["mchid"],
        nonce=parts["nonce_str"],
        timestamp=parts["timestamp"],
        serial=parts["serial_no"],
        signature=parts["signature"],
    )


def verifies(public_key: bytes, parts: Authorization, signed: Signed) -> bool:
    """Try what was signed, then the forms that real SDKs sign instead (§2.4, T1 and T2)."""
    forms = [(target, signed.body) for target in _targets(signed.target)]
    if signed.body == b"null":
        forms.append((signed.target, b""))
    return any(
        crypto.verifies(public_key, _message(parts, signed.method, target, body), parts.signature)
        for target, body in forms
    )


def _message(parts: Authorization, method: str, target: bytes, body: bytes) -> bytes:
    return crypto.request_message(method, target, parts.timestamp, parts.nonce, body)


def _targets(target: bytes) -> list[bytes]:
    """As it came; then decoded once, wholly or only before the query, as some clients sign it."""
    path, mark, query = target.partition(b"?")
    whole, before = _decoded(target), _decoded(path)
    forms = [target]
    if whole is not None:
        forms.append(whole)
    if before is not None and mark:
        forms.append(before + mark + query)
    return forms


def _decoded(target: bytes) -> bytes | None:
    """The target percent-decoded once, when that brings in nothing that would change its shape."""
    if b"%" not in target:
        return None
    raw = unquote_to_bytes(target)
    shape = (b"/", b"?", b"#")
    same = all(raw.count(mark) == target.count(mark) for mark in shape)
    if not same or b"%" in raw or any(byte < 0x20 or byte == 0x7F for byte in raw):
        return None
    return raw


def _key(keys: list[Key], serial: str, now: Instant) -> Key:
    """The merchant's RSA key of this serial number; letter case and leading zeros do not count."""
    try:
        number = int(serial, 16)
    except ValueError as error:
        raise sign_error("商户证书序列号有误。请使用签名私钥匹配的证书序列号") from error
    for key in keys:
        if key.kind is KeyKind.RSA_PUBLIC and int(key.serial, 16) == number:
            if key.revoked_at:
                raise sign_error("商户证书已作废")
            if not key.works(now):
                raise sign_error("商户证书已过期")
            return key
    raise sign_error("商户证书序列号有误。请使用签名私钥匹配的证书序列号")


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    place = 0
    while place < len(text):
        match = _PAIR.match(text, place)
        if match is None:
            raise sign_error(_MALFORMED)
        pairs.append((match[1], match[2]))
        place = match.end()
    return pairs


def _explained(parts: Authorization, signed: Signed) -> dict[str, Any]:
    """What we would have signed, as the live service shows it to developers."""
    message = _message(parts, signed.method, signed.target, signed.body)
    shown = message[:_SHOWN].decode("utf-8", "replace")
    return {
        "detail": {"issue": "sign not match"},
        "field": "signature",
        "location": "authorization",
        "sign_information": {
            "method": signed.method,
            "url": signed.target.decode("utf-8", "replace"),
            "sign_message_length": len(message),
            "truncated_sign_message": shown,
        },
    }
