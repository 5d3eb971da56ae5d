"""A member's visit: who asks, by which right, and how to act and answer.

Every page is one entry of a table: method, path, the right it needs, and who answers. Nothing is
served that has no entry, and no entry is served without its right.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.acts import UNSEEN, Act, Changed, Facts, version
from changliao.core.ids import ActId
from changliao.core.members import Member, MemberSession, Right, may
from changliao.core.outcome import Refused
from changliao.core.passkeys import Party
from changliao.operations import logins
from changliao.operations.acts import By, acting
from changliao.operations.books import Books
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.operations.operation import Operation
from changliao.operations.today import Today
from changliao.store.views import console as console_views
from changliao.store.views.console import Waiting
from changliao.web import language, passkeys, session
from changliao.web.naming import Named, called
from changliao.web.pages import Pages
from changliao.web.security import Forged

COOKIE: Final = "cl_member"
LOGIN: Final = "/console/login"
UNPROCESSABLE: Final = 422
C = TypeVar("C")
R = TypeVar("R")


class Console(Struct, frozen=True):
    """What handlers work with. `desk` knows which channels can be asked here.

    Of fewer than `minimum_users` the market tells nothing. `reference` is of the REST API.
    """

    network: Network
    pages: Pages
    today: Today
    books: Books
    desk: Desk
    minimum_users: int
    public_url: str
    reference: Callable[[], Any]

    def party(self, request: Request) -> Party | None:
        """Whom authenticators answer; None where passkeys do not work."""
        return passkeys.party(request, self.public_url)


class Stale(Exception):
    """A form was made from what somebody changed meanwhile: nothing was done."""

    def __init__(self, act: Act, seen: Facts, now: Facts) -> None:
        super().__init__(act.subject)
        self.act, self.seen, self.now = act, seen, now


class Visit(Struct, frozen=True):
    """A request of a member who may make it; `edits`: of something that others may edit too."""

    console: Console
    request: Request
    member: Member
    session: MemberSession
    right: Right
    waiting: Waiting
    edits: bool = False

    @property
    def network(self) -> Network:
        """Where commands go and views come from."""
        return self.console.network

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address, without the language."""
        return {n: v for n, v in self.request.query_params.items() if n != "lang"}

    @property
    def english(self) -> bool:
        """Are names wanted in English?"""
        return language.choose(self.request) == "en"

    def called(self, one: Named) -> str:
        """The name of a channel, method or terminal in this member's language."""
        return called(one, language.choose(self.request))

    def words(self, text: str) -> str:
        """A message in this member's language."""
        return self.console.pages.words(self.request, text)

    def may(self, right: str) -> bool:
        """For templates: is this action to be offered?"""
        return may(self.member, Right(right))

    def render(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page."""
        context = {
            "visit": self,
            "rest": urlencode(self.query),
            "act_id": ids.show("act", self.network.ids.new()),
            **context,
        }
        return self.console.pages.render(self.request, template, status, **context)

    def missing(self) -> Response:
        """There is no such thing, or it is another's."""
        return self.render("console/said.html", 404, said="missing", text="")

    def refused(self, refused: Refused) -> Response:
        """Why the network said no."""
        return self.render(
            "console/said.html", UNPROCESSABLE, said="refused", text=self.problem(refused)
        )

    def problem(self, refused: Refused) -> str:
        """A refusal in a member's words, with the reason as programs read it."""
        text = self.console.pages.explain(self.request, refused, self.network.clock())
        return f"{text} ({refused.reason.value}{': ' if refused.detail else ''}{refused.detail})"

    async def form(self) -> FormData:
        """The fields of this browser's own form. Raises Forged."""
        return await self.console.pages.browser.form(self.request)

    async def act(
        self,
        form: FormData,
        operation: Operation[C, R],
        command: C,
        subject: str,
        **details: str,
    ) -> R | Refused:
        """Perform a command as this member, and keep that it did. Raises Stale."""
        act = Act(
            id=ActId(ids.parse("act", str(form.get("act", ""))) or self.network.ids.new()),
            member_id=self.member.id,
            action=operation.name,
            subject=subject,
            details=details,
            address=address_of(self.request),
        )
        seen = seen_in(form)
        by = By(act, self.right, command, version(seen) if self.edits else UNSEEN)
        outcome = await self.network.perform(acting(operation), by)
        if isinstance(outcome, Changed):
            raise Stale(act, seen, outcome.now)
        return outcome


Handler = Callable[[Visit], Awaitable[Response]]


class Entry(Struct, frozen=True):
    """One page or action. `shown_at`: what it edits, and where that is shown."""

    method: str
    path: str
    right: Right
    handler: Handler
    shown_at: str = ""


def route(console: Console, entry: Entry) -> Route:
    """The entry as a route: others log in first, or are told which right is missing."""

    async def endpoint(request: Request) -> Response:
        token = console.pages.browser.read(request, COOKIE)
        found = await logins.find(console.network, token) if token else None
        if found is None:
            return await to_login(console, request)
        member, session = found
        waiting = Waiting()
        if may(member, Right.LOOK):
            now = console.network.clock()
            waiting = await console.network.read(console_views.waiting, now)
        elif may(member, Right.PORTAL_LOOK):
            of = member.organisation
            waiting = await console.network.read(console_views.waiting_of_merchant, of)
        edits = bool(entry.shown_at)
        visit = Visit(console, request, member, session, entry.right, waiting, edits)
        if not may(member, entry.right):
            return visit.render("console/said.html", 403, said="forbidden", text=entry.right.value)
        return await entry.handler(visit)

    return Route(entry.path, endpoint, methods=[entry.method])


def seen_in(form: FormData) -> Facts:
    """The facts that a form's page showed; what is none of ours was not seen."""
    try:
        return msgspec.json.decode(str(form.get("seen", "")), type=Facts)
    except (msgspec.DecodeError, ValueError):
        return {}


async def to_login(console: Console, request: Request) -> Response:
    """Log in first, then come back here; a form that was filled in is kept meanwhile."""
    if request.method != "GET":
        try:
            form = await console.pages.browser.form(request)
        except Forged:
            return RedirectResponse(LOGIN, 303)
        kept = session.kept(form)
        if not kept:
            return RedirectResponse(LOGIN, 303)
        return login_page(console, request, Asked(path=request.url.path, kept=kept))
    return RedirectResponse(f"{LOGIN}?next={quote(session.address(request), safe='/')}", 303)


class Asked(Struct, frozen=True):
    """What a login page remembers: the name, where to go on, a form kept for `path`, a problem."""

    name: str = ""
    following: str = ""
    path: str = ""
    kept: dict[str, str] = {}
    problem: str = ""


def login_page(console: Console, request: Request, asked: Asked) -> Response:
    """The page, again with what was typed."""
    return console.pages.render(
        request,
        "console/login.html",
        UNPROCESSABLE if asked.problem else 200,
        name=asked.name,
        next=asked.following,
        path=asked.path,
        kept=asked.kept,
        problem_text=asked.problem,
        passkeys=console.party(request) is not None,
        rest="",
    )


def home_of(member: Member) -> str:
    """Where this member begins."""
    return "/console/" if member.organisation == chart.NETWORK else "/portal/"


def address_of(request: Request) -> str:
    """Where the request came from."""
    return request.client.host if request.client else ""
