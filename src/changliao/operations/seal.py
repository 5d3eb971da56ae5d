"""Texts that only this network can make: a body and its MAC, in URL-safe base 64, unpadded."""

import base64
import binascii
import hmac


class Seal:
    """Makes and opens such texts with one key."""

    def __init__(self, key: bytes, mac_bytes: int) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")
        self._mac_bytes = mac_bytes

    def close(self, body: bytes) -> str:
        """The text of a body."""
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def open(self, text: str) -> bytes | None:
        """The body of a text; None for anything that was not made with this key."""
        try:
            padded = text + "=" * (-len(text) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[: -self._mac_bytes], raw[-self._mac_bytes :]
        return body if hmac.compare_digest(mac, self._mac(body)) else None

    def _mac(self, body: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(body)
        return keyed.digest()[: self._mac_bytes]
