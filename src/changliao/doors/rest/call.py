"""One authenticated call to the REST API, and reading bodies and queries into forms."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from changliao.core import clock, ids
from changliao.core.acts import UNSEEN
from changliao.core.answers import KeptAnswer
from changliao.core.clock import Instant
from changliao.core.money import CURRENCIES, Money
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant
from changliao.doors.rest.authorization import REPLAYED, Caller
from changliao.doors.rest.errors import Problem, refusal
from changliao.operations.answers import Once, once
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.operations.nonces import Fresh, Replayed, fresh
from changliao.operations.operation import Operation
from changliao.operations.payers import Payers
from changliao.web import twice
from changliao.web.asgi import NUL, Headers
from changliao.web.twice import SaidTwice

B = TypeVar("B")
C = TypeVar("C")
F = TypeVar("F")
Q = TypeVar("Q")
R = TypeVar("R")
_KEPT_PURPOSE: Final = "kept answers"
# How msgspec names what is wrong: "… - at `$.amount`", or the field itself.
_PLACE: Final = re.compile(r"at `\$\.([^`]+)`\Z|(?:unknown|required) field `([^`]+)`")


class Door(Struct, frozen=True):
    """What handlers work with. `settings` gives what a merchant's SDK needs of other doors.

    `desk` asks channels. `payers` are the sandbox's simulated people; None: this network is no
    sandbox. Of fewer people than `minimum_users` the market tells nothing.
    """

    network: Network
    public_url: str
    default_fee_bps: int
    settings: Callable[[Merchant], Mapping[str, str]]
    desk: Desk
    payers: Payers | None = None
    minimum_users: int = 20


class Repeat(Struct, frozen=True):
    """A request that carries an Idempotency-Key, and how its answer will be kept."""

    asked: KeptAnswer
    status: int
    request_id: str


class Call(Struct, Generic[B, Q], frozen=True):
    """A request whose signature was right, decoded; `seen` is the version it was decided on."""

    caller: Caller
    path: dict[str, str]
    query: Q
    form: B
    repeat: Repeat | None = None
    seen: str = UNSEEN


class Answer(Struct, frozen=True):
    """A success, or a no that was kept."""

    status: int
    body: bytes


def read_form(body: bytes, decoder: "msgspec.json.Decoder[F]") -> F:
    """A body as a form. Raises Problem 400 that names the field."""
    if NUL in body:
        raise Problem("malformed", "text must not contain U+0000")
    try:
        read = decoder.decode(body)
        twice.check_members(body)
    except RecursionError as error:
        raise Problem("malformed", "nested too deeply") from error
    except SaidTwice as error:
        raise _repeated(error) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise _malformed(error) from error
    return read


def read_query(pairs: list[tuple[str, str]], form: type[F]) -> F:
    """A query as a form. Raises Problem 400 that names the parameter."""
    try:
        return msgspec.convert(twice.parameters(pairs), form, strict=False)
    except SaidTwice as error:
        raise _repeated(error) from error
    except msgspec.ValidationError as error:
        raise _malformed(error) from error


def check_headers(headers: Headers) -> None:
    """Raises Problem 400 for a header with two values."""
    try:
        twice.check_headers(headers)
    except SaidTwice as error:
        raise _repeated(error) from error


def read_id(prefix: str, text: str) -> int:
    """The number behind an id. Raises Problem 404: an id of another kind names nothing here."""
    number = ids.parse(prefix, text)
    if number is None:
        raise Problem("not_found", f"{prefix}_… expected, got {text[:40]}")
    return number


def read_moment(text: str, field: str) -> Instant:
    """Raises Problem 400 for what is no time."""
    try:
        return clock.from_rfc3339(text)
    except (ValueError, OverflowError) as error:
        raise Problem("malformed", f"{field}: {error}", field) from error


def read_money(amount: int, currency: str) -> Money:
    """Raises Problem 422 for a currency the network does not know."""
    known = CURRENCIES.get(currency)
    if known is None:
        said = f"{currency} is not one of {', '.join(CURRENCIES)}"
        raise Problem("currency_unknown", said, "currency")
    return Money(amount, known)


def accepted(outcome: R | Refused) -> R:
    """The outcome. Raises Problem for a refusal."""
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return outcome


async def perform(
    door: Door,
    call: Call[Any, Any],
    operation: Operation[C, R | Refused],
    command: C,
    show: Callable[[R], Any],
) -> Any:
    """Perform a command and show what came of it. Raises Problem for a refusal.

    Under an Idempotency-Key the answer, also a no, is kept in the same commit and then given.
    """
    repeat = call.repeat
    if repeat is None:
        return show(await commit(door, call, operation, command))

    def render(outcome: R | Refused) -> tuple[int, bytes]:
        if isinstance(outcome, Refused):
            problem = refusal(outcome)
            return problem.status, _sealed(door, problem.body(repeat.request_id))
        return repeat.status, _sealed(door, msgspec.json.encode(show(outcome)))

    kept = await commit(door, call, once(operation), Once(repeat.asked, command, render))
    return opened(door, kept)


async def commit(
    door: Door, call: Call[Any, Any], operation: Operation[C, R | Refused], command: C
) -> R:
    """What came of a command whose request comes once, whichever process answers it.

    The nonce is kept in the command's own commit. Raises Problem for a refusal and for a replay.
    """
    asked = Fresh(call.caller.nonce, command)
    outcome: R | Refused | Replayed = await door.network.perform(fresh(operation), asked)
    if isinstance(outcome, Replayed):
        raise Problem("replayed", REPLAYED)
    return accepted(outcome)


def opened(door: Door, kept: KeptAnswer) -> Answer:
    """A kept answer as it was given."""
    return Answer(kept.status, door.network.vault.open(kept.body, _KEPT_PURPOSE))


def _sealed(door: Door, body: bytes) -> bytes:
    return door.network.vault.seal(body, _KEPT_PURPOSE)


def _repeated(said: SaidTwice) -> Problem:
    detail = f"{said.name or 'a name'} is given twice with different values"
    return Problem("malformed", detail, said.name)


def _malformed(error: Exception) -> Problem:
    said = str(error)
    found = _PLACE.search(said)
    return Problem("malformed", said, (found[1] or found[2]) if found else "")
