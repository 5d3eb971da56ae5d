"""Channels: how they are, what was asked of them, and, in a sandbox, what is to go wrong."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from changliao.core import chart, ids
from changliao.core.bank import BankFault, FaultRule
from changliao.core.channel_terms import ChangeChannel, facts
from changliao.core.channels import Channel, ChannelState, RequestKind, RequestState
from changliao.core.members import Right
from changliao.core.money import BPS
from changliao.core.outcome import Refused
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.bank import SET_FAULT
from changliao.operations.channels import CHANGE
from changliao.store.views import acceptance, channels

_PATH: Final = "/console/channels"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_MOST_WEIGHT: Final = 1_000
_MOST_FAULTS: Final = 1_000
_FURTHEST_OFF: Final = 1_000_000


async def listed(visit: Visit) -> Response:
    """Every channel: they are few."""
    found = await visit.network.read(channels.channels)
    names = await _terminals(visit)
    shown = [(one, [name for number, name in names if one.terminals >> number & 1])
             for one in found]  # fmt: skip
    return visit.render("console/channels.html", channels=shown, here_nav="channels")


async def one(visit: Visit) -> Response:
    """Its terms, and what was asked of it, the newest first."""
    known = await _named(visit)
    return visit.missing() if known is None else await _page(visit, known, "")


async def change(visit: Visit) -> Response:
    """Suspend it or use it again; another weight or cost."""
    form = await visit.form()
    known = await _named(visit)
    if known is None:
        return visit.missing()
    state = ChannelState.__members__.get(str(form.get("state", "")).upper())
    weight = _number(str(form.get("weight", "")), _MOST_WEIGHT)
    cost = _number(str(form.get("cost_bps", "")), BPS)
    if state is None or weight is None or cost is None:
        problem = visit.words("权重是 0 到 1000，成本是 0 到 10000 个基点。")
        return await _page(visit, known, problem)
    command = ChangeChannel(known.id, state, weight, cost)
    outcome = await visit.act(form, CHANGE, command, known.code)
    if isinstance(outcome, Refused):
        return await _page(visit, known, visit.problem(outcome))
    return RedirectResponse(f"{_PATH}/{known.code}", 303)


async def set_fault(visit: Visit) -> Response:
    """What the next instructions of a kind meet; in a sandbox only."""
    form = await visit.form()
    known = await _named(visit)
    if known is None or not visit.console.pages.sandbox:
        return visit.missing()
    kind = RequestKind.__members__.get(str(form.get("kind", "")).upper())
    fault = BankFault.__members__.get(str(form.get("fault", "")).upper())
    times = _number(str(form.get("times", "")), _MOST_FAULTS)
    off = _number(str(form.get("off", "")).removeprefix("-"), _FURTHEST_OFF)
    if kind is None or fault is None or times is None or off is None:
        return await _page(visit, known, visit.words("次数是 0 到 1000，差额是整数分。"))
    signed = -off if str(form.get("off", "")).startswith("-") else off
    outcome = await visit.act(
        form,
        SET_FAULT,
        FaultRule(known.id, kind, fault, times, signed),
        known.code,
        kind=kind.name.lower(),
    )
    if isinstance(outcome, Refused):
        return await _page(visit, known, visit.problem(outcome))
    return RedirectResponse(f"{_PATH}/{known.code}", 303)


async def _page(visit: Visit, known: Channel, problem: str) -> Response:
    query, read = visit.query, visit.network.read
    before = ids.parse("chr", query.get("before", "")) or _NEWEST
    state = RequestState.__members__.get(query.get("state", "").upper())
    found = await read(channels.requests, known.id, int(state or 0), before, _PAGE + 1)
    shown = [
        (
            ids.show("chr", one.id),
            await naming.party(visit.network, one.home.owner),
            chart.currency(one.home).code,
            one,
        )
        for one in found[:_PAGE]
    ]
    filters = {"state": query["state"]} if state else {}
    faults = await read(channels.bank_faults, known.id) if visit.console.pages.sandbox else []
    return visit.render(
        "console/channel.html",
        UNPROCESSABLE if problem else 200,
        channel=known,
        seen=facts(known),
        terminals=[name for number, name in await _terminals(visit)
                   if known.terminals >> number & 1],
        requests=shown,
        older=urlencode(filters | {"before": shown[-1][0]}) if len(found) > _PAGE else "",
        chosen=query.get("state", "") if state else "",
        faults=[one for one in faults if one.left],
        problem_text=problem,
        here_nav="channels",
    )  # fmt: skip


async def _named(visit: Visit) -> Channel | None:
    code = visit.request.path_params["code"]
    found = await visit.network.read(channels.channels)
    return next((one for one in found if one.code == code), None)


async def _terminals(visit: Visit) -> list[tuple[int, str]]:
    found = await visit.network.look_up(acceptance.terminals)
    return [(one.id, visit.called(one)) for one in found]


def _number(text: str, most: int) -> int | None:
    """A whole number of at most so much; None for anything else."""
    fine = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if fine and int(text) <= most else None


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("GET", _PATH + "/{code}", Right.LOOK, one),
    Entry("POST", _PATH + "/{code}", Right.MANAGE_CHANNELS, change, _PATH + "/{code}"),
    Entry("POST", _PATH + "/{code}/faults", Right.MANAGE_CHANNELS, set_fault),
)
