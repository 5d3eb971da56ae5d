"""The matrix of what platforms accept: a change is drafted by one member, approved by another."""

from typing import Final

from msgspec import Struct
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import clock, ids
from changliao.core.acceptance import (
    Accepting,
    ApproveDraft,
    Cell,
    Draft,
    DraftState,
    UnderWay,
    WithdrawDraft,
    in_force,
    stands,
)
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, PolicyDraftId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.acceptance import APPROVE, DRAFT, WITHDRAW
from changliao.store.acceptance import Method, Terminal
from changliao.store.views import acceptance, members, mergers, parties

_PATH: Final = "/console/acceptance"
_NEWEST: Final = 1 << 62
_RECENT: Final = 12
_ROWS: Final = 50
_LONGEST_REASON: Final = 200
_ALL: Final = "*"
_FIELDS: Final = (
    "platform", "method", "terminal", "state", "under_way", "reason", "from", "to",
)  # fmt: skip


class CellShown(Struct, frozen=True):
    """A method on a terminal of a platform: how it stands, since when, and what is drafted."""

    method: str
    terminal: str
    state: Accepting
    since: Instant
    drafted: Accepting | None


class Axes(Struct, frozen=True):
    """What the columns are."""

    methods: list[Method]
    terminals: list[Terminal]


async def matrix(visit: Visit) -> Response:
    """Platforms by methods and terminals, the newest changes beside them."""
    return await _page(visit, {}, "")


async def draft(visit: Visit) -> Response:
    """Propose a change."""
    form = await visit.form()
    given = {name: str(form.get(name, "")).strip() for name in _FIELDS}
    wanted = _wanted(visit, form, given, await _axes(visit))
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
    return RedirectResponse(f"{_PATH}/drafts/{shown}", 303)


async def one(visit: Visit) -> Response:
    """A draft, and what it would touch."""
    known = await _named(visit)
    if known is None:
        return visit.missing()
    axes, network = await _axes(visit), visit.network
    agreed = await network.read(acceptance.of_platform, known.platform_id)
    now = network.clock()
    methods = {one.id: one for one in axes.methods}
    terminals = {one.id: one for one in axes.terminals}
    before = {(one.method_id, one.terminal_id): one.state for one in known.before}
    cells = [
        (
            methods[cell.method_id],
            terminals[cell.terminal_id],
            before.get((cell.method_id, cell.terminal_id))
            or stands(agreed.policies, cell.method_id, cell.terminal_id, now),
            cell.state,
        )
        for cell in known.cells
    ]
    return visit.render(
        "console/draft.html",
        id=ids.show("drf", known.id),
        draft=known,
        cells=cells,
        platform=await naming.party(network, known.platform_id),
        touched=await network.report(acceptance.touched, known, now),
        own=known.drafted_by == ids.show("mbr", visit.member.id),
        people=await _people(visit),
        here_nav="acceptance",
    )


async def approve(visit: Visit) -> Response:
    """Agree to another member's draft: it holds for every payment from its beginning on."""
    return await _decided(visit, approves=True)


async def withdraw(visit: Visit) -> Response:
    """Take a draft back."""
    return await _decided(visit, approves=False)


async def _decided(visit: Visit, *, approves: bool) -> Response:
    form = await visit.form()
    known = await _named(visit)
    if known is None:
        return visit.missing()
    by, shown = ids.show("mbr", visit.member.id), ids.show("drf", known.id)
    if approves:
        outcome = await visit.act(
            form, APPROVE, ApproveDraft(known.id, by), shown, drafted_by=known.drafted_by
        )
    else:
        outcome = await visit.act(form, WITHDRAW, WithdrawDraft(known.id, by), shown)
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{_PATH}/drafts/{shown}", 303)


async def _page(visit: Visit, given: dict[str, str], text: str) -> Response:
    axes, network = await _axes(visit), visit.network
    recent = await network.read(acceptance.drafts, 0, 0, _NEWEST, _RECENT)
    opened = await network.read(acceptance.drafts, 0, int(DraftState.OPEN), _NEWEST, 100)
    rows, further = await _rows(visit, axes, opened)
    return visit.render(
        "console/acceptance.html",
        UNPROCESSABLE if text else 200,
        axes=axes,
        rows=rows,
        further=further,
        asked=visit.query.get("q", "").strip(),
        recent=[
            (
                ids.show("drf", one.id),
                ids.made_at(one.id),
                (await naming.party(network, one.platform_id)).name,
                one,
            )
            for one in recent
        ],
        people=await _people(visit),
        given={
            name: given.get(name) or visit.query.get(name, "")
            for name in (
                "platform",
                "method",
                "terminal",
                "state",
                "under_way",
                "reason",
                "from",
                "to",
            )
        },
        problem_text=text,
        here_nav="acceptance",
    )


async def _rows(
    visit: Visit, axes: Axes, opened: list[Draft]
) -> tuple[list[tuple[str, Merchant, list[CellShown]]], str]:
    """A page of everybody who sells, and after whom the next one begins.

    Whoever was merged obeys its heir, so it is no row.
    """
    after = ids.parse("mch", visit.query.get("after", "")) or 0
    asked = visit.query.get("q", "").strip()
    found = await visit.network.read(parties.matching, asked, after, _ROWS + 1)
    gone = await visit.network.read(mergers.heirs)
    rows = []
    for one in found[:_ROWS]:
        if one.id not in gone:
            drafts = [draft for draft in opened if draft.platform_id == one.id]
            rows.append((ids.show("mch", one.id), one, await _row(visit, axes, one.id, drafts)))
    return rows, ids.show("mch", found[_ROWS - 1].id) if len(found) > _ROWS else ""


async def _row(
    visit: Visit, axes: Axes, platform_id: MerchantId, drafts: list[Draft]
) -> list[CellShown]:
    agreed = await visit.network.read(acceptance.of_platform, platform_id)
    now = visit.network.clock()
    drafted = {
        (cell.method_id, cell.terminal_id): cell.state for one in drafts for cell in one.cells
    }
    found = []
    for method in axes.methods:
        for terminal in axes.terminals:
            policy = in_force(agreed.policies, method.id, terminal.id, now)
            found.append(
                CellShown(
                    method.code,
                    terminal.code,
                    stands(agreed.policies, method.id, terminal.id, now),
                    policy.starts_at if policy else NEVER,
                    drafted.get((method.id, terminal.id)),
                )
            )
    return found


def _wanted(visit: Visit, form: FormData, given: dict[str, str], axes: Axes) -> Draft | None:
    """What the form asks for; None when it cannot be read."""
    platform_id = ids.parse("mch", given["platform"])
    state = Accepting.__members__.get(given["state"].upper())
    methods = [one.id for one in axes.methods if given["method"] in (_ALL, one.code)]
    terminals = [one.id for one in axes.terminals if given["terminal"] in (_ALL, one.code)]
    starts_at, ends_at = _instant(given["from"]), _instant(given["to"])
    if platform_id is None or state is None or starts_at is None or ends_at is None:
        return None
    draft_id = ids.parse("act", str(form.get("act", ""))) or visit.network.ids.new()
    return Draft(
        id=PolicyDraftId(draft_id),
        platform_id=MerchantId(platform_id),
        cells=tuple(Cell(method, there, state) for method in methods for there in terminals),
        starts_at=starts_at,
        ends_at=ends_at,
        under_way=UnderWay.STOP if given["under_way"] == "stop" else UnderWay.FINISH,
        reason=given["reason"][:_LONGEST_REASON],
        drafted_by=ids.show("mbr", visit.member.id),
    )


async def _axes(visit: Visit) -> Axes:
    read = visit.network.read
    return Axes(await read(acceptance.methods), await read(acceptance.terminals))


async def _people(visit: Visit) -> dict[str, str]:
    found = await visit.network.read(members.members, 0)
    return {ids.show("mbr", one.id): one.name for one in found}


async def _named(visit: Visit) -> Draft | None:
    draft_id = ids.parse("drf", visit.request.path_params["id"])
    return await visit.network.read(acceptance.draft, draft_id) if draft_id else None


def _instant(text: str) -> Instant | None:
    """A time in Beijing as browsers write it; NEVER for nothing, None for what is no time."""
    if not text:
        return NEVER
    try:
        return clock.from_rfc3339(f"{text[:16]}:00+08:00")
    except (ValueError, OverflowError):
        return None


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, matrix),
    Entry("POST", _PATH, Right.DRAFT_POLICY, draft),
    Entry("GET", _PATH + "/drafts/{id}", Right.LOOK, one),
    Entry("POST", _PATH + "/drafts/{id}/approve", Right.APPROVE_POLICY, approve),
    Entry("POST", _PATH + "/drafts/{id}/withdraw", Right.DRAFT_POLICY, withdraw),
)
