"""Taking on an app that has keys of its own, as Alipay's apps do.

What a merchant has is imported: its app id, its account number (PID), the app's public key or
certificate. What is missing is made; secrets made here are shown once.
"""

import base64
import binascii
import secrets
from typing import Final

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from msgspec import Struct

from changliao.core.clock import NEVER, from_datetime
from changliao.core.ids import MerchantId
from changliao.core.numbers import FIRST, GiveNumber, candidate
from changliao.core.parties import App, Key, KeyKind, Merchant
from changliao.operations import certificate_chains, certificates
from changliao.operations.certificates import UnusableKey
from changliao.operations.network import Network
from changliao.operations.numbers import GIVE, number_of
from changliao.operations.onboarding import API_KEY_PURPOSE, accepted, add_app
from changliao.operations.parties import ADD_KEY, CREATE_MERCHANT
from changliao.store.views import numbers, parties

CONTENT_KEY_PURPOSE: Final = "app content key"
CONTENT_KEY_BYTES: Final = 16
_CONTENT_SERIAL: Final = "content"
_PEM: Final = b"BEGIN "


class NewApp(Struct, frozen=True):
    """What is known of an app and its merchant; what is empty is made.

    `owner` is a merchant's number here, empty for the merchant of this `account_number` or a new
    one. `public_key` is a PEM key or certificate, or base64 DER in one line; `content_key` base64.
    """

    name: str
    number: str = ""
    account_number: str = ""
    owner: str = ""
    public_key: bytes = b""
    content_key: str = ""
    fee_bps: int = 60


class TakenOnApp(Struct, frozen=True):
    """The app and what only its merchant may know, where it was made here."""

    merchant: Merchant
    app: App
    account_number: str
    certificate_number: str = ""
    private_key: str = ""
    certificate: str = ""


async def take_on(network: Network, asked: NewApp) -> TakenOnApp:
    """Raises NotTakenOn, or UnusableKey before anything is done."""
    made, number = None, asked.number or _app_number()
    if not asked.public_key:
        now = network.clock()
        # The number, not the name: every client must spell the certificate's names alike.
        made = await network.in_thread(lambda: certificate_chains.new_leaf(number, now))
    texts = [asked.public_key] if made is None else [made.certificate, _bare(made.certificate)]
    keys = [_read(text, network) for text in texts]
    content_key = _content_key(asked.content_key)
    merchant = await _merchant(network, asked)
    app = await add_app(network, merchant, number, asked.name)
    for key in keys:
        accepted(await network.perform(ADD_KEY, _of(app, key)))
    if content_key:
        await _add_content_key(network, app, content_key)
    certificate = next((one.serial for one in keys if one.kind is KeyKind.RSA_CERTIFICATE), "")
    return TakenOnApp(
        merchant,
        app,
        await number_of(network, merchant.id),
        certificate,
        made.private_key.decode() if made else "",
        made.certificate.decode() if made else "",
    )


async def add_key(network: Network, app: App, text: bytes) -> Key:
    """One more key or certificate of an app. Raises UnusableKey, NotTakenOn."""
    return accepted(await network.perform(ADD_KEY, _of(app, _read(text, network))))


async def _merchant(network: Network, asked: NewApp) -> Merchant:
    """The merchant an app is for, with its account number. Raises UnusableKey, NotTakenOn."""
    number = _account_number(asked.account_number)
    known = None
    if asked.owner:
        known = await network.read(parties.merchant_by_number, asked.owner)
        if known is None:
            raise UnusableKey(f"there is no merchant {asked.owner}")
    elif number:
        party = await network.read(numbers.party_of, number)
        known = await network.read(parties.merchant, party) if party else None
    merchant = known or await _new_merchant(network, asked, number)
    accepted(await network.perform(GIVE, GiveNumber(merchant.id, number)))
    return merchant


async def _new_merchant(network: Network, asked: NewApp, number: int) -> Merchant:
    merchant_id = MerchantId(network.ids.new())
    api_key = secrets.token_hex(16).encode()
    merchant = Merchant(
        id=merchant_id,
        number=str(number or candidate(merchant_id, 0)),
        name=asked.name,
        fee_bps=asked.fee_bps,
        api_key=network.vault.seal(api_key, API_KEY_PURPOSE),
        created_at=network.clock(),
    )
    return accepted(await network.perform(CREATE_MERCHANT, merchant))


async def _add_content_key(network: Network, app: App, content_key: bytes) -> None:
    sealed = network.vault.seal(content_key, CONTENT_KEY_PURPOSE)
    now = network.clock()
    key = Key(MerchantId(app.id), _CONTENT_SERIAL, KeyKind.AES_SECRET, sealed, now)
    accepted(await network.perform(ADD_KEY, key))


def _read(text: bytes, network: Network) -> Key:
    """A key without its owner. Raises UnusableKey."""
    imported = certificates.read_public(text if _PEM in text else _pem(text))
    serial, kind, material = imported.serial, imported.kind, imported.public_key
    if kind is not KeyKind.RSA_PUBLIC:
        raise UnusableKey("an app's key must be RSA")
    ends_at = NEVER
    if b"BEGIN CERTIFICATE" in text:
        certificate = certificate_chains.read(text)
        serial, kind = certificate_chains.number_of(certificate), KeyKind.RSA_CERTIFICATE
        material = certificate.public_bytes(Encoding.PEM)
        ends_at = from_datetime(certificate.not_valid_after_utc)
    return Key(MerchantId(0), serial, kind, material, network.clock(), ends_at)


def _of(app: App, key: Key) -> Key:
    """Keys of this kind belong to an app, not to its merchant."""
    return Key(MerchantId(app.id), key.serial, key.kind, key.material, key.starts_at, key.ends_at)


def _pem(text: bytes) -> bytes:
    """From the one-line form that merchants paste. Raises UnusableKey."""
    try:
        key = load_der_public_key(base64.b64decode(b"".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise UnusableKey("give a PEM file or the public key's base64 in one line") from error
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _bare(certificate: bytes) -> bytes:
    public = certificate_chains.read(certificate).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _content_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableKey("a content key is base64") from error
    if text and len(key) != CONTENT_KEY_BYTES:
        raise UnusableKey(f"a content key has {CONTENT_KEY_BYTES} bytes")
    return key


def _account_number(text: str) -> int:
    if not text:
        return 0
    wanted = text.isascii() and text.isdigit() and len(text) == len(str(FIRST))
    if not wanted or not text.startswith("2088"):
        raise UnusableKey("an account number has 16 digits and begins with 2088")
    return int(text)


def _app_number() -> str:
    return f"2021{secrets.randbelow(10**12):012d}"
