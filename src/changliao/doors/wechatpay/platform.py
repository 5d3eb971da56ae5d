"""The network's own keys towards WeChat Pay merchants: certificate mode and public-key mode.

One RSA key pair serves every merchant in both modes: named by its certificate's serial number, or
by a public-key id that is different for every merchant, so that a merchant can be told from it.
The newest pair signs; earlier certificates stay published until they end.
Source: wechatpay-v3.md §3.3 and §4.
"""

import hashlib
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant, SigningMode
from changliao.doors.wechatpay import crypto
from changliao.operations import certificates
from changliao.operations.network import Network
from changliao.operations.parties import ADD_PLATFORM_KEY, AddPlatformKey
from changliao.operations.vault import Vault
from changliao.store.views import parties
from changliao.store.views.parties import PlatformKey

PURPOSE: Final = "wechatpay platform key"
ROLE: Final = "wechatpay"
PUBLIC_KEY_PREFIX: Final = "PUB_KEY_ID_"
_ID_DIGITS: Final = 34


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

    def answers_to(self, merchant: Merchant, serial: str) -> bool:
        """Is this a name of our newest key? SDKs change case and leading zeros."""
        names = (self.serial, self.public_key_id(merchant))
        return serial.upper().lstrip("0") in {name.upper().lstrip("0") for name in names}

    def decrypt(self, secret: str) -> str | None:
        """A sensitive field of a request; None when it was not encrypted for us."""
        return crypto.decrypt(self._private, secret)

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
    keys = await network.read(parties.platform_keys, ROLE)
    if not keys:
        made = await network.in_thread(lambda: new_pair(network.vault, network.real_clock()))
        outcome = await network.perform(ADD_PLATFORM_KEY, made)
        if isinstance(outcome, Refused):
            raise RuntimeError(f"no platform key could be kept: {outcome.reason}")
        keys = await network.read(parties.platform_keys, ROLE)
    return Platform(keys, network.vault)


def new_pair(vault: Vault, now: Instant) -> AddPlatformKey:
    """A fresh pair to be kept."""
    pair = certificates.new_pair("Changliao Pay", now)
    return AddPlatformKey(
        serial=pair.serial,
        private_key=vault.seal(pair.private_key, PURPOSE),
        certificate=pair.certificate,
        starts_at=now,
        ends_at=pair.ends_at,
        role=ROLE,
    )


def settings(platform: Platform, merchant: Merchant) -> dict[str, str]:
    """What a merchant puts into its SDK to check our signatures."""
    return {
        "wechatpay_public_key_id": platform.public_key_id(merchant),
        "wechatpay_public_key": platform.public_key.decode(),
        "wechatpay_certificate_serial": platform.serial,
        "wechatpay_certificate": platform.certificate.decode(),
    }
