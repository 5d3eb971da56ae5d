"""Saying where a refund goes that its channel declined: to a card, or back to the merchant."""

import hashlib
from typing import Final

import msgspec
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import ChannelRequestId, RefundId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.repairs import Goal, Repair, RepairRefund
from changliao.doors.console import naming, orders
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.repairs import REPAIR
from changliao.store.views import search

_DIGEST_BYTES: Final = 16
_LONGEST: Final = 40
_FIELDS: Final = ("bank", "number", "holder")
# ISO/IEC 7812: at most nineteen digits; nothing under eight is a card.
_DIGITS: Final = range(8, 20)
_SHOWN_DIGITS: Final = 4


async def repair(visit: Visit) -> Response:
    """The same form again finds the refund as it stands."""
    form = await visit.form()
    refund_id = RefundId(ids.parse("rfd", visit.request.path_params["id"]) or 0)
    found = await visit.network.read(search.by_refund, refund_id)
    goal = Goal.__members__.get(str(form.get("goal", "")).upper())
    if not found or not naming.sells(visit, found[0].order) or goal is None:
        return visit.missing()
    placed = found[0]
    card = _card(form) if goal is Goal.CARD else ()
    if card is None:
        typed = {name: str(form.get(name, "")) for name in _FIELDS}
        problem = visit.words("请填写开户行、卡号（8 到 19 位数字）和户名。")
        return await orders.page(visit, placed, typed, problem)
    identity = msgspec.json.encode((str(form.get("act", "")), goal, *card))
    wanted = Repair(
        ChannelRequestId(visit.network.ids.new()),
        placed.order.merchant_id,
        refund_id,
        goal,
        hashlib.sha256(identity).digest()[:_DIGEST_BYTES],
    )
    outcome = await visit.act(
        form,
        REPAIR,
        RepairRefund(wanted, " ".join(card)),
        ids.show("rfd", refund_id),
        goal=goal.name.lower(),
        **({"card": card[1][-_SHOWN_DIGITS:]} if card else {}),
    )
    if isinstance(outcome, Refused):
        return await orders.page(visit, placed, {}, visit.problem(outcome))
    shown = ids.show("ord", placed.order.id)
    return RedirectResponse(f"{naming.prefix(visit)}/orders/{shown}", 303)


def _card(form: FormData) -> tuple[str, str, str] | None:
    """Bank, number and holder; None: something is missing."""
    bank, number, holder = (str(form.get(name, "")).strip()[:_LONGEST] for name in _FIELDS)
    number = number.replace(" ", "")
    fits = number.isascii() and number.isdigit() and len(number) in _DIGITS
    return (bank, number, holder) if bank and holder and fits else None


ENTRIES: Final = (
    Entry("POST", "/console/refunds/{id}/repair", Right.REFUND_ORDERS, repair),
    Entry("POST", "/portal/refunds/{id}/repair", Right.PORTAL_REFUND, repair),
)
