"""The log of requests at the API doors, and why a signature failed. Only a sandbox keeps one."""

import re
import shlex
from typing import Final
from urllib.parse import unquote_plus

from msgspec import Struct
from starlette.responses import Response

from changliao.core import ids
from changliao.core.clock import SECOND
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.orders import Order
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.sandbox import RequestRecord, read_record
from changliao.store.sandbox import Logged
from changliao.store.views import sandbox
from changliao.web.differences import first_difference

_LOOKED_AT: Final = 500
_SHOWN: Final = 100
_REFUSED: Final = 400
# A request is logged when it was answered, a little after what it made.
_LOGGED_WITHIN: Final = 30 * SECOND


async def listed(visit: Visit) -> Response:
    """The newest first; `failed=1` are those that were refused."""
    return await _page(visit, None)


async def one(visit: Visit) -> Response:
    """The request and its answer as they came, secrets masked, beside the list."""
    number = ids.parse("rqs", visit.request.path_params["id"]) or 0
    found = await visit.network.read(
        sandbox.requests_after, number - 1, MerchantId(naming.scope(visit)), 1
    )
    if not number or not found or found[0].id != number:
        return visit.missing()
    return await _page(visit, found[0])


class Placing(Struct, frozen=True):
    """The request that placed an order, and its id in the log."""

    id: str
    record: RequestRecord


async def placing(visit: Visit, order: Order) -> Placing | None:
    """The first request after the order's id that was taken and names it; others' are not seen."""
    whose = MerchantId(naming.scope(visit))
    found = await visit.network.read(sandbox.requests_after, order.id, whose, _SHOWN)
    named = re.compile(rf"(?<![\w-]){re.escape(order.reference)}(?![\w-])")
    for one in found:
        if ids.made_at(one.id) > ids.made_at(order.id) + _LOGGED_WITHIN:
            break
        record = read_record(one)
        ours = one.merchant_id in (order.merchant_id, order.partner_id)
        if ours and record.door != "payer" and 0 < record.status < _REFUSED:
            gateway = record.target if record.door == "alipay" else ""
            if named.search(unquote_plus(f"{gateway} {record.body}")):
                return Placing(ids.show("rqs", one.id), record)
    return None


async def _page(visit: Visit, opened: Logged | None) -> Response:
    """The list, and beside it what was opened; `seen` is the newest that a reader has."""
    whose = MerchantId(naming.scope(visit))
    newest = await visit.network.read(sandbox.latest_requests, whose, 1)
    newest_id = ids.show("rqs", newest[0].id) if newest else ""
    if newest_id and visit.query.get("seen") == newest_id:
        return Response(status_code=204)
    found = await visit.network.read(sandbox.latest_requests, whose, _LOOKED_AT)
    failed = visit.query.get("failed") == "1"
    shown = [
        (ids.show("rqs", one.id), ids.made_at(one.id), read_record(one)) for one in reversed(found)
    ]
    if failed:
        shown = [one for one in shown if one[2].status >= _REFUSED or one[2].status == 0]
    record = read_record(opened) if opened else None
    return visit.render(
        "console/requests.html",
        requests=shown[:_SHOWN],
        newest=newest_id,
        failed=failed,
        base=naming.prefix(visit),
        here_nav="requests",
        id=ids.show("rqs", opened.id) if opened else "",
        at=ids.made_at(opened.id) if opened else 0,
        one=record,
        difference=first_difference(record.string_to_sign, record.signed_text) if record else None,
        curl=_curl(visit.console.public_url, record) if record else "",
    )


def _curl(base: str, record: RequestRecord) -> str:
    """The request as a command for a shell."""
    address = base.rstrip("/") + record.target
    parts = [["curl", "-X", record.method, address]]
    parts += [["-H", f"{name}: {value}"] for name, value in record.headers.items()]
    parts += [["--data-binary", record.body]] if record.body else []
    return " \\\n  ".join(shlex.join(one) for one in parts)


ENTRIES: Final = (
    Entry("GET", "/console/requests", Right.LOOK, listed),
    Entry("GET", "/console/requests/{id}", Right.LOOK, one),
)
