"""Refunds: everybody's, sending money of an order back, and large ones that need another member."""

import hashlib
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import ActId, RefundId, RefundProposalId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CNY, CURRENCIES
from changliao.core.outcome import Reason, Refused
from changliao.core.proposals import (
    NO_THRESHOLD,
    DecideProposal,
    Proposal,
    ProposalEvent,
    ProposalState,
    SetThreshold,
)
from changliao.core.refunds import Refund, RefundOrder
from changliao.doors.console import naming, orders
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.proposals import ALONE, DECIDE, PROPOSE, SET_THRESHOLD
from changliao.store.views import funds, members, parties, proposals
from changliao.web import display

_PATH: Final = "/console/refunds"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_LONGEST_REASON: Final = 80
_MOST_WAITING: Final = 100
_DIGEST_BYTES: Final = 16


async def listed(visit: Visit) -> Response:
    """Of all merchants, or of the one whose number is in the address."""
    query, network = visit.query, visit.network
    number = query.get("merchant", "").strip()
    merchant = await network.read(parties.merchant_by_number, number) if number else None
    before = ids.parse("rfd", query.get("before", "")) or _NEWEST
    found = []
    if not number or merchant is not None:
        owner = merchant.id if merchant else 0
        found = await network.read(funds.refunds, owner, before, _PAGE + 1)
    shown = [
        (
            ids.show("rfd", one.refund.id),
            ids.show("ord", one.refund.order_id),
            await naming.party(network, one.refund.merchant_id),
            one,
        )
        for one in found[:_PAGE]
    ]
    further = {"merchant": number} if number else {}
    older = urlencode(further | {"before": shown[-1][0]}) if len(found) > _PAGE else ""
    people = await network.read(members.members, 0)
    return visit.render(
        "console/refunds.html",
        refunds=shown,
        waiting=await _waiting(visit),
        thresholds=await _thresholds(visit),
        people={ids.show("mbr", one.id): one.name for one in people},
        own=ids.show("mbr", visit.member.id),
        older=older,
        merchant=number,
        here_nav="refunds",
    )


async def refund(visit: Visit) -> Response:
    """A part or all that is left, once for each form however often it is sent."""
    form = await visit.form()
    placed = await naming.order_named(visit)
    if placed is None:
        return visit.missing()
    order = placed.order
    reason = str(form.get("reason", "")).strip()[:_LONGEST_REASON]
    typed = str(form.get("amount", ""))
    given = {"amount": typed, "reason": reason}
    amount = display.minor(typed, order.amount.currency.code)
    act_id = ActId(ids.parse("act", str(form.get("act", ""))) or visit.network.ids.new())
    if not amount or not reason:
        problem = visit.words("请填写大于 0 的退款金额和原因。")
        return await orders.page(visit, placed, given, problem)
    identity = msgspec.json.encode((order.id, amount, reason))
    asked = Refund(
        id=RefundId(visit.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=ids.show("act", act_id),
        amount=amount,
        digest=hashlib.sha256(identity).digest()[:_DIGEST_BYTES],
        partner_id=order.partner_id,
        reason=reason,
    )
    shown, currency = ids.show("ord", order.id), order.amount.currency
    details = {"amount": str(display.amount(amount, currency.code)), "reason": reason}
    alone: Refund | Proposal | Refused = await visit.act(
        form, ALONE, RefundOrder(asked, order.amount.amount, currency.code), shown, **details
    )
    after = f"/console/orders/{shown}"
    if isinstance(alone, Refused) and alone.reason is Reason.REFUND_NEEDS_SECOND:
        by = ids.show("mbr", visit.member.id)
        proposal = Proposal(RefundProposalId(act_id), asked, currency.number, by)
        alone, after = await visit.act(form, PROPOSE, proposal, shown, **details), _PATH
    if isinstance(alone, Refused):
        return await orders.page(visit, placed, given, visit.problem(alone))
    return RedirectResponse(after, 303)


async def decide(visit: Visit) -> Response:
    """Another member's large refund is made, or it is not."""
    form = await visit.form()
    number = ids.parse("rfp", visit.request.path_params["id"])
    known = await visit.network.read(proposals.proposal, number) if number else None
    event = ProposalEvent.__members__.get(str(form.get("decision", "")).upper())
    if known is None or event is None:
        return visit.missing()
    outcome = await visit.act(
        form,
        DECIDE,
        DecideProposal(known.id, event, ids.show("mbr", visit.member.id)),
        ids.show("ord", known.refund.order_id),
        decision=event.name.lower(),
        amount=str(display.amount(known.refund.amount, BY_NUMBER[known.currency].code)),
    )
    return visit.refused(outcome) if isinstance(outcome, Refused) else RedirectResponse(_PATH, 303)


async def set_threshold(visit: Visit) -> Response:
    """From how much on another member is needed; nothing typed is never."""
    form = await visit.form()
    code, text = str(form.get("currency", "")), str(form.get("amount", "")).strip()
    amount = display.minor(text, code) if text and code in CURRENCIES else NO_THRESHOLD
    if code not in CURRENCIES or amount is None:
        text = visit.words("请填写金额；不填就是一个人就能退。")
        return visit.render("console/said.html", UNPROCESSABLE, said="refused", text=text)
    currency = CURRENCIES[code]
    known = {one.currency: one.amount for one in await visit.network.read(proposals.thresholds)}
    before = known.get(currency.number, NO_THRESHOLD)
    outcome = await visit.act(
        form,
        SET_THRESHOLD,
        SetThreshold(currency.number, amount),
        code,
        before=str(display.amount(before, code)),
        after=str(display.amount(amount, code)),
    )
    return visit.refused(outcome) if isinstance(outcome, Refused) else RedirectResponse(_PATH, 303)


async def _waiting(visit: Visit) -> list[tuple[str, str, naming.Party, str, Proposal]]:
    wanted = proposals.ProposalsOf(int(ProposalState.OPEN))
    found = await visit.network.read(proposals.proposals, wanted, ids.NEWEST, _MOST_WAITING)
    return [
        (
            ids.show("rfp", one.id),
            ids.show("ord", one.refund.order_id),
            await naming.party(visit.network, one.refund.merchant_id),
            BY_NUMBER[one.currency].code,
            one,
        )
        for one in found
    ]


async def _thresholds(visit: Visit) -> list[tuple[str, str]]:
    """Every currency with a threshold, and the yuan, as it is typed."""
    found = {CNY.number: NO_THRESHOLD}
    found |= {one.currency: one.amount for one in await visit.network.read(proposals.thresholds)}
    typed = []
    for number, amount in found.items():
        code = BY_NUMBER[number].code
        shown = display.amount(amount, code)
        typed.append((code, f"{shown.whole}{shown.fraction}" if amount else ""))
    return typed


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", "/console/orders/{id}/refunds", Right.REFUND_ORDERS, refund),
    Entry("POST", _PATH + "/{id}/decide", Right.REFUND_ORDERS, decide),
    Entry("POST", _PATH + "/threshold", Right.MANAGE_LIMITS, set_threshold),
)
