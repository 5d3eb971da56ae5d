"""Which addresses the network may call: none inside private networks unless the operator says so.

The name is resolved here, every address it has is checked, and the connection then goes to the
checked address itself. A name that changes its answer between check and use gains nothing, and
redirects are not followed. Names are resolved without threads: one merchant's silent name server
keeps nobody else waiting.
"""

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import aiodns
from msgspec import Struct

# Addresses that stand for another one, which may be private: NAT64, 6to4, IPv4-compatible.
_TRANSLATED: Final = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96")
)


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
        self._resolver: aiodns.DNSResolver | None = None

    async def check(self, url: str) -> Target:
        """Raises Forbidden, or OSError when the name cannot be resolved."""
        try:
            parts = urlsplit(url)
            port = parts.port
            host = parts.netloc.encode("idna").decode("ascii")
            name = (parts.hostname or "").encode("idna").decode("ascii")
        except ValueError as error:
            raise Forbidden(f"not an address to call: {error}") from error
        if parts.scheme not in ("http", "https") or not name or port == 0:
            raise Forbidden("not an http or https address")
        if "@" in parts.netloc:
            raise Forbidden("an address must not carry a password")
        if port is None:
            port = 443 if parts.scheme == "https" else 80
        addresses = await self._addresses(name)
        if not self._allow_private:
            for address in addresses:
                if not _is_public(ipaddress.ip_address(address)):
                    raise Forbidden(f"{name} is at {address}, a private address")
        address = addresses[0]
        literal = f"[{address}]" if ":" in address else address
        checked = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path, parts.query, ""))
        return Target(checked, host, name)

    async def close(self) -> None:
        """Ask nobody any more; what is still asked is forgotten."""
        if self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    async def _addresses(self, name: str) -> list[str]:
        """All of them, IPv4 first: what listens on one of `localhost`'s listens there."""
        if self._resolver is None:  # it belongs to the loop that runs
            self._resolver = aiodns.DNSResolver(timeout=2.0, tries=2)
        try:
            found = await self._resolver.getaddrinfo(
                name, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM
            )
        except aiodns.error.DNSError as error:
            raise OSError(f"{name}: {error.args[-1]}") from error
        addresses = [node.addr[0].decode("ascii") for node in found.nodes]
        return sorted(addresses, key=lambda address: ":" in address)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Is it one machine on the internet, named directly?"""
    if any(address in one for one in _TRANSLATED):
        return False
    site_local = address.version == 6 and address.is_site_local
    return address.is_global and not address.is_multicast and not site_local
