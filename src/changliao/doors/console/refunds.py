"""Refunds: the list, sending money of an order back, and large ones that need another member.

Operators see everybody's; a merchant's members their own, with thresholds of their own.
"""

import hashlib
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import ActId, RefundId, RefundProposalId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CNY, CURRENCIES
from changliao.core.orders import Order
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
from changliao.operations.proposals import ALONE, DECIDE, OWN, PROPOSE, SET_THRESHOLD
from changliao.store.views import funds, members, parties, proposals
from changliao.web import display

_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_LONGEST_REASON: Final = 80
_MOST_WAITING: Final = 100
_DIGEST_BYTES: Final = 16


async def listed(visit: Visit) -> Response:
    """For operators of all merchants, or of the one whose number is in the address."""
    query, network, base = visit.query, visit.network, naming.prefix(visit)
    number = "" if naming.scope(visit) else query.get("merchant", "").strip()
    merchant = await network.read(parties.merchant_by_number, number) if number else None
    before = ids.parse("rfd", query.get("before", "")) or _NEWEST
    abnormal = query.get("abnormal") == "1"
    found = []
    if not number or merchant is not None:
        owner = merchant.id if merchant else naming.scope(visit)
        found = await network.read(funds.refunds, owner, before, _PAGE + 1, abnormal=abnormal)
    shown = [
        (
            ids.show("rfd", one.refund.id),
            ids.show("ord", one.refund.order_id),
            await naming.party(network, one.refund.merchant_id),
            one,
        )
        for one in found[:_PAGE]
    ]
    filters = {"merchant": number} if number else {}
    filters |= {"abnormal": "1"} if abnormal else {}
    older = urlencode(filters | {"before": shown[-1][0]}) if len(found) > _PAGE else ""
    people = await network.read(members.members, visit.member.organisation)
    return visit.render(
        "console/refunds.html",
        refunds=shown,
        waiting=await _waiting(visit),
        thresholds=await _thresholds(visit),
        people={ids.show("mbr", one.id): one.name for one in people},
        own=ids.show("mbr", visit.member.id),
        older=older,
        merchant=number,
        abnormal=abnormal,
        tags={name: urlencode({n: v for n, v in filters.items() if n != name}) for name in filters},
        may_decide=visit.may(naming.refunding(visit)),
        may_set=visit.may(Right.MANAGE_LIMITS if base == "/console" else Right.PORTAL_TERMS),
        base=base,
        here_nav="refunds",
    )


async def refund(visit: Visit) -> Response:
    """A part or all that is left, once for each form however often it is sent."""
    form = await visit.form()
    placed = await naming.order_named(visit)
    if placed is None or not naming.sells(visit, placed.order):
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
    asked = _asked(visit, order, amount, reason, act_id)
    shown, currency = ids.show("ord", order.id), order.amount.currency
    details = {"amount": str(display.amount(amount, currency.code)), "reason": reason}
    operation = OWN if naming.scope(visit) else ALONE
    made: Refund | Proposal | Refused = await visit.act(
        form, operation, RefundOrder(asked, order.amount.amount, currency.code), shown, **details
    )
    after = f"{naming.prefix(visit)}/orders/{shown}"
    if isinstance(made, Refused) and made.reason is Reason.REFUND_NEEDS_SECOND:
        proposal = Proposal(
            RefundProposalId(act_id), asked, currency.number, ids.show("mbr", visit.member.id),
            organisation=visit.member.organisation,
        )  # fmt: skip
        made, after = await visit.act(form, PROPOSE, proposal, shown, **details), _path(visit)
    if isinstance(made, Refused):
        return await orders.page(visit, placed, given, visit.problem(made))
    return RedirectResponse(after, 303)


async def decide(visit: Visit) -> Response:
    """Another member's large refund is made, or it is not."""
    form = await visit.form()
    number = ids.parse("rfp", visit.request.path_params["id"])
    known = await visit.network.read(proposals.proposal, number) if number else None
    event = ProposalEvent.__members__.get(str(form.get("decision", "")).upper())
    if known is None or event is None or known.organisation != visit.member.organisation:
        return visit.missing()
    outcome = await visit.act(
        form,
        DECIDE,
        DecideProposal(
            known.id, event, ids.show("mbr", visit.member.id), visit.member.organisation
        ),
        ids.show("ord", known.refund.order_id),
        decision=event.name.lower(),
        amount=str(display.amount(known.refund.amount, BY_NUMBER[known.currency].code)),
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_path(visit), 303)


async def set_threshold(visit: Visit) -> Response:
    """From how much on another member is needed; nothing typed is never."""
    form = await visit.form()
    code, text = str(form.get("currency", "")), str(form.get("amount", "")).strip()
    amount = display.minor(text, code) if text and code in CURRENCIES else NO_THRESHOLD
    if code not in CURRENCIES or amount is None:
        text = visit.words("请填写金额；不填就是一个人就能退。")
        return visit.render("console/said.html", UNPROCESSABLE, said="refused", text=text)
    currency = CURRENCIES[code]
    thresholds = await visit.network.read(proposals.thresholds, visit.member.organisation)
    known = {one.currency: one.amount for one in thresholds}
    before = known.get(currency.number, NO_THRESHOLD)
    outcome = await visit.act(
        form,
        SET_THRESHOLD,
        SetThreshold(currency.number, amount, visit.member.organisation),
        code,
        before=str(display.amount(before, code)),
        after=str(display.amount(amount, code)),
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_path(visit), 303)


def _path(visit: Visit) -> str:
    return f"{naming.prefix(visit)}/refunds"


def _asked(visit: Visit, order: Order, amount: int, reason: str, act_id: ActId) -> Refund:
    identity = msgspec.json.encode((order.id, amount, reason))
    return Refund(
        id=RefundId(visit.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=ids.show("act", act_id),
        amount=amount,
        digest=hashlib.sha256(identity).digest()[:_DIGEST_BYTES],
        partner_id=order.partner_id,
        reason=reason,
    )


async def _waiting(visit: Visit) -> list[tuple[str, str, naming.Party, str, Proposal]]:
    wanted = proposals.ProposalsOf(int(ProposalState.OPEN), organisation=visit.member.organisation)
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
    known = await visit.network.read(proposals.thresholds, visit.member.organisation)
    found |= {one.currency: one.amount for one in known}
    typed = []
    for number, amount in found.items():
        code = BY_NUMBER[number].code
        shown = display.amount(amount, code)
        typed.append((code, f"{shown.whole}{shown.fraction}" if amount else ""))
    return typed


ENTRIES: Final = (
    Entry("GET", "/console/refunds", Right.LOOK, listed),
    Entry("POST", "/console/orders/{id}/refunds", Right.REFUND_ORDERS, refund),
    Entry("POST", "/console/refunds/{id}/decide", Right.REFUND_ORDERS, decide),
    Entry("POST", "/console/refunds/threshold", Right.MANAGE_LIMITS, set_threshold),
    Entry("GET", "/portal/refunds", Right.PORTAL_LOOK, listed),
    Entry("POST", "/portal/orders/{id}/refunds", Right.PORTAL_REFUND, refund),
    Entry("POST", "/portal/refunds/{id}/decide", Right.PORTAL_REFUND, decide),
    Entry("POST", "/portal/refunds/threshold", Right.PORTAL_TERMS, set_threshold),
)
