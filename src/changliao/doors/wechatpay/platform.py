"""The network's own keys towards WeChat Pay merchants: certificate mode and public-key mode.

A pair is named by its certificate's serial number. Pairs change: the newest that has begun signs, a
coming one is published before it signs, an earlier one until it ends, and what was encrypted for
any of them is read. The first pair is also the public key, which has no end: its id is different
for every merchant, so that a merchant can be told from it.
Source: wechatpay-v3.md §3.3 and §4.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant, SigningMode
from changliao.doors.wechatpay import crypto
from changliao.operations import certificates, onboarding
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
    """The key pairs of one network, the oldest first; `load` it once at start."""

    def __init__(self, keys: list[PlatformKey], vault: Vault, clock: Callable[[], Instant]) -> None:
        self.keys = keys
        self._clock = clock
        self._pairs = {one.serial: _opened(one, vault) for one in keys}
        self._first = self._pairs[keys[0].serial]
        self.public_key = self._first.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def current(self) -> PlatformKey:
        """The pair whose certificate signs now."""
        now = self._clock()
        begun = (one for one in reversed(self.keys) if one.starts_at <= now < one.ends_at)
        return next(begun, self.keys[0])

    def public_key_id(self, merchant: Merchant) -> str:
        """This merchant's name for the public key."""
        name = f"{self.keys[0].serial}/{merchant.number}".encode()
        mark = int.from_bytes(hashlib.sha256(name).digest())
        return PUBLIC_KEY_PREFIX + f"{merchant.number:0>10}{mark}"[:_ID_DIGITS]

    def answers_to(self, merchant: Merchant, serial: str) -> bool:
        """Is this a name of a key of ours? SDKs change case and leading zeros."""
        names = (*self._pairs, self.public_key_id(merchant))
        return serial.upper().lstrip("0") in {name.upper().lstrip("0") for name in names}

    def decrypt(self, secret: str) -> str | None:
        """A sensitive field of a request; None when it was not encrypted for us."""
        tries = (crypto.decrypt(pair, secret) for pair in reversed(self._pairs.values()))
        return next((plain for plain in tries if plain is not None), None)

    def signer_for(self, merchant: Merchant, asked: str) -> Signer:
        """With what to sign an answer; `asked` is the request's Wechatpay-Serial."""
        wants_public_key = asked.startswith(PUBLIC_KEY_PREFIX)
        mode = merchant.signing_mode
        if mode is SigningMode.PUBLIC_KEY or (mode is SigningMode.AUTO and wants_public_key):
            return Signer(self.public_key_id(merchant), self._first)
        serial = self.current.serial
        return Signer(serial, self._pairs[serial])

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
    return Platform(keys, network.vault, network.real_clock)


async def rotate(network: Network, after: int) -> AddPlatformKey:
    """Add a pair that is published at once and signs after so long. Processes see it at start."""
    await load(network)
    now = network.real_clock()
    made = await network.in_thread(lambda: new_pair(network.vault, now))
    later = replace(made, starts_at=Instant(now + after))
    outcome = await network.perform(ADD_PLATFORM_KEY, later)
    if isinstance(outcome, Refused):
        raise onboarding.NotTakenOn(outcome)
    return outcome


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
        "wechatpay_certificate_serial": platform.current.serial,
        "wechatpay_certificate": platform.current.certificate.decode(),
    }


def _opened(key: PlatformKey, vault: Vault) -> RSAPrivateKey:
    # The vault opens only what it sealed: testing the primes again would cost each start 0.07 s.
    pem = vault.open(key.private_key, PURPOSE)
    private = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("the platform key is not an RSA key")
    return private
