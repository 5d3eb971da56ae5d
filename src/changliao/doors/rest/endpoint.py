"""One operation of this API: who may call it, what it takes, what it answers, how it may refuse.

Requests are decoded and answers encoded by the very types that the OpenAPI document is made from
(doors/rest/openapi.py), so the two cannot differ.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from changliao.core.outcome import Reason
from changliao.doors.rest.authorization import Caller
from changliao.doors.rest.call import Answer, Call, Door, read_form, read_query
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import Nothing

B = TypeVar("B")
Q = TypeVar("Q")
API: Final = "/api/v1"


class Who(StrEnum):
    """Whose key may sign."""

    MERCHANT = "merchant"
    OPERATOR = "operator"
    EITHER = "merchant or operator"


class Endpoint(Struct, Generic[B, Q], frozen=True, eq=False):
    """`path` is below /api/v1. `refuses` names what only this operation may say no for.

    The first line of the handler's docstring is the summary, the rest the description.
    """

    method: str
    path: str
    handler: Callable[[Door, Call[B, Q]], Awaitable[Any]]
    who: Who
    form: type[B]
    query: type[Q]
    answer: Any
    status: int = 200
    refuses: tuple[Reason | str, ...] = ()

    @property
    def subject(self) -> str:
        """The module it is in: orders, refunds…"""
        return self.handler.__module__.rpartition(".")[2]

    @property
    def name(self) -> str:
        """As clients name it."""
        return f"{self.subject}.{self.handler.__name__}"


class Incoming(Struct, frozen=True):
    """A signed request before it is decoded."""

    caller: Caller
    parts: dict[str, str]
    query: bytes
    body: bytes


Handler = Callable[[Door, Incoming], Awaitable[Answer]]


def prepared(endpoint: Endpoint[Any, Any]) -> Handler:
    """The endpoint with its decoder made once; it raises Problem."""
    decoder = msgspec.json.Decoder(endpoint.form)
    takes_body = endpoint.form is not Nothing
    handler, who, query_type, status = (
        endpoint.handler, endpoint.who, endpoint.query, endpoint.status,
    )  # fmt: skip

    async def answer(door: Door, asked: Incoming) -> Answer:
        permit(who, asked.caller)
        query = read_query(_pairs(asked.query), query_type)
        form = read_form(asked.body, decoder) if takes_body else None
        shown = await handler(door, Call(asked.caller, asked.parts, query, form))
        return Answer(status, msgspec.json.encode(shown))

    return answer


def permit(who: Who, caller: Caller) -> None:
    """Raises Problem 403 for a key of the other kind."""
    if who is Who.OPERATOR and not caller.is_operator:
        raise Problem("not_permitted", "only an operator's key may do this")
    if who is Who.MERCHANT and caller.is_operator:
        raise Problem("not_permitted", "only a merchant's key may do this")


def _pairs(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    try:
        return dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError as error:
        raise Problem("malformed", "the query is not percent-encoded UTF-8") from error
