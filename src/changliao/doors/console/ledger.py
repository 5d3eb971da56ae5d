"""The ledger: all books, a party's accounts, an account's entries, and a transfer's two sides."""

from typing import Final

from starlette.responses import Response

from changliao.core import chart, ids
from changliao.core.chart import AccountId
from changliao.core.limits import FIRST_LEVEL
from changliao.core.members import Right
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import ledger, limits

_PATH: Final = "/console/ledger"
_PAGE: Final = 50
_NAMED: Final = {"network": chart.NETWORK}


async def books(visit: Visit) -> Response:
    """Every account, added up by book: each currency sums to nothing."""
    found = await visit.console.books.sums()
    shown = [(*naming.book(one.book), one) for one in found]
    sums: dict[str, int] = {}
    for _, code, one in shown:
        sums[code] = sums.get(code, 0) + one.balance
    return visit.render("console/books.html", books=shown, sums=sums, here_nav="ledger")


async def accounts(visit: Visit) -> Response:
    """What a party has."""
    owner = owner_named(visit.request.path_params["owner"])
    if owner is None:
        return visit.missing()
    found = await visit.network.read(ledger.accounts_of, owner)
    shown = [(await naming.account(visit.network, one.id), one) for one in found]
    person = ids.parse("usr", visit.request.path_params["owner"])
    identity = await visit.network.read(limits.identity, person) if person else None
    level = identity.level if identity else FIRST_LEVEL
    return visit.render(
        "console/accounts.html",
        levels=await visit.network.read(limits.levels) if person else [],
        level=level,
        seen={"level": str(level)},
        party=await naming.party(visit.network, owner),
        owner=visit.request.path_params["owner"],
        accounts=shown,
        here_nav="ledger",
    )


async def entries(visit: Visit) -> Response:
    """An account's movements, the newest first."""
    account_id = _account(visit)
    if account_id is None:
        return visit.missing()
    network = visit.network
    account = await network.read(ledger.account, account_id)
    start = ids.parse("leg", visit.query.get("before", "")) or account.last_leg
    found = await network.read(ledger.statement, account_id, start, _PAGE)
    owners = await naming.parties_of(network, [one.other.owner for one in found])
    shown = [
        (ids.show("leg", one.leg_id), naming.account_of(owners[one.other.owner], one.other), one)
        for one in found
    ]
    older = found[-1].previous if found else 0
    return visit.render(
        "console/entries.html",
        account=account,
        named=await naming.account(network, account_id),
        book=account_id.book,
        owner=visit.request.path_params["owner"],
        entries=shown,
        older=ids.show("leg", older) if older else "",
        here_nav="ledger",
    )


async def transfer(visit: Visit) -> Response:
    """Both sides of one transfer, whose sum is nothing."""
    leg_id = ids.parse("leg", visit.request.path_params["leg"])
    found = await visit.network.read(ledger.movement, leg_id) if leg_id else None
    if found is None:
        return visit.missing()
    return visit.render(
        "console/transfer.html",
        move=found,
        leg=ids.show("leg", found.leg_id),
        debit=await naming.account(visit.network, found.debit),
        credit=await naming.account(visit.network, found.credit),
        here_nav="ledger",
    )


def _account(visit: Visit) -> AccountId | None:
    parts = visit.request.path_params
    owner, book = owner_named(parts["owner"]), book_named(parts["book"])
    return None if owner is None or book is None else chart.account(owner, book)


def book_named(text: str) -> int | None:
    """A book of the chart by its number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        return None
    try:
        naming.book(int(text))
    except (KeyError, ValueError):
        return None
    return int(text)


def owner_named(text: str) -> int | None:
    """A user, a merchant, the network, or a channel by its number."""
    for kind in ("usr", "mch"):
        number = ids.parse(kind, text)
        if number is not None:
            return number
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    return _NAMED.get(text)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, books),
    Entry("GET", _PATH + "/transfers/{leg}", Right.LOOK, transfer),
    Entry("GET", _PATH + "/{owner}", Right.LOOK, accounts),
    Entry("GET", _PATH + "/{owner}/{book}", Right.LOOK, entries),
)
