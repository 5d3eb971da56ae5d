"""An authenticator in software, that can also be told to lie: what a browser would bring of it."""

import base64
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

_PRESENT, _VERIFIED, _ATTESTED = 1, 4, 64


class Authenticator:
    """One passkey, for the page at `origin`."""

    def __init__(self, origin: str, party: str = "localhost") -> None:
        self.origin, self.party = origin, party
        self.credential = secrets.token_bytes(32)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, challenge: str, **lies: Any) -> str:
        """The answer to a wish for a new passkey."""
        key = ES256.from_cryptography_key(self._key.public_key())
        made = AttestedCredentialData.create(Aaguid.NONE, self.credential, key)
        attestation = AttestationObject.create("none", self._data(lies, made), {})
        client = self._client("webauthn.create", challenge, lies)
        return self._answer(client, lies, attestationObject=bytes(attestation))

    def get(self, challenge: str, **lies: Any) -> str:
        """The answer of the passkey, one count further."""
        self.count += 1
        data = self._data(lies)
        client = self._client("webauthn.get", challenge, lies)
        signature = self._key.sign(data + client.hash, ec.ECDSA(SHA256()))
        if lies.get("altered"):
            data = AuthenticatorData(data[:-1] + bytes([data[-1] ^ 1]))
        return self._answer(client, lies, authenticatorData=bytes(data), signature=signature)

    def _data(self, lies: dict[str, Any], made: bytes = b"") -> AuthenticatorData:
        digest = Hash(SHA256())
        digest.update(lies.get("party", self.party).encode())
        flags = lies.get("flags", _PRESENT | _VERIFIED) | (_ATTESTED if made else 0)
        count = lies.get("count", self.count)
        made_up: AuthenticatorData = AuthenticatorData.create(
            digest.finalize(), AuthenticatorData.FLAG(flags), count, made
        )
        return made_up

    def _client(self, kind: str, challenge: str, lies: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(
            lies.get("kind", kind),
            challenge,
            lies.get("origin", self.origin),
            cross_origin=lies.get("cross_origin", False),
        )

    def _answer(self, client: bytes, lies: dict[str, Any], **parts: bytes) -> str:
        named = {"id": lies.get("credential", self.credential), "clientDataJSON": client, **parts}
        return json.dumps(
            {
                name: base64.urlsafe_b64encode(one).rstrip(b"=").decode()
                for name, one in named.items()
            }
        )
