"""Invitations: links that are given to people, to a red packet, a coupon or a bill to share.

An invitation names its subject and is authenticated: nobody can guess one, and whoever has it is
meant. Nothing has to be stored for it. Text form: 40 characters of URL-safe base 64.
"""

import struct
from enum import IntEnum
from typing import Final

from msgspec import Struct

from changliao.operations.seal import Seal
from changliao.operations.vault import Vault

_LAYOUT: Final = struct.Struct(">BQQ")
_MAC_BYTES: Final = 13
_LENGTH: Final = 40


class Subject(IntEnum):
    """To what. The number is in the links that are out: never change one."""

    PACKET = 1
    BUDGET = 2
    GROUP_BILL = 3


class Invitation(Struct, frozen=True):
    """Which subject, and who invites to it."""

    subject: Subject
    owner_id: int
    subject_id: int


class Invitations:
    """Makes and reads invitations with a key of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._seal = Seal(vault.derive("invitations"), _MAC_BYTES)

    def make(self, subject: Subject, owner_id: int, subject_id: int) -> str:
        """The text of the one invitation to this subject."""
        body = _LAYOUT.pack(subject, owner_id, subject_id)
        return self._seal.close(body)

    def read(self, text: str, subject: Subject) -> Invitation | None:
        """None for anything that is not our invitation to such a subject."""
        body = self._seal.open(text) if len(text) == _LENGTH else None
        if body is None:
            return None
        kind, owner_id, subject_id = _LAYOUT.unpack(body)
        return Invitation(subject, owner_id, subject_id) if kind == subject else None
