"""Signing up, logging in and out."""

from functools import partial
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import ids
from changliao.core.credentials import CredentialKind
from changliao.core.ids import UserId
from changliao.core.outcome import Refused
from changliao.core.parties import User
from changliao.doors.wallet import forms
from changliao.doors.wallet.visit import (
    PATH,
    PINS,
    UNPROCESSABLE,
    Visit,
    Wallet,
    login_page,
    problem,
    signed_in,
)
from changliao.operations import sessions
from changliao.operations.parties import SIGN_UP, SignUp
from changliao.web import session
from changliao.web.security import SESSION_COOKIE

_LONGEST_NAME = 64


def routes(wallet: Wallet) -> list[Route]:
    """For people who are not logged in, or were not when they sent a form."""
    return [
        Route("/w/join", partial(join, wallet), methods=["GET", "POST"]),
        Route("/w/login", partial(log_in, wallet), methods=["GET", "POST"]),
        Route("/w/logout", partial(log_out, wallet), methods=["POST"]),
        Route("/w/kept", signed_in(wallet, kept)),
    ]


async def join(wallet: Wallet, request: Request) -> Response:
    """Open a wallet and log in."""
    if request.method == "GET":
        return _join_page(wallet, request, {"phone": "", "name": ""}, _next(request), "")
    form = await wallet.pages.browser.form(request)
    given = {"phone": str(form.get("phone", "")), "name": str(form.get("name", "")).strip()}
    following = session.safe_next(form.get("next"))
    wrong = _wrong(form, given)
    if wrong:
        text = wallet.pages.words(request, wrong)
        return _join_page(wallet, request, given, following, text)
    outcome = await _signed_up(wallet, form, given)
    if isinstance(outcome, Refused):
        text = problem(wallet, request, outcome)
        return _join_page(wallet, request, given, following, text)
    return await _logged_in(wallet, request, outcome, following)


async def log_in(wallet: Wallet, request: Request) -> Response:
    """Open a session with phone and password."""
    if request.method == "GET":
        held = _held(wallet, request, request.query_params.get("of"))
        return login_page(wallet, request, _next(request), "", kept=held)
    form = await wallet.pages.browser.form(request)
    given = str(form.get("phone", ""))
    following = session.safe_next(form.get("next"))
    password = str(form.get("password", ""))[: forms.LONGEST_PASSWORD]
    browser = request.headers.get("user-agent", "")
    held = _held(wallet, request, form.get("of"))
    outcome = await sessions.log_in(wallet.network, forms.phone(given) or "", password, browser)
    if isinstance(outcome, Refused):
        text = problem(wallet, request, outcome)
        return login_page(wallet, request, following, text, phone=given, kept=held)
    response = RedirectResponse(f"/w/kept?of={held}" if held else following, 303)
    wallet.pages.browser.set(response, SESSION_COOKIE, outcome)
    return response


async def kept(visit: Visit) -> Response:
    """A form that came after its session had ended: what was typed, to be sent once more."""
    shown = visit.request.query_params.get("of")
    found = visit.wallet.pages.browser.unseal(visit.request, shown)
    if PATH not in found:
        return RedirectResponse("/w/", 303)
    fields = {name: text for name, text in found.items() if name not in (PATH, PINS)}
    return visit.render(
        "wallet/kept.html", of=shown, path=found[PATH], fields=fields, pins=found[PINS]
    )


async def log_out(wallet: Wallet, request: Request) -> Response:
    """End the session here and in the network."""
    await wallet.pages.browser.form(request)
    token = wallet.pages.browser.read(request, SESSION_COOKIE)
    if token:
        await sessions.end(wallet.network, token)
    response = RedirectResponse("/w/login", 303)
    wallet.pages.browser.forget(response, SESSION_COOKIE)
    return response


def _held(wallet: Wallet, request: Request, shown: object) -> str:
    """A form that waits for somebody to log in, sealed; empty where this browser sealed none."""
    found = wallet.pages.browser.unseal(request, shown)
    return shown if isinstance(shown, str) and PATH in found else ""


def _wrong(form: FormData, given: dict[str, str]) -> str:
    """What is wrong with a sign-up form, as a message; nothing when it is right."""
    password, pin = str(form.get("password", "")), str(form.get("pin", ""))
    if forms.phone(given["phone"]) is None:
        return "请填写 6 到 15 位数字的手机号。"
    if not 0 < len(given["name"]) <= _LONGEST_NAME:
        return "请填写姓名或昵称，最多 64 个字。"
    if not forms.SHORTEST_PASSWORD <= len(password) <= forms.LONGEST_PASSWORD:
        return "登录密码至少 8 个字符，最多 128 个。"
    if not forms.is_pin(pin):
        return "支付密码必须是 6 位数字。"
    if pin == password:
        return "支付密码不要与登录密码相同。"
    return ""


async def _signed_up(wallet: Wallet, form: FormData, given: dict[str, str]) -> User | Refused:
    network = wallet.network
    now = network.clock()
    user_id = UserId(ids.parse("usr", str(form.get("user_id", ""))) or network.ids.new())
    user = User(user_id, forms.phone(given["phone"]) or "", given["name"], now)
    typed = (
        (CredentialKind.PASSWORD, str(form["password"])),
        (CredentialKind.PIN, str(form["pin"])),
    )
    hashed = await network.in_thread(
        lambda: tuple(network.secrets.hash(user.id, kind, text, now) for kind, text in typed)
    )
    return await network.perform(SIGN_UP, SignUp(user, hashed))


async def _logged_in(wallet: Wallet, request: Request, user: User, following: str) -> Response:
    browser = request.headers.get("user-agent", "")
    token = await sessions.begin(wallet.network, user, browser)
    if isinstance(token, Refused):
        return RedirectResponse(f"/w/login?next={quote(following)}", 303)
    response = RedirectResponse(following, 303)
    wallet.pages.browser.set(response, SESSION_COOKIE, token)
    return response


def _join_page(
    wallet: Wallet, request: Request, given: dict[str, str], following: str, text: str
) -> Response:
    return wallet.pages.render(
        request,
        "wallet/join.html",
        UNPROCESSABLE if text else 200,
        given=given,
        next=following,
        problem_text=text,
        user_id=ids.show("usr", wallet.network.ids.new()),
    )


def _next(request: Request) -> str:
    return session.safe_next(request.query_params.get("next"))
