"""Passkeys in the wallet: adding, seeing, renaming and removing one's own, and logging in."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core.confirmations import PermitPasskey
from changliao.core.credentials import CredentialKind
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.passkeys import (
    LONGEST_NAME,
    Asked,
    Party,
    Purpose,
    RemovePasskey,
    RenamePasskey,
)
from changliao.doors.wallet import forms
from changliao.doors.wallet.visit import (
    UNPROCESSABLE,
    Visit,
    Wallet,
    login_page,
    problem,
    refused_json,
    signed_in,
)
from changliao.operations import authenticators, sessions
from changliao.operations.confirmations import PERMIT
from changliao.operations.credentials import CHECK, CheckCredential
from changliao.operations.passkeys import ADD, REMOVE, RENAME, USE
from changliao.store.views import parties
from changliao.store.views import passkeys as views
from changliao.web import passkeys, session
from changliao.web.security import SESSION_COOKIE

_PATH: Final = "/w/passkeys"


def routes(wallet: Wallet) -> list[Route]:
    """A person's own passkeys, and logging in with one."""
    return [
        Route(_PATH, signed_in(wallet, show)),
        Route(_PATH, signed_in(wallet, add), methods=["POST"]),
        Route(_PATH + "/challenge", signed_in(wallet, challenge), methods=["POST"]),
        Route(_PATH + "/rename", signed_in(wallet, rename), methods=["POST"]),
        Route(_PATH + "/remove", signed_in(wallet, remove), methods=["POST"]),
        Route(_PATH + "/permit", signed_in(wallet, permit), methods=["POST"]),
        Route("/w/login/challenge", partial(login_challenge, wallet), methods=["POST"]),
        Route("/w/login/passkey", partial(log_in, wallet), methods=["POST"]),
    ]


async def show(visit: Visit) -> Response:
    """What I may log in with, besides the password."""
    return await _page(visit, "")


async def challenge(visit: Visit) -> Response:
    """Ask for a new passkey: with the password, so that a borrowed phone adds none."""
    form = await visit.wallet.pages.browser.form(visit.request)
    ours = _party(visit.wallet, visit.request)
    if ours is None:
        return refused_json(visit.words(passkeys.NOWHERE))
    network, user = visit.wallet.network, visit.user
    typed = str(form.get("password", ""))[: forms.LONGEST_PASSWORD]
    refused = await _checked(visit, typed)
    if refused is not None:
        return refused_json(problem(visit.wallet, visit.request, refused))
    made = network.challenges.make(_adding(visit), network.real_clock())
    known = await network.read(views.passkeys_of, user.id)
    names = (user.phone, f"{passkeys.NAME} {visit.words('钱包')} {user.phone}")
    return JSONResponse(passkeys.creation(ours, made, user.id, names, known))


async def add(visit: Visit) -> Response:
    """Accept what an authenticator made."""
    form = await visit.wallet.pages.browser.form(visit.request)
    ours = _party(visit.wallet, visit.request)
    name = str(form.get("name", "")).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return await _page(visit, visit.words("请给通行密钥起个名字，最多 64 个字。"))
    if ours is None:
        return await _page(visit, visit.words(passkeys.NOWHERE))
    network, text = visit.wallet.network, str(form.get("answer", ""))
    asked = await authenticators.created(network, ours, _adding(visit), name, text)
    outcome = asked if isinstance(asked, Refused) else await network.perform(ADD, asked)
    if isinstance(outcome, Refused):
        return await _page(visit, problem(visit.wallet, visit.request, outcome))
    return RedirectResponse(f"{_PATH}?done=added", 303)


async def rename(visit: Visit) -> Response:
    """Call one of mine otherwise."""
    form = await visit.wallet.pages.browser.form(visit.request)
    credential = authenticators.credential(str(form.get("passkey", "")))
    name = str(form.get("name", "")).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return await _page(visit, visit.words("请给通行密钥起个名字，最多 64 个字。"), "mine")
    command = RenamePasskey(visit.user.id, credential, name)
    outcome = await visit.wallet.network.perform(RENAME, command)
    if isinstance(outcome, Refused):
        return visit.missing()
    return RedirectResponse(f"{_PATH}?done=renamed", 303)


async def remove(visit: Visit) -> Response:
    """One of mine is accepted no more; another person's is not found."""
    form = await visit.wallet.pages.browser.form(visit.request)
    credential = authenticators.credential(str(form.get("passkey", "")))
    command = RemovePasskey(visit.user.id, credential)
    outcome = await visit.wallet.network.perform(REMOVE, command)
    if isinstance(outcome, Refused):
        return visit.missing()
    return RedirectResponse(f"{_PATH}?done=removed", 303)


async def permit(visit: Visit) -> Response:
    """One of mine may confirm payments from now on, with the PIN; or not any more, without."""
    form = await visit.wallet.pages.browser.form(visit.request)
    network, user_id = visit.wallet.network, visit.user.id
    named, on = authenticators.credential(str(form.get("passkey", ""))), bool(form.get("permitted"))
    proof = None
    if on:
        typed = str(form.get("pin", ""))[:16]
        proof = await sessions.prove(network, user_id, CredentialKind.PIN, typed)
    outcome = await network.perform(PERMIT, PermitPasskey(user_id, named, on, proof))
    if isinstance(outcome, Refused):
        return await _page(visit, problem(visit.wallet, visit.request, outcome), "mine")
    return RedirectResponse(f"{_PATH}?done={'permitted' if on else 'stopped'}", 303)


async def login_challenge(wallet: Wallet, request: Request) -> Response:
    """Ask whichever passkey is at hand: no phone number is typed, so none is told apart."""
    await wallet.pages.browser.form(request)
    ours = _party(wallet, request)
    if ours is None:
        return refused_json(wallet.pages.words(request, passkeys.NOWHERE))
    asked = _logging_in(wallet, request)
    made = wallet.network.challenges.make(asked, wallet.network.real_clock())
    return JSONResponse(passkeys.request_options(ours, made))


async def log_in(wallet: Wallet, request: Request) -> Response:
    """Open a session for whoever the passkey is of."""
    form = await wallet.pages.browser.form(request)
    following = session.safe_next(form.get("next"))
    outcome = await _session(wallet, request, str(form.get("answer", "")))
    if isinstance(outcome, Refused):
        text = problem(wallet, request, outcome)
        return login_page(wallet, request, following, text)
    response = RedirectResponse(following, 303)
    wallet.pages.browser.set(response, SESSION_COOKIE, outcome)
    return response


async def _session(wallet: Wallet, request: Request, text: str) -> str | Refused:
    network, ours = wallet.network, _party(wallet, request)
    if ours is None:
        return Refused(Reason.PASSKEY_WRONG)
    command = await authenticators.asserted(network, ours, _logging_in(wallet, request), text)
    if isinstance(command, Refused):
        return command
    # A member's passkey opens no wallet.
    user: User | None = await network.read(parties.user, UserId(command.owner_id))
    if user is None:
        return Refused(Reason.PASSKEY_NOT_FOUND)
    used = await network.perform(USE, command)
    if isinstance(used, Refused):
        return used
    return await sessions.begin(network, user, request.headers.get("user-agent", ""))


async def _checked(visit: Visit, typed: str) -> Refused | None:
    """Why the password is not accepted."""
    network, user_id, kind = visit.wallet.network, visit.user.id, CredentialKind.PASSWORD
    proof = await sessions.prove(network, user_id, kind, typed)
    if proof is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    return await network.perform(CHECK, CheckCredential(user_id, kind, proof))


async def _page(visit: Visit, text: str, part: str = "add") -> Response:
    network = visit.wallet.network
    found = await network.read(views.passkeys_of, visit.user.id)
    confirm = await authenticators.permitted(network, visit.user.id)
    return visit.render(
        "wallet/passkeys.html",
        UNPROCESSABLE if text else 200,
        passkeys=[(passkeys.encoded(one.credential), one, one in confirm) for one in found],
        usable=_party(visit.wallet, visit.request) is not None,
        phone=visit.user.phone,
        problem_text=text,
        part=part,
        done=visit.request.query_params.get("done", ""),
        tab="me",
    )


def _party(wallet: Wallet, request: Request) -> Party | None:
    return passkeys.party(request, wallet.public_url)


def _adding(visit: Visit) -> Asked:
    browser = visit.wallet.pages.browser.identity(visit.request)
    return Asked(Purpose.ADD, visit.user.id, browser)


def _logging_in(wallet: Wallet, request: Request) -> Asked:
    return Asked(Purpose.LOG_IN, 0, wallet.pages.browser.identity(request))
