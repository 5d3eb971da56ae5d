"""Signatures and encryption of WeChat Pay APIv3.

Source: WeChat Pay v3, "signature generation", "signature verification", "decrypting certificates
and callbacks": RSASSA-PKCS1-v1_5 with SHA-256, AES-256-GCM with the tag after the ciphertext.
"""

import base64
import binascii
import secrets
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_PADDING: Final = PKCS1v15()
_SHA1: Final = hashes.SHA1()  # noqa: S303 - what the protocol's OAEP is defined with
_OAEP: Final = OAEP(MGF1(_SHA1), _SHA1, None)
_SHA256: Final = hashes.SHA256()
_NONCE_CHARACTERS: Final = 12
_KEYS_KEPT: Final = 20_000


def request_message(method: str, target: bytes, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What a merchant signs of a request: five fields, each ended by a line feed."""
    return (
        b"%b\n%b\n%b\n" % (method.encode(), target, f"{timestamp}\n{nonce}".encode()) + body + b"\n"
    )


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What we sign of an answer or a notification."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def lines(*fields: str) -> bytes:
    """What a merchant signs for a payer's app: fields, each ended by a line feed."""
    return "".join(f"{field}\n" for field in fields).encode()


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """Base64, as headers carry it."""
    return base64.b64encode(key.sign(message, _PADDING, _SHA256)).decode()


def verifies(public_key: bytes, message: bytes, signature: str) -> bool:
    """Does a PEM public key accept this base64 signature?"""
    try:
        raw = base64.b64decode(signature, validate=True)
        _loaded(public_key).verify(raw, message, _PADDING, _SHA256)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def seal(api_key: str, plaintext: bytes, associated_data: str) -> tuple[str, str]:
    """Encrypt for a merchant: (nonce, base64 of ciphertext and tag)."""
    nonce = secrets.token_hex(_NONCE_CHARACTERS // 2)
    return nonce, seal_with(api_key, nonce, plaintext, associated_data)


def seal_with(api_key: str, nonce: str, plaintext: bytes, associated_data: str) -> str:
    """Encrypt under a given nonce. Use a nonce once only."""
    cipher = AESGCM(api_key.encode("ascii"))
    sealed = cipher.encrypt(nonce.encode("ascii"), plaintext, associated_data.encode("ascii"))
    return base64.b64encode(sealed).decode()


def unseal(api_key: str, nonce: str, ciphertext: str, associated_data: str) -> bytes | None:
    """Decrypt, or None when it was not encrypted so."""
    cipher = AESGCM(api_key.encode("ascii"))
    try:
        raw = base64.b64decode(ciphertext, validate=True)
        return cipher.decrypt(nonce.encode("ascii"), raw, associated_data.encode("ascii"))
    except (InvalidTag, binascii.Error, ValueError):
        return None


def seal_file(key: str, nonce: str, content: bytes) -> bytes:
    """A file for a merchant: ciphertext and tag. Use a key once only."""
    return AESGCM(key.encode("ascii")).encrypt(nonce.encode("ascii"), content, None)


def encrypt_for(public_key: bytes, secret: bytes) -> str:
    """RSA-OAEP with SHA-1, base64: how secrets reach the owner of a PEM public key."""
    return base64.b64encode(_loaded(public_key).encrypt(secret, _OAEP)).decode()


def decrypt(key: RSAPrivateKey, secret: str) -> str | None:
    """What was encrypted for this key in that way; None when it was not."""
    try:
        return key.decrypt(base64.b64decode(secret, validate=True), _OAEP).decode()
    except (binascii.Error, ValueError):
        return None


@lru_cache(_KEYS_KEPT)
def _loaded(public_key: bytes) -> RSAPublicKey:
    key = load_pem_public_key(public_key)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key
