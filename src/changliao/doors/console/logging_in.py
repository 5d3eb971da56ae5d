"""Logging in with a password and a second factor, and out."""

from functools import partial

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Asked as Question
from changliao.core.passkeys import Assertion, Purpose
from changliao.doors.console.visit import (
    COOKIE,
    LOGIN,
    UNPROCESSABLE,
    Asked,
    Console,
    address_of,
    home_of,
    login_page,
)
from changliao.operations import authenticators, logins
from changliao.web import passkeys, session

_KEPT = "kept_"
_WRONG = (
    "用户名、密码、验证码或通行密钥不正确。连续输错 5 次会锁定一段时间；同一个验证码只能用一次。"
)


def routes(console: Console) -> list[Route]:
    """For members who are not logged in."""
    return [
        Route(LOGIN, partial(log_in, console), methods=["GET", "POST"]),
        Route(LOGIN + "/challenge", partial(challenge, console), methods=["POST"]),
        Route("/console/logout", partial(log_out, console), methods=["POST"]),
    ]


async def log_in(console: Console, request: Request) -> Response:
    """Both factors at once: nobody learns which one was wrong."""
    browser = console.pages.browser
    if request.method == "GET":
        following = session.safe_next(request.query_params.get("next"), "")
        return login_page(console, request, Asked(following=following))
    form = await browser.form(request)
    typed = logins.Typed(
        name=str(form.get("name", "")).strip()[: logins.LONGEST_NAME],
        password=str(form.get("password", ""))[: logins.LONGEST_PASSWORD],
        code=str(form.get("code", "")).replace(" ", "")[:16],
        address=address_of(request),
        browser=request.headers.get("user-agent", ""),
    )
    asked = _asked(form, typed.name)
    answered = await _answered(console, request, str(form.get("answer", "")))
    outcome = await logins.log_in(console.network, typed, answered)
    if isinstance(outcome, Refused):
        again = replace(asked, problem=_why(console, request, outcome))
        return login_page(console, request, again)
    found = await logins.find(console.network, outcome)
    response: Response = RedirectResponse(
        asked.following or (home_of(found[0]) if found else LOGIN), 303
    )
    if asked.path:
        response = console.pages.render(
            request, "console/kept.html", path=asked.path, kept=asked.kept, rest=""
        )
    browser.set(response, COOKIE, outcome)
    return response


async def challenge(console: Console, request: Request) -> Response:
    """Ask whichever passkey is at hand: a stranger learns of no member's."""
    await console.pages.browser.form(request)
    party, network = console.party(request), console.network
    if party is None:
        message = console.pages.words(request, passkeys.NOWHERE)
        return JSONResponse({"message": message}, UNPROCESSABLE)
    made = network.challenges.make(_second_factor(console, request), network.real_clock())
    return JSONResponse(passkeys.request_options(party, made))


async def _answered(console: Console, request: Request, text: str) -> Assertion | None:
    """What a passkey answered instead of a code; a wrong answer is as good as none."""
    party = console.party(request)
    if not text or party is None:
        return None
    asked = _second_factor(console, request)
    command = await authenticators.asserted(console.network, party, asked, text)
    return None if isinstance(command, Refused) else command.assertion


def _second_factor(console: Console, request: Request) -> Question:
    browser = console.pages.browser.identity(request)
    return Question(Purpose.SECOND_FACTOR, 0, browser)


def _asked(form: FormData, name: str) -> Asked:
    """What the page remembered; a form is kept only for a page of ours."""
    path = session.safe_next(form.get("path"), "")
    ours = path.startswith(("/console/", "/portal/"))
    kept = {
        field.removeprefix(_KEPT): value
        for field, value in form.items()
        if field.startswith(_KEPT) and isinstance(value, str)
    }
    following = session.safe_next(form.get("next"), "")
    return Asked(name, following, path if ours else "", kept if ours else {})


async def log_out(console: Console, request: Request) -> Response:
    """End the session here and in the network."""
    browser = console.pages.browser
    await browser.form(request)
    token = browser.read(request, COOKIE)
    found = await logins.find(console.network, token) if token else None
    if found is not None:
        await logins.log_out(console.network, found[1])
    response = RedirectResponse(LOGIN, 303)
    browser.forget(response, COOKIE)
    return response


def _why(console: Console, request: Request, refused: Refused) -> str:
    if refused.reason is Reason.CREDENTIAL_WRONG:
        return console.pages.words(request, _WRONG)
    return console.pages.explain(request, refused, console.network.clock())
