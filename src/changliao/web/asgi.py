"""The little that API doors need of ASGI: types, a route table, a body with a limit.

API doors speak ASGI directly: it costs the least.
Source: asgi.readthedocs.io, HTTP connection scope.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
H = TypeVar("H")
# So many bytes of a body that is too large are read before the connection is closed on its sender.
_MOST_DROPPED: Final = 16_000_000
# U+0000 as JSON writes it. No name or number has one, and PostgreSQL cannot keep it.
NUL: Final = rb"\u0000"
_PART: Final = re.compile(r"\{(\w+)(?::([^}]+))?\}")
_BEFORE_PARTS: Final = re.compile(r"[^{?]*/(?!\?)")


class ExactName(bytes):
    """A header name that goes out as it is written.

    Uvicorn sends `name.lower()`, which HTTP allows; the official WeChat Pay Java SDK reads names by
    their documented case. A test reads the raw bytes, so a server that changes this is noticed.
    """

    __slots__ = ()

    def lower(self) -> bytes:
        return self


class BodyTooLarge(Exception):
    """More bytes than the door takes."""


class Disconnected(Exception):
    """The caller went away before the whole body came."""


class Route(Struct, Generic[H], frozen=True):
    """A method, a path with named parts, and who answers.

    `head` is what every such path begins with: the whole of it, or what is before the first
    segment that has a named part.
    """

    method: str
    path: re.Pattern[str]
    handler: H
    head: str


class Found(Struct, Generic[H], frozen=True):
    """Who answers, and the path's named parts."""

    handler: H
    parts: dict[str, str]


def route(method: str, template: str, handler: H) -> Route[H]:
    """`/orders/{id}` takes any segment as `id`, `{scene:native|app}` only those."""
    pattern = _PART.sub(lambda match: f"(?P<{match[1]}>{match[2] or '[^/]+'})", template)
    return Route(method, re.compile(pattern), handler, _head(template))


class Routes(Generic[H]):
    """A door's routes, by what their paths begin with.

    A door has a hundred and more: trying one after the other would cost as much as deciding a
    payment.
    """

    def __init__(self, routes: Iterable[Route[H]]) -> None:
        self._by_head: defaultdict[str, list[Route[H]]] = defaultdict(list)
        for one in routes:
            self._by_head[one.head].append(one)

    @property
    def heads(self) -> tuple[str, ...]:
        """Whole paths, and what paths begin with whose parts follow: those end with a slash."""
        return tuple(self._by_head)

    def find(self, method: str, path: str) -> Found[H] | int:
        """The route for a request, or the status that says there is none: 404 or 405."""
        status, head = 404, path
        while head:
            for one in self._by_head.get(head, ()):
                match = one.path.fullmatch(path)
                if match is None:
                    continue
                if one.method == method:
                    return Found(one.handler, match.groupdict())
                status = 405
            head = head[: head.rstrip("/").rfind("/") + 1]
        return status


def _head(template: str) -> str:
    found = _BEFORE_PARTS.match(template) if "{" in template or "?" in template else None
    return found[0] if found else template


def target_of(scope: Scope) -> bytes:
    """Path and query exactly as they came: signatures cover these bytes."""
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + b"?" + query if query else path


async def read_body(receive: Receive, limit: int) -> bytes:
    """The raw body. Raises BodyTooLarge or Disconnected.

    One that is too large is read to its end, within reason: who is still sending when the
    connection is closed gets a reset instead of the answer.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        ended = not message.get("more_body", False)
        if size > limit:
            chunks = []
            if ended or size > limit + _MOST_DROPPED:
                raise BodyTooLarge
            continue
        chunks.append(chunk)
        if ended:
            return b"".join(chunks)


async def answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """A whole answer at once; 204 goes without a length, as it must."""
    length = () if status == 204 else ((b"Content-Length", str(len(body)).encode()),)
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})
