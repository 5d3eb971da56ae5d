"""Challenges that authenticators sign: made here, for one act in one browser, for a few minutes.

Nothing is stored before one is answered: a challenge says itself what it is for, and only this
network can have made it. That it is answered once is for the commit to know.
"""

import hashlib
import os
import struct
from typing import Final

from changliao.core.clock import SECOND, Instant
from changliao.core.nonces import Nonce
from changliao.core.passkeys import ANSWER_WITHIN, Asked
from changliao.operations.seal import Seal
from changliao.operations.vault import Vault

_LAYOUT: Final = struct.Struct(">BQQ16s16s")
_MAC_BYTES: Final = 16
_RANDOM_BYTES: Final = 16


class Challenges:
    """Makes and reads challenges with a key of one vault. `now` is real time."""

    def __init__(self, vault: Vault) -> None:
        self._seal = Seal(vault.derive("challenges"), _MAC_BYTES)

    def make(self, asked: Asked, now: Instant) -> str:
        """URL-safe base 64, as a page hands it to the authenticator."""
        ends_s = (now + ANSWER_WITHIN) // SECOND
        secret = os.urandom(_RANDOM_BYTES)
        browser = _digest(asked)
        return self._seal.close(
            _LAYOUT.pack(asked.purpose, asked.owner_id, ends_s, browser, secret)
        )

    def read(self, text: str, asked: Asked, now: Instant) -> Nonce | None:
        """What may be answered once; None for a challenge that is late or for something else."""
        body = self._seal.open(text)
        if body is None or len(body) != _LAYOUT.size:
            return None
        purpose, owner_id, ends_s, browser, _ = _LAYOUT.unpack(body)
        same = (purpose, owner_id, browser) == (
            asked.purpose,
            asked.owner_id,
            _digest(asked),
        )
        if not same or now >= ends_s * SECOND:
            return None
        return Nonce(owner_id, hashlib.sha256(body).digest(), b"", now)


def _digest(asked: Asked) -> bytes:
    """The browser, and what is confirmed; a cookie holds no line feed."""
    text = f"{asked.browser}\n{asked.about}" if asked.about else asked.browser
    return hashlib.sha256(text.encode()).digest()[:16]
