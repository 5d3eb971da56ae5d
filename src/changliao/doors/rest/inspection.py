"""What a recorded request at this door was, and why its signature failed."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from changliao.core import chart
from changliao.core.parties import Key, KeyKind
from changliao.doors.rest.authorization import HEADER, request_message
from changliao.doors.rest.routes import routes
from changliao.operations.network import Network
from changliao.operations.onboarding import SECRET_PURPOSE
from changliao.store.views import parties
from changliao.web import diagnosis
from changliao.web.causes import Cause
from changliao.web.exchanges import Exchange, Failure, Inspection


async def inspect(network: Network, exchange: Exchange) -> Inspection:
    """Whose it was, the reason in the answer, and the story of a refused signature."""
    code = _code(exchange)
    match = HEADER.fullmatch(exchange.headers.get("authorization", ""))
    if match is None:
        unread = Failure(diagnosis.only(Cause.HEADER_UNREAD, message="docs/doors/rest.md"))
        return Inspection(code=code, failure=unread if code == "unsigned" else None)
    _, name, timestamp, nonce, signature = match.groups()
    key = await network.read(parties.key_by_serial, name)
    failure: Failure | None = None
    if code == "stale":
        skew = int(timestamp) - exchange.at
        failure = Failure(diagnosis.only(Cause.CLOCK, seconds=f"{skew:+.0f}"))
    elif code == "wrong_signature" and key is not None and exchange.whole:
        failure = _failure(network, exchange, key, (timestamp, nonce, signature))
    if key is None:
        return Inspection(code=code, failure=failure)
    merchant = await network.read(parties.merchant, key.merchant_id)
    operator = "operator" if key.merchant_id == chart.NETWORK else ""
    return Inspection(key.merchant_id, merchant.number if merchant else operator, code, failure)


def _failure(
    network: Network, exchange: Exchange, key: Key, given: tuple[str, str, str]
) -> Failure:
    timestamp, nonce, signature = given

    def build(method: str, target: bytes, body: bytes) -> bytes:
        return request_message(method, target, timestamp, nonce, body)

    asked = (exchange.method, exchange.target, exchange.body)
    host = exchange.headers.get("host", "")
    variants = diagnosis.request_variants(asked, build, host, _heads())
    found, text = diagnosis.first_match(variants, _matcher(network, key, signature))
    ours = build(*asked)
    theirs = hashlib.sha256(text).hexdigest() if found else ""
    return Failure(
        found or diagnosis.only(Cause.KEY_OR_TEXT),
        diagnosis.shown_text(ours),
        hashlib.sha256(ours).hexdigest(),
        theirs,
        diagnosis.shown_text(text),
    )


@cache
def _heads() -> tuple[str, ...]:
    return routes().heads


def _matcher(network: Network, key: Key, signature: str) -> Callable[[bytes], bool]:
    if key.kind is KeyKind.HMAC_SECRET:
        secret = network.vault.open(key.material, SECRET_PURPOSE)
        given = signature.lower().encode()
        return lambda text: hmac.compare_digest(
            hmac.digest(secret, text, "sha256").hex().encode(), given
        )
    public = load_pem_public_key(key.material)

    def verifies(text: bytes) -> bool:
        if not isinstance(public, Ed25519PublicKey):
            return False
        try:
            public.verify(base64.b64decode(signature, validate=True), text)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    return verifies


def _code(exchange: Exchange) -> str:
    if exchange.status < 400:
        return ""
    try:
        fields: Any = msgspec.json.decode(exchange.answer)
        return str(fields["reason"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return ""
