"""What channels' statements came to against the books, day by day: counts and sums of both."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from changliao.core import ids
from changliao.core.channels import Channel
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.statements import Reconciliation
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import channels, differences

_PATH: Final = "/console/reconciliations"
_PAGE: Final = 30
_FIRST: Final = (ids.NEWEST, 0, 0)
_PARTS: Final = 3
_LONGEST_NUMBER: Final = 18

Shown = tuple[str, str, Reconciliation]


async def listed(visit: Visit) -> Response:
    """The newest days first, of every channel or one."""
    every = await visit.network.read(channels.channels)
    chosen = next((one for one in every if one.code == visit.query.get("channel")), None)
    before = _place(visit.query.get("before", "")) or _FIRST
    found = await visit.network.read(
        differences.reconciliations, chosen.id if chosen else 0, before, _PAGE + 1
    )
    filters = {"channel": chosen.code} if chosen else {}
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    older = filters | {"before": f"{last.begins}.{last.channel_id}.{last.currency}"} if last else {}
    return visit.render(
        "console/reconciliations.html",
        days=shown(visit, every, found[:_PAGE]),
        channels=[(one.code, visit.called(one)) for one in every],
        chosen=chosen.code if chosen else "",
        older=urlencode(older),
        here_nav="differences",
    )


def shown(visit: Visit, every: list[Channel], found: list[Reconciliation]) -> list[Shown]:
    """With the channel's name and the currency's code."""
    names = {one.id: visit.called(one) for one in every}
    return [
        (names.get(one.channel_id, str(one.channel_id)), BY_NUMBER[one.currency].code, one)
        for one in found
    ]


async def newest(visit: Visit, every: list[Channel], most: int) -> list[Shown]:
    """The last few, beside the cases that are open."""
    found = await visit.network.read(differences.reconciliations, 0, _FIRST, most)
    return shown(visit, every, found)


def _place(text: str) -> tuple[int, int, int] | None:
    parts = text.split(".")
    plain = all(one.isascii() and one.isdigit() and len(one) <= _LONGEST_NUMBER for one in parts)
    if len(parts) != _PARTS or not plain:
        return None
    begins, channel_id, currency = map(int, parts)
    return begins, channel_id, currency


ENTRIES: Final = (Entry("GET", _PATH, Right.LOOK, listed),)
