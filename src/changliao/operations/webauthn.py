"""What authenticators say, read and checked by a library: nothing here is cryptography of our own.

It is imported when the first answer comes. Which authenticator made a passkey is not asked for:
any that verifies its owner will do.
Raises: Unverified, for anything that is not a right answer to this challenge on this page.
"""

import struct
from collections.abc import Mapping
from typing import Any, Final, cast

from cryptography.exceptions import UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)
from msgspec import Struct

from changliao.core.passkeys import ALGORITHMS, Party, Passkey

_NO_MODEL: Final = bytes(16)
_MALFORMED: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error),
    *(NotImplementedError, UnsupportedAlgorithm, RecursionError, OverflowError),
)


class Unverified(Exception):
    """Another challenge, origin or domain, an owner who was not verified, a wrong signature."""


class Created(Struct, frozen=True):
    """A passkey that an authenticator made."""

    credential: bytes
    public_key: bytes
    sign_count: int


class Signed(Struct, frozen=True):
    """What an authenticator says of itself, and its signature over that and the client's part."""

    data: bytes
    signature: bytes


def created(party: Party, challenge: str, client: bytes, attestation: bytes) -> Created:
    """The passkey in the answer to a wish for a new one."""
    try:
        made = AttestationObject(attestation)
        response = AuthenticatorAttestationResponse(
            client_data=_own(client), attestation_object=made
        )
        answer = RegistrationResponse(raw_id=b"", response=response)
        if made.auth_data.credential_data is None:
            raise Unverified("no passkey in it")
        data = _server(party).register_complete(_state(challenge), answer).credential_data
        if data is None or data.public_key.get(3) not in ALGORITHMS:
            raise Unverified("an algorithm nobody asked for")
        return Created(
            data.credential_id, cbor.encode(dict(data.public_key)), made.auth_data.counter
        )
    except _MALFORMED as error:
        raise Unverified(str(error)) from error


def asserted(party: Party, challenge: str, passkey: Passkey, client: bytes, signed: Signed) -> int:
    """The counter in the answer of a passkey."""
    try:
        key = CoseKey.parse(cast(Mapping[int, Any], cbor.decode(passkey.public_key)))
        known = AttestedCredentialData.create(_NO_MODEL, passkey.credential, key)
        data = AuthenticatorData(signed.data)
        response = AuthenticatorAssertionResponse(
            client_data=_own(client), authenticator_data=data, signature=signed.signature
        )
        answer = AuthenticationResponse(raw_id=passkey.credential, response=response)
        _server(party).authenticate_complete(_state(challenge), [known], answer)
        return data.counter
    except _MALFORMED as error:
        raise Unverified(str(error)) from error


def _own(client: bytes) -> CollectedClientData:
    data = CollectedClientData(client)
    if data.cross_origin:
        raise Unverified("asked from a frame of another page")
    return data


def _server(party: Party) -> Fido2Server:
    ours = PublicKeyCredentialRpEntity(id=party.id, name=party.id)
    return Fido2Server(ours, verify_origin=lambda origin: origin == party.origin)


def _state(challenge: str) -> dict[str, str]:
    return {"challenge": challenge, "user_verification": UserVerificationRequirement.REQUIRED}
