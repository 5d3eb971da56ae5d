"""Budgets of coupons and subsidies: caps, what is set aside and spent; and stopping one."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.budgets import BudgetEvent, ChangeBudget
from changliao.core.ids import BudgetId, MerchantId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.budgets import CHANGE
from changliao.store.views import budgets, funds

_PATH: Final = "/console/budgets"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62
# Funding is the owner's: its money is set aside.
_OFFERED: Final = {
    "pause": BudgetEvent.PAUSE,
    "resume": BudgetEvent.RESUME,
    "close": BudgetEvent.CLOSE,
}


async def listed(visit: Visit) -> Response:
    """The newest first."""
    read = visit.network.read
    before = ids.parse("bdg", visit.query.get("before", "")) or _NEWEST
    found = await read(funds.budgets, before, _PAGE + 1)
    shown = [
        (
            ids.show("bdg", one.id),
            ids.show("mch", one.owner_id),
            await naming.party(visit.network, one.owner_id),
            one,
            await read(budgets.figures, one),
        )
        for one in found[:_PAGE]
    ]
    older = shown[-1][0] if len(found) > _PAGE else ""
    return visit.render("console/budgets.html", budgets=shown, older=older, here_nav="budgets")


async def change(visit: Visit) -> Response:
    """Give nothing new, give again, or end it: what is not promised goes back to its owner."""
    form = await visit.form()
    shown, event = visit.request.path_params["id"], _OFFERED.get(str(form.get("event", "")))
    owner_id = MerchantId(ids.parse("mch", visit.request.path_params["owner_id"]) or 0)
    known = await visit.network.read(budgets.budget, owner_id, ids.parse("bdg", shown) or 0)
    if known is None or event is None:
        return visit.missing()
    outcome = await visit.act(
        form,
        CHANGE,
        ChangeBudget(owner_id, BudgetId(known.id), event),
        shown,
        name=known.name,
        event=event.name.lower(),
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_PATH, 303)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", _PATH + "/{owner_id}/{id}", Right.MANAGE_BUDGETS, change),
)
