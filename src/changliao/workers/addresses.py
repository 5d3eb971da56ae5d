"""Which addresses the network may call: none inside private networks unless the operator says so.

The name is resolved here, every address it has is checked, and the connection then goes to the
checked address itself. A name that changes its answer between check and use gains nothing, and
redirects are not followed.
"""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct


class Forbidden(Exception):
    """The address may not be called; the message says why."""


class Target(Struct, frozen=True):
    """The address with the checked IP in it, the Host header, and the name for TLS."""

    url: str
    host: str
    name: str


class Guard:
    """`allow_private` lets notifications reach localhost, as a sandbox needs."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def check(self, url: str) -> Target:
        """Raises Forbidden, or OSError when the name cannot be resolved."""
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise Forbidden(f"not an address to call: {error}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Forbidden("not an http or https address")
        if parts.username or parts.password:
            raise Forbidden("an address must not carry a password")
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        addresses = [entry[4][0] for entry in found]
        if not self._allow_private:
            for address in addresses:
                if not ipaddress.ip_address(address).is_global:
                    raise Forbidden(f"{parts.hostname} is at {address}, a private address")
        address = addresses[0]
        literal = f"[{address}]" if ":" in str(address) else address
        checked = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path, parts.query, ""))
        return Target(checked, parts.netloc, parts.hostname)
