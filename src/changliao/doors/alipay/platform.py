"""The network's own keys towards Alipay merchants as a process holds them.

A leaf signs for an app in key mode and in certificate mode; every leaf is downloadable by its
number. A process looks for new ones every other second.
Source: alipay-openapi.md §4.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from changliao.core.clock import Instant
from changliao.operations import certificate_chains, gateway_certificates
from changliao.operations.gateway_certificates import PURPOSE, ROOT
from changliao.operations.network import Network
from changliao.operations.vault import Vault
from changliao.store.views import certificates, parties
from changliao.store.views.parties import PlatformKey

_LOOK_EVERY_S: Final = 2.0


class Signer(Struct, frozen=True):
    """A leaf: its key, its number and its certificate with the issuer's, PEM."""

    key: RSAPrivateKey
    number: str
    certificate: bytes

    @property
    def public_key(self) -> bytes:
        """PEM."""
        public = self.key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def public_key_line(self) -> str:
        """The public key as merchants paste it: base64 in one line."""
        return "".join(self.public_key.decode().splitlines()[1:-1])


class Platform:
    """The key pairs and certificates of one network; `load` it at start and `follow` them."""

    def __init__(self, root: bytes, vault: Vault, clock: Callable[[], Instant]) -> None:
        self.root = root
        self.root_number = certificate_chains.bundle_number(root)
        self._vault = vault
        self._clock = clock
        self._leaves: Sequence[PlatformKey] = ()
        self._signers: dict[str, Signer] = {}
        self._chosen: Mapping[str, str] = {}

    def take(self, leaves: Sequence[PlatformKey], chosen: Mapping[str, str]) -> None:
        """The leaves there are, the oldest first, and what apps have chosen by their numbers."""
        for leaf in leaves:
            if leaf.serial not in self._signers:
                self._signers[leaf.serial] = _opened(leaf, self._vault)
        self._leaves, self._chosen = leaves, chosen

    def signer(self, app: str = "") -> Signer:
        """Who signs for an app now, by its number; without one, who signs for new ones."""
        leaves, chosen = self._leaves, self._chosen
        leaf = gateway_certificates.answering(leaves, chosen, app, self._clock())
        return self._signers[leaf.serial]

    def chain(self, number: str) -> bytes | None:
        """A leaf with its issuer, PEM."""
        signer = self._signers.get(number)
        return signer.certificate if signer else None


async def load(network: Network) -> Platform:
    """The network's keys; the first start makes them."""
    leaves = await gateway_certificates.leaves(network)
    roots = await network.read(parties.platform_keys, ROOT)
    root = b"\n".join(one.certificate for one in roots)
    platform = Platform(root, network.vault, network.real_clock)
    platform.take(leaves, await network.read(certificates.chosen))
    return platform


async def follow(network: Network, platform: Platform) -> None:
    """Take new leaves and choices, whichever process made them, until cancelled."""
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        await look(network, platform)


async def look(network: Network, platform: Platform) -> None:
    """Take what there is now."""
    leaves = await gateway_certificates.leaves(network)
    platform.take(leaves, await network.read(certificates.chosen))


def settings(platform: Platform) -> dict[str, str]:
    """What a merchant puts into its SDK to check our signatures."""
    signer = platform.signer()
    return {
        "alipay_public_key": signer.public_key_line,
        "alipay_public_key_pem": signer.public_key.decode(),
        "alipay_certificate_number": signer.number,
        "alipay_certificate": signer.certificate.decode(),
        "alipay_root_certificate_number": platform.root_number,
        "alipay_root_certificate": platform.root.decode(),
    }


def _opened(leaf: PlatformKey, vault: Vault) -> Signer:
    # The vault opens only what it sealed: testing the primes again would cost each start 0.07 s.
    pem = vault.open(leaf.private_key, PURPOSE)
    private = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("the gateway's key is not an RSA key")
    return Signer(private, leaf.serial, leaf.certificate)
