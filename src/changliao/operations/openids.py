"""Openids: a user's name under one app, so that two apps cannot compare their users.

The name is the user's id encrypted under a key of that app (AES on one block), so nothing has to
be stored to make it or to read it back.
"""

import base64
import binascii
import struct
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from changliao.core.ids import AppId, UserId
from changliao.operations.vault import Vault

_LAYOUT: Final = struct.Struct(">QQ")
_PREFIX: Final = "oCL_pa"


class Openids:
    """28 characters, as apps expect of an openid."""

    def __init__(self, vault: Vault) -> None:
        key = algorithms.AES(vault.derive("openids"))
        # One block of two ids is never repeated under another meaning, so no mode is needed.
        self._cipher = Cipher(key, modes.ECB())  # noqa: S305 a permutation of one block

    def of(self, app_id: AppId, user_id: UserId) -> str:
        """The user's name under this app."""
        encryptor = self._cipher.encryptor()
        block = encryptor.update(_LAYOUT.pack(app_id, user_id)) + encryptor.finalize()
        return _PREFIX + base64.urlsafe_b64encode(block).decode().rstrip("=")

    def read(self, app_id: AppId, openid: str) -> UserId | None:
        """The user behind a name; None when it is not one of this app's."""
        if not openid.startswith(_PREFIX):
            return None
        try:
            block = base64.b64decode(openid[len(_PREFIX) :] + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(block) != _LAYOUT.size:
            return None
        decryptor = self._cipher.decryptor()
        app, user = _LAYOUT.unpack(decryptor.update(block) + decryptor.finalize())
        return UserId(user) if app == app_id else None
