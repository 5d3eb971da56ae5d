"""What stands for the payer in a form: the PIN, or a passkey's answer for exactly this act.

A form that would do something, sent to the same address with `?ask=passkey`, does nothing: it gets
the challenge for what it would do. So nobody says twice what is confirmed.
"""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from changliao.core.confirmations import Act, Proven
from changliao.core.credentials import CredentialKind
from changliao.core.outcome import Reason, Refused
from changliao.doors.wallet.visit import Visit, refused_json
from changliao.operations import authenticators, sessions
from changliao.web import passkeys


def asked(request: Request) -> bool:
    """Is a challenge wanted, and nothing done?"""
    return request.query_params.get("ask") == "passkey"


async def ready(visit: Visit) -> bool:
    """Has this person a passkey that confirms, and is this an address for it?"""
    if passkeys.party(visit.request, visit.wallet.public_url) is None:
        return False
    return bool(await authenticators.permitted(visit.wallet.network, visit.user.id))


async def challenge(visit: Visit, act: Act) -> Response:
    """What a passkey of this person's is to answer."""
    party, network = passkeys.party(visit.request, visit.wallet.public_url), visit.wallet.network
    if party is None:
        return refused_json(visit.words(passkeys.NOWHERE))
    made = authenticators.ask_for(network, visit.user.id, _browser(visit), act)
    known = await authenticators.permitted(network, visit.user.id)
    return JSONResponse(passkeys.request_options(party, made, known))


async def proof_of(visit: Visit, form: FormData, act: Act) -> Proven | Refused:
    """What a form proves; the commit judges it. A wallet without a PIN: a wrong one."""
    network, user_id = visit.wallet.network, visit.user.id
    typed, answer = str(form.get("pin", ""))[:16], str(form.get("answer", ""))
    if typed or not answer:
        proof = await sessions.prove(network, user_id, CredentialKind.PIN, typed)
        return proof or Refused(Reason.CREDENTIAL_WRONG)
    party = passkeys.party(visit.request, visit.wallet.public_url)
    if party is None:
        return Refused(Reason.PASSKEY_WRONG)
    wanted = authenticators.confirming(user_id, _browser(visit), act)
    return await authenticators.confirmed(network, party, wanted, act, answer)


def _browser(visit: Visit) -> str:
    return visit.wallet.pages.browser.identity(visit.request)
