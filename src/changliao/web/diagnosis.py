"""Why a signature does not match: what was signed is guessed until it fits.

An RSA signature can be opened with the public key, which gives the digest of what was really
signed; with other kinds each guess is checked outright. Source: RFC 8017 §8.2.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from msgspec import Struct

from changliao.web.causes import Cause, Said
from changliao.web.exchanges import Failure

Message = Callable[[str, bytes, bytes], bytes]
# What may have been signed instead, and why it would be so.
Variant = tuple[tuple[Said, ...], bytes]
_MOST_SHOWN: Final = 4_096


class NamedKey(Struct, frozen=True):
    """A public key (PEM) and how the caller would name it."""

    name: str
    pem: bytes


def first_match(variants: Iterable[Variant], matches: Callable[[bytes], bool]) -> Variant:
    """Why the first text that fits was signed, and that text; nothing when none fits."""
    return next((one for one in variants if matches(one[1])), ((), b""))


def only(cause: Cause, **facts: str) -> tuple[Said, ...]:
    """One cause."""
    return (Said(cause, facts),)


def of_rsa(
    ours: bytes, signature: str, named: NamedKey, others: list[NamedKey],
    variants: Iterable[Variant],
) -> Failure:  # fmt: skip
    """The whole story of an RSA signature over a text that should have been `ours`."""
    shown = shown_text(ours)
    digest = hashlib.sha256(ours).hexdigest()
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return Failure(only(Cause.NOT_BASE64), shown, digest)
    theirs = opened(named.pem, raw)
    if theirs is not None:
        found, text = first_match(variants, lambda text: hashlib.sha256(text).digest() == theirs)
        causes = found or only(Cause.TEXT_OTHER)
        return Failure(causes, shown, digest, theirs.hex(), shown_text(text))
    if opened(named.pem, raw, SHA1()) is not None:  # noqa: S303 it is only recognised
        return Failure(only(Cause.SHA1), shown, digest)
    for other in others:
        if opened(other.pem, raw) is not None:
            causes = only(Cause.KEY_OTHER, used=other.name, named=named.name)
            return Failure(causes, shown, digest)
    return Failure(only(Cause.KEY_UNKNOWN), shown, digest)


def shown_text(text: bytes) -> str:
    """As much of a signed text as a log keeps."""
    return text[:_MOST_SHOWN].decode("utf-8", "replace")


def opened(pem: bytes, signature: bytes, algorithm: HashAlgorithm | None = None) -> bytes | None:
    """The digest inside a signature; None when this key did not make it."""
    if b"BEGIN CERTIFICATE" in pem:
        key: object = load_pem_x509_certificate(pem).public_key()
    else:
        key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        return None
    try:
        return key.recover_data_from_signature(signature, PKCS1v15(), algorithm or SHA256())
    except (InvalidSignature, ValueError):
        return None


def request_variants(
    asked: tuple[str, bytes, bytes], build: Message, host: str, paths: Iterable[str] = ()
) -> Iterator[Variant]:
    """What people sign instead, the likeliest first.

    `host` is the one that was asked; `paths` are others of the door's.
    """
    method, target, body = asked
    ours = build(method, target, body)
    yield only(Cause.LAST_LINE_FEED), ours[:-1]
    yield only(Cause.LINE_ENDS), ours.replace(b"\n", b"\r\n")
    for cause, other in bodies(body):
        yield only(cause), build(method, target, other)
    for cause, path in _targets(target, host):
        yield only(cause), build(method, path, body)
        yield only(cause) + only(Cause.BODY_LEFT_OUT), build(method, path, b"")
    for signed in (*_METHODS, method.lower()):
        yield only(Cause.METHOD, signed=signed, asked=method), build(signed, target, body)
        yield (
            only(Cause.METHOD, signed=signed, asked=method) + only(Cause.BODY_LEFT_OUT),
            build(signed, target, b""),
        )
    for one in _other_paths(target.decode("latin-1"), paths):
        yield only(Cause.PATH_OTHER, signed=one), build(method, one.encode("latin-1"), body)


def bodies(body: bytes) -> Iterator[tuple[Cause, bytes]]:
    """Other forms of the same body."""
    if not body:
        yield Cause.BODY_EMPTY_OBJECT, b"{}"
        yield Cause.BODY_NULL, b"null"
        return
    yield Cause.BODY_LEFT_OUT, b""
    yield Cause.BODY_WHITESPACE, body.strip()
    yield Cause.BODY_LINE_FEED, body + b"\n"
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for ascii_only in (False, True):
        for sort in (False, True):
            for style in _STYLES:
                text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort, **style)
                escaped = ascii_only and not body.isascii()
                unsorted = Cause.JSON_ESCAPES if escaped else Cause.JSON_WHITESPACE
                yield Cause.JSON_ORDER if sort else unsorted, text.encode()


def _other_paths(target: str, paths: Iterable[str]) -> Iterator[str]:
    """Without its first parts, with them twice, in small letters; then the door's others."""
    path, mark, query = target.partition("?")
    parts = path.split("/")[1:]
    for count in (1, 2):
        yield f"/{'/'.join(parts[count:])}{mark}{query}"
        yield f"/{'/'.join(parts[:count])}{target}"
    yield target.lower()
    for one in paths:
        yield f"{one}{parts[-1] if one.endswith('/') else ''}{mark}{query}"


def _targets(target: bytes, host: str) -> Iterator[tuple[Cause, bytes]]:
    text = target.decode("latin-1")
    path, mark, query = text.partition("?")
    if mark:
        yield Cause.QUERY_LEFT_OUT, path.encode("latin-1")
        yield Cause.QUERY_EMPTY, f"{path}?".encode("latin-1")
    plain = unquote(text)
    if plain != text:
        yield Cause.PATH_PLAIN, plain.encode()
    encoded = quote(text, safe="/?&=%")
    if encoded != text:
        yield Cause.PATH_ENCODED, encoded.encode()
    if query:
        together = quote(query, safe="=&")
        yield Cause.QUERY_ENCODED, f"{path}?{together}".encode()
    yield Cause.PATH_SLASH_FIRST, target[1:]
    for address in (f"https://{host}", f"http://{host}", host, *_HOSTS):
        yield Cause.ADDRESS_WHOLE, f"{address}{text}".encode()
    if urlsplit(text).path.endswith("/"):
        yield Cause.PATH_SLASH_LAST, path.rstrip("/").encode("latin-1")


_STYLES: Final[tuple[dict[str, Any], ...]] = (
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"indent": 4},
)
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Where a shop that is not yet moved, or stands behind a proxy, believes to be.
_HOSTS: Final = (
    "https://api.mch.weixin.qq.com",
    "https://openapi.alipay.com",
    "http://127.0.0.1:8964",
    "http://localhost:8964",
)
