"""Mergers of platforms: drafted by one member, approved by another, run step by step."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import MerchantId, MergerId
from changliao.core.members import Right
from changliao.core.merger_plans import moves
from changliao.core.mergers import AdvanceMerger, ApproveMerger, CancelMerger, Merger, steps_left
from changliao.core.outcome import Refused
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.mergers import ADVANCE, APPROVE, CANCEL, DRAFT
from changliao.store.views import members, mergers, platforms

_PATH: Final = "/console/mergers"
_LONGEST_REASON: Final = 200


async def listed(visit: Visit) -> Response:
    """The newest first, and a form for another one."""
    return await _page(visit, {}, "")


async def draft(visit: Visit) -> Response:
    """Propose that one platform goes into another, with the answers the plan proposes."""
    form = await visit.form()
    given = {name: str(form.get(name, "")).strip() for name in ("source", "target", "reason")}
    source_id, target_id = ids.parse("mch", given["source"]), ids.parse("mch", given["target"])
    if source_id is None or target_id is None or not given["reason"]:
        return await _page(visit, given, visit.words("请选择两个平台并写明理由。"))
    number = ids.parse("act", str(form.get("act", ""))) or visit.network.ids.new()
    merger = Merger(
        id=MergerId(number),
        source_id=MerchantId(source_id),
        target_id=MerchantId(target_id),
        reason=given["reason"][:_LONGEST_REASON],
        drafted_by=ids.show("mbr", visit.member.id),
        own_policies=form.get("own_policies") == "1",
    )
    shown = ids.show("mrg", merger.id)
    outcome = await visit.act(form, DRAFT, merger, shown, **given)
    if isinstance(outcome, Refused):
        return await _page(visit, given, visit.problem(outcome))
    return RedirectResponse(f"{_PATH}/{shown}", 303)


async def one(visit: Visit) -> Response:
    """What it will do, and how far it got."""
    known = await _named(visit)
    if known is None:
        return visit.missing()
    report = visit.network.report
    source = await report(platforms.stores, known.source_id, 0)
    target = await report(platforms.stores, known.target_id, 0)
    found = moves(known, source, target)
    return visit.render(
        "console/merger.html",
        id=ids.show("mrg", known.id),
        merger=known,
        source=await naming.party(visit.network, known.source_id),
        target=await naming.party(visit.network, known.target_id),
        moves=found,
        left=steps_left(known, found.alone + found.target_terms + found.source_terms),
        own=known.drafted_by == ids.show("mbr", visit.member.id),
        people=await _people(visit),
        here_nav="mergers",
    )


async def approve(visit: Visit) -> Response:
    """Agree to another member's merger: it may run."""
    by = ids.show("mbr", visit.member.id)
    form, known = await visit.form(), await _named(visit)
    if known is None:
        return visit.missing()
    command = ApproveMerger(known.id, by)
    return _answer(visit, known, await visit.act(form, APPROVE, command, _shown(known)))


async def cancel(visit: Visit) -> Response:
    """Take it back before it runs."""
    form, known = await visit.form(), await _named(visit)
    if known is None:
        return visit.missing()
    command = CancelMerger(known.id, ids.show("mbr", visit.member.id))
    return _answer(visit, known, await visit.act(form, CANCEL, command, _shown(known)))


async def run(visit: Visit) -> Response:
    """Run the next step; one that was done already is not done again."""
    form, known = await visit.form(), await _named(visit)
    position = str(form.get("position", ""))
    if known is None or not (position.isascii() and position.isdigit() and len(position) < 9):
        return visit.missing()
    command = AdvanceMerger(known.id, int(position))
    outcome = await visit.act(form, ADVANCE, command, _shown(known), position=position)
    return _answer(visit, known, outcome)


def _answer(visit: Visit, known: Merger, outcome: Merger | Refused) -> Response:
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{_PATH}/{_shown(known)}", 303)


def _shown(known: Merger) -> str:
    return ids.show("mrg", known.id)


async def _page(visit: Visit, given: dict[str, str], text: str) -> Response:
    found = await visit.network.read(mergers.mergers, 0)
    known = await visit.network.read(platforms.platforms)
    names = {one.merchant_id: one.name for one in known}
    return visit.render(
        "console/mergers.html",
        UNPROCESSABLE if text else 200,
        mergers=[(_shown(one), ids.made_at(one.id), one) for one in found],
        names=names,
        platforms=[(ids.show("mch", one.merchant_id), one) for one in known if not one.heir_id],
        given={"source": "", "target": "", "reason": "", **given},
        problem_text=text,
        people=await _people(visit),
        here_nav="mergers",
    )


async def _people(visit: Visit) -> dict[str, str]:
    found = await visit.network.read(members.members, 0)
    return {ids.show("mbr", one.id): one.name for one in found}


async def _named(visit: Visit) -> Merger | None:
    merger_id = ids.parse("mrg", visit.request.path_params["id"])
    return await visit.network.read(mergers.merger, merger_id) if merger_id else None


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", _PATH, Right.DRAFT_MERGER, draft),
    Entry("GET", _PATH + "/{id}", Right.LOOK, one),
    Entry("POST", _PATH + "/{id}/approve", Right.APPROVE_MERGER, approve),
    Entry("POST", _PATH + "/{id}/cancel", Right.DRAFT_MERGER, cancel),
    Entry("POST", _PATH + "/{id}/run", Right.APPROVE_MERGER, run),
)
