"""Who is calling our REST API: HMAC-SHA256 or Ed25519 over the request, once for each nonce.

    Authorization: CHANGLIAO-HMAC-SHA256 key="key_…",timestamp="…",nonce="…",signature="…"

The signed text is the method, the target as sent, the timestamp (Unix seconds), the nonce and the
body, each followed by a line feed. The signature is hex for HMAC and base 64 for Ed25519. Answers
carry `Changliao-Timestamp` and `Changliao-Signature` over timestamp and body, each followed by a
line feed: under the same secret for HMAC, under the network's Ed25519 key otherwise.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections import deque
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct

from changliao.core import chart, clock, ids
from changliao.core.clock import MINUTE, SECOND, Instant
from changliao.core.members import Member, Right, may
from changliao.core.nonces import Nonce
from changliao.core.parties import Key, KeyKind, MerchantState
from changliao.doors.rest.errors import Problem
from changliao.operations.network import Network
from changliao.operations.onboarding import SECRET_PURPOSE
from changliao.store.views import members, parties

SCHEMES: Final = {
    "CHANGLIAO-HMAC-SHA256": KeyKind.HMAC_SECRET,
    "CHANGLIAO-ED25519": KeyKind.ED25519_PUBLIC,
}
ANSWERS_PURPOSE: Final = "rest answers"
MOST_SKEW: Final = 5 * MINUTE
REPLAYED: Final = "this nonce was used before: make a new one"
HEADER: Final = re.compile(
    r'(CHANGLIAO-[A-Z0-9-]+) key="(key_\w{13})",timestamp="(\d{1,12})",'
    r'nonce="([\x21\x23-\x7e]{8,64})",signature="([0-9A-Za-z+/=]{1,128})"'
)
_MOST_NONCES: Final = 1_000_000
_SECRETS_KEPT: Final = 10_000


class Caller(Struct, frozen=True):
    """The key that signed, its opened secret when it has one, and the member it belongs to.

    `sent` is the request's nonce as it came, `at` when, `address` where from.
    """

    key: Key
    sent: str
    at: Instant
    secret: bytes = b""
    member: Member | None = None
    address: str = ""

    @property
    def is_operator(self) -> bool:
        """May it act for anybody?"""
        return self.key.merchant_id == chart.NETWORK

    @property
    def nonce(self) -> Nonce:
        """What is committed with what the request changes; a question makes none.

        No message beside it: here the very same request is a replay as well.
        """
        digest = hashlib.sha256(f"{self.key.serial}\n{self.sent}".encode()).digest()
        return Nonce(self.key.merchant_id, digest, b"", self.at)

    @property
    def name(self) -> str:
        """Who acts: a member under every key and page the same, or a machine by its key."""
        return ids.show("mbr", self.member.id) if self.member else self.key.serial


class Nonces:
    """Nonces this process saw in ten minutes. What changes anything is told from the database.

    So another process, or this one after a start, answers the replay of a mere question once.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._order: deque[tuple[Instant, tuple[str, str]]] = deque()

    def first(self, key: str, nonce: str, now: Instant) -> bool:
        """Is this the first time? Afterwards it is not."""
        while self._order and (
            self._order[0][0] < now - 2 * MOST_SKEW or len(self._order) >= _MOST_NONCES
        ):
            self._seen.discard(self._order.popleft()[1])
        mark = (key, nonce)
        if mark in self._seen:
            return False
        self._seen.add(mark)
        self._order.append((now, mark))
        return True


class Gate:
    """Lets callers in and signs what goes out."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._nonces = Nonces()
        self._own = Ed25519PrivateKey.from_private_bytes(network.vault.derive(ANSWERS_PURPOSE))
        self._secrets: dict[bytes, bytes] = {}
        self.public_key = self._own.public_key()

    async def enter(
        self, header: str, method: str, target: bytes, body: bytes, address: str
    ) -> Caller:
        """The caller whose signature is right. Raises Problem 401."""
        match = HEADER.fullmatch(header)
        kind = SCHEMES.get(match[1]) if match else None
        if match is None or kind is None:
            raise Problem("unsigned", "sign the request: see docs/doors/rest.md")
        _, name, timestamp, nonce, signature = match.groups()
        now = self._network.real_clock()
        if abs(now - int(timestamp) * SECOND) > MOST_SKEW:
            raise Problem("stale", "the timestamp is more than five minutes from our clock")
        key = await self._network.look_up(parties.key_by_serial, name)
        if key is None or key.kind is not kind or not key.works(self._network.clock()):
            raise Problem("unknown_key", "the key is unknown, revoked or of another kind")
        member = await self._member(key)
        caller = Caller(key, nonce, now, self._secret(key), member, address)
        message = request_message(method, target, timestamp, nonce, body)
        if not _verified(caller, message, signature):
            raise Problem("wrong_signature", "the signature does not match this request")
        if not self._nonces.first(name, nonce, now):
            raise Problem("replayed", REPLAYED)
        await self._refuse_disabled(caller)
        self._network.key_uses.note(key, self._network.clock())
        return caller

    async def _member(self, key: Key) -> Member | None:
        """In whose hands the key is; None is a machine's. Raises Problem 401."""
        if not key.member_id:
            return None
        member = await self._network.look_up(members.member, key.member_id)
        if member is None or not may(member, Right.USE_KEY):
            raise Problem("unknown_key", "the member this key belongs to may not use it any more")
        return member

    def sign(self, caller: Caller | None, body: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that let a caller check an answer."""
        timestamp = str(clock.seconds(self._network.real_clock())).encode()
        message = b"%b\n%b\n" % (timestamp, body)
        if caller is not None and caller.secret:
            signature = hmac.digest(caller.secret, message, "sha256").hex().encode()
        else:
            signature = base64.b64encode(self._own.sign(message))
        return (b"changliao-timestamp", timestamp), (b"changliao-signature", signature)

    def _secret(self, key: Key) -> bytes:
        """An HMAC key's secret, opened once; nothing for other keys."""
        if key.kind is not KeyKind.HMAC_SECRET:
            return b""
        secret = self._secrets.get(key.material)
        if secret is None:
            if len(self._secrets) >= _SECRETS_KEPT:
                self._secrets = {}
            secret = self._network.vault.open(key.material, SECRET_PURPOSE)
            self._secrets[key.material] = secret
        return secret

    async def _refuse_disabled(self, caller: Caller) -> None:
        if caller.is_operator:
            return
        merchant = await self._network.look_up(parties.merchant, caller.key.merchant_id)
        if merchant is None or merchant.state is not MerchantState.ACTIVE:
            raise Problem("merchant_disabled", "this merchant is disabled: ask the operator")


def request_message(method: str, target: bytes, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What a caller signs: five fields, each ended by a line feed."""
    head = b"%b\n%b\n%b\n" % (method.encode(), target, f"{timestamp}\n{nonce}".encode())
    return head + body + b"\n"


def _verified(caller: Caller, message: bytes, signature: str) -> bool:
    if caller.secret:
        expected = hmac.digest(caller.secret, message, "sha256").hex()
        return hmac.compare_digest(expected, signature)
    try:
        _loaded(caller.key.material).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(_SECRETS_KEPT)
def _loaded(pem: bytes) -> Ed25519PublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("not an Ed25519 key")
    return key
