"""The pay code: what a person shows at a counter, and what became of it."""

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from changliao.core.clock import HOUR, MILLISECOND, Instant
from changliao.core.ids import NEWEST
from changliao.core.outcome import Refused
from changliao.doors.wallet.visit import UNPROCESSABLE, Visit, Wallet, problem, signed_in
from changliao.operations.paycodes import MAKE, new_code
from changliao.store.views import orders
from changliao.store.views.paycodes import pay_code

_LINK_LIVES = 2 * HOUR


def routes(wallet: Wallet) -> list[Route]:
    """The code, and asking what became of one."""
    return [
        Route("/w/pay-code", signed_in(wallet, show)),
        Route("/w/pay-code/{code:int}", signed_in(wallet, state)),
    ]


async def show(visit: Visit) -> Response:
    """A new code each time the page is opened: an old one in a picture is worth nothing."""
    network = visit.wallet.network
    made = await network.perform(MAKE, new_code(visit.user.id, network.clock()))
    if isinstance(made, Refused):
        text = problem(visit.wallet, visit.request, made)
        return visit.render(
            "wallet/pay_code.html", UNPROCESSABLE, tab="pay", code="", problem_text=text
        )
    return visit.render(
        "wallet/pay_code.html",
        tab="pay",
        code=str(made.number),
        expires_ms=made.expires_at // MILLISECOND,
        now_ms=network.clock() // MILLISECOND,
        problem_text="",
    )


async def state(visit: Visit) -> Response:
    """Where the person should look now: the order a code was used for, or nowhere yet."""
    network = visit.wallet.network
    number: int = visit.request.path_params["code"]
    code = await network.read(pay_code, number) if number <= NEWEST else None
    if code is None or code.user_id != visit.user.id:
        return JSONResponse({"next": ""}, 404)
    placed = None
    if code.order_id:
        placed = await network.read(orders.order, code.merchant_id, code.order_id)
    if placed is None:
        return JSONResponse({"next": ""})
    link = network.links.make(placed.order, Instant(network.clock() + _LINK_LIVES))
    return JSONResponse({"next": f"/c/{link}?view=phone"})
