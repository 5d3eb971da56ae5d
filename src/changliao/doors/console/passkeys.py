"""A member's own passkeys: the second factor without typing a code."""

from typing import Final

from starlette.responses import JSONResponse, RedirectResponse, Response

from changliao.core import ids
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import LONGEST_NAME, Asked, Purpose, RemovePasskey, RenamePasskey
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations import authenticators, logins
from changliao.operations.passkeys import ADD, REMOVE, RENAME
from changliao.store.views import passkeys as views
from changliao.web import passkeys

_PATH: Final = "/console/account/passkeys"


async def show(visit: Visit) -> Response:
    """What answers instead of a code."""
    return await _page(visit, "")


async def challenge(visit: Visit) -> Response:
    """Ask for a new passkey: with the password, so that nobody adds one at a desk left open."""
    form = await visit.form()
    party, network, member = visit.console.party(visit.request), visit.network, visit.member
    if party is None:
        return _said(visit.words(passkeys.NOWHERE))
    typed = str(form.get("password", ""))[: logins.LONGEST_PASSWORD]
    refused = await logins.check_password(network, member, typed)
    if refused is not None:
        return _said(_why(visit, refused))
    made = network.challenges.make(_adding(visit), network.real_clock())
    known = await network.read(views.passkeys_of, member.id)
    names = (member.name, f"{passkeys.NAME} {visit.words('运营与商户')} {member.name}")
    return JSONResponse(passkeys.creation(party, made, member.id, names, known))


async def add(visit: Visit) -> Response:
    """Accept what an authenticator made."""
    form = await visit.form()
    party, name = visit.console.party(visit.request), str(form.get("name", "")).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return await _page(visit, visit.words("请给通行密钥起个名字，最多 64 个字。"))
    if party is None:
        return await _page(visit, visit.words(passkeys.NOWHERE))
    text = str(form.get("answer", ""))
    asked = await authenticators.created(visit.network, party, _adding(visit), name, text)
    if isinstance(asked, Refused):
        return await _page(visit, visit.problem(asked))
    outcome = await visit.act(form, ADD, asked, _member(visit))
    if isinstance(outcome, Refused):
        return await _page(visit, visit.problem(outcome))
    return RedirectResponse(f"{_PATH}?done=added", 303)


async def rename(visit: Visit) -> Response:
    """Call one of mine otherwise."""
    form = await visit.form()
    credential = authenticators.credential(str(form.get("passkey", "")))
    name = str(form.get("name", "")).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return await _page(visit, visit.words("请给通行密钥起个名字，最多 64 个字。"))
    command = RenamePasskey(visit.member.id, credential, name)
    outcome = await visit.act(form, RENAME, command, _member(visit))
    if isinstance(outcome, Refused):
        return visit.missing()
    return RedirectResponse(f"{_PATH}?done=renamed", 303)


async def remove(visit: Visit) -> Response:
    """One of mine is accepted no more; another member's is not found."""
    form = await visit.form()
    credential = authenticators.credential(str(form.get("passkey", "")))
    known = await visit.network.read(views.passkeys_of, visit.member.id)
    if credential not in [one.credential for one in known]:
        return visit.missing()
    command = RemovePasskey(visit.member.id, credential)
    outcome = await visit.act(form, REMOVE, command, _member(visit))
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{_PATH}?done=removed", 303)


async def _page(visit: Visit, text: str) -> Response:
    found = await visit.network.read(views.passkeys_of, visit.member.id)
    return visit.render(
        "console/passkeys.html",
        UNPROCESSABLE if text else 200,
        passkeys=[(passkeys.encoded(one.credential), one) for one in found],
        usable=visit.console.party(visit.request) is not None,
        problem_text=text,
        done=visit.query.get("done", ""),
        here_nav="account",
    )


def _adding(visit: Visit) -> Asked:
    browser = visit.console.pages.browser.identity(visit.request)
    return Asked(Purpose.ADD, visit.member.id, browser)


def _member(visit: Visit) -> str:
    return ids.show("mbr", visit.member.id)


def _why(visit: Visit, refused: Refused) -> str:
    if refused.reason is Reason.CREDENTIAL_WRONG:
        return visit.words("密码不正确。连续输错 5 次会锁定一段时间。")
    return visit.problem(refused)


def _said(message: str) -> Response:
    return JSONResponse({"message": message}, UNPROCESSABLE)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.OWN_ACCOUNT, show),
    Entry("POST", _PATH, Right.OWN_ACCOUNT, add),
    Entry("POST", _PATH + "/challenge", Right.OWN_ACCOUNT, challenge),
    Entry("POST", _PATH + "/rename", Right.OWN_ACCOUNT, rename),
    Entry("POST", _PATH + "/remove", Right.OWN_ACCOUNT, remove),
)
