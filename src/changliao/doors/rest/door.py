"""The door itself: routes, signatures, problem+json."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from changliao.doors.rest import events, merchants, orders, wallets
from changliao.doors.rest.authorization import Caller, Gate
from changliao.doors.rest.call import Answer, Call, Door, read_query
from changliao.doors.rest.errors import Problem
from changliao.store.engine import Unavailable
from changliao.web import asgi
from changliao.web.asgi import Application, Found, Receive, Route, Scope, Send, route

Handler = Callable[[Door, Call], Awaitable[Answer]]
BODY_LIMIT: Final = 262_144
_log = logging.getLogger("changliao.rest")
_API: Final = "/api/v1"
_MERCHANT: Final = f"{_API}/merchants/{{number}}"
_ORDER: Final = f"{_API}/orders/{{id}}"
_USER: Final = f"{_API}/users/{{id}}"
_EVENT: Final = f"{_API}/events/{{id}}"
PUBLIC_KEY: Final = f"{_API}/public-key"
ROUTES: Final[tuple[Route[Handler], ...]] = (
    route("POST", f"{_API}/orders", orders.place),
    route("GET", f"{_API}/orders", orders.search),
    route("GET", _ORDER, orders.query),
    route("POST", f"{_API}/payments", orders.pay),
    route("POST", f"{_ORDER}/close", orders.close),
    route("POST", f"{_ORDER}/refunds", orders.refund),
    route("GET", f"{_ORDER}/refunds", orders.refunds),
    route("POST", f"{_API}/users", wallets.sign_up),
    route("GET", _USER, wallets.show),
    route("POST", f"{_USER}/top-ups", wallets.top_up),
    route("POST", f"{_USER}/transfers", wallets.transfer),
    route("GET", f"{_API}/events", events.log),
    route("GET", _EVENT, events.show),
    route("POST", f"{_EVENT}/resend", events.resend),
    route("POST", f"{_API}/merchants", merchants.create),
    route("POST", f"{_MERCHANT}", merchants.change),
    route("POST", f"{_MERCHANT}/apps", merchants.add_app),
    route("POST", f"{_MERCHANT}/keys", merchants.add_key),
    route("POST", f"{_MERCHANT}/keys/{{serial}}/revoke", merchants.revoke_key),
    route("POST", f"{_API}/partnerships", merchants.add_partner),
)


def application(door: Door) -> Application:
    """The ASGI application for everything under /api/."""
    gate = Gate(door.network)
    public_key = gate.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PUBLIC_KEY and scope["method"] == "GET":
            await asgi.answer(
                send, 200, ((b"content-type", b"application/x-pem-file"),), public_key
            )
            return
        caller: Caller | None = None
        try:
            found = asgi.find(ROUTES, scope["method"], scope["path"])
            body = await asgi.read_body(receive, BODY_LIMIT)
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            caller = await gate.enter(header, scope["method"], asgi.target_of(scope), body)
            answer = await _answer(door, found, caller, scope, body)
        except asgi.Disconnected:
            return
        except Exception as error:  # the door's last line
            problem = _problem(error, scope)
            await _send(send, gate, caller, problem.status, problem.body())
        else:
            await _send(send, gate, caller, answer.status, answer.body)

    return serve


async def _answer(
    door: Door, found: Found[Handler] | int, caller: Caller, scope: Scope, body: bytes
) -> Answer:
    if isinstance(found, int):
        raise Problem(found, "no_such_route", "see docs/doors/rest.md for the routes")
    call = Call(caller, found.parts, read_query(scope["query_string"]), body)
    return await found.handler(door, call)


def _problem(error: Exception, scope: Scope) -> Problem:
    match error:
        case Problem():
            return error
        case asgi.BodyTooLarge():
            return Problem(413, "body_too_large", f"at most {BODY_LIMIT} bytes")
        case Unavailable():
            return Problem(503, "unavailable", "the database cannot be reached: try again")
        case _:
            _log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
            return Problem(500, "fault", "a fault of ours: the same request may be sent again")


async def _send(send: Send, gate: Gate, caller: Caller | None, status: int, body: bytes) -> None:
    kind = b"application/json" if status < 400 else b"application/problem+json"
    headers = ((b"content-type", kind), *gate.sign(caller, body))
    await asgi.answer(send, status, headers, body)
