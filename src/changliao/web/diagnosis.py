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

from changliao.web.exchanges import Failure

Message = Callable[[str, bytes, bytes], bytes]
_MOST_SHOWN: Final = 4_096
_LINE_ENDS: Final = "the signed text ends its lines with CR LF; a single line feed is needed"
_UNKNOWN: Final = (
    "the key is right, but another text was signed: compare it with ours line by line (method, "
    "path with query, timestamp, nonce, the exact bytes of the body)"
)
_NO_KEY: Final = (
    "no key we know opens this signature: it was made with another private key, or cut short"
)


class NamedKey(Struct, frozen=True):
    """A public key (PEM) and how the caller would name it."""

    name: str
    pem: bytes


def of_request(
    asked: tuple[str, bytes, bytes], build: Message, matches: Callable[[bytes], bool]
) -> str:
    """What was signed instead of (method, target, body), in words; empty when nothing fits."""
    return first_match(request_variants(asked, build), matches)


def first_match(variants: Iterable[tuple[str, bytes]], matches: Callable[[bytes], bool]) -> str:
    """The words of the first text that fits."""
    return next((words for words, text in variants if matches(text)), "")


def of_rsa(
    ours: bytes, signature: str, named: NamedKey, others: list[NamedKey],
    variants: Iterable[tuple[str, bytes]],
) -> Failure:  # fmt: skip
    """The whole story of an RSA signature over a text that should have been `ours`."""
    shown = ours[:_MOST_SHOWN].decode("utf-8", "replace")
    digest = hashlib.sha256(ours).hexdigest()
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return Failure("the signature is not base 64", shown, digest)
    theirs = opened(named.pem, raw)
    if theirs is not None:
        guess = first_match(variants, lambda text: hashlib.sha256(text).digest() == theirs)
        return Failure(guess or _UNKNOWN, shown, digest, theirs.hex())
    if opened(named.pem, raw, SHA1()) is not None:  # noqa: S303 it is only recognised
        return Failure("signed with SHA-1; SHA-256 is needed", shown, digest)
    for other in others:
        if opened(other.pem, raw) is not None:
            said = f"signed with the key {other.name}, but the request names {named.name}"
            return Failure(said, shown, digest)
    return Failure(_NO_KEY, shown, digest)


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
    asked: tuple[str, bytes, bytes], build: Message
) -> Iterator[tuple[str, bytes]]:
    """What people sign instead, the likeliest first, with the words for it."""
    method, target, body = asked
    ours = build(method, target, body)
    yield "the last line feed is missing: every line ends with one, the last too", ours[:-1]
    yield _LINE_ENDS, ours.replace(b"\n", b"\r\n")
    for words, other in bodies(body):
        yield words, build(method, target, other)
    for words, path in _targets(target):
        yield words, build(method, path, body)
        yield f"{words}; and the body was left out", build(method, path, b"")
    for other_method in ("GET", "POST", method.lower()):
        said = f"the signed method is {other_method}, the request's is {method}"
        yield said, build(other_method, target, body)


def bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Other forms of the same body, with the words for each."""
    if not body:
        yield "the signed text has the body {} where the request has none", b"{}"
        yield "the signed text has the body null where the request has none", b"null"
        return
    yield "the body was left out of the signed text", b""
    yield "whitespace around the body was not signed", body.strip()
    yield "a line feed follows the signed body that was not sent", body + b"\n"
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    space = "the JSON was written again with other whitespace after it was signed"
    order = "the JSON was written again with its members in another order"
    escapes = "the JSON was written again with other escapes for non-ASCII text"
    for ascii_only in (False, True):
        for sort in (False, True):
            for style in _STYLES:
                text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort, **style)
                words = order if sort else escapes if ascii_only and not body.isascii() else space
                yield words, text.encode()


def _targets(target: bytes) -> Iterator[tuple[str, bytes]]:
    text = target.decode("latin-1")
    path, mark, query = text.partition("?")
    if mark:
        yield "the query was left out of the signed path", path.encode("latin-1")
        yield "the signed path has a ? but no query", f"{path}?".encode("latin-1")
    plain = unquote(text)
    if plain != text:
        yield "the path was signed before it was percent-encoded", plain.encode()
    encoded = quote(text, safe="/?&=%")
    if encoded != text:
        yield "the path was percent-encoded before it was signed", encoded.encode()
    if query:
        together = quote(query, safe="=&")
        yield "the query was encoded once more before it was signed", f"{path}?{together}".encode()
    yield "the signed path begins without its slash", target[1:]
    for host in _HOSTS:
        yield "the whole address was signed; only path and query are", f"{host}{text}".encode()
    if urlsplit(text).path.endswith("/"):
        yield "the signed path ends without its slash", path.rstrip("/").encode("latin-1")


_STYLES: Final[tuple[dict[str, Any], ...]] = (
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"indent": 4},
)
_HOSTS: Final = (
    "https://api.mch.weixin.qq.com",
    "http://127.0.0.1:8964",
    "http://localhost:8964",
)
