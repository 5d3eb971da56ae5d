"""A book of the ledger: the accounts that its sum adds up, and what moved in them on a day."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from changliao.core import chart, ids
from changliao.core.bills import ends_at, starts_at
from changliao.core.ledger import Account
from changliao.core.members import Right
from changliao.doors.console import naming
from changliao.doors.console.bills import day_named, shown_day
from changliao.doors.console.ledger import book_named, owner_named
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import ledger, parties
from changliao.store.views.ledger import MovedIn

_PATH: Final = "/console/ledger/books/{book}"
_PAGE: Final = 50


async def accounts(visit: Visit) -> Response:
    """Every account of one purpose and currency, in the order of their owners; or one owner's."""
    book, read = book_named(visit.request.path_params["book"]), visit.network.read
    if book is None:
        return visit.missing()
    asked = visit.query.get("owner", "").strip()
    after = ids.parse("cur", visit.query.get("after", "")) or 0
    if asked:
        owner = await _owner(visit, asked)
        known = await read(ledger.account, chart.account(owner, book)) if owner else None
        found = [known] if known is not None and known.last_leg else list[Account]()
    else:
        found = await read(ledger.accounts_of_book, book, after, _PAGE + 1)
    shown = found[:_PAGE]
    owners = await naming.parties_of(visit.network, [one.id.owner for one in shown])
    purpose, code = naming.book(book)
    sums = {one.book: one for one in await visit.console.books.sums()}
    return visit.render(
        "console/book.html",
        book=book,
        purpose=purpose,
        code=code,
        sum=sums.get(book),
        accounts=[(naming.account_of(owners[one.id.owner], one.id), one) for one in shown],
        further=ids.show("cur", shown[-1].id.owner) if len(found) > _PAGE else "",
        asked=asked,
        here_nav="ledger",
    )


async def day(visit: Visit) -> Response:
    """What a day's close adds up: every entry of the book, the oldest first."""
    parts, query = visit.request.path_params, visit.query
    book, asked = book_named(parts["book"]), day_named(parts["day"])
    owner = owner_named(query["owner"]) if query.get("owner") else 0
    if book is None or asked is None or owner is None:
        return visit.missing()
    first = ids.first_id(0, starts_at(asked))
    wanted = MovedIn(
        book,
        owner,
        max(first, ids.parse("leg", query.get("from", "")) or 0),
        ids.first_id(0, ends_at(asked)),
    )
    found, until = await visit.network.report(ledger.moved_in, wanted, _PAGE + 1)
    shown, more = found[:_PAGE], len(found) > _PAGE
    further = found[_PAGE][1].leg_id if more else until
    involved = [one for place, entry in shown for one in (place.owner, entry.other.owner)]
    owners = await naming.parties_of(visit.network, involved)
    purpose, code = naming.book(book)
    filters = {"owner": query["owner"]} if owner else {}
    return visit.render(
        "console/book_day.html",
        book=book,
        purpose=purpose,
        code=code,
        day=shown_day(asked),
        owner=await naming.party(visit.network, owner) if owner else None,
        entries=[
            (
                ids.show("leg", one.leg_id),
                naming.account_of(owners[place.owner], place),
                naming.account_of(owners[one.other.owner], one.other),
                one,
            )
            for place, one in shown
        ],
        further=urlencode(filters | {"from": ids.show("leg", further)}) if further else "",
        unseen=bool(until) and not more,
        here_nav="ledger",
    )


async def _owner(visit: Visit, text: str) -> int | None:
    """By an id, or a merchant's number; a channel by its own."""
    found = await visit.network.read(parties.merchant_by_number, text)
    return found.id if found is not None else owner_named(text)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, accounts),
    Entry("GET", _PATH + "/days/{day}", Right.LOOK, day),
)
