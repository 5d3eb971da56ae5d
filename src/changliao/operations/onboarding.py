"""Taking a merchant on: its number, app and keys, and everything it must put into its SDK.

Existing merchants keep their numbers and keys: what they have is imported. A sandbox may make what
is missing. Secrets are shown once, here, and kept sealed.
"""

import hmac
import secrets
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.clock import NEVER
from changliao.core.ids import AppId, MemberId, MerchantId
from changliao.core.outcome import Refused
from changliao.core.parties import App, Key, KeyKind, Merchant, SigningMode
from changliao.operations import certificates
from changliao.operations.certificates import UnusableKey
from changliao.operations.network import Network
from changliao.operations.parties import ADD_APP, ADD_KEY, TAKE_ON, TakeOn

API_KEY_PURPOSE: Final = "merchant api key"
SECRET_PURPOSE: Final = "request secret"
_FORM_PURPOSE: Final = "keys of forms"
_NOBODY: Final = MemberId(0)
_SECRET_BYTES: Final = 32
R = TypeVar("R")


class NewMerchant(Struct, frozen=True):
    """What is known of a merchant; what is empty is made.

    `public_key` is a PEM certificate or public key; without one a pair is made.
    """

    name: str
    number: str = ""
    appid: str = ""
    api_key: str = ""
    public_key: str = ""
    fee_bps: int = 60
    signing_mode: SigningMode = SigningMode.AUTO


class RequestKey(Struct, frozen=True):
    """A key for our own REST API: its name and its secret, base 64-free hex."""

    name: str
    secret: str


class TakenOn(Struct, frozen=True):
    """The merchant and what only it may know; `private_key` and `certificate` when made here."""

    merchant: Merchant
    app: App
    api_key: str
    serial: str
    request_key: RequestKey
    private_key: str = ""
    certificate: str = ""


class NotTakenOn(Exception):
    """The network refused; nothing was done."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason.value)
        self.refused = refused


async def take_on(network: Network, asked: NewMerchant) -> TakenOn:
    """Raises NotTakenOn, or UnusableKey before anything is done."""
    command, taken_on = await prepare(network, asked)
    accepted(await network.perform(TAKE_ON, command))
    return taken_on


async def prepare(network: Network, asked: NewMerchant) -> tuple[TakeOn, TakenOn]:
    """The command that takes a merchant on, and what it must be told once that is done.

    Raises UnusableKey.
    """
    now = network.clock()
    number = asked.number or _new_number()
    private_key = certificate = ""
    public_key = asked.public_key.encode()
    if not public_key:
        pair = await network.in_thread(lambda: certificates.new_pair(number, network.real_clock()))
        private_key, certificate = pair.private_key.decode(), pair.certificate.decode()
        public_key = pair.certificate
    if certificates.read_public(public_key).kind is not KeyKind.RSA_PUBLIC:
        raise UnusableKey("a merchant needs an RSA key first; add others afterwards")
    api_key = asked.api_key or secrets.token_hex(16)
    merchant = Merchant(
        id=MerchantId(network.ids.new()),
        number=number,
        name=asked.name,
        fee_bps=asked.fee_bps,
        api_key=network.vault.seal(api_key.encode("ascii"), API_KEY_PURPOSE),
        created_at=now,
        signing_mode=asked.signing_mode,
    )
    key = new_public_key(network, merchant.id, public_key)
    app = new_app(network, merchant.id, asked.appid, asked.name)
    sealed, request_key = new_request_key(network, merchant.id)
    command = TakeOn(merchant, app, (key, sealed))
    return command, TakenOn(
        merchant, app, api_key, key.serial, request_key, private_key, certificate
    )


def new_sub_merchant(network: Network, name: str, fee_bps: int) -> tuple[Merchant, App]:
    """A merchant that its service provider acts for, with an app; it has no keys of its own yet."""
    merchant = Merchant(
        id=MerchantId(network.ids.new()),
        number=_new_number(),
        name=name,
        fee_bps=fee_bps,
        api_key=network.vault.seal(secrets.token_hex(16).encode("ascii"), API_KEY_PURPOSE),
        created_at=network.clock(),
    )
    return merchant, new_app(network, merchant.id, "", name)


def _new_number() -> str:
    return f"19{secrets.randbelow(10**8):08d}"


async def add_app(network: Network, merchant: Merchant, number: str, name: str) -> App:
    """Bind an app; an empty number makes one. Raises NotTakenOn."""
    return accepted(await network.perform(ADD_APP, new_app(network, merchant.id, number, name)))


def new_app(network: Network, merchant_id: MerchantId, number: str, name: str) -> App:
    """An app to be bound; an empty number makes one."""
    return App(AppId(network.ids.new()), number or f"wx{secrets.token_hex(8)}", merchant_id, name)


async def add_public_key(network: Network, merchant: Merchant, text: bytes) -> Key:
    """Accept requests signed with this key from now on: RSA for WeChat Pay, Ed25519 for REST.

    `text` is PEM, a public key or a certificate. Raises UnusableKey, NotTakenOn.
    """
    return accepted(await network.perform(ADD_KEY, new_public_key(network, merchant.id, text)))


def new_public_key(network: Network, merchant_id: MerchantId, text: bytes, number: int = 0) -> Key:
    """A key to be accepted, from a PEM public key or certificate. Raises UnusableKey.

    One without a serial is called by the `number`, or by a new one.
    """
    imported = certificates.read_public(text)
    return Key(
        merchant_id=merchant_id,
        serial=imported.serial or ids.show("key", number or network.ids.new()),
        kind=imported.kind,
        material=imported.public_key,
        starts_at=network.clock(),
        ends_at=imported.ends_at,
    )


async def add_request_key(
    network: Network, owner: int, member_id: MemberId = _NOBODY
) -> RequestKey:
    """A new HMAC key for our REST API; `owner` is a merchant, or the network for operators.

    An operator's key may be in the hands of a member.
    """
    key, shown = new_request_key(network, owner)
    key = replace(key, member_id=member_id)
    accepted(await network.perform(ADD_KEY, key))
    return shown


def number_of_form(network: Network, member_id: MemberId, form: str) -> int:
    """What a form's key is called: the same for the same form of the same member.

    Nobody else can choose it, as keys are found by name alone.
    """
    digest = hmac.digest(
        network.vault.derive(_FORM_PURPOSE), f"{member_id}\n{form}".encode(), "sha256"
    )
    return int.from_bytes(digest[:8]) >> 1


def opened(network: Network, key: Key) -> RequestKey:
    """An HMAC key as its owner must keep it."""
    return RequestKey(key.serial, network.vault.open(key.material, SECRET_PURPOSE).hex())


def new_request_key(network: Network, owner: int, number: int = 0) -> tuple[Key, RequestKey]:
    """An HMAC key to be accepted, its secret sealed, and as its owner must keep it."""
    name = ids.show("key", number or network.ids.new())
    secret = secrets.token_bytes(_SECRET_BYTES)
    sealed = network.vault.seal(secret, SECRET_PURPOSE)
    key = Key(MerchantId(owner), name, KeyKind.HMAC_SECRET, sealed, network.clock(), NEVER)
    return key, RequestKey(name, secret.hex())


def accepted(outcome: R | Refused) -> R:
    """The outcome, unless it is a refusal. Raises NotTakenOn."""
    if isinstance(outcome, Refused):
        raise NotTakenOn(outcome)
    return outcome
