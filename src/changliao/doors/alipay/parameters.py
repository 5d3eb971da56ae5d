"""The parameters of a gateway request: query, form and multipart text, merged and decoded.

The charset is itself a parameter, so names and values are split as bytes first.
Source: alipay-openapi.md §1 and §2.1. Refuses: a name given twice with different values.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from changliao.doors.alipay.errors import invalid

CODECS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gbk": "gbk",
    "gb2312": "gb2312",
    "gb18030": "gb18030",
}
MOST_PARAMETERS: Final = 128
_FORM: Final = b"application/x-www-form-urlencoded"
Pair = tuple[bytes, bytes]


class Parameters(Struct, frozen=True):
    """Decoded by `codec`; `twice` names a parameter that came with two values, else empty."""

    values: Mapping[str, str]
    codec: str
    twice: str = ""

    def get(self, name: str) -> str:
        """A parameter's value, or nothing."""
        return self.values.get(name, "")

    @property
    def charset(self) -> str:
        """As the caller spells it."""
        return self.get("charset") or "utf-8"


def read(query: bytes, content_types: list[bytes], body: bytes) -> Parameters:
    """Merge what came in the address and in the body. Raises AlipayError 40002."""
    if len(set(content_types)) > 1:
        raise invalid("invalid-parameter", "Content-Type 重复且不一致")
    content_type = content_types[0] if content_types else b""
    pairs = [*_split(query), *_body_pairs(content_type, body)]
    if len(pairs) > MOST_PARAMETERS:
        raise invalid("invalid-parameter", f"参数超过 {MOST_PARAMETERS} 个")
    return _merged(pairs)


def from_query(query: bytes) -> Parameters:
    """What can be told of a request whose body cannot be read."""
    return _merged(_split(query))


def _merged(pairs: Iterable[Pair]) -> Parameters:
    named: dict[bytes, bytes] = {}
    twice = b""
    for name, value in pairs:
        if named.setdefault(name, value) != value:
            twice = twice or name
    charset = named.get(b"charset", b"").decode("ascii", "replace").lower()
    codec = CODECS.get(charset, "utf-8")
    values = {
        name.decode(codec, "replace"): v.decode(codec, "replace") for name, v in named.items()
    }
    return Parameters(values, codec, twice.decode(codec, "replace"))


def _split(text: bytes) -> list[Pair]:
    """`a=1&b=2` with its escapes undone, as bytes."""
    parts = [part.partition(b"=") for part in text.replace(b"+", b" ").split(b"&")]
    return [(_plain(name), _plain(value)) for name, _, value in parts if name]


def _plain(text: bytes) -> bytes:
    return unquote_to_bytes(text) if b"%" in text else text


def _body_pairs(content_type: bytes, body: bytes) -> list[Pair]:
    if content_type.startswith(_FORM):
        return _split(body)
    kind, options = parse_options_header(content_type)
    if kind == b"multipart/form-data":
        return _text_parts(options.get(b"boundary", b""), body)
    if kind in (b"", _FORM):
        return _split(body)
    if body:
        raise invalid("invalid-parameter", "请求体必须是表单")
    return []


def _text_parts(boundary: bytes, body: bytes) -> list[Pair]:
    """The parts that are not files."""
    parts: list[tuple[dict[bytes, bytes], bytearray]] = []
    header = [b"", b""]

    def begin() -> None:
        parts.append(({}, bytearray()))

    def field(data: bytes, start: int, end: int) -> None:
        header[0] += data[start:end]

    def value(data: bytes, start: int, end: int) -> None:
        header[1] += data[start:end]

    def header_end() -> None:
        parts[-1][0][header[0].lower()] = header[1]
        header[:] = [b"", b""]

    def content(data: bytes, start: int, end: int) -> None:
        parts[-1][1].extend(data[start:end])

    callbacks = {
        "on_part_begin": begin,
        "on_header_field": field,
        "on_header_value": value,
        "on_header_end": header_end,
        "on_part_data": content,
    }
    try:
        parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise invalid("invalid-parameter", "multipart 请求体不完整") from error
    pairs = []
    for headers, text in parts:
        _, options = parse_options_header(headers.get(b"content-disposition", b""))
        if b"name" in options and b"filename" not in options:
            pairs.append((options[b"name"], bytes(text)))
    return pairs
