"""One operation of this API: who may call it, what it takes, what it answers, how it may refuse.

Requests are decoded and answers encoded by the very types that the OpenAPI document is made from
(doors/rest/openapi.py), so the two cannot differ.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import UNSEEN
from changliao.core.answers import KeptAnswer, decide_again
from changliao.core.members import Right, may
from changliao.core.outcome import Reason
from changliao.doors.rest.authorization import Caller
from changliao.doors.rest.call import (
    Answer,
    Call,
    Door,
    Repeat,
    accepted,
    opened,
    read_form,
    read_query,
)
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import Nothing
from changliao.store.views import answers

# What a person's identity level may say no to, wherever money leaves a wallet.
BEYOND_LIMITS: Final = (Reason.LIMIT_PER_DAY, Reason.LIMIT_PER_PAYMENT, Reason.LIMIT_PER_YEAR)
# What risk rules may say no to, wherever money leaves a wallet.
RISKY: Final = (Reason.RISK_REFUSED, Reason.RISK_REVIEW)
B = TypeVar("B")
Q = TypeVar("Q")
API: Final = "/api/v1"
_VERSION: Final = re.compile(r'"([0-9a-f]{32})"')
_KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")


class Who(StrEnum):
    """Whose key may sign."""

    MERCHANT = "merchant"
    OPERATOR = "operator"
    MEMBER = "operator, with a member's key"
    EITHER = "merchant or operator"


class Endpoint(Struct, Generic[B, Q], frozen=True, eq=False):
    """`path` is below /api/v1. `refuses` names what only this operation may say no for.

    The first line of the handler's docstring is the summary, the rest the description. `repeats`
    marks what only sets a state: sent again it sets the same, so no answer has to be kept. A member
    needs the `right`, under whichever of its keys; `needs` says which where none is named. What
    `edits` something that others may edit too takes its version as If-Match.
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
    repeats: bool = False
    right: Right | None = None
    edits: bool = False

    @property
    def keeps_answers(self) -> bool:
        """Does it take an Idempotency-Key?"""
        return self.method == "POST" and not self.repeats

    @property
    def needs(self) -> Right | None:
        """What a member's role must have: what no page does is done for people and merchants."""
        acts = self.method == "POST" and self.who is not Who.MERCHANT
        return self.right or (Right.ACT_FOR_OTHERS if acts else None)

    @property
    def subject(self) -> str:
        """The module it is in: orders, refunds…"""
        return self.handler.__module__.rpartition(".")[2]

    @property
    def name(self) -> str:
        """As clients name it."""
        return f"{self.subject}.{self.handler.__name__}"


class Incoming(Struct, frozen=True):
    """A signed request before it is decoded. `key` is its Idempotency-Key, `seen` its If-Match."""

    caller: Caller
    parts: dict[str, str]
    query: bytes
    body: bytes
    key: str = ""
    target: bytes = b""
    request_id: str = ""
    seen: str = ""


Handler = Callable[[Door, Incoming], Awaitable[Answer]]


def prepared(endpoint: Endpoint[Any, Any]) -> Handler:
    """The endpoint with its decoder made once; it raises Problem."""
    decoder = msgspec.json.Decoder(endpoint.form)
    takes_body = endpoint.form is not Nothing
    keeps = endpoint.keeps_answers
    handler, query_type, status = endpoint.handler, endpoint.query, endpoint.status

    async def answer(door: Door, asked: Incoming) -> Answer:
        permit(endpoint, asked.caller)
        query = read_query(_pairs(asked.query), query_type)
        form = read_form(asked.body, decoder) if takes_body else None
        seen = _seen(endpoint, asked.seen) if asked.seen else UNSEEN
        call = Call(asked.caller, asked.parts, query, form, seen=seen)
        if asked.key and keeps:
            return await _once(door, endpoint, asked, call)
        shown = await handler(door, call)
        return Answer(status, msgspec.json.encode(shown))

    return answer


def permit(endpoint: Endpoint[Any, Any], caller: Caller) -> None:
    """Raises Problem 403 for a key of the other kind, and for what its member may not do."""
    who, member = endpoint.who, caller.member
    if who in (Who.OPERATOR, Who.MEMBER) and not caller.is_operator:
        raise Problem("not_permitted", "only an operator's key may do this")
    if who is Who.MERCHANT and caller.is_operator:
        raise Problem("not_permitted", "only a merchant's key may do this")
    if who is Who.MEMBER and member is None:
        raise Problem("not_permitted", "needs a member's key: `changliao member key` makes one")
    if member is not None and endpoint.needs is not None and not may(member, endpoint.needs):
        raise Problem("not_permitted", f"the member has not the right {endpoint.needs}")


def _seen(endpoint: Endpoint[Any, Any], header: str) -> str:
    """The version in an If-Match. Raises Problem 400, rather than promise what is not kept."""
    if not endpoint.edits:
        raise Problem("malformed", "this operation takes no If-Match", "If-Match")
    match = _VERSION.fullmatch(header)
    if match is None:
        raise Problem("malformed", 'If-Match is one version as it was shown: "…"', "If-Match")
    return match[1]


async def _once(
    door: Door, endpoint: Endpoint[Any, Any], asked: Incoming, call: Call[Any, Any]
) -> Answer:
    """The answer kept for this key, or a first answer that is kept. Raises Problem."""
    if not _KEY.fullmatch(asked.key):
        said = "an Idempotency-Key has 1 to 64 visible ASCII characters"
        raise Problem("malformed", said, "Idempotency-Key")
    identity = b"%b %b\n%b" % (endpoint.method.encode(), asked.target, asked.body)
    if asked.seen:
        identity += b"\n" + asked.seen.encode("latin-1")
    wanted = KeptAnswer(asked.caller.key.merchant_id, asked.key, hashlib.sha256(identity).digest())
    earlier = await door.network.read(answers.kept, wanted.owner_id, wanted.key)
    kept = decide_again(earlier, wanted.digest, door.network.clock())
    if kept is not None:
        return opened(door, accepted(kept))
    repeat = Repeat(wanted, endpoint.status, asked.request_id)
    shown = await endpoint.handler(door, replace(call, repeat=repeat))
    if not isinstance(shown, Answer):
        raise TypeError(f"{endpoint.name} made no answer to keep")
    return shown


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    if not raw:
        return []
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise Problem("malformed", "the query is not percent-encoded UTF-8") from error
