"""Passkeys on pages: at which addresses they work, and what is handed to the browser.

Source: W3C Web Authentication, level 3, 5.4 and 5.5 (JSON forms).
"""

import base64
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request

from changliao.core.clock import MILLISECOND
from changliao.core.passkeys import ALGORITHMS, ANSWER_WITHIN, Party, Passkey

NAME: Final = "畅聊支付"
NOWHERE: Final = "这个地址不能用通行密钥。"
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_LOCALHOST: Final = re.compile(r"localhost(:[0-9]{1,5})?")
_ADDRESS: Final = re.compile(r"[0-9.]+|\[.*\]")


def party(request: Request, public_url: str) -> Party | None:
    """Whom authenticators answer here; None where no browser lets a page ask for passkeys.

    That is our public address when the request came to it, by name and https; on a network that
    is served on this machine only, also `localhost`.
    """
    host, ours = request.headers.get("host", "").lower(), urlsplit(public_url)
    if ours.hostname in _HERE:
        return Party("localhost", f"http://{host}") if _LOCALHOST.fullmatch(host) else None
    named = ours.hostname is not None and not _ADDRESS.fullmatch(ours.hostname)
    if not named or ours.scheme != "https" or host != ours.netloc.lower():
        return None
    return Party(ours.hostname or "", f"https://{host}")


def asked(request: Request) -> bool:
    """Does a form want the challenge for what it would do, and nothing done?"""
    return request.query_params.get("ask") == "passkey"


def creation(
    party: Party, challenge: str, owner_id: int, names: tuple[str, str], known: list[Passkey]
) -> dict[str, Any]:
    """A wish for a new passkey. `names`: what its owner logs in with, and the wallet or desk."""
    user = {"id": encoded(owner_id.to_bytes(8, "big")), "name": names[0], "displayName": names[1]}
    return {
        "rp": {"id": party.id, "name": NAME},
        "user": user,
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
        "timeout": ANSWER_WITHIN // MILLISECOND,
        "excludeCredentials": _named(known),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def request_options(party: Party, challenge: str, known: Sequence[Passkey] = ()) -> dict[str, Any]:
    """A wish for an answer of one of those, which only their owner is told.

    Of whichever passkey its owner picks without any: none is named to strangers.
    """
    return {
        **({"allowCredentials": _named(known)} if known else {}),
        "rpId": party.id,
        "challenge": challenge,
        "timeout": ANSWER_WITHIN // MILLISECOND,
        "userVerification": "required",
    }


def _named(known: Sequence[Passkey]) -> list[dict[str, str]]:
    return [{"type": "public-key", "id": encoded(one.credential)} for one in known]


def encoded(raw: bytes) -> str:
    """URL-safe base 64, unpadded."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
