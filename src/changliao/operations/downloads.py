"""Tokens for downloads: they say which file, for whom and until when, and nobody else can make one.

Nothing is stored for them, so any process of the network serves the file. Text form: URL-safe
base 64 of the packed description, the end of its life and a MAC.
"""

import hashlib
import hmac
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from changliao.core.clock import SECOND, Instant
from changliao.operations.seal import Seal
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
        self._seal = Seal(vault.derive("downloads"), _MAC_BYTES)
        self._locks = vault.derive("download locks")

    def make(self, described: object, ends_at: Instant) -> str:
        """A token for what is described."""
        body = (ends_at // SECOND).to_bytes(_END_BYTES) + msgspec.msgpack.encode(described)
        return self._seal.close(body)

    def read(self, text: str) -> Ticket | None:
        """None for anything that is not a token of ours. A token that ended is still read."""
        body = self._seal.open(text) if len(text) <= _LONGEST else None
        if body is None or len(body) < _END_BYTES:
            return None
        ends_at = Instant(int.from_bytes(body[:_END_BYTES]) * SECOND)
        return Ticket(body[_END_BYTES:], ends_at)

    def lock(self, token: str) -> Lock:
        """The key and nonce of a token, in ASCII: only this network can know them."""
        text = hmac.new(self._locks, token.encode(), hashlib.sha256).hexdigest()
        key = text[:_KEY_CHARACTERS]
        return Lock(key, text[_KEY_CHARACTERS : _KEY_CHARACTERS + _NONCE_CHARACTERS])


def described(ticket: Ticket, form: type[F]) -> F | None:
    """The description as a form; None when it describes something else."""
    try:
        return msgspec.msgpack.decode(ticket.content, type=form)
    except msgspec.DecodeError:
        return None
