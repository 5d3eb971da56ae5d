"""The matrix of what platforms accept: a change is drafted by one member, approved by another."""

from typing import Final

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.acceptance import (
    Accepting,
    ApproveDraft,
    Draft,
    DraftState,
    Policy,
    WithdrawDraft,
    in_force,
    stands,
)
from changliao.core.clock import NEVER, Instant
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant
from changliao.doors.console import naming
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.acceptance import APPROVE, WITHDRAW
from changliao.store.acceptance import Method, Terminal
from changliao.store.views import acceptance, members, mergers, parties

PATH: Final = "/console/acceptance"
_NEWEST: Final = 1 << 62
_RECENT: Final = 12
_ROWS: Final = 50
_HISTORY: Final = 30
_STEP: Final = 100
CELL: Final = ("platform", "method", "terminal")
ALL: Final = "*"


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


class Asked(Struct, frozen=True):
    """Which cells are meant, as addresses say it; ALL is every method or terminal."""

    platform: str = ""
    method: str = ""
    terminal: str = ""


async def matrix(visit: Visit) -> Response:
    """Platforms by methods and terminals, the newest changes beside them."""
    axes, network = await axes_of(visit), visit.network
    recent = await network.read(acceptance.drafts, 0, 0, _NEWEST, _RECENT)
    opened = await network.read(acceptance.drafts, 0, int(DraftState.OPEN), _NEWEST, 100)
    rows, further = await _rows(visit, axes, opened)
    return visit.render(
        "console/acceptance.html",
        axes=axes,
        rows=rows,
        further=further,
        asked=visit.query.get("q", "").strip(),
        recent=[await _told(visit, one) for one in recent],
        people=await people_of(visit),
        here_nav="acceptance",
    )


async def history(visit: Visit) -> Response:
    """Every draft there was, newest first: of everybody, of one platform, or of one cell."""
    asked, network = Asked(**{name: visit.query.get(name, "") for name in CELL}), visit.network
    axes = await axes_of(visit)
    before = ids.parse("drf", visit.query.get("before", "")) or _NEWEST
    found, older = await past(visit, axes, asked, before)
    platform_id = ids.parse("mch", asked.platform)
    return visit.render(
        "console/acceptance_history.html",
        drafts=found,
        older=older,
        asked=asked,
        axes=axes,
        platform=await naming.party(network, platform_id) if platform_id else None,
        people=await people_of(visit),
        here_nav="acceptance",
    )


async def one(visit: Visit) -> Response:
    """A draft, and what it would touch."""
    known = await _named(visit)
    if known is None:
        return visit.missing()
    axes, network = await axes_of(visit), visit.network
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
        people=await people_of(visit),
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
    return RedirectResponse(f"{PATH}/drafts/{shown}", 303)


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
    agreed = await visit.network.read(acceptance.of_platforms, [one.id for one in found])
    now, rows = visit.network.clock(), []
    for one in found[:_ROWS]:
        if one.id not in gone:
            drafts = [draft for draft in opened if draft.platform_id == one.id]
            policies = agreed[one.id].policies if one.id in agreed else ()
            rows.append((ids.show("mch", one.id), one, _row(axes, policies, drafts, now)))
    return rows, ids.show("mch", found[_ROWS - 1].id) if len(found) > _ROWS else ""


def _row(
    axes: Axes, policies: tuple[Policy, ...], drafts: list[Draft], now: Instant
) -> list[CellShown]:
    drafted = {
        (cell.method_id, cell.terminal_id): cell.state for one in drafts for cell in one.cells
    }
    found = []
    for method in axes.methods:
        for terminal in axes.terminals:
            policy = in_force(policies, method.id, terminal.id, now)
            found.append(
                CellShown(
                    method.code,
                    terminal.code,
                    stands(policies, method.id, terminal.id, now),
                    policy.starts_at if policy else NEVER,
                    drafted.get((method.id, terminal.id)),
                )
            )
    return found


async def axes_of(visit: Visit) -> Axes:
    """What the columns are now."""
    read = visit.network.read
    return Axes(await read(acceptance.methods), await read(acceptance.terminals))


async def people_of(visit: Visit) -> dict[str, str]:
    """Members of the network by name."""
    found = await visit.network.read(members.members, 0)
    return {ids.show("mbr", one.id): one.name for one in found}


async def _named(visit: Visit) -> Draft | None:
    draft_id = ids.parse("drf", visit.request.path_params["id"])
    return await visit.network.read(acceptance.draft, draft_id) if draft_id else None


async def past(
    visit: Visit, axes: Axes, asked: Asked, before: int
) -> tuple[list[tuple[str, Instant, str, Draft]], str]:
    """A page of drafts older than an id, and the last of them when there are more."""
    methods = {one.id for one in axes.methods if asked.method in ("", ALL, one.code)}
    terminals = {one.id for one in axes.terminals if asked.terminal in ("", ALL, one.code)}
    platform_id = ids.parse("mch", asked.platform) or 0
    found: list[Draft] = []
    while len(found) <= _HISTORY:
        page = await visit.network.read(acceptance.drafts, platform_id, 0, before, _STEP)
        for one in page:
            if any(
                cell.method_id in methods and cell.terminal_id in terminals for cell in one.cells
            ):
                found.append(one)
        if len(page) < _STEP:
            break
        before = page[-1].id
    shown = [await _told(visit, one) for one in found[:_HISTORY]]
    return shown, shown[-1][0] if len(found) > _HISTORY else ""


async def _told(visit: Visit, one: Draft) -> tuple[str, Instant, str, Draft]:
    party = await naming.party(visit.network, one.platform_id)
    return ids.show("drf", one.id), ids.made_at(one.id), party.name, one


ENTRIES: Final = (
    Entry("GET", PATH, Right.LOOK, matrix),
    Entry("GET", PATH + "/history", Right.LOOK, history),
    Entry("GET", PATH + "/drafts/{id}", Right.LOOK, one),
    Entry("POST", PATH + "/drafts/{id}/approve", Right.APPROVE_POLICY, approve),
    Entry("POST", PATH + "/drafts/{id}/withdraw", Right.DRAFT_POLICY, withdraw),
)
