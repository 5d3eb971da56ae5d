"""Rendering pages: templates, words, static files with a hash in their name, error pages."""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core import ids
from changliao.core.clock import Instant
from changliao.core.outcome import Refused
from changliao.web import barcode, causes, devices, display, language, naming, theme
from changliao.web.asgi import Application, Receive, Scope, Send
from changliao.web.security import Browser, Forged, guarded
from changliao.web.words import comes_back_s, explain

_log: Final = logging.getLogger("changliao.pages")
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
}
_YEAR_S: Final = 31_536_000
_YEAR: Final = "public, max-age=31536000, immutable"
_STATIC: Final = "/static/"
_REFUSED: Final = 422
_LATER: Final = 429
_AGAIN: Final = "again_s"


class Pages:
    """Renders templates for one network."""

    def __init__(self, browser: Browser, *, sandbox: bool) -> None:
        self.browser = browser
        self.sandbox = sandbox
        self._environments = {one: _environment(one, sandbox) for one in language.LANGUAGES}

    def render(
        self, request: Request, template: str, status: int = 200, **context: Any
    ) -> Response:
        """A page that is never stored."""
        chosen = language.choose(request)
        text = self.fragment(request, template, **context)
        headers = {"Cache-Control": "no-store"}
        again_s = getattr(request.state, _AGAIN, 0)
        if again_s and status == _REFUSED:
            status, headers["Retry-After"] = _LATER, str(again_s)
        response = HTMLResponse(text, status, headers)
        response.headers["Content-Language"] = language.LANGUAGES[chosen]
        if request.query_params.get("lang") in language.LANGUAGES:
            response.set_cookie(language.COOKIE, chosen, max_age=_YEAR_S, samesite="lax")
        if request.query_params.get("theme") in theme.THEMES:
            shown = theme.choose(request) or theme.AUTO
            response.set_cookie(theme.COOKIE, shown, max_age=_YEAR_S, samesite="lax")
        self.browser.keep_identity(request, response)
        return response

    def fragment(self, request: Request, template: str, **context: Any) -> str:
        """A template's text, for pages and for live parts of them."""
        chosen = language.choose(request)
        return (
            self._environments[chosen]
            .get_template(template)
            .render(
                request=request,
                lang=chosen,
                html_lang=language.LANGUAGES[chosen],
                theme=theme.choose(request),
                csrf=self.browser.token(request),
                here=request.url.path,
                **context,
            )
        )

    def explain(self, request: Request, refused: Refused, now: Instant) -> str:
        """A refusal in a person's words; its page tells programs when to come back."""
        again_s = comes_back_s(refused, now)
        if again_s:
            setattr(request.state, _AGAIN, again_s)
        return explain(partial(self.words, request), refused, now)

    def words(self, request: Request, text: str) -> str:
        """One message in the request's language."""
        return language.translations(language.choose(request)).gettext(text)

    def routes(self) -> list[Route]:
        """Static files and the front page."""

        async def static(request: Request) -> Response:
            found = static_files().get(request.path_params["name"])
            if found is None:
                raise HTTPException(404)
            kind = _TYPES[request.path_params["name"].rsplit(".", 1)[1]]
            return Response(found, media_type=kind, headers={"Cache-Control": _YEAR})

        async def front(_: Request) -> Response:
            return RedirectResponse("/w/", 303)

        return [Route(f"{_STATIC}{{name:path}}", static), Route("/", front)]

    def exception_handlers(self) -> Mapping[Any, Any]:
        """Error pages say what happened, whether money moved, and what to do."""

        async def http_error(request: Request, error: Exception) -> Response:
            status = error.status_code if isinstance(error, HTTPException) else 500
            return self.error(request, status)

        async def forged(request: Request, _: Exception) -> Response:
            return self.error(request, 403)

        return {HTTPException: http_error, Forged: forged, 500: http_error}

    def error(self, request: Request, status: int) -> Response:
        """What went wrong, in the words of where it did; its number stands in the log too."""
        number = f"req_{secrets.token_hex(8)}"
        segment = request.url.path.split("/")[1]
        area = segment if segment in ("console", "portal", "market") else "wallet"
        # Never the address itself: payment links and invitations are secrets.
        level = logging.ERROR if status >= 500 else logging.INFO
        _log.log(level, "%s: %s %s answered %d", number, request.method, _template(request), status)
        page = self.render(request, "error.html", status, code=status, area=area, number=number)
        page.headers["Changliao-Request-ID"] = number
        return page

    async def unavailable(self, request: Request, _: Exception) -> Response:
        """The answer while the database cannot be reached."""
        return self.error(request, 503)

    async def misnamed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An address with a character that nothing is called by."""
        path, query = scope["path"].replace("\0", ""), scope["query_string"].replace(b"%00", b"")
        asked = {**scope, "path": path, "query_string": query}
        await self.error(Request(asked), 400)(asked, receive, send)

    def secured(self, app: Application) -> Application:
        """The application with headers on every answer and no cross-site forms."""

        def refuse(status: int) -> Application:
            async def answer(scope: Scope, receive: Receive, send: Send) -> None:
                response = self.error(Request(dict(scope)), status)
                await response(dict(scope), receive, send)

            return answer

        return guarded(app, refuse)


def _template(request: Request) -> str:
    """The route that was asked for, without what was filled in."""
    route = request.scope.get("route")
    return route.path if isinstance(route, Route) else "(no route)"


@cache
def static_files() -> dict[str, bytes]:
    """Every static file under its name with a hash; module imports are given the same names."""
    folder = resources.files("changliao.web") / "static"
    texts = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    scripts = folder / "js"
    texts |= {f"js/{entry.name}": entry.read_bytes() for entry in scripts.iterdir()}
    return {_hashed(name, body): body for name, body in texts.items()}


@cache
def static_url(name: str) -> str:
    """Where the page finds a static file."""
    stem, _, ending = name.rpartition(".")
    for hashed in static_files():
        if hashed.startswith(f"{stem}.") and hashed.endswith(f".{ending}"):
            return _STATIC + hashed
    raise LookupError(name)


@cache
def static_version() -> str:
    """Changes when any static file does."""
    return hashlib.sha256("".join(sorted(static_files())).encode()).hexdigest()[:12]


def _hashed(name: str, body: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"


def _environment(chosen: str, sandbox: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("changliao.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        finalize=display.plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = language.translations(chosen)
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "static": static_url,
        "static_version": static_version,
        "amount": display.amount,
        "coded": display.coded,
        "device": devices.named,
        "called": partial(naming.called, lang=chosen),
        "either": partial(naming.either, lang=chosen),
        "full_time": display.full_time,
        "machine_time": display.machine_time,
        "made_at": ids.made_at,
        "show_id": ids.show,
        "barcode": barcode.code128,
        "qr": display.qr,
        "qr_image": display.qr_image,
        "sandbox": sandbox,
        "told": partial(causes.told, words.gettext),
    }
    environment.globals["ui"] = environment.get_template("_macros.html").module
    return environment
