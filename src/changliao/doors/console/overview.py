"""The first page: what needs doing, and the day so far."""

from typing import Final

from starlette.responses import Response

from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.doors.console.visit import Entry, Visit


async def overview(visit: Visit) -> Response:
    """What waits comes first; what does not wait is not shown."""
    today = [(BY_NUMBER[one.currency].code, one) for one in await visit.console.today.sums()]
    return visit.render("console/overview.html", today=today, here_nav="overview")


ENTRIES: Final = (Entry("GET", "/console/", Right.LOOK, overview),)
