"""One authenticated call to the REST API, and reading bodies into forms."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct

from changliao.core import ids
from changliao.core.money import CURRENCIES, Money
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant
from changliao.doors.rest.authorization import Caller
from changliao.doors.rest.errors import Problem, refusal
from changliao.operations.network import Network
from changliao.web.asgi import NUL

F = TypeVar("F")
R = TypeVar("R")
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Minor = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
MOST_IN_PAGE: Final = 100
NEWEST: Final = (1 << 63) - 1


class Door(Struct, frozen=True):
    """What handlers work with. `settings` gives what a merchant's SDK needs of other doors."""

    network: Network
    public_url: str
    default_fee_bps: int
    settings: Callable[[Merchant], Mapping[str, str]]


class Call(Struct, frozen=True):
    """A request whose signature was right."""

    caller: Caller
    path: dict[str, str]
    query: dict[str, str]
    body: bytes


class Answer(Struct, frozen=True):
    """A success."""

    status: int
    body: bytes


def answer(fields: object, status: int = 200) -> Answer:
    """JSON."""
    return Answer(status, msgspec.json.encode(fields))


def read_form(body: bytes, form: type[F]) -> F:
    """A body as a form. Raises Problem 400 that names the field."""
    if NUL in body:
        raise Problem(400, "malformed", "text must not contain U+0000")
    try:
        return msgspec.json.decode(body, type=form)
    except RecursionError as error:
        raise Problem(400, "malformed", "nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "malformed", str(error)) from error


def read_query(raw: bytes) -> dict[str, str]:
    """The query by name."""
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def operator_only(call: Call) -> None:
    """Raises Problem 403 for merchants."""
    if not call.caller.is_operator:
        raise Problem(403, "not_permitted", "only an operator's key may do this")


def read_id(prefix: str, text: str) -> int:
    """The number behind an id. Raises Problem 404: an id of another kind names nothing here."""
    number = ids.parse(prefix, text)
    if number is None:
        raise Problem(404, "not_found", f"{prefix}_… expected, got {text[:40]}")
    return number


def read_money(amount: int, currency: str) -> Money:
    """Raises Problem 422 for a currency the network does not know."""
    known = CURRENCIES.get(currency)
    if known is None:
        raise Problem(422, "currency_unknown", f"{currency} is not one of {', '.join(CURRENCIES)}")
    return Money(amount, known)


def accepted(outcome: R | Refused) -> R:
    """The outcome. Raises Problem for a refusal."""
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return outcome
