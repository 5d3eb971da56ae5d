"""The wallet's home: the balance, what is often done, what waits for its owner, the last bills."""

from typing import Final

from msgspec import Struct
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.holds import Holding, HoldingState
from changliao.core.ids import UserId
from changliao.core.money import CNY
from changliao.doors.wallet import bills, pin_resets
from changliao.doors.wallet.bills import Bill
from changliao.doors.wallet.visit import Visit, Wallet, signed_in
from changliao.store.engine import Reader
from changliao.store.views import ledger, statements
from changliao.store.views.ledger import Entry
from changliao.web.display import amount

_HIDES: Final = "cl_hides"
_RECENT: Final = 5
_SHOWN: Final = 3


class Waiting(Struct, frozen=True):
    """A purchase whose money waits for its buyer's yes."""

    bill: Bill
    amount: int
    until: Instant
    disputed: bool


class Recent(Struct, frozen=True):
    """The last movements, and those of a window whose money waits for this person."""

    last: list[Entry]
    waits: list[tuple[Entry, Holding]]


def routes(wallet: Wallet) -> list[Route]:
    """Where a wallet opens."""
    return [
        Route("/w/", signed_in(wallet, show)),
        Route("/w/hide", signed_in(wallet, hide), methods=["POST"]),
    ]


async def show(visit: Visit) -> Response:
    """Balance, what waits for me and the last bills; amounts only where they are not hidden."""
    network = visit.wallet.network
    accounts = await network.read(ledger.wallets_of, visit.user.id)
    spendable = {chart.currency(one.id).code: one.spendable for one in accounts}
    others = [str(amount(left, code)) for code, left in spendable.items() if code != CNY.code]
    found = await network.read(_recent, visit.user.id)
    waiting = [
        Waiting(
            await bills.told(network, entry, visit.words),
            holding.of_buyer(-entry.amount),
            holding.until,
            holding.state is HoldingState.DISPUTED,
        )
        for entry, holding in found.waits[:_SHOWN]
    ]
    return visit.render(
        "wallet/home.html",
        reset_at=await pin_resets.waits_until(visit),
        hides=visit.wallet.pages.browser.read(visit.request, _HIDES) == "1",
        balance=spendable.get(CNY.code, 0),
        others=others,
        waiting=waiting,
        waits=len(found.waits),
        held=sum(holding.of_buyer(-entry.amount) for entry, holding in found.waits),
        bills=[await bills.told(network, one, visit.words) for one in found.last],
        tab="home",
    )


async def hide(visit: Visit) -> Response:
    """From now on this browser's home shows no amounts, or shows them again."""
    form = await visit.wallet.pages.browser.form(visit.request)
    response = RedirectResponse("/w/", 303)
    visit.wallet.pages.browser.set(response, _HIDES, "1" if form.get("hides") == "1" else "0")
    return response


def _recent(reader: Reader, user_id: UserId) -> Recent:
    account = chart.wallet(user_id, CNY)
    newest = ledger.account(reader, account).last_leg
    entries = ledger.statement(reader, account, newest, statements.WINDOW)
    held = statements.waiting(reader, entries)
    waits = [(one, held[one.leg_id]) for one in entries if one.leg_id in held]
    return Recent([one for one in entries if one.amount][:_RECENT], waits)
