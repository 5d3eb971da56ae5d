"""What every page is protected by: strict headers, no cross-site forms, small bodies.

Source: WEB.md §3. A form is accepted when the browser says that it comes from our own pages and
it carries the token of this browser's cookie.
"""

import base64
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from changliao.web.asgi import Application, Receive, Scope, Send

BROWSER_COOKIE: Final = "cl_browser"
SESSION_COOKIE: Final = "cl_session"
TOKEN_FIELD: Final = "csrf"
TOKEN_HEADER: Final = "x-csrf-token"
# What no page ever writes into another form or shows again.
SECRET_FIELDS: Final = frozenset({"again", "answer", "new", "old", "password", "pin"})
MOST_FIELDS: Final = 32
FORM_LIMIT: Final = 65_536
# What is carried in an address: longer ones are not taken everywhere.
_LONGEST_SEALED: Final = 7_000
_NONCE_BYTES: Final = 12
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_YEAR_S: Final = 31_536_000
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self), publickey-credentials-get=(self)"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


# A page made to be shown inside another site's.
EMBEDDED: Final = (
    (
        b"content-security-policy",
        _POLICY.replace("frame-ancestors 'none'", "frame-ancestors *").encode(),
    ),
    *HEADERS[1:4],
)


def framed_by(origins: Iterable[str]) -> str:
    """The policy of a page that pages of these origins alone may show in a frame."""
    named = " ".join(one for one in origins if one)
    return _POLICY.replace("ancestors 'none'", f"ancestors {named}") if named else _POLICY


class Forged(Exception):
    """A form that did not come from our own page in this browser."""


class Browser:
    """Cookies and form tokens; `key` ties a token to a cookie, `https` makes cookies strict."""

    def __init__(self, key: bytes, *, https: bool) -> None:
        self._key = key
        self._seal = AESGCM(hmac.digest(key, b"what was typed", "sha256"))
        self._https = https

    def cookie_name(self, name: str) -> str:
        """Browsers keep `__Host-` cookies from being set by anyone but this very host."""
        return f"__Host-{name}" if self._https else name

    def read(self, request: Request, name: str) -> str:
        """A cookie's value, or nothing."""
        return request.cookies.get(self.cookie_name(name), "")

    def set(self, response: Response, name: str, value: str) -> None:
        """Keep a cookie for a year; scripts cannot read it."""
        response.set_cookie(
            self.cookie_name(name),
            value,
            max_age=_YEAR_S,
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )

    def forget(self, response: Response, name: str) -> None:
        """Drop a cookie."""
        response.delete_cookie(
            self.cookie_name(name), path="/", secure=self._https, httponly=True, samesite="lax"
        )

    def identity(self, request: Request) -> str:
        """This browser's random name, made at its first visit."""
        known = self.read(request, BROWSER_COOKIE) or getattr(request.state, "browser", "")
        if not known:
            known = request.state.browser = secrets.token_urlsafe(24)
        return known

    def token(self, request: Request) -> str:
        """What every form of this browser carries."""
        return hmac.digest(self._key, self.identity(request).encode(), "sha256").hex()

    def keep_identity(self, request: Request, response: Response) -> None:
        """Set the cookie when this is the first visit."""
        made = getattr(request.state, "browser", "")
        if made:
            self.set(response, BROWSER_COOKIE, made)

    def check(self, request: Request) -> None:
        """For a body that is no form: the token is a header. Raises Forged."""
        self._checked(request, request.headers.get(TOKEN_HEADER))

    async def form(self, request: Request) -> FormData:
        """The fields of a form. Raises Forged."""
        form = await request.form(max_files=0, max_fields=MOST_FIELDS)
        self._checked(request, form.get(TOKEN_FIELD))
        if any("\0" in value for value in form.values() if isinstance(value, str)):
            raise Forged
        return form

    def seal(self, request: Request, fields: Mapping[str, str]) -> str:
        """What was typed on one page, for the address of the next: for this browser's eyes only.

        So a form is answered with a redirect, and its page can be loaded again. Empty: too long.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        text = msgspec.json.encode(dict(fields))
        sealed = nonce + self._seal.encrypt(nonce, text, self.identity(request).encode())
        shown = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        return shown if len(shown) <= _LONGEST_SEALED else ""

    def unseal(self, request: Request, shown: object) -> dict[str, str]:
        """What `seal` sealed in this browser; nothing of anything else."""
        if not isinstance(shown, str) or not shown.isascii() or len(shown) > _LONGEST_SEALED:
            return {}
        try:
            sealed = base64.urlsafe_b64decode(shown + "=" * (-len(shown) % 4))
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            text = self._seal.decrypt(nonce, rest, self.identity(request).encode())
        except (ValueError, InvalidTag):
            return {}
        return msgspec.json.decode(text, type=dict[str, str])

    def _checked(self, request: Request, given: object) -> None:
        if not self.read(request, BROWSER_COOKIE) or not isinstance(given, str):
            raise Forged
        if not hmac.compare_digest(given.encode(), self.token(request).encode()):
            raise Forged


def guarded(app: Application, refuse: Callable[[int], Application]) -> Application:
    """`app` with the headers on every answer; `refuse(status)` answers forms that are not let in.

    403: from another site. 413: larger than FORM_LIMIT, or of a length nobody knows.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                own = any(name == HEADERS[0][0] for name, _ in given)  # a policy of its own
                message = {**message, "headers": [*given, *HEADERS[own:]]}
            await send(message)

        status = _refused(dict(scope["headers"])) if scope["method"] in _UNSAFE else 0
        await (refuse(status) if status else app)(scope, receive, send_with_headers)

    return serve


def _refused(headers: dict[bytes, bytes]) -> int:
    """Why a form is not let in, as a status; 0 lets it in."""
    if not _same_site(headers):
        return 403
    length = headers.get(b"content-length", b"")
    return 0 if length.isdigit() and int(length) <= FORM_LIMIT else 413


def _same_site(headers: dict[bytes, bytes]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None:
        return False
    return urlsplit(origin.decode("latin-1")).netloc == headers.get(b"host", b"").decode("latin-1")
