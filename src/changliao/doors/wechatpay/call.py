"""One authenticated call and its answer, and reading bodies into forms."""

import re
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from changliao.core.parties import Merchant
from changliao.doors.wechatpay.errors import WechatError, param_error
from changliao.doors.wechatpay.platform import Platform
from changliao.operations.network import Network
from changliao.web import twice
from changliao.web.asgi import NUL, Headers
from changliao.web.twice import SaidTwice

F = TypeVar("F")
JSON: Final = "application/json; charset=utf-8"
_TWICE: Final = "is given twice with different values"
_NUMBER: Final = re.compile(r"\[([0-9]+)\]")
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`")


class Door(Struct, frozen=True):
    """What handlers work with. `public_url` is where payers reach us."""

    network: Network
    platform: Platform
    public_url: str


class Call(Struct, frozen=True):
    """A request whose signature was right; `host` is the name under which it found us.

    `serial` names the key of ours that the merchant works with.
    """

    merchant: Merchant
    path: dict[str, str]
    query: dict[str, str]
    body: bytes
    host: str = ""
    serial: str = ""
    content_type: str = ""


class Answer(Struct, frozen=True):
    """A success: 200 with JSON, 204 without a body, or a file, which is never signed."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    signed: bool = True


def ok(fields: object) -> Answer:
    """200 with JSON."""
    return Answer(200, msgspec.json.encode(fields))


NO_CONTENT: Final = Answer(204)


def read_form(body: bytes, form: type[F]) -> F:
    """A body as a form. Raises WechatError 400 that names the field."""
    if NUL in body:
        raise param_error("/", "must not contain U+0000")
    try:
        read = msgspec.json.decode(body, type=form)
        twice.check_members(body)
    except SaidTwice as error:
        raise param_error(f"/{error.name}", _TWICE) from error
    except msgspec.ValidationError as error:
        text = str(error)
        place = _PLACE.search(text)
        pointer = "/" + _pointer(place[1]) if place else "/"
        raise param_error(pointer, _PLACE.sub("", text)) from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise WechatError(400, "PARAM_ERROR", "请求体不是合法的UTF-8 JSON对象") from error
    return read


def _pointer(place: str) -> str:
    """A place as JSON Pointer has it: members and numbers between slashes."""
    return _NUMBER.sub(r"/\1", place).replace(".", "/")


def read_query(raw: bytes) -> dict[str, str]:
    """The query by name. Raises WechatError 400 for a name with two values."""
    try:
        return twice.parameters(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    except SaidTwice as error:
        raise param_error(error.name or "/", _TWICE, "query") from error


def check_headers(headers: Headers) -> None:
    """Raises WechatError 400 for a header with two values: a body is of one kind."""
    try:
        twice.check_headers(headers)
    except SaidTwice as error:
        raise param_error(error.name, _TWICE, "header") from error


def required(query: dict[str, str], name: str) -> str:
    """A query parameter that must be there. Raises WechatError 400."""
    value = query.get(name, "")
    if not value:
        raise param_error(name, "is required", "query")
    return value
