"""The wallet's routes. Each needs a session but signing up and logging in."""

from starlette.responses import Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.money import CNY
from changliao.doors.wallet import (
    banking,
    bills,
    coupons,
    escrow,
    freezing,
    groupbills,
    installing,
    joining,
    limits,
    moving,
    packets,
    passkeys,
    paying,
    pin_resets,
    receiving,
    scanning,
    settings,
    statements,
)
from changliao.doors.wallet.visit import Visit, Wallet, signed_in
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.store.views import ledger
from changliao.web.display import amount
from changliao.web.pages import Pages

_RECENT = 5
_PAGE = 30


def routes(network: Network, pages: Pages, desk: Desk, public_url: str) -> list[Route]:
    """Everything under /w/. `public_url` is where people find it."""
    wallet = Wallet(network, pages, desk, public_url)

    return [
        Route("/w/", signed_in(wallet, home)),
        Route("/w/bills", signed_in(wallet, list_bills)),
        Route("/w/scan", signed_in(wallet, scanning.scan), methods=["GET", "POST"]),
        Route("/w/scan/picture", signed_in(wallet, scanning.reading()), methods=["POST"]),
        *banking.routes(wallet),
        *coupons.routes(wallet),
        *escrow.routes(wallet),
        *freezing.routes(wallet),
        *groupbills.routes(wallet),
        *installing.routes(wallet),
        *joining.routes(wallet),
        *limits.routes(wallet),
        *moving.routes(wallet),
        *packets.routes(wallet),
        *passkeys.routes(wallet),
        *paying.routes(wallet),
        *pin_resets.routes(wallet),
        *receiving.routes(wallet),
        *settings.routes(wallet),
        *statements.routes(wallet),
    ]


async def home(visit: Visit) -> Response:
    """Balance and the last bills."""
    network = visit.wallet.network
    accounts = await network.read(ledger.wallets_of, visit.user.id)
    spendable = {chart.currency(one.id).code: one.spendable for one in accounts}
    others = [str(amount(left, code)) for code, left in spendable.items() if code != CNY.code]
    recent = await bills.page(network, visit.user, visit.words, 0, _RECENT)
    return visit.render(
        "wallet/home.html",
        reset_at=await pin_resets.waits_until(visit),
        balance=spendable.get(CNY.code, 0),
        others=others,
        bills=recent.bills,
        tab="home",
    )


async def list_bills(visit: Visit) -> Response:
    """A page of bills."""
    start = ids.parse("bil", visit.request.query_params.get("from", "")) or 0
    page = await bills.page(visit.wallet.network, visit.user, visit.words, start, _PAGE)
    return visit.render("wallet/bills.html", bills=page.bills, older=page.older, tab="bills")
