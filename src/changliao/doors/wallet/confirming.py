"""How a form of the wallet is confirmed.

A form that would do something, sent to the same address with `?ask=passkey`, does nothing: it gets
the challenge for what it would do. So nobody says twice what is confirmed.
"""

from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from changliao.core.confirmations import Act, Proven
from changliao.core.outcome import Refused
from changliao.core.passkeys import Party
from changliao.doors.wallet.visit import Visit, refused_json
from changliao.operations import proofs
from changliao.operations.proofs import Confirming
from changliao.web import passkeys


async def ready(visit: Visit) -> bool:
    """Has this person a passkey that confirms, and is this an address for it?"""
    return await proofs.ready(visit.wallet.network, _party(visit), visit.user.id)


async def challenge(visit: Visit, act: Act) -> Response:
    """What a passkey of this person's is to answer."""
    party = _party(visit)
    if party is None:
        return refused_json(visit.words(passkeys.NOWHERE))
    made, known = await proofs.challenge(visit.wallet.network, _wanted(visit, act))
    return JSONResponse(passkeys.request_options(party, made, known))


async def proof_of(visit: Visit, form: FormData, act: Act) -> Proven | Refused:
    """What a form proves; the commit judges it."""
    pin, answer = str(form.get("pin", "")), str(form.get("answer", ""))
    network, wanted = visit.wallet.network, _wanted(visit, act)
    return await proofs.proof(network, _party(visit), wanted, pin, answer)


def _wanted(visit: Visit, act: Act) -> Confirming:
    return Confirming(visit.user.id, visit.wallet.pages.browser.identity(visit.request), act)


def _party(visit: Visit) -> Party | None:
    return passkeys.party(visit.request, visit.wallet.public_url)
