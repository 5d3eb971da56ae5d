"""A person's visit: who asks, in which language, and how to answer."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.operations import sessions
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.web import passkeys, session
from changliao.web.pages import Pages
from changliao.web.words import REASONS

UNPROCESSABLE = 422
_UNKNOWN = 401
_ENDED = REASONS[Reason.SESSION_ENDED]
# In what is sealed of a form that came after its session had ended: where it goes, and that it
# had a PIN. Names that no field has.
PATH: Final = "/path"
PINS: Final = "/pins"


class Wallet(Struct, frozen=True):
    """What handlers work with."""

    network: Network
    pages: Pages
    desk: Desk
    public_url: str


class Visit(Struct, frozen=True):
    """A request of somebody who is logged in."""

    wallet: Wallet
    request: Request
    user: User

    def words(self, text: str) -> str:
        """A message in this person's language."""
        return self.wallet.pages.words(self.request, text)

    def render(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page."""
        return self.wallet.pages.render(self.request, template, status, **context)

    def onward(self, path: str, given: Mapping[str, str]) -> Response:
        """To the next page, with what was typed on this one."""
        return RedirectResponse(f"{path}?of={self.sealed(given)}", 303)

    def sealed(self, given: Mapping[str, str]) -> str:
        """What was typed, as the next page's address has it."""
        return self.wallet.pages.browser.seal(self.request, given)

    def given(self, *names: str) -> dict[str, str]:
        """What was typed on the page before, by name; empty where nothing was."""
        found = self.wallet.pages.browser.unseal(self.request, self.request.query_params.get("of"))
        return {name: found.get(name, "") for name in names}

    def missing(self) -> Response:
        """There is no such thing, or it is another's."""
        return self.wallet.pages.error(self.request, 404)


def go_on(visit: Visit, following: str) -> Response:
    """For the PIN sheet the next address as JSON, for a plain form a redirect."""
    if wants_json(visit.request):
        return JSONResponse({"next": following})
    return RedirectResponse(following, 303)


Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def signed_in(wallet: Wallet, handler: Handler) -> Endpoint:
    """The handler for people who are logged in; others log in first and come back."""

    async def endpoint(request: Request) -> Response:
        find = partial(sessions.find, wallet.network)
        user = await session.user_of(request, wallet.pages.browser, find)
        if user is not None:
            return await handler(Visit(wallet, request, user))
        if request.method != "POST" or not _is_form(request):
            return session.to_login(request)
        if wants_json(request):
            # The sheet sends its form again, to be kept as any form is.
            return JSONResponse({"message": wallet.pages.words(request, _ENDED)}, _UNKNOWN)
        form = await wallet.pages.browser.form(request)
        fields, pins = session.kept(form), "pin" in form
        if not fields and not pins:
            return RedirectResponse("/w/login", 303)
        kept = fields | {PATH: request.url.path, PINS: "1" if pins else ""}
        return RedirectResponse(f"/w/login?of={wallet.pages.browser.seal(request, kept)}", 303)

    return endpoint


def login_page(
    wallet: Wallet, request: Request, following: str, text: str, *, phone: str = "", kept: str = ""
) -> Response:
    """The page, again with what was typed into it; `kept` is a form before it, sealed."""
    return wallet.pages.render(
        request,
        "wallet/login.html",
        UNPROCESSABLE if text else 200,
        given={"phone": phone},
        next=following,
        problem_text=text,
        kept=kept,
        passkeys=passkeys.party(request, wallet.public_url) is not None,
    )


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def problem(wallet: Wallet, request: Request, refused: Refused) -> str:
    """A refusal in a person's words."""
    return wallet.pages.explain(request, refused, wallet.network.clock())


def wants_json(request: Request) -> bool:
    """Does the PIN sheet ask, rather than a plain form?"""
    return "application/json" in request.headers.get("accept", "")


def refused_json(message: str) -> Response:
    """For the PIN sheet."""
    return JSONResponse({"message": message}, UNPROCESSABLE)
