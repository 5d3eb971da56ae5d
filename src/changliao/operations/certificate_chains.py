"""Certificate chains of the Alipay kind: root, issuer and leaf, and the numbers that name them.

Clients compute a certificate's number from its issuer's name and its serial, each with a parser of
its own. The names and serials made here are such that all of them compute the same.
Source: alipay-openapi.md §4.2.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct

from changliao.core.clock import DAY, Instant, to_datetime
from changliao.operations.certificates import UnusableKey

ROOT_LIVES: Final = 20 * 365 * DAY
LEAF_LIVES: Final = 5 * 365 * DAY
_KEY_BITS: Final = 2_048
_SERIAL_BITS: Final = 126
_RSA_SIGNATURES: Final = "1.2.840.113549.1.1."
_SHORT: Final = {NameOID.EMAIL_ADDRESS: "E"}


class _Owner(NamedTuple):
    """Whom a certificate is about, or who signs it."""

    name: x509.Name
    key: RSAPrivateKey


class Issued(Struct, frozen=True):
    """A private key (PKCS#8 PEM), its certificate (PEM) and the certificate's number."""

    private_key: bytes
    certificate: bytes
    number: str
    ends_at: Instant


class Chain(Struct, frozen=True):
    """Root, issuer and leaf, each signed by the one before it, the root by itself."""

    root: Issued
    issuer: Issued
    leaf: Issued


def new_chain(name: str, now: Instant) -> Chain:
    """Three fresh RSA-2048 pairs."""
    root, issuer, leaf = (_owner(one) for one in (f"{name} Root CA", f"{name} CA Class 2", name))
    return Chain(
        _signed(root, root, now, ROOT_LIVES),
        _signed(issuer, root, now, ROOT_LIVES),
        _signed(leaf, issuer, now, LEAF_LIVES),
    )


def new_leaf(name: str, now: Instant) -> Issued:
    """A fresh pair that speaks for itself: nobody looks who signed an app's certificate."""
    owner = _owner(name)
    return _signed(owner, owner, now, LEAF_LIVES)


def renewed(name: str, issuer: bytes, issuer_key: bytes, now: Instant) -> Issued:
    """One more leaf under an issuer, whose certificate and private key are PEM."""
    key = load_pem_private_key(issuer_key, None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("the issuer's key is not an RSA key")
    return _signed(_owner(name), _Owner(read(issuer).subject, key), now, LEAF_LIVES)


def number_of(certificate: x509.Certificate) -> str:
    """MD5 of the issuer, its parts in reverse order, and the serial in decimal."""
    parts = [
        f"{_SHORT.get(one.oid) or one.rfc4514_attribute_name}={one.value!s}"
        for rdn in reversed(certificate.issuer.rdns)
        for one in rdn
    ]
    text = ",".join(parts) + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def bundle_number(bundle: bytes) -> str:
    """The numbers of a bundle's RSA-signed certificates; others are passed over."""
    end = b"-----END CERTIFICATE-----"
    numbers = []
    for block in bundle.split(end)[:-1]:
        try:
            certificate = x509.load_pem_x509_certificate(block.lstrip() + end)
            oid = certificate.signature_algorithm_oid.dotted_string
        except (ValueError, UnsupportedAlgorithm):
            continue
        if oid.startswith(_RSA_SIGNATURES):
            numbers.append(number_of(certificate))
    return "_".join(numbers)


def read(text: bytes) -> x509.Certificate:
    """The first certificate of a PEM text. Raises UnusableKey."""
    try:
        return x509.load_pem_x509_certificate(text)
    except ValueError as error:
        raise UnusableKey("give a PEM certificate (BEGIN CERTIFICATE)") from error


def _owner(common: str) -> _Owner:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Changliao Pay"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Certification Authority"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
    return _Owner(name, rsa.generate_private_key(65_537, _KEY_BITS))


def _signed(subject: _Owner, issuer: _Owner, now: Instant, lives: int) -> Issued:
    ends_at = Instant(now + lives)
    is_authority = lives == ROOT_LIVES
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer.name)
        .public_key(subject.key.public_key())
        .serial_number(secrets.randbits(_SERIAL_BITS) | 1 << _SERIAL_BITS - 1)
        # A client whose clock is a little behind must not find the certificate in the future.
        .not_valid_before(to_datetime(now) - timedelta(hours=1))
        .not_valid_after(to_datetime(ends_at))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer.key, hashes.SHA256())
    )
    private = subject.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Issued(private, certificate.public_bytes(Encoding.PEM), number_of(certificate), ends_at)
