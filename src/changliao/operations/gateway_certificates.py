"""The network's own key pairs towards Alipay merchants, and which of them answers whom.

The first start makes a root, an issuer and a leaf. A leaf signs from its beginning until the next
one's; each is handed out from the moment it is made, so that it can be installed before. Most
clients know one leaf only. So an app may choose: the coming one before the others, or an earlier
one until that ends. Source: alipay-openapi.md §4.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import HOUR, Instant
from changliao.core.ids import AppId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import AppCertificate
from changliao.operations import certificate_chains
from changliao.operations.certificate_chains import Issued
from changliao.operations.network import Network
from changliao.operations.onboarding import accepted
from changliao.operations.operation import Operation
from changliao.operations.parties import ADD_PLATFORM_KEY, AddPlatformKey
from changliao.store.certificates import APP_CERTIFICATES
from changliao.store.parties import APPS
from changliao.store.unit import UnitOfWork
from changliao.store.views import parties
from changliao.store.views.parties import PlatformKey

PURPOSE: Final = "alipay platform key"
LEAF: Final = "alipay"
ISSUER: Final = "alipay issuer"
ROOT: Final = "alipay root"
MOST_HOURS: Final = 8_760
_NAME: Final = "Changliao Pay OpenAPI"


class ChooseCertificate(Struct, frozen=True):
    """From now on an app is answered under this leaf until it ends; empty: as everybody is."""

    app_id: AppId
    serial: str


def signing(leaves: Sequence[PlatformKey], now: Instant) -> PlatformKey:
    """The leaf that answers who has not chosen; `leaves` are the oldest first."""
    for one in reversed(leaves):
        if one.starts_at <= now < one.ends_at:
            return one
    return leaves[-1]


def answering(
    leaves: Sequence[PlatformKey], chosen: Mapping[str, str], app: str, now: Instant
) -> PlatformKey:
    """The leaf that answers this app, by its number."""
    serial = chosen.get(app)
    if serial:
        for one in leaves:
            if one.serial == serial and now < one.ends_at:
                return one
    return signing(leaves, now)


async def leaves(network: Network) -> list[PlatformKey]:
    """The oldest first; the first start makes them. Raises NotTakenOn."""
    found = await network.read(parties.platform_keys, LEAF)
    if not found:
        await _make(network)
        found = await network.read(parties.platform_keys, LEAF)
    return found


async def renewed(network: Network, after_hours: int) -> AddPlatformKey:
    """A new leaf under the same issuer, to be kept: it is handed out now and signs later."""
    await leaves(network)
    (issuer,) = await network.read(parties.platform_keys, ISSUER)
    key, now = network.vault.open(issuer.private_key, PURPOSE), network.real_clock()
    leaf = await network.in_thread(
        lambda: certificate_chains.renewed(_NAME, issuer.certificate, key, now)
    )
    made = _kept(network, LEAF, leaf, leaf.certificate + b"\n" + issuer.certificate)
    return replace(made, starts_at=Instant(now + after_hours * HOUR))


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
        accepted(await network.perform(ADD_PLATFORM_KEY, _kept(network, role, issued, certificate)))


def _kept(network: Network, role: str, issued: Issued, certificate: bytes) -> AddPlatformKey:
    return AddPlatformKey(
        serial=issued.number,
        private_key=network.vault.seal(issued.private_key, PURPOSE),
        certificate=certificate,
        starts_at=network.real_clock(),
        ends_at=issued.ends_at,
        role=role,
    )


def _choose(
    tx: UnitOfWork, command: ChooseCertificate, now: Instant
) -> ChooseCertificate | Refused:
    """The same choice again is no change."""
    if tx.find(APPS, command.app_id) is None:
        return Refused(Reason.KEY_NOT_FOUND)
    known = [row[0] for row in tx.select("platform_keys_of_role", {"role": LEAF})]
    if command.serial and command.serial not in known:
        return Refused(Reason.KEY_NOT_FOUND, f"one of {', '.join(known)}")
    wanted = AppCertificate(command.app_id, command.serial)
    earlier = tx.find(APP_CERTIFICATES, command.app_id)
    if earlier != wanted and (earlier or command.serial):
        tx.put(APP_CERTIFICATES, command.app_id, wanted)
    return command


CHOOSE: Final = Operation(
    "gateway_certificates.choose",
    _choose,
    lambda command: [(APPS, command.app_id), (APP_CERTIFICATES, command.app_id)],
)
