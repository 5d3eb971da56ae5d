"""The second factor: six digits from a clock and a secret both sides have.

Source: RFC 6238, in the form authenticator apps understand: SHA-1, six digits, steps of 30 s.
"""

import hmac
import secrets
from base64 import b32encode
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from changliao.core.clock import Instant, seconds

PURPOSE: Final = "member second factor"
_SECRET_BYTES: Final = 20
_DIGITS: Final = 6
_STEP_S: Final = 30
# A phone's clock may be this many steps away from ours.
_DRIFT: Final = 1


def new_secret() -> bytes:
    """As long as the hash, as RFC 4226 asks."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown(secret: bytes) -> str:
    """What a person types who cannot scan."""
    return b32encode(secret).decode()


def address(secret: bytes, name: str) -> str:
    """What an authenticator app scans."""
    return f"otpauth://totp/{quote('畅聊支付')}:{quote(name)}?secret={shown(secret)}&issuer={quote('畅聊支付')}"


def code(secret: bytes, step: int) -> str:
    """The digits of a step."""
    # Authenticator apps know no other hash; nothing is signed with it.
    made = TOTP(secret, _DIGITS, SHA1(), _STEP_S).generate(step * _STEP_S)  # noqa: S303
    return made.decode()


def current(secret: bytes, now: Instant) -> str:
    """The digits that an app shows now."""
    return code(secret, seconds(now) // _STEP_S)


def matching_step(secret: bytes, typed: str, now: Instant) -> int:
    """The step whose code was typed; 0 when none fits."""
    current = seconds(now) // _STEP_S
    fitting = [
        step
        for step in range(current - _DRIFT, current + _DRIFT + 1)
        if hmac.compare_digest(code(secret, step).encode(), typed.encode())
    ]
    return fitting[-1] if fitting else 0
