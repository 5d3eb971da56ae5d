"""Refunds: everybody's, the newest first, and sending money of an order back."""

import hashlib
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import ActId, RefundId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.refunds import Refund, RefundOrder
from changliao.doors.console import naming, orders
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.refunds import REFUND
from changliao.store.views import funds, parties
from changliao.web import display

_PATH: Final = "/console/refunds"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_LONGEST_REASON: Final = 80
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
    return visit.render(
        "console/refunds.html", refunds=shown, older=older, merchant=number, here_nav="refunds"
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
    shown = ids.show("ord", order.id)
    outcome = await visit.act(
        form,
        REFUND,
        RefundOrder(asked, order.amount.amount, order.amount.currency.code),
        shown,
        amount=str(display.amount(amount, order.amount.currency.code)),
        reason=reason,
    )
    if isinstance(outcome, Refused):
        return await orders.page(visit, placed, given, visit.problem(outcome))
    return RedirectResponse(f"/console/orders/{shown}", 303)


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", "/console/orders/{id}/refunds", Right.REFUND_ORDERS, refund),
)
