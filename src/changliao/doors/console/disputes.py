"""Disputes about escrow: what both sides said, and deciding how the money is divided."""

from typing import Final

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.disputes import BY_DISPUTE, DecideDispute, Dispute, DisputeState, Note
from changliao.core.ids import NoteId, RefundId
from changliao.core.members import Right
from changliao.core.orders import Order
from changliao.core.outcome import Refused
from changliao.core.refunds import Refund
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.disputes import DECIDE, NOTE
from changliao.store.views import console, disputes, orders, splits
from changliao.web import display

_PATH: Final = "/console/disputes"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_LONGEST: Final = 1000
_REASON_KEPT: Final = 80


async def listed(visit: Visit) -> Response:
    """Those that wait first asked for; the newest first."""
    query = visit.query
    state = DisputeState.__members__.get(query.get("state", "").upper(), 0)
    before = ids.parse("dsp", query.get("before", "")) or _NEWEST
    found = await visit.network.read(console.disputes, int(state), before, _PAGE + 1)
    shown = [
        (
            ids.show("dsp", one.id),
            ids.made_at(one.id),
            await naming.party(visit.network, one.merchant_id),
            one,
        )
        for one in found[:_PAGE]
    ]
    return visit.render(
        "console/disputes.html",
        disputes=shown,
        older=shown[-1][0] if len(found) > _PAGE else "",
        chosen=query.get("state", ""),
        here_nav="disputes",
    )


async def one(visit: Visit) -> Response:
    """The order, the money that waits, and what was said."""
    return await _page(visit, {}, "")


async def note(visit: Visit) -> Response:
    """Say something for the network."""
    form = await visit.form()
    known = await _named(visit)
    text = str(form.get("text", "")).strip()[:_LONGEST]
    if known is None or not text:
        return visit.missing()
    number = NoteId(ids.parse("act", str(form.get("act", ""))) or visit.network.ids.new())
    said = Note(number, known.merchant_id, known.id, "network", text)
    outcome = await visit.act(form, NOTE, said, ids.show("dsp", known.id))
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{_PATH}/{ids.show('dsp', known.id)}", 303)


async def decide(visit: Visit) -> Response:
    """A part or all back to the buyer, the rest to the seller, in one commit."""
    form = await visit.form()
    known = await _named(visit)
    if known is None:
        return visit.missing()
    placed = await visit.network.read(orders.order, known.merchant_id, known.order_id)
    words = str(form.get("words", "")).strip()[:_LONGEST]
    amount = _amount(form, placed.order) if placed else None
    given = {"refund": str(form.get("refund", "")), "words": words}
    if placed is None or amount is None or not words:
        text = visit.words("请填写退给买家的金额（可以是 0）和理由。")
        return await _page(visit, given, text)
    refund = Refund(
        id=RefundId(visit.network.ids.new()),
        merchant_id=known.merchant_id,
        order_id=known.order_id,
        reference=f"{BY_DISPUTE}{known.id}",
        amount=amount,
        digest=b"dispute",
        partner_id=placed.order.partner_id,
        reason=words[:_REASON_KEPT],
    )
    by = ids.show("mbr", visit.member.id)
    command = DecideDispute(known.merchant_id, known.id, refund, words, by)
    shown = ids.show("dsp", known.id)
    outcome = await visit.act(form, DECIDE, command, shown, refund=str(amount), words=words)
    if isinstance(outcome, Refused):
        return await _page(visit, given, visit.problem(outcome))
    return RedirectResponse(f"{_PATH}/{shown}", 303)


async def _page(visit: Visit, given: dict[str, str], text: str) -> Response:
    known = await _named(visit)
    if known is None:
        return visit.missing()
    read = visit.network.read
    placed = await read(orders.order, known.merchant_id, known.order_id)
    notes = await read(disputes.notes, known.merchant_id, known.id)
    return visit.render(
        "console/dispute.html",
        UNPROCESSABLE if text else 200,
        id=ids.show("dsp", known.id),
        dispute=known,
        order=placed.order if placed else None,
        order_id=ids.show("ord", known.order_id),
        terms=placed.terms if placed else None,
        holding=await read(splits.holding, known.merchant_id, known.order_id),
        merchant=await naming.party(visit.network, known.merchant_id),
        payer=await naming.party(visit.network, known.payer_id),
        notes=[(ids.made_at(one.id), one) for one in notes],
        given={"refund": "", "words": "", **given},
        problem_text=text,
        here_nav="disputes",
    )


async def _named(visit: Visit) -> Dispute | None:
    number = ids.parse("dsp", visit.request.path_params["id"])
    return await visit.network.read(console.dispute, number) if number else None


def _amount(form: FormData, order: Order) -> int | None:
    """What was typed, in minor units."""
    return display.minor(str(form.get("refund", "")), order.amount.currency.code)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("GET", _PATH + "/{id}", Right.LOOK, one),
    Entry("POST", _PATH + "/{id}/notes", Right.DECIDE_DISPUTES, note),
    Entry("POST", _PATH + "/{id}/decide", Right.DECIDE_DISPUTES, decide),
)
