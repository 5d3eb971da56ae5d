"""The network's own keys towards WeChat Pay merchants: certificate mode and public-key mode.

One RSA key pair serves every merchant in both modes: named by its certificate's serial number, or
by a public-key id that is different for every merchant, so that a merchant can be told from it.
The newest pair signs; earlier certificates stay published until they end.
Source: wechatpay-v3.md §3.3 and §4.
"""

import hashlib
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct

from changliao.core.clock import DAY, Instant, to_datetime
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant, SigningMode
from changliao.operations.network import Network
from changliao.operations.parties import ADD_PLATFORM_KEY, AddPlatformKey
from changliao.operations.vault import Vault
from changliao.store.views import parties
from changliao.store.views.parties import PlatformKey

PURPOSE: Final = "wechatpay platform key"
PUBLIC_KEY_PREFIX: Final = "PUB_KEY_ID_"
_LIFETIME: Final = 5 * 365 * DAY
_ID_DIGITS: Final = 34
# A serial of exactly 20 bytes with a first digit of 1 to 7: no library drops or adds a zero.
_SERIAL_BITS: Final = 159


class Signer(Struct, frozen=True):
    """A name for a key, and the key."""

    serial: str
    key: RSAPrivateKey


class Platform:
    """The key pairs of one network; `load` it once at start."""

    def __init__(self, keys: list[PlatformKey], vault: Vault) -> None:
        self.keys = keys
        newest = keys[-1]
        private = load_pem_private_key(vault.open(newest.private_key, PURPOSE), None)
        if not isinstance(private, RSAPrivateKey):
            raise TypeError("the platform key is not an RSA key")
        self._private = private
        self.serial = newest.serial
        self.certificate = newest.certificate
        self.public_key = private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def public_key_id(self, merchant: Merchant) -> str:
        """This merchant's name for the public key."""
        mark = int.from_bytes(hashlib.sha256(f"{self.serial}/{merchant.number}".encode()).digest())
        return PUBLIC_KEY_PREFIX + f"{merchant.number:0>10}{mark}"[:_ID_DIGITS]

    def signer_for(self, merchant: Merchant, asked: str) -> Signer:
        """With what to sign an answer; `asked` is the request's Wechatpay-Serial."""
        wants_public_key = asked.startswith(PUBLIC_KEY_PREFIX)
        mode = merchant.signing_mode
        if mode is SigningMode.PUBLIC_KEY or (mode is SigningMode.AUTO and wants_public_key):
            return Signer(self.public_key_id(merchant), self._private)
        return Signer(self.serial, self._private)

    def notifier_for(self, merchant: Merchant) -> Signer:
        """With what to sign a notification: the certificate unless the merchant chose otherwise."""
        chosen = merchant.signing_mode is SigningMode.PUBLIC_KEY
        asked = PUBLIC_KEY_PREFIX if chosen else ""
        return self.signer_for(merchant, asked)


async def load(network: Network) -> Platform:
    """The network's keys; the first start makes a pair."""
    keys = await network.read(parties.platform_keys)
    if not keys:
        made = await network.in_thread(lambda: new_pair(network.vault, network.clock()))
        outcome = await network.perform(ADD_PLATFORM_KEY, made)
        if isinstance(outcome, Refused):
            raise RuntimeError(f"no platform key could be kept: {outcome.reason}")
        keys = await network.read(parties.platform_keys)
    return Platform(keys, network.vault)


def new_pair(vault: Vault, now: Instant) -> AddPlatformKey:
    """A fresh RSA-2048 pair with a self-signed certificate; SDKs do not check the issuer."""
    key = rsa.generate_private_key(65_537, 2_048)
    number = (x509.random_serial_number() % (1 << (_SERIAL_BITS - 4))) | (1 << (_SERIAL_BITS - 3))
    ends_at = Instant(now + _LIFETIME)
    certificate = self_signed(key, "Changliao Pay", number, now, ends_at)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return AddPlatformKey(
        serial=f"{number:040X}",
        private_key=vault.seal(private, PURPOSE),
        certificate=certificate,
        starts_at=now,
        ends_at=ends_at,
    )


def self_signed(
    key: RSAPrivateKey, name: str, number: int, starts_at: Instant, ends_at: Instant
) -> bytes:
    """A PEM certificate for a key, signed by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(number)
        # A client whose clock is a little behind must not find the certificate in the future.
        .not_valid_before(to_datetime(starts_at) - timedelta(hours=1))
        .not_valid_after(to_datetime(ends_at))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)
