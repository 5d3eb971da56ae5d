"""A forgotten PIN: another one with a passkey at once, or after a day of waiting."""

from typing import Final

from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core.clock import Instant
from changliao.core.credentials import (
    RESET_STAYS_OPEN,
    Credential,
    CredentialKind,
    Proof,
    saves_the_wait,
)
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Asked, Purpose, UsePasskey
from changliao.doors.wallet import forms
from changliao.doors.wallet.visit import (
    UNPROCESSABLE,
    Visit,
    Wallet,
    problem,
    refused_json,
    signed_in,
)
from changliao.operations import authenticators, sessions
from changliao.operations.pin_resets import ASK, CANCEL, RESET, AskReset, CancelReset, ResetPin
from changliao.store.views import parties
from changliao.store.views import passkeys as views
from changliao.web import passkeys

_PATH: Final = "/w/pin"


def routes(wallet: Wallet) -> list[Route]:
    """Everything about a forgotten PIN."""
    return [
        Route(_PATH, signed_in(wallet, show)),
        Route(_PATH + "/ask", signed_in(wallet, ask), methods=["POST"]),
        Route(_PATH + "/cancel", signed_in(wallet, cancel), methods=["POST"]),
        Route(_PATH + "/reset", signed_in(wallet, reset), methods=["POST"]),
        Route(_PATH + "/challenge", signed_in(wallet, challenge), methods=["POST"]),
    ]


async def waits_until(visit: Visit) -> Instant | None:
    """From when a new PIN may be set, for the notice; None when nobody asked for one."""
    pin = await _pin(visit)
    reset = pin is not None and pin.being_reset(visit.wallet.network.clock())
    return pin.reset_at if pin is not None and reset else None


async def show(visit: Visit) -> Response:
    """What can be done now."""
    return await _page(visit, "", "")


async def ask(visit: Visit) -> Response:
    """Begin to wait: with the password."""
    form = await visit.wallet.pages.browser.form(visit.request)
    proof = await _password(visit, form)
    outcome: Credential | Refused = Refused(Reason.CREDENTIAL_WRONG)
    if proof is not None:
        outcome = await visit.wallet.network.perform(ASK, AskReset(visit.user.id, proof))
    if isinstance(outcome, Refused):
        return await _page(visit, "ask", problem(visit.wallet, visit.request, outcome))
    return RedirectResponse(_PATH, 303)


async def cancel(visit: Visit) -> Response:
    """Keep the PIN as it is. Any of the owner's browsers may do it, with nothing else."""
    await visit.wallet.pages.browser.form(visit.request)
    outcome = await visit.wallet.network.perform(CANCEL, CancelReset(visit.user.id))
    if isinstance(outcome, Refused):
        return await _page(visit, "ask", problem(visit.wallet, visit.request, outcome))
    return RedirectResponse(f"{_PATH}?done=cancelled", 303)


async def reset(visit: Visit) -> Response:
    """Set another PIN."""
    form = await visit.wallet.pages.browser.form(visit.request)
    new, again = (str(form.get(name, ""))[:16] for name in ("new", "again"))
    if not forms.is_pin(new):
        return await _page(visit, "reset", visit.words("支付密码必须是 6 位数字。"))
    if new != again:
        return await _page(visit, "reset", visit.words("两次填写的不一样。"))
    outcome = await _reset(visit, form, new)
    if isinstance(outcome, Refused):
        return await _page(visit, "reset", problem(visit.wallet, visit.request, outcome))
    return RedirectResponse("/w/me?changed=pin", 303)


async def challenge(visit: Visit) -> Response:
    """Ask for a passkey of this person's."""
    await visit.wallet.pages.browser.form(visit.request)
    party, network = passkeys.party(visit.request, visit.wallet.public_url), visit.wallet.network
    if party is None:
        return refused_json(visit.words(passkeys.NOWHERE))
    made = network.challenges.make(_asked(visit), network.real_clock())
    return JSONResponse(passkeys.request_options(party, made))


async def _reset(visit: Visit, form: FormData, new: str) -> Credential | Refused:
    network, user_id = visit.wallet.network, visit.user.id
    passkey = await _passkey(visit, str(form.get("answer", "")))
    if isinstance(passkey, Refused):
        return passkey
    proof = await _password(visit, form)
    if proof is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    now = network.clock()
    pin = await network.in_thread(
        lambda: network.secrets.hash(user_id, CredentialKind.PIN, new, now)
    )
    return await network.perform(RESET, ResetPin(pin, proof, passkey))


async def _passkey(visit: Visit, text: str) -> UsePasskey | Refused | None:
    """What a passkey answered; None when none was asked."""
    if not text:
        return None
    party = passkeys.party(visit.request, visit.wallet.public_url)
    if party is None:
        return Refused(Reason.PASSKEY_WRONG)
    return await authenticators.asserted(visit.wallet.network, party, _asked(visit), text)


async def _password(visit: Visit, form: FormData) -> Proof | None:
    typed = str(form.get("password", ""))[: forms.LONGEST_PASSWORD]
    kind = CredentialKind.PASSWORD
    return await sessions.prove(visit.wallet.network, visit.user.id, kind, typed)


async def _pin(visit: Visit) -> Credential | None:
    kind = CredentialKind.PIN
    return await visit.wallet.network.read(parties.credential, visit.user.id, kind)


async def _page(visit: Visit, part: str, text: str) -> Response:
    network = visit.wallet.network
    now, reset_at = network.clock(), await waits_until(visit)
    usable = passkeys.party(visit.request, visit.wallet.public_url) is not None
    known = await network.read(views.passkeys_of, visit.user.id)
    return visit.render(
        "wallet/pin.html",
        UNPROCESSABLE if text else 200,
        reset_at=reset_at,
        ends_at=Instant(reset_at + RESET_STAYS_OPEN) if reset_at else None,
        opened=reset_at is not None and now >= reset_at,
        with_passkey=usable and any(saves_the_wait(one, now) for one in known),
        phone=visit.user.phone,
        part=part,
        problem_text=text,
        done=visit.request.query_params.get("done", ""),
        tab="me",
    )


def _asked(visit: Visit) -> Asked:
    browser = visit.wallet.pages.browser.identity(visit.request)
    return Asked(Purpose.RESET_PIN, visit.user.id, browser)
