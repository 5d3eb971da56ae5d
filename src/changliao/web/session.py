"""Who a browser is. Sessions are kept by the network; this reads and sets the cookie."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from changliao.core.parties import User
from changliao.web.security import SECRET_FIELDS, SESSION_COOKIE, TOKEN_FIELD, Browser

Finder = Callable[[str], Awaitable[User | None]]


async def user_of(request: Request, browser: Browser, find: Finder) -> User | None:
    """The person logged in, or nobody."""
    token = browser.read(request, SESSION_COOKIE)
    return await find(token) if token else None


def to_login(request: Request) -> Response:
    """Log in first, then come back here."""
    return RedirectResponse(f"/w/login?next={quote(address(request), safe='/')}", 303)


def address(request: Request) -> str:
    """Where a page is: with its filters, which a form that was sent has in its body."""
    query = request.url.query if request.method == "GET" else ""
    return f"{request.url.path}?{query}" if query else request.url.path


def safe_next(given: object, otherwise: str = "/w/") -> str:
    """Where to go on: only a path of our own, never another host."""
    text = given if isinstance(given, str) else ""
    own = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if own and text.isascii() and text.isprintable() else otherwise


def kept(form: FormData) -> dict[str, str]:
    """What may be kept of a form that came after its session had ended; secrets never.

    Nothing of a form that is about secrets: it is filled in anew. A PIN alone is asked for again.
    """
    if (SECRET_FIELDS - {"pin"}) & form.keys():
        return {}
    dropped = SECRET_FIELDS | {TOKEN_FIELD}
    return {n: v for n, v in form.items() if isinstance(v, str) and n not in dropped}
