"""What is said twice and differently: nobody here chooses which of the two was meant.

Members of JSON objects at any depth, parameters, headers that matter. The same said twice is no
matter. Decoders take the last of two, others the first: so a request would mean one thing where
it was checked and another where it was done.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

# One of each is all that a door reads.
_HEADERS: Final = frozenset({b"authorization", b"content-type", b"idempotency-key"})


class SaidTwice(Exception):
    """`name` came with two values; it is empty where it is no plain word that one may show."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name if name.isascii() and name.replace("-", "_").isidentifier() else ""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members by name: an `object_pairs_hook`. Raises SaidTwice."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        _check(pairs)
    return fields


def check_members(text: bytes) -> None:
    """Raises SaidTwice, and what json raises for text that is no JSON in UTF-8."""
    _DECODER.decode(text.decode())


def parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name. Raises SaidTwice."""
    return once(list(pairs))


def check_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises SaidTwice."""
    _check([(name.decode().title(), value) for name, value in headers if name in _HEADERS])


def _check(pairs: list[tuple[str, Any]]) -> None:
    first: dict[str, str] = {}
    for name, value in pairs:
        # 1 and true are equal, and are not the same.
        said = repr(value)
        if first.setdefault(name, said) != said:
            raise SaidTwice(name)


# Numbers as they are written: neither rounded nor, where they are long, refused.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=once, parse_int=str.encode, parse_float=str.encode
)
