"""Settings: the PIN and the password, where one is logged in, language and theme."""

from typing import Final

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core.credentials import CredentialKind
from changliao.core.outcome import Reason, Refused
from changliao.doors.wallet import forms, pin_resets
from changliao.doors.wallet.visit import UNPROCESSABLE, Visit, Wallet, problem, signed_in
from changliao.operations import sessions
from changliao.operations.credentials import CHANGE, ChangeCredential
from changliao.operations.parties import END_SESSION, EndSession
from changliao.operations.secrets import stored_token
from changliao.store.views import parties
from changliao.web.security import SESSION_COOKIE

_PATH: Final = "/w/me"
_DIFFER: Final = "两次填写的不一样。"
_SAME: Final = "新的不要与原来的相同。"
_TOKEN_DIGITS: Final = 64


def routes(wallet: Wallet) -> list[Route]:
    """A person's own page."""
    return [
        Route(_PATH, signed_in(wallet, show)),
        Route(_PATH + "/pin", signed_in(wallet, change_pin), methods=["POST"]),
        Route(_PATH + "/password", signed_in(wallet, change_password), methods=["POST"]),
        Route(_PATH + "/sessions/end", signed_in(wallet, end_session), methods=["POST"]),
    ]


async def show(visit: Visit) -> Response:
    """Who I am here, and where."""
    return await _page(visit, "", "")


async def change_pin(visit: Visit) -> Response:
    """Another PIN, with the old one."""
    form = await visit.wallet.pages.browser.form(visit.request)
    old, new, again = _typed(form)
    wrong = _DIFFER if new != again else _SAME if new == old else ""
    if not forms.is_pin(new):
        wrong = "支付密码必须是 6 位数字。"
    return await _changed(visit, CredentialKind.PIN, (old, new), wrong, "pin")


async def change_password(visit: Visit) -> Response:
    """Another password, with the old one; every other browser is logged out."""
    form = await visit.wallet.pages.browser.form(visit.request)
    old, new, again = _typed(form)
    wrong = _DIFFER if new != again else _SAME if new == old else ""
    if not forms.SHORTEST_PASSWORD <= len(new) <= forms.LONGEST_PASSWORD:
        wrong = "登录密码至少 8 个字符，最多 128 个。"
    return await _changed(visit, CredentialKind.PASSWORD, (old, new), wrong, "password")


async def end_session(visit: Visit) -> Response:
    """One of my browsers may act no more; another person's is not found."""
    form = await visit.wallet.pages.browser.form(visit.request)
    named = str(form.get("session", ""))
    try:
        token = bytes.fromhex(named) if len(named) == _TOKEN_DIGITS else b""
    except ValueError:
        token = b""
    outcome = await visit.wallet.network.perform(END_SESSION, EndSession(token, visit.user.id))
    if isinstance(outcome, Refused):
        return visit.missing()
    return RedirectResponse(_PATH, 303)


async def _changed(
    visit: Visit, kind: CredentialKind, typed: tuple[str, str], wrong: str, part: str
) -> Response:
    if wrong:
        return await _page(visit, part, visit.words(wrong))
    network, user_id = visit.wallet.network, visit.user.id
    old, new = typed
    proof = await sessions.prove(network, user_id, kind, old)
    refused: Refused | None = Refused(Reason.CREDENTIAL_WRONG)
    if proof is not None:
        now = network.clock()
        text = await network.in_thread(lambda: network.secrets.hash(user_id, kind, new, now))
        refused = await network.perform(CHANGE, ChangeCredential(text, proof, _own(visit)))
    if refused is not None:
        return await _page(visit, part, problem(visit.wallet, visit.request, refused))
    return RedirectResponse(f"{_PATH}?changed={part}", 303)


async def _page(visit: Visit, part: str, text: str) -> Response:
    network = visit.wallet.network
    found = await network.read(parties.sessions_of, visit.user.id, network.clock())
    return visit.render(
        "wallet/me.html",
        UNPROCESSABLE if text else 200,
        user=visit.user,
        sessions=[(one.token.hex(), one) for one in found],
        own=_own(visit),
        reset_at=await pin_resets.waits_until(visit),
        part=part,
        problem_text=text,
        changed=visit.request.query_params.get("changed", ""),
        tab="me",
    )


def _own(visit: Visit) -> bytes:
    """This browser's session, as it is stored."""
    return stored_token(visit.wallet.pages.browser.read(visit.request, SESSION_COOKIE))


def _typed(form: FormData) -> tuple[str, str, str]:
    most = forms.LONGEST_PASSWORD + 1
    old, new, again = (str(form.get(name, ""))[:most] for name in ("old", "new", "again"))
    return old, new, again
