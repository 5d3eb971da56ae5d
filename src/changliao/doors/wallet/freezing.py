"""Agreeing that a merchant may take up to an amount later: the page, and the payer's PIN."""

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core import ids
from changliao.core.authorizations import Authorization, AuthorizationState, Freeze
from changliao.core.ids import AuthorizationStepId
from changliao.core.outcome import Reason, Refused
from changliao.doors.wallet import confirming
from changliao.doors.wallet.visit import (
    UNPROCESSABLE,
    Visit,
    Wallet,
    problem,
    refused_json,
    signed_in,
    wants_json,
)
from changliao.operations import packages
from changliao.operations.authorizations import FREEZE
from changliao.store.views import parties
from changliao.web import passkeys

_HEADLINES = {
    AuthorizationState.FROZEN: "已冻结",
    AuthorizationState.FINISHED: "授权已完结，剩余的钱已退回",
    AuthorizationState.CLOSED: "授权已关闭，没有扣款",
}


def routes(wallet: Wallet) -> list[Route]:
    """One page, to look at and to agree on."""
    return [Route("/w/freeze", signed_in(wallet, freeze), methods=["GET", "POST"])]


async def freeze(visit: Visit) -> Response:
    """GET shows who asks for what; POST freezes it, once for each page that was rendered."""
    network, request = visit.wallet.network, visit.request
    package = request.query_params.get("package", "")
    known = await network.read(packages.authorization_for, package, visit.user.id)
    if known is None:
        return visit.missing()
    if request.method == "GET":
        return await _page(visit, known, "")
    form = await visit.wallet.pages.browser.form(request)
    step_id = ids.parse("stp", str(form.get("step_id", "")))
    outcome: Authorization | Refused = Refused(Reason.CREDENTIAL_WRONG)
    if step_id is not None:
        step = AuthorizationStepId(step_id)
        command = Freeze(known.merchant_id, known.id, visit.user.id, known.amount, step)
        if passkeys.asked(request):
            return await confirming.challenge(visit, command.act())
        outcome = await _frozen(visit, form, command)
    if not isinstance(outcome, Refused):
        following = f"/w/freeze?package={packages.of_authorization(outcome)}"
        if wants_json(request):
            return JSONResponse({"next": following})
        return RedirectResponse(following, 303)
    text = problem(visit.wallet, request, outcome)
    return refused_json(text) if wants_json(request) else await _page(visit, known, text)


async def _frozen(visit: Visit, form: FormData, command: Freeze) -> Authorization | Refused:
    proof = await confirming.proof_of(visit, form, command.act())
    if isinstance(proof, Refused):
        return proof
    return await visit.wallet.network.perform(FREEZE, replace(command, proof=proof))


async def _page(visit: Visit, known: Authorization, wrong: str) -> Response:
    network = visit.wallet.network
    merchant = await network.look_up(parties.merchant, known.merchant_id)
    headline = _HEADLINES.get(known.state, "")
    return visit.render(
        "wallet/freeze.html",
        UNPROCESSABLE if wrong else 200,
        known=known,
        merchant=merchant,
        action=f"/w/freeze?package={packages.of_authorization(known)}",
        hidden={"step_id": ids.show("stp", network.ids.new())},
        waiting=known.state is AuthorizationState.OPEN,
        frozen=known.state is AuthorizationState.FROZEN,
        headline=visit.words(headline) if headline else "",
        confirms=await confirming.ready(visit),
        problem_text=wrong,
    )
