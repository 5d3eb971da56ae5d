"""Taking what a merchant pays: the page that its front end opens, and the payee's yes."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core.clock import NEVER
from changliao.core.outcome import Refused
from changliao.core.payouts import ConfirmPayout, Payout, PayoutState
from changliao.doors.wallet.visit import UNPROCESSABLE, Visit, Wallet, problem, signed_in
from changliao.operations import packages
from changliao.operations.payouts import CONFIRM
from changliao.store.views import parties

_HEADLINES = {
    PayoutState.PAID: "已收款",
    PayoutState.CANCELLED: "商家已撤销这笔付款",
    PayoutState.EXPIRED: "已超过确认时间，钱已退回商家",
    PayoutState.FAILED: "这笔付款没有成功",
}


def routes(wallet: Wallet) -> list[Route]:
    """One page, to look at and to say yes on."""
    return [Route("/w/receive", signed_in(wallet, receive), methods=["GET", "POST"])]


async def receive(visit: Visit) -> Response:
    """GET shows who pays what; POST takes it. Taking it twice is no change."""
    network, request = visit.wallet.network, visit.request
    package = request.query_params.get("package", "")
    payout = await network.read(packages.payout_for, package, visit.user.id)
    if payout is None:
        return visit.missing()
    if request.method == "GET":
        return await _page(visit, payout, "")
    await visit.wallet.pages.browser.form(request)
    command = ConfirmPayout(payout.merchant_id, payout.id, visit.user.id)
    outcome = await network.perform(CONFIRM, command)
    if isinstance(outcome, Refused):
        return await _page(visit, payout, problem(visit.wallet, request, outcome))
    return RedirectResponse(f"/w/receive?package={packages.of_payout(outcome)}", 303)


async def _page(visit: Visit, payout: Payout, wrong: str) -> Response:
    network = visit.wallet.network
    merchant = await network.look_up(parties.merchant, payout.merchant_id)
    headline = _HEADLINES.get(payout.state, "")
    return visit.render(
        "wallet/receive.html",
        UNPROCESSABLE if wrong else 200,
        payout=payout,
        merchant=merchant,
        package=packages.of_payout(payout),
        waiting=payout.state is PayoutState.WAITING,
        paid=payout.state is PayoutState.PAID,
        headline=visit.words(headline) if headline else "",
        ends_at=payout.confirm_by if payout.confirm_by != NEVER else None,
        problem_text=wrong,
    )
