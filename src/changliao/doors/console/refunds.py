"""Refunds: the list, sending money of an order back, and large ones that need another member.

Operators see everybody's; a merchant's members their own.
"""

import hashlib
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import ActId, RefundId, RefundProposalId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.proposals import (
    DecideProposal,
    Proposal,
    ProposalEvent,
    ProposalState,
    is_by_key,
    one_persons,
)
from changliao.core.refunds import Refund, RefundOrder
from changliao.doors.console import naming, orders, thresholds
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.proposals import ALONE, DECIDE, OWN, PROPOSE
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
        thresholds=await thresholds.shown(visit),
        people={ids.show("mbr", one.id): one.name for one in people},
        own=ids.show("mbr", visit.member.id),
        older=older,
        merchant=number,
        abnormal=abnormal,
        tags={name: urlencode({n: v for n, v in filters.items() if n != name}) for name in filters},
        may_decide=visit.may(naming.refunding(visit)),
        may_loosen=visit.may(Right.MANAGE_LIMITS if base == "/console" else Right.PORTAL_REFUND),
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


class Waiting(Struct, frozen=True):
    """A proposal that waits. `alone`: whoever looks may have proposed it, so another decides."""

    id: str
    order_id: str
    party: naming.Party
    currency: str
    proposal: Proposal
    by_key: bool
    own: bool
    alone: bool


async def _waiting(visit: Visit) -> list[Waiting]:
    wanted = proposals.ProposalsOf(int(ProposalState.OPEN), organisation=visit.member.organisation)
    found = await visit.network.read(proposals.proposals, wanted, ids.NEWEST, _MOST_WAITING)
    own, makes_keys = ids.show("mbr", visit.member.id), visit.may(Right.PORTAL_KEYS)
    return [
        Waiting(
            ids.show("rfp", one.id),
            ids.show("ord", one.refund.order_id),
            await naming.party(visit.network, one.refund.merchant_id),
            BY_NUMBER[one.currency].code,
            one,
            is_by_key(one),
            one.proposed_by == own,
            one_persons(one, own, makes_keys=makes_keys),
        )
        for one in found
    ]


ENTRIES: Final = (
    Entry("GET", "/console/refunds", Right.LOOK, listed),
    Entry("POST", "/console/orders/{id}/refunds", Right.REFUND_ORDERS, refund),
    Entry("POST", "/console/refunds/{id}/decide", Right.REFUND_ORDERS, decide),
    Entry("GET", "/portal/refunds", Right.PORTAL_LOOK, listed),
    Entry("POST", "/portal/orders/{id}/refunds", Right.PORTAL_REFUND, refund),
    Entry("POST", "/portal/refunds/{id}/decide", Right.PORTAL_REFUND, decide),
)
