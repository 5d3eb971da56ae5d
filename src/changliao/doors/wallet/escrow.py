"""One bill; where its money waits for the buyer, the buyer's yes or what is wrong."""

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import ids
from changliao.core.confirmations import Proven
from changliao.core.disputes import Dispute, OpenDispute
from changliao.core.holds import Holding, HoldingState
from changliao.core.ids import DisputeId
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.doors.wallet import bills, confirming, standings
from changliao.doors.wallet.visit import (
    UNPROCESSABLE,
    Visit,
    Wallet,
    go_on,
    problem,
    refused_json,
    signed_in,
    wants_json,
)
from changliao.operations.disputes import OPEN
from changliao.operations.settling import CONFIRM, ConfirmReceipt
from changliao.web import passkeys

_LONGEST_REASON = 1_000


def routes(wallet: Wallet) -> list[Route]:
    """A bill, and from it confirming receipt or disputing it."""
    return [
        Route("/w/bills/{id}", signed_in(wallet, show)),
        Route("/w/bills/{id}/confirm", signed_in(wallet, confirm), methods=["POST"]),
        Route("/w/bills/{id}/dispute", signed_in(wallet, dispute), methods=["POST"]),
    ]


async def show(visit: Visit) -> Response:
    """One bill; another person's is not found."""
    return await _page(visit, "")


async def confirm(visit: Visit) -> Response:
    """The buyer has it, and says so with the PIN: the seller gets the money.

    Confirming again is no change.
    """
    shown = visit.request.path_params["id"]
    form = await visit.wallet.pages.browser.form(visit.request)
    network = visit.wallet.network
    order = await _bought(visit)
    if order is None:
        return visit.missing()
    command = ConfirmReceipt(order.merchant_id, order.id, visit.user.id)
    if passkeys.asked(visit.request):
        return await confirming.challenge(visit, command.act())
    outcome: Holding | Proven | Refused = await confirming.proof_of(visit, form, command.act())
    if not isinstance(outcome, Refused):
        outcome = await network.perform(CONFIRM, replace(command, proof=outcome))
    if not isinstance(outcome, Refused):
        return go_on(visit, f"/w/bills/{shown}")
    text = problem(visit.wallet, visit.request, outcome)
    return refused_json(text) if wants_json(visit.request) else await _page(visit, text)


async def dispute(visit: Visit) -> Response:
    """The buyer says what is wrong: nothing is released until that is decided."""
    shown = visit.request.path_params["id"]
    form = await visit.wallet.pages.browser.form(visit.request)
    network, reason = visit.wallet.network, str(form.get("reason", "")).strip()
    order = await _bought(visit)
    if order is None or not reason:
        return visit.missing()
    asked = Dispute(
        id=DisputeId(network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        payer_id=visit.user.id,
        reason=reason[:_LONGEST_REASON],
    )
    outcome = await network.perform(OPEN, OpenDispute(asked))
    if isinstance(outcome, Refused) and outcome.reason is not Reason.HOLD_DISPUTED:
        return visit.missing()
    return RedirectResponse(f"/w/bills/{shown}", 303)


async def _page(visit: Visit, text: str) -> Response:
    network, leg_id = visit.wallet.network, ids.parse("bil", visit.request.path_params["id"]) or 0
    entry = await bills.entry(network, visit.user, leg_id)
    if entry is None:
        return visit.missing()
    bought = await standings.purchase(network, entry)
    holding = bought.waiting if bought and bought.order.payer_id == visit.user.id else None
    return visit.render(
        "wallet/bill.html",
        UNPROCESSABLE if text else 200,
        bill=await bills.told(network, entry, visit.words),
        steps=await standings.steps(network, entry, bought),
        holding=holding,
        disputed=holding is not None and holding.state is HoldingState.DISPUTED,
        problem_text=text,
        confirms=holding is not None and await confirming.ready(visit),
        tab="bills",
    )


async def _bought(visit: Visit) -> Order | None:
    """The order that a movement of this person's wallet paid."""
    leg_id = ids.parse("bil", visit.request.path_params["id"]) or 0
    entry = await bills.entry(visit.wallet.network, visit.user, leg_id)
    bought = await standings.purchase(visit.wallet.network, entry) if entry else None
    return bought.order if bought and bought.order.payer_id == visit.user.id else None
