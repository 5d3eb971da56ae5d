"""One bill; where its money waits for the buyer, the buyer's yes or what is wrong."""

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.confirmations import Proven
from changliao.core.disputes import Dispute, OpenDispute
from changliao.core.holds import Holding, HoldingState
from changliao.core.ids import DisputeId, UserId
from changliao.core.ledger import Code
from changliao.core.money import CNY
from changliao.core.orders import Hold, Order
from changliao.core.outcome import Reason, Refused
from changliao.doors.wallet import bills, confirming
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
from changliao.operations.network import Network
from changliao.operations.settling import CONFIRM, ConfirmReceipt
from changliao.store.views import ledger, orders, splits
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
    order = await _bought(network, visit.user.id, ids.parse("bil", shown) or 0)
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
    order = await _bought(network, visit.user.id, ids.parse("bil", shown) or 0)
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
    found = await bills.bill(network, visit.user, visit.words, leg_id)
    if found is None:
        return visit.missing()
    holding = await _escrow_of(network, visit.user.id, leg_id)
    return visit.render(
        "wallet/bill.html",
        UNPROCESSABLE if text else 200,
        bill=found,
        holding=holding,
        disputed=holding is not None and holding.state is HoldingState.DISPUTED,
        problem_text=text,
        confirms=holding is not None and await confirming.ready(visit),
        tab="bills",
    )


async def _escrow_of(network: Network, user_id: UserId, leg_id: int) -> Holding | None:
    """What the payment of a bill still holds for its buyer; None: nothing waits."""
    order = await _bought(network, user_id, leg_id)
    if order is None or order.hold is not Hold.RECEIPT:
        return None
    holding = await network.read(splits.holding, order.merchant_id, order.id)
    if holding is None or holding.state is HoldingState.RELEASED or not holding.held:
        return None
    return holding


async def _bought(network: Network, user_id: UserId, leg_id: int) -> Order | None:
    """The order that a movement of this person's wallet paid."""
    entries = await network.read(ledger.statement, chart.wallet(user_id, CNY), leg_id, 1)
    if not entries or entries[0].code is not Code.PAYMENT:
        return None
    entry = entries[0]
    attempt = await network.read(orders.attempt, entry.cause_id, entry.other.owner)
    if attempt is None:
        return None
    placed = await network.read(orders.order, attempt.merchant_id, attempt.order_id)
    return placed.order if placed and placed.order.payer_id == user_id else None
