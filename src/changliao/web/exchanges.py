"""One request at an API door and its answer, as a sandbox records them.

Where there is no sandbox no door is wrapped, so it costs nothing there.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from changliao.web import asgi
from changliao.web.asgi import Application, Receive, Scope, Send
from changliao.web.causes import Said

BODY_KEPT: Final = 65_536


class Exchange(Struct, frozen=True):
    """`body` and `answer` hold at most BODY_KEPT bytes; `whole` says that the body is complete."""

    door: str
    at: float
    method: str
    target: bytes
    headers: dict[str, str]
    body: bytes
    whole: bool
    status: int
    answer: bytes
    duration_us: int


class Inspection(Struct, frozen=True):
    """What a door makes of an exchange: whose it was, its code, and why a signature failed."""

    merchant_id: int = 0
    merchant: str = ""
    code: str = ""
    failure: "Failure | None" = None


class Failure(Struct, frozen=True):
    """Why a signature failed. Digests are hex; `their_digest` is empty where it stays unknown.

    `signed_text` is what was signed instead, where it was found out.
    """

    causes: tuple[Said, ...]
    string_to_sign: str = ""
    our_digest: str = ""
    their_digest: str = ""
    signed_text: str = ""


class _Heard:
    """What passed through so far."""

    def __init__(self) -> None:
        self.body = b""
        self.whole = True
        self.status = 0
        self.answer = b""


def recorded(door: str, application: Application, keep: Callable[[Exchange], None]) -> Application:
    """The same application, whose exchanges are handed over when they are done."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        heard, at, began = _Heard(), time.time(), time.perf_counter()

        async def hear() -> Any:
            message = await receive()
            piece: bytes = message.get("body", b"")
            room = BODY_KEPT - len(heard.body)
            heard.whole = heard.whole and len(piece) <= room
            heard.body += piece[:room]
            return message

        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                heard.status = message["status"]
            else:
                heard.answer += message.get("body", b"")[: BODY_KEPT - len(heard.answer)]
            await send(message)

        try:
            await application(scope, hear, say)
        finally:
            keep(
                Exchange(
                    door=door,
                    at=at,
                    method=scope["method"],
                    target=asgi.target_of(scope),
                    headers={n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]},
                    body=heard.body,
                    whole=heard.whole,
                    status=heard.status,
                    answer=heard.answer,
                    duration_us=int((time.perf_counter() - began) * 1_000_000),
                )
            )

    return serve
