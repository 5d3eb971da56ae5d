"""The first page: what needs doing, and the day so far."""

from typing import Final

from starlette.responses import Response

from changliao.core import ids
from changliao.core.bills import day_of, starts_at
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import console


async def overview(visit: Visit) -> Response:
    """What waits comes first; what does not wait is not shown."""
    network = visit.network
    first = ids.first_id(0, starts_at(day_of(network.clock())))
    today = await network.report(console.placed_since, first)
    named = [(BY_NUMBER[one.currency].code, one) for one in today]
    return visit.render("console/overview.html", today=named, here_nav="overview")


ENTRIES: Final = (Entry("GET", "/console/", Right.LOOK, overview),)
