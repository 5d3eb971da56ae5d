"""One cell of the matrix: how it stands, what a change would touch, drafting one, and its past."""

from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import clock, ids
from changliao.core.acceptance import Accepting, Cell, Draft, UnderWay, in_force, stands
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, PolicyDraftId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.doors.console import naming
from changliao.doors.console.acceptance import (
    ALL,
    CELL,
    PATH,
    Asked,
    Axes,
    axes_of,
    past,
    people_of,
)
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.acceptance import DRAFT
from changliao.store.views import acceptance

_NEWEST: Final = 1 << 62
_LONGEST_REASON: Final = 200
_FIELDS: Final = (*CELL, "state", "under_way", "reason", "from", "to")


async def cell(visit: Visit) -> Response:
    """How it stands, and what drafting a change would touch."""
    return await _page(visit, {name: visit.query.get(name, "") for name in _FIELDS}, "")


async def look(visit: Visit) -> Response:
    """What a change that is being drafted would touch: what was typed so far is in the address."""
    typed = {name: text for name, text in _given(await visit.form()).items() if text}
    return RedirectResponse(f"{PATH}/cell?{urlencode(typed)}", 303)


async def draft(visit: Visit) -> Response:
    """Propose a change."""
    form = await visit.form()
    given = _given(form)
    wanted = _wanted(visit, form, given, await axes_of(visit))
    if wanted is None:
        return await _page(
            visit, given, visit.words("请选择平台、方式、终端和状态；时间按北京时间填。")
        )
    shown = ids.show("drf", wanted.id)
    outcome = await visit.act(
        form,
        DRAFT,
        wanted,
        shown,
        cells=f"{given['method']} × {given['terminal']}",
        after=given["state"],
        reason=given["reason"],
    )
    if isinstance(outcome, Refused):
        return await _page(visit, given, visit.problem(outcome))
    return RedirectResponse(f"{PATH}/drafts/{shown}", 303)


async def _page(visit: Visit, given: dict[str, str], text: str) -> Response:
    axes, network = await axes_of(visit), visit.network
    now, platform_id = network.clock(), ids.parse("mch", given["platform"])
    cells = _cells(axes, given, Accepting.NOT_CONNECTED)
    if platform_id is None or not cells:
        return visit.missing()
    platform = await naming.party(network, platform_id)
    if not platform.number:
        return visit.missing()
    asked = Asked(given["platform"], given["method"], given["terminal"])
    agreed = await network.read(acceptance.of_platform, platform_id)
    [(method_id, terminal_id), *others] = [(one.method_id, one.terminal_id) for one in cells]
    known, older = await past(visit, axes, asked, _NEWEST)
    return visit.render(
        "console/cell.html",
        UNPROCESSABLE if text else 200,
        axes=axes,
        platform=platform,
        given=given,
        policy=None if others else in_force(agreed.policies, method_id, terminal_id, now),
        state=None if others else stands(agreed.policies, method_id, terminal_id, now),
        touched=await network.report(acceptance.touched, _tried(platform_id, cells), now),
        drafts=known,
        older=older,
        asked=asked,
        people=await people_of(visit),
        problem_text=text,
        here_nav="acceptance",
    )


def _given(form: FormData) -> dict[str, str]:
    return {name: str(form.get(name, "")).strip() for name in _FIELDS}


def _cells(axes: Axes, given: dict[str, str], state: Accepting) -> tuple[Cell, ...]:
    """Those that are meant; none when a method or terminal is not known."""
    methods = [one.id for one in axes.methods if given["method"] in (ALL, one.code)]
    terminals = [one.id for one in axes.terminals if given["terminal"] in (ALL, one.code)]
    return tuple(Cell(method, there, state) for method in methods for there in terminals)


def _tried(platform_id: int, cells: tuple[Cell, ...]) -> Draft:
    """A draft that is only asked what it would touch."""
    return Draft(
        PolicyDraftId(0), MerchantId(platform_id), cells, NEVER, NEVER, UnderWay.FINISH, "", ""
    )


def _wanted(visit: Visit, form: FormData, given: dict[str, str], axes: Axes) -> Draft | None:
    """What the form asks for; None when it cannot be read."""
    platform_id = ids.parse("mch", given["platform"])
    state = Accepting.__members__.get(given["state"].upper())
    starts_at, ends_at = _instant(given["from"]), _instant(given["to"])
    if platform_id is None or state is None or starts_at is None or ends_at is None:
        return None
    draft_id = ids.parse("act", str(form.get("act", ""))) or visit.network.ids.new()
    return Draft(
        id=PolicyDraftId(draft_id),
        platform_id=MerchantId(platform_id),
        cells=_cells(axes, given, state),
        starts_at=starts_at,
        ends_at=ends_at,
        under_way=UnderWay.STOP if given["under_way"] == "stop" else UnderWay.FINISH,
        reason=given["reason"][:_LONGEST_REASON],
        drafted_by=ids.show("mbr", visit.member.id),
    )


def _instant(text: str) -> Instant | None:
    """A time in Beijing as browsers write it; NEVER for nothing, None for what is no time."""
    if not text:
        return NEVER
    try:
        return clock.from_rfc3339(f"{text[:16]}:00+08:00")
    except (ValueError, OverflowError):
        return None


ENTRIES: Final = (
    Entry("GET", PATH + "/cell", Right.LOOK, cell),
    Entry("POST", PATH + "/cell", Right.DRAFT_POLICY, look),
    Entry("POST", PATH, Right.DRAFT_POLICY, draft),
)
