"""RSA key pairs and self-signed certificates, and the serial numbers that name keys."""

import hashlib
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct

from changliao.core.clock import DAY, NEVER, Instant, from_datetime, to_datetime
from changliao.core.parties import KeyKind

LIFETIME: Final = 5 * 365 * DAY
_SERIAL_DIGITS: Final = 40
# A serial of exactly 20 bytes with a first digit of 1 to 7: no library drops or adds a zero.
_SERIAL_BITS: Final = 156
_SMALLEST_RSA: Final = 2_048


class UnusableKey(Exception):
    """The text is not a key or certificate this network can accept; the message says why."""


class Pair(Struct, frozen=True):
    """A private key (PKCS#8 PEM), its certificate (PEM) and the certificate's serial (hex)."""

    private_key: bytes
    certificate: bytes
    serial: str
    ends_at: Instant


class Imported(Struct, frozen=True):
    """A public key (PEM) and how requests name it (empty: it gets a name); `ends_at` 0: no end."""

    public_key: bytes
    serial: str
    ends_at: Instant = NEVER
    kind: KeyKind = KeyKind.RSA_PUBLIC


def new_pair(name: str, now: Instant) -> Pair:
    """A fresh RSA-2048 pair; SDKs do not check who signed the certificate."""
    key = rsa.generate_private_key(65_537, _SMALLEST_RSA)
    number = (x509.random_serial_number() % (1 << _SERIAL_BITS)) | (1 << _SERIAL_BITS)
    ends_at = Instant(now + LIFETIME)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = _self_signed(key, name, number, now)
    return Pair(private, certificate, _shown(number), ends_at)


def read_public(text: bytes) -> Imported:
    """A certificate keeps its serial; a bare RSA key is named by its digest.

    Raises UnusableKey.
    """
    serial, ends_at = "", NEVER
    try:
        if b"BEGIN CERTIFICATE" in text:
            certificate = x509.load_pem_x509_certificate(text)
            public: object = certificate.public_key()
            serial = _shown(certificate.serial_number)
            ends_at = from_datetime(certificate.not_valid_after_utc)
        else:
            public = load_pem_public_key(text)
    except ValueError as error:
        raise UnusableKey("give a PEM certificate or PEM public key (BEGIN …)") from error
    if isinstance(public, Ed25519PublicKey):
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return Imported(pem, "", NEVER, KeyKind.ED25519_PUBLIC)
    if not isinstance(public, RSAPublicKey) or public.key_size < _SMALLEST_RSA:
        raise UnusableKey("the key must be RSA with at least 2048 bits, or Ed25519")
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.sha256(pem).hexdigest()[:_SERIAL_DIGITS].upper()
    return Imported(pem, serial or digest, ends_at)


def _shown(number: int) -> str:
    return f"{number:0{_SERIAL_DIGITS}X}"


def _self_signed(key: RSAPrivateKey, name: str, number: int, now: Instant) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(number)
        # A client whose clock is a little behind must not find the certificate in the future.
        .not_valid_before(to_datetime(now) - timedelta(hours=1))
        .not_valid_after(to_datetime(Instant(now + LIFETIME)))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)
