"""Tokens for downloads: they say which file, for whom and until when, and nobody else can make one.

Nothing is stored for them, so any process of the network serves the file. Text form: URL-safe
base 64 of the packed description, the end of its life and a MAC.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from changliao.core.clock import SECOND, Instant
from changliao.operations.vault import Vault

F = TypeVar("F")
_MAC_BYTES: Final = 16
_END_BYTES: Final = 8
_LONGEST: Final = 512
_KEY_CHARACTERS: Final = 32
_NONCE_CHARACTERS: Final = 12


class Ticket(Struct, frozen=True):
    """What a token says: the packed description and when it ends."""

    content: bytes
    ends_at: Instant


class Lock(Struct, frozen=True):
    """Key and nonce for a file that is handed over encrypted: one pair for each token."""

    key: str
    nonce: str


class Downloads:
    """Makes and reads tokens with keys of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._key = vault.derive("downloads")
        self._locks = vault.derive("download locks")

    def make(self, described: object, ends_at: Instant) -> str:
        """A token for what is described."""
        body = (ends_at // SECOND).to_bytes(_END_BYTES) + msgspec.msgpack.encode(described)
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def read(self, text: str) -> Ticket | None:
        """None for anything that is not a token of ours. A token that ended is still read."""
        if len(text) > _LONGEST:
            return None
        try:
            padded = text + "=" * (-len(text) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(body) < _END_BYTES or not hmac.compare_digest(mac, self._mac(body)):
            return None
        ends_at = Instant(int.from_bytes(body[:_END_BYTES]) * SECOND)
        return Ticket(body[_END_BYTES:], ends_at)

    def lock(self, token: str) -> Lock:
        """The key and nonce of a token, in ASCII: only this network can know them."""
        text = hmac.new(self._locks, token.encode(), hashlib.sha256).hexdigest()
        key = text[:_KEY_CHARACTERS]
        return Lock(key, text[_KEY_CHARACTERS : _KEY_CHARACTERS + _NONCE_CHARACTERS])

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_MAC_BYTES]


def described(ticket: Ticket, form: type[F]) -> F | None:
    """The description as a form; None when it describes something else."""
    try:
        return msgspec.msgpack.decode(ticket.content, type=form)
    except msgspec.DecodeError:
        return None
