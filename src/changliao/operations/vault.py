"""The vault: seals the secrets that the database keeps, and derives keys from one master secret.

The database holds merchants' API keys and the network's private keys only sealed, so a copy of it
is worth nothing without the master secret, which lives outside it. Sealing is AES-256-GCM with a
random nonce; derivation is HKDF-SHA256. Source: NIST SP 800-38D, RFC 5869.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Tampered(Exception):
    """A sealed secret does not open: another master secret, another purpose, or altered bytes."""


class Vault:
    """`master` is 32 random bytes."""

    def __init__(self, master: bytes) -> None:
        if len(master) != SECRET_BYTES:
            raise ValueError(f"the master secret must have {SECRET_BYTES} bytes")
        self._master = master
        self._cipher = AESGCM(self.derive("seal"))

    def __repr__(self) -> str:
        return "Vault(***)"

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Only `open` with the same purpose gives it back."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises Tampered."""
        try:
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._cipher.decrypt(nonce, rest, purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise Tampered(purpose) from error

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose; another purpose gives unrelated bytes."""
        return HKDF(hashes.SHA256(), SECRET_BYTES, None, purpose.encode()).derive(self._master)
