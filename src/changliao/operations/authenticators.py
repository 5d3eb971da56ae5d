"""What a browser brings from an authenticator, and the commands it is good for.

The challenge stands in the answer itself, so nothing is kept between asking and being answered.
"""

import base64
from types import ModuleType
from typing import Final

import msgspec
from msgspec import Struct, field

from changliao.core.confirmations import may_confirm
from changliao.core.credentials import CredentialKind
from changliao.core.ids import UserId
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import (
    AddPasskey,
    Asked,
    Assertion,
    Party,
    Passkey,
    UsePasskey,
)
from changliao.operations.network import Network
from changliao.store.views import parties, passkeys

LONGEST_ANSWER: Final = 16_384
_LONGEST_CREDENTIAL: Final = 1_023
_WRONG: Final = Refused(Reason.PASSKEY_WRONG)


class _Answer(Struct, frozen=True, rename="camel"):
    """As `js/passkey.js` sends it, bytes in URL-safe base 64."""

    id: str
    client_data: str = field(name="clientDataJSON")
    attestation_object: str = ""
    authenticator_data: str = ""
    signature: str = ""


class _Client(Struct, frozen=True):
    """What the browser adds to a challenge; the library looks at the rest."""

    challenge: str


class _Read(Struct, frozen=True):
    """An answer in bytes, to a challenge of ours that still counts."""

    credential: bytes
    challenge: str
    nonce: Nonce
    client: bytes
    parts: tuple[bytes, bytes, bytes]


async def created(
    network: Network, party: Party, asked: Asked, name: str, text: str
) -> AddPasskey | Refused:
    """The command that adds the passkey in this answer."""
    read = _read(network, asked, text)
    if isinstance(read, Refused):
        return read
    attestation, _, _ = read.parts

    def verify() -> Passkey | Refused:
        library = _library()
        try:
            made = library.created(party, read.challenge, read.client, attestation)
        except library.Unverified:
            return _WRONG
        return Passkey(
            credential=made.credential,
            owner_id=asked.owner_id,
            name=name,
            public_key=made.public_key,
            sign_count=made.sign_count,
            added_at=network.clock(),
        )

    passkey = await network.in_thread(verify)
    if isinstance(passkey, Refused) or len(passkey.credential) > _LONGEST_CREDENTIAL:
        return _WRONG
    return AddPasskey(passkey, read.nonce)


async def asserted(network: Network, party: Party, asked: Asked, text: str) -> UsePasskey | Refused:
    """The command that uses the passkey of this answer; whose it is stands in it."""
    read = _read(network, asked, text)
    if isinstance(read, Refused):
        return read
    passkey = await network.read(passkeys.passkey, read.credential)
    if passkey is None or asked.owner_id not in (0, passkey.owner_id):
        return Refused(Reason.PASSKEY_NOT_FOUND)
    _, data, signature = read.parts

    def verify() -> int | Refused:
        library = _library()
        try:
            signed = library.Signed(data, signature)
            count: int = library.asserted(party, read.challenge, passkey, read.client, signed)
        except library.Unverified:
            return _WRONG
        return count

    count = await network.in_thread(verify)
    if isinstance(count, Refused):
        return count
    return UsePasskey(passkey.owner_id, Assertion(read.credential, count, read.nonce))


async def permitted(network: Network, user_id: UserId) -> list[Passkey]:
    """Those that may confirm now."""
    known = await network.read(passkeys.passkeys_of, user_id)
    pin = await network.read(parties.credential, user_id, CredentialKind.PIN) if known else None
    return [] if pin is None else [one for one in known if may_confirm(one, pin)]


def credential(text: str) -> bytes:
    """The name of a passkey as a page shows it; nothing for what is none."""
    try:
        return _bytes(text)
    except ValueError:
        return b""


def _read(network: Network, asked: Asked, text: str) -> _Read | Refused:
    try:
        answer = msgspec.json.decode(text[:LONGEST_ANSWER], type=_Answer)
        client = _bytes(answer.client_data)
        challenge = msgspec.json.decode(client, type=_Client).challenge
        encoded = (answer.attestation_object, answer.authenticator_data, answer.signature)
        attestation, signed, signature = map(_bytes, encoded)
        credential = _bytes(answer.id)
    except ValueError:
        return _WRONG
    nonce = network.challenges.read(challenge, asked, network.real_clock())
    if nonce is None:
        return Refused(Reason.PASSKEY_EXPIRED)
    return _Read(credential, challenge, nonce, client, (attestation, signed, signature))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _library() -> ModuleType:
    """Most processes are never shown a passkey."""
    from changliao.operations import webauthn  # noqa: PLC0415 the docstring says why

    return webauthn
