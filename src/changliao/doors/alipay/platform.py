"""The network's own keys towards Alipay merchants: one RSA pair, bare and under a certificate.

The first start makes a root, an issuer and a leaf. The newest leaf signs for everybody, in key mode
and in certificate mode; earlier leaves stay downloadable by their numbers.
Source: alipay-openapi.md §4.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from changliao.operations import certificate_chains
from changliao.operations.certificate_chains import Issued
from changliao.operations.network import Network
from changliao.operations.onboarding import accepted
from changliao.operations.parties import ADD_PLATFORM_KEY, AddPlatformKey
from changliao.operations.vault import Vault
from changliao.store.views import parties
from changliao.store.views.parties import PlatformKey

PURPOSE: Final = "alipay platform key"
LEAF: Final = "alipay"
ISSUER: Final = "alipay issuer"
ROOT: Final = "alipay root"
_NAME: Final = "Changliao Pay OpenAPI"


class Platform:
    """The key pair and certificates of one network; `load` it once at start."""

    def __init__(self, leaves: list[PlatformKey], roots: list[PlatformKey], vault: Vault) -> None:
        newest = leaves[-1]
        private = load_pem_private_key(vault.open(newest.private_key, PURPOSE), None)
        if not isinstance(private, RSAPrivateKey):
            raise TypeError("the gateway's key is not an RSA key")
        self.key = private
        self.number = newest.serial
        self.chains = {one.serial: one.certificate for one in leaves}
        self.root = b"\n".join(one.certificate for one in roots)
        self.root_number = certificate_chains.bundle_number(self.root)
        self.public_key = private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def certificate(self) -> bytes:
        """The newest leaf with its issuer, PEM."""
        return self.chains[self.number]

    @property
    def public_key_line(self) -> str:
        """The public key as merchants paste it: base64 in one line."""
        return "".join(self.public_key.decode().splitlines()[1:-1])


async def load(network: Network) -> Platform:
    """The network's keys; the first start makes them."""
    leaves = await network.read(parties.platform_keys, LEAF)
    if not leaves:
        await _make(network)
        leaves = await network.read(parties.platform_keys, LEAF)
    roots = await network.read(parties.platform_keys, ROOT)
    return Platform(leaves, roots, network.vault)


def settings(platform: Platform) -> dict[str, str]:
    """What a merchant puts into its SDK to check our signatures."""
    return {
        "alipay_public_key": platform.public_key_line,
        "alipay_public_key_pem": platform.public_key.decode(),
        "alipay_certificate_number": platform.number,
        "alipay_certificate": platform.certificate.decode(),
        "alipay_root_certificate_number": platform.root_number,
        "alipay_root_certificate": platform.root.decode(),
    }


async def _make(network: Network) -> None:
    """The leaf goes last: while there is none, a start tries again."""
    now = network.real_clock()
    chain = await network.in_thread(lambda: certificate_chains.new_chain(_NAME, now))
    bundle = chain.leaf.certificate + b"\n" + chain.issuer.certificate
    for role, issued, certificate in (
        (ROOT, chain.root, chain.root.certificate),
        (ISSUER, chain.issuer, chain.issuer.certificate),
        (LEAF, chain.leaf, bundle),
    ):
        command = _kept(network, role, issued, certificate)
        outcome = await network.perform(ADD_PLATFORM_KEY, command)
        accepted(outcome)


def _kept(network: Network, role: str, issued: Issued, certificate: bytes) -> AddPlatformKey:
    return AddPlatformKey(
        serial=issued.number,
        private_key=network.vault.seal(issued.private_key, PURPOSE),
        certificate=certificate,
        starts_at=network.real_clock(),
        ends_at=issued.ends_at,
        role=role,
    )
