"""The log of requests at the API doors, and why a signature failed. Only a sandbox keeps one."""

from typing import Final

from starlette.responses import Response

from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.sandbox import read_record
from changliao.store.views import sandbox

_LOOKED_AT: Final = 500
_SHOWN: Final = 100
_REFUSED: Final = 400


async def listed(visit: Visit) -> Response:
    """The newest first; `failed=1` are those that were refused."""
    found = await visit.network.read(
        sandbox.latest_requests, MerchantId(naming.scope(visit)), _LOOKED_AT
    )
    failed = visit.query.get("failed") == "1"
    shown = [
        (ids.show("rqs", one.id), ids.made_at(one.id), read_record(one)) for one in reversed(found)
    ]
    if failed:
        shown = [one for one in shown if one[2].status >= _REFUSED or one[2].status == 0]
    return visit.render(
        "console/requests.html",
        requests=shown[:_SHOWN],
        failed=failed,
        base=naming.prefix(visit),
        here_nav="requests",
    )


async def one(visit: Visit) -> Response:
    """The request and its answer as they came, secrets masked."""
    number = ids.parse("rqs", visit.request.path_params["id"]) or 0
    found = await visit.network.read(
        sandbox.requests_after, number - 1, MerchantId(naming.scope(visit)), 1
    )
    if not number or not found or found[0].id != number:
        return visit.missing()
    return visit.render(
        "console/request.html",
        id=ids.show("rqs", number),
        at=ids.made_at(number),
        one=read_record(found[0]),
        base=naming.prefix(visit),
        here_nav="requests",
    )


ENTRIES: Final = (
    Entry("GET", "/console/requests", Right.LOOK, listed),
    Entry("GET", "/console/requests/{id}", Right.LOOK, one),
)
