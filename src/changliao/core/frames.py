"""Whose pages may show an order's code in a frame: origins that its merchant registers.

An origin is a scheme, a host and a port (RFC 6454): no path, no name and password, no wildcard.
Refuses: what is no origin, another scheme than https but for the own machine in a sandbox, and more
than MOST.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused

MOST: Final = 10
LONGEST: Final = 261
# What a policy may name: anything else could end the directive and begin another.
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1"})
_PORTS: Final = {"https": 443, "http": 80}
_NONE: Final = Refused(Reason.ORIGIN_INVALID, "https://host expected, without a path")


class FrameOrigins(Struct, frozen=True):
    """What a merchant registered, in the order of the alphabet."""

    merchant_id: MerchantId
    origins: tuple[str, ...] = ()
    revision: int = 0


class ChangeOrigin(Struct, frozen=True):
    """Pages of this origin may show codes from now on, or may not any more (`allowed` False)."""

    merchant_id: MerchantId
    origin: str
    allowed: bool
    sandbox: bool = False


def origin(text: str, *, sandbox: bool) -> str | None:
    """As a browser writes it; None for what is none, or none that may be registered."""
    try:
        parts = urlsplit(text.strip().lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    own = sandbox and host in _OWN_MACHINE
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    known = parts.scheme == "https" or (own and parts.scheme == "http")
    if not bare or not known or len(text) > LONGEST or not _HOST.match(host):
        return None
    shown = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def decide_origin(command: ChangeOrigin, known: FrameOrigins | None) -> FrameOrigins | Refused:
    """The list after it; the same again is no change."""
    before = known or FrameOrigins(command.merchant_id)
    named = origin(command.origin, sandbox=command.sandbox)
    if not command.allowed:
        named = named or command.origin
    if named is None:
        return _NONE
    if (named in before.origins) == command.allowed:
        return before
    after = {*before.origins, named} if command.allowed else {*before.origins} - {named}
    if len(after) > MOST:
        return Refused(Reason.ORIGIN_INVALID, f"{MOST} at most")
    return replace(before, origins=tuple(sorted(after)), revision=before.revision + 1)
