"""Payouts of merchants to people: everybody's, the newest first, and taking one back that waits."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import MerchantId, PayoutId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.payouts import EndPayout
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.payouts import END
from changliao.store.views import funds, parties, payouts
from changliao.web import display

_PATH: Final = "/console/payouts"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62


async def listed(visit: Visit) -> Response:
    """Of all merchants, of one, or those that wait for their payees."""
    query, read = visit.query, visit.network.read
    before = ids.parse("pot", query.get("before", "")) or _NEWEST
    number, waiting = query.get("merchant", "").strip(), query.get("state") == "waiting"
    if number:
        waiting = False
        merchant = await read(parties.merchant_by_number, number)
        owner = merchant.id if merchant else None
        found = await read(payouts.of_merchant, owner, before, _PAGE + 1) if owner else []
    else:
        found = await read(funds.payouts, before, _PAGE + 1, waiting=waiting)
    shown = [
        (
            ids.show("pot", one.id),
            ids.show("mch", one.merchant_id),
            await naming.party(visit.network, one.merchant_id),
            await naming.party(visit.network, one.payee_id) if one.payee_id else None,
            one,
        )
        for one in found[:_PAGE]
    ]
    filters = {"merchant": number} if number else {"state": "waiting"} if waiting else {}
    older = urlencode(filters | {"before": shown[-1][0]}) if len(found) > _PAGE else ""
    return visit.render(
        "console/payouts.html",
        payouts=shown,
        older=older,
        merchant=number,
        waiting=waiting,
        here_nav="payouts",
    )


async def cancel(visit: Visit) -> Response:
    """What was reserved for it is the merchant's again; one that was paid stays paid."""
    form = await visit.form()
    shown = visit.request.path_params["id"]
    merchant_id = MerchantId(ids.parse("mch", visit.request.path_params["merchant_id"]) or 0)
    known = await visit.network.read(payouts.payout, merchant_id, ids.parse("pot", shown) or 0)
    if known is None:
        return visit.missing()
    outcome = await visit.act(
        form,
        END,
        EndPayout(merchant_id, PayoutId(known.id)),
        shown,
        amount=str(display.amount(known.amount.amount, known.amount.currency.code)),
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_PATH, 303)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", _PATH + "/{merchant_id}/{id}/cancel", Right.CANCEL_PAYOUTS, cancel),
)
