"""What a person may still spend, and how to be allowed more."""

from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from changliao.core import limits
from changliao.core.clock import Instant
from changliao.core.limits import Left
from changliao.doors.wallet.visit import Visit, Wallet, signed_in
from changliao.store.views import limits as views
from changliao.web.display import amount


class Row(Struct, frozen=True):
    """One limit: how much it is, how much is left of it, and when it is whole again."""

    name: str
    limit: str
    left: str
    again: Instant | None = None


def routes(wallet: Wallet) -> list[Route]:
    """Mine at /w/limits."""
    return [Route("/w/limits", signed_in(wallet, mine))]


async def mine(visit: Visit) -> Response:
    """My level, what is left of its limits, and what the next levels need."""
    network, user_id = visit.wallet.network, visit.user.id
    now = network.clock()
    person, left = await network.read(views.left, user_id, now)
    levels = await network.read(views.levels)
    rows: list[Row] = []
    for currency, one in left.items():
        rows += _rows(visit, one, currency.code, now)
    return visit.render(
        "wallet/limits.html",
        level=next((one for one in levels if one.number == person.level), None),
        rows=rows,
        higher=[one for one in levels if one.number > person.level],
        tab="me",
    )


def _rows(visit: Visit, left: Left, code: str, now: Instant) -> list[Row]:
    limit, words = left.limit, visit.words

    def row(name: str, most: int, unspent: int, again: Instant | None = None) -> Row:
        return Row(name, str(amount(most, code)), str(amount(max(unspent, 0), code)), again)

    rows = []
    if limit.per_payment:
        rows.append(row(words("单笔"), limit.per_payment, limit.per_payment))
    if limit.per_day:
        opens = limits.next_day(now)
        rows.append(row(words("今天"), limit.per_day, limit.per_day - left.today, opens))
    if limit.per_year:
        opens = limits.next_year(now)
        rows.append(row(words("今年"), limit.per_year, limit.per_year - left.this_year, opens))
    return rows
