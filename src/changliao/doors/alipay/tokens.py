"""Codes and tokens: each names two parties and, where it ends, when.

Nothing is stored for them: only this network can make one, and a token of one kind is none of
another. Text form: at most 40 characters of URL-safe base 64, as the protocol's fields hold.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from typing import Final

from msgspec import Struct

from changliao.core.clock import SECOND, Instant
from changliao.operations.vault import Vault

APP_TOKEN: Final = "alipay app authorizations"
APP_CODE: Final = "alipay app authorization codes"
APP_REFRESH: Final = "alipay app authorization refreshing"
USER_CODE: Final = "alipay user authorization codes"
USER_TOKEN: Final = "alipay user tokens"
USER_REFRESH: Final = "alipay user token refreshing"
_LAYOUT: Final = struct.Struct(">QQI")
_MAC_BYTES: Final = 9


class Token(Struct, frozen=True):
    """`bearer` may use it, an app's id; `subject` is whom it is about. `ends_at` 0: no end."""

    bearer: int
    subject: int
    ends_at: Instant = Instant(0)


def make(vault: Vault, kind: str, token: Token) -> str:
    """A token of this kind."""
    body = _LAYOUT.pack(token.bearer, token.subject, token.ends_at // SECOND)
    return base64.urlsafe_b64encode(body + _mac(vault, kind, body)).decode().rstrip("=")


def read(vault: Vault, kind: str, text: str) -> Token | None:
    """None for what is no token of this kind. One that ended is still read."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(vault, kind, body)):
        return None
    bearer, subject, ends_s = _LAYOUT.unpack(body)
    return Token(bearer, subject, Instant(ends_s * SECOND))


def works(token: Token | None, bearer: int, now: Instant) -> bool:
    """Is it this app's, and not over?"""
    if token is None or token.bearer != bearer:
        return False
    return not token.ends_at or now < token.ends_at


def _mac(vault: Vault, kind: str, body: bytes) -> bytes:
    return hmac.new(vault.derive(kind), body, hashlib.sha256).digest()[:_MAC_BYTES]
