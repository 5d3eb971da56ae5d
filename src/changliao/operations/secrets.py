"""Hashing passwords and PINs.

A PIN has a million values, so no cost of hashing protects a stolen table: a key derived from the
master secret does (a pepper), and the lock-out protects the door. A password pays the full price.
Source: RFC 9106 (argon2id).
"""

import hashlib
import hmac
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from changliao.core.clock import Instant
from changliao.core.credentials import Credential, CredentialKind, Proof
from changliao.core.ids import UserId
from changliao.operations.vault import Vault

_PASSWORDS: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_PINS: Final = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
_HASHERS: Final = {CredentialKind.PASSWORD: _PASSWORDS, CredentialKind.PIN: _PINS}


class Secrets:
    """Hashes and checks with the pepper of one vault. Slow on purpose: call it from a thread."""

    def __init__(self, vault: Vault) -> None:
        self._pepper = vault.derive("credentials")

    def hash(self, user_id: UserId, kind: CredentialKind, secret: str, now: Instant) -> Credential:
        """A credential ready to be stored."""
        text = self._peppered(user_id, kind, secret)
        return Credential(user_id, kind, _HASHERS[kind].hash(text), now)

    def prove(self, credential: Credential, secret: str) -> Proof:
        """Does the typed secret match?"""
        text = self._peppered(credential.user_id, credential.kind, secret)
        try:
            _HASHERS[credential.kind].verify(credential.hash, text)
        except (Argon2Error, InvalidHashError):
            return Proof(matched=False, set_at=credential.set_at)
        return Proof(matched=True, set_at=credential.set_at)

    def _peppered(self, user_id: UserId, kind: CredentialKind, secret: str) -> str:
        message = f"{user_id}:{int(kind)}:{secret}".encode()
        return hmac.new(self._pepper, message, hashlib.sha256).hexdigest()


def new_token() -> tuple[str, bytes]:
    """What a browser holds of its session, and what is stored of it."""
    token = secrets.token_urlsafe(32)
    return token, stored_token(token)


def stored_token(token: str) -> bytes:
    """SHA-256: the table of sessions opens no session."""
    return hashlib.sha256(token.encode()).digest()
