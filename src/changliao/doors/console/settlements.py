"""Settlement runs: everybody's for operators, a merchant's own in its portal, the newest first."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from changliao.core import bills, ids
from changliao.core.clock import BEIJING, to_datetime
from changliao.core.members import Right
from changliao.core.settlements import Settlement, SettlementState
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import settlements

_PATH: Final = "/console/settlements"
_OWN: Final = "/portal/settlements"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62


async def listed(visit: Visit) -> Response:
    """Of all merchants, or those in one state."""
    state = SettlementState.__members__.get(visit.query.get("state", "").upper())
    before = ids.parse("stl", visit.query.get("before", "")) or _NEWEST
    found = await visit.network.read(settlements.settlements, state or 0, before, _PAGE + 1)
    shown = [
        (
            ids.show("mch", one.merchant_id),
            await naming.party(visit.network, one.merchant_id),
            _days(one),
            one,
        )
        for one in found[:_PAGE]
    ]
    filters = {"state": state.name.lower()} if state else {}
    return visit.render(
        "console/settlements.html",
        settlements=shown,
        state=state.name if state else "",
        states=list(SettlementState.__members__),
        older=_older(found, filters),
        here_nav="settlements",
    )


async def own(visit: Visit) -> Response:
    """When and where to this merchant is settled, and each run."""
    merchant_id = visit.member.organisation
    before = ids.parse("stl", visit.query.get("before", "")) or _NEWEST
    found = await visit.network.read(settlements.of_merchant, merchant_id, before, _PAGE + 1)
    return visit.render(
        "portal/settlements.html",
        cycles=await visit.network.read(settlements.cycles_of, merchant_id),
        settlements=[(_days(one), one) for one in found[:_PAGE]],
        older=_older(found, {}),
        here_nav="settlements",
    )


def _days(one: Settlement) -> str:
    first, last = (
        to_datetime(bills.starts_at(day), BEIJING).date().isoformat()
        for day in (one.first_day, one.day)
    )
    return first if first == last else f"{first} – {last}"


def _older(found: list[Settlement], filters: dict[str, str]) -> str:
    if len(found) <= _PAGE:
        return ""
    return urlencode(filters | {"before": ids.show("stl", found[_PAGE - 1].id)})


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("GET", _OWN, Right.PORTAL_LOOK, own),
)
