"""The door itself: dispatch, signatures, problem+json, and what needs no signature."""

import itertools
import logging
import secrets
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from changliao.doors.rest import openapi
from changliao.doors.rest.authorization import Caller, Gate
from changliao.doors.rest.call import Answer, Door, check_headers
from changliao.doors.rest.endpoint import API, Handler, Incoming
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.routes import routes
from changliao.store.engine import Unavailable
from changliao.web import asgi
from changliao.web.asgi import Application, Found, Receive, Scope, Send

BODY_LIMIT: Final = 262_144
_log = logging.getLogger("changliao.rest")
PUBLIC_KEY: Final = f"{API}/public-key"
DOCUMENT: Final = f"{API}/openapi.json"


def application(door: Door) -> Application:
    """The ASGI application for everything under /api/."""
    gate = Gate(door.network)
    table = routes()
    public_key = gate.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned: dict[str, Callable[[], tuple[bytes, bytes]]] = {
        PUBLIC_KEY: lambda: (b"application/x-pem-file", public_key),
        DOCUMENT: lambda: (b"application/json", openapi.encoded(door.public_url)),
    }
    salt, count = secrets.token_hex(6), itertools.count()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        free = unsigned.get(scope["path"])
        if free is not None and scope["method"] == "GET":
            kind, content = free()
            await asgi.answer(send, 200, ((b"content-type", kind),), content)
            return
        caller: Caller | None = None
        request_id = f"req_{salt}{next(count):08x}"
        try:
            found = table.find(scope["method"], scope["path"])
            body = await asgi.read_body(receive, BODY_LIMIT)
            headers = dict(scope["headers"])
            header = headers.get(b"authorization", b"").decode("latin-1")
            target = asgi.target_of(scope)
            address = scope["client"][0] if scope.get("client") else ""
            caller = await gate.enter(header, scope["method"], target, body, address)
            check_headers(scope["headers"])
            key = headers.get(b"idempotency-key", b"").decode("latin-1")
            query = scope["query_string"]
            one = _known(found)
            seen = headers.get(b"if-match", b"").decode("latin-1")
            asked = Incoming(caller, one.parts, query, body, key, target, request_id, seen)
            answer = await one.handler(door, asked)
        except asgi.Disconnected:
            return
        except Exception as error:  # the door's last line
            problem = _problem(error, scope, request_id)
            answer = Answer(problem.status, problem.body(request_id))
        kind = b"application/json" if answer.status < 400 else b"application/problem+json"
        told = (
            (b"content-type", kind),
            (b"changliao-request-id", request_id.encode()),
            *gate.sign(caller, answer.body),
        )
        await asgi.answer(send, answer.status, told, answer.body)

    return serve


def _known(found: Found[Handler] | int) -> Found[Handler]:
    if isinstance(found, int):
        reason = "wrong_method" if found == 405 else "no_such_route"
        raise Problem(reason, "see /docs/api for the routes")
    return found


def _problem(error: Exception, scope: Scope, request_id: str) -> Problem:
    match error:
        case Problem():
            return error
        case asgi.BodyTooLarge():
            return Problem("body_too_large", f"at most {BODY_LIMIT} bytes")
        case Unavailable():
            return Problem("unavailable", "the database cannot be reached: try again")
        case _:
            where = (scope["method"], scope["path"], request_id)
            _log.error("%s %s failed: %s", *where, exc_info=error)
            return Problem("fault", "a fault of ours: the same request may be sent again")
