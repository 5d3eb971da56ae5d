"""The wallet's routes. Each needs a session but signing up and logging in."""

from starlette.routing import Route

from changliao.doors.wallet import (
    banking,
    coupons,
    escrow,
    freezing,
    groupbills,
    home,
    installing,
    joining,
    limits,
    listing,
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
from changliao.doors.wallet.visit import Wallet, signed_in
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.web.pages import Pages


def routes(network: Network, pages: Pages, desk: Desk, public_url: str) -> list[Route]:
    """Everything under /w/. `public_url` is where people find it."""
    wallet = Wallet(network, pages, desk, public_url)

    return [
        Route("/w/scan", signed_in(wallet, scanning.scan), methods=["GET", "POST"]),
        Route("/w/scan/picture", signed_in(wallet, scanning.reading()), methods=["POST"]),
        *banking.routes(wallet),
        *coupons.routes(wallet),
        *escrow.routes(wallet),
        *freezing.routes(wallet),
        *groupbills.routes(wallet),
        *home.routes(wallet),
        *installing.routes(wallet),
        *joining.routes(wallet),
        *limits.routes(wallet),
        *listing.routes(wallet),
        *moving.routes(wallet),
        *packets.routes(wallet),
        *passkeys.routes(wallet),
        *paying.routes(wallet),
        *pin_resets.routes(wallet),
        *receiving.routes(wallet),
        *settings.routes(wallet),
        *statements.routes(wallet),
    ]
