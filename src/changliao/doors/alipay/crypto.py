"""Signatures, the canonical string and content encryption of Alipay OpenAPI.

Source: alipay-openapi.md §2.2, §3.6 and §15: RSASSA-PKCS1-v1_5 with SHA-256 (RSA2) or SHA-1 (RSA),
AES-128-CBC with an initial vector of zeros.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_public_key

RSA2: Final = "RSA2"
HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    RSA2: hashes.SHA256(),
    "RSA": hashes.SHA1(),  # noqa: S303 the protocol's older form, which merchants still use
}
_PADDING: Final = PKCS1v15()
_BLOCK_BITS: Final = 128
_ZEROS: Final = bytes(16)
_KEYS_KEPT: Final = 20_000


def canonical(parameters: Mapping[str, str], *, without: Iterable[str] = ("sign",)) -> str:
    """What is signed of parameters: sorted, not escaped, empty ones left out."""
    left_out = set(without)
    kept = {name: value for name, value in parameters.items() if value and name not in left_out}
    return joined(kept)


def joined(parameters: Mapping[str, str]) -> str:
    """Names in byte order, which is the order of their code points; values as they are."""
    return "&".join([f"{name}={parameters[name]}" for name in sorted(parameters)])


def sign(key: RSAPrivateKey, message: bytes, sign_type: str = RSA2) -> str:
    """Base64, as envelopes and headers carry it."""
    return base64.b64encode(key.sign(message, _PADDING, HASHES[sign_type])).decode()


def verifies(public_key: bytes, message: bytes, signature: str, sign_type: str = RSA2) -> bool:
    """Does a PEM public key or certificate accept this base64 signature?"""
    try:
        raw = base64.b64decode(signature, validate=True)
        _loaded(public_key).verify(raw, message, _PADDING, HASHES[sign_type])
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def seal(key: bytes, text: bytes) -> str:
    """Encrypt content with an app's AES key."""
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(text) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(_ZEROS)).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def unseal(key: bytes, text: str) -> bytes | None:
    """Decrypt content; None when it was not encrypted so."""
    try:
        raw = base64.b64decode(text, validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(_ZEROS)).decryptor()
        padded = decryptor.update(raw) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (binascii.Error, ValueError):
        return None


@lru_cache(_KEYS_KEPT)
def _loaded(public_key: bytes) -> RSAPublicKey:
    if b"BEGIN CERTIFICATE" in public_key:
        key: object = x509.load_pem_x509_certificate(public_key).public_key()
    else:
        key = load_pem_public_key(public_key)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key
