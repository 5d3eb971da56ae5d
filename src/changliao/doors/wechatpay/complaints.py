"""Complaints: what buyers dispute, as the seller's customer service reads and answers it.

A complaint is a dispute of the network. The seller answers; it ends when the buyer takes it back or
the network decides (core/disputes.py). Source: wechatpay-v3.md §8.16.
"""

from typing import Annotated, Any, Final, NamedTuple

from msgspec import Meta, Struct

from changliao.core import ids
from changliao.core.bills import ends_at, starts_at
from changliao.core.clock import to_rfc3339
from changliao.core.disputes import Dispute, DisputeState, Note
from changliao.core.ids import MerchantId, NoteId, first_id, made_at
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.doors.wechatpay.acting import partner
from changliao.doors.wechatpay.bills import read_day
from changliao.doors.wechatpay.call import NO_CONTENT, Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.doors.wechatpay.transactions import transaction_id
from changliao.operations.disputes import NOTE
from changliao.store.engine import Reader
from changliao.store.views import console, disputes, orders, parties

MOST_DAYS: Final = 30
MOST_LISTED: Final = 50
MOST_HISTORY: Final = 300
# No merchant's service reads more of a month page by page.
_MOST_COUNTED: Final = 10_000
_PREFIX: Final = "dsp"
_SELLER, _BUYER = "seller", "buyer"
_SPOKEN: Final = {
    _SELLER: ("MERCHANT_RESPONSE", "商家"),
    _BUYER: ("USER_RESPONSE", "用户"),
    "network": ("PLATFORM_RESPONSE", "平台"),
}
Mchid = Annotated[str, Meta(min_length=1, max_length=32)]


class Reply(Struct):
    """What the seller says. Links are kept out of it: nothing here shows them."""

    complainted_mchid: Mchid
    response_content: Annotated[str, Meta(min_length=1, max_length=200)]
    response_images: list[str] | None = None


class Completing(Struct):
    """The seller says that it is settled."""

    complainted_mchid: Mchid


class Complaint(NamedTuple):
    """A dispute, what was said and the order it is about."""

    dispute: Dispute
    notes: list[Note]
    order: Order


async def search(door: Door, call: Call) -> Answer:
    """GET /v3/merchant-service/complaints-v2?begin_date=&end_date=[&complainted_mchid=…]."""
    first = read_day(required(call.query, "begin_date"), "begin_date")
    last = read_day(required(call.query, "end_date"), "end_date")
    if not 0 <= last - first < MOST_DAYS:
        raise param_error("end_date", f"must be at most {MOST_DAYS} days from begin_date", "query")
    limit, offset = _number(call, "limit", 10, MOST_LISTED), _number(call, "offset", 0)
    whose = await _whose(door, call, call.query.get("complainted_mchid", ""))
    span = first_id(0, starts_at(first)), first_id(0, ends_at(last))
    found = await door.network.read(_opened, whose, *span)
    page = found[offset : offset + limit]
    read = [await door.network.read(_complaint, whose, one.id) for one in page]
    shown = [_shown(door, one) for one in read if one is not None]
    return ok({"data": shown, "limit": limit, "offset": offset, "total_count": len(found)})


async def show(door: Door, call: Call) -> Answer:
    """GET /v3/merchant-service/complaints-v2/{complaint_id}."""
    known = await _find(door, call)
    seller = await door.network.look_up(parties.merchant, known.dispute.merchant_id)
    return ok({**_shown(door, known), "complainted_mchid": seller.number if seller else ""})


async def history(door: Door, call: Call) -> Answer:
    """GET …/complaints-v2/{complaint_id}/negotiation-historys: the oldest first."""
    limit, offset = _number(call, "limit", 100, MOST_HISTORY), _number(call, "offset", 0)
    said = _history(await _find(door, call))
    page = said[offset : offset + limit]
    return ok({"data": page, "limit": limit, "offset": offset, "total_count": len(said)})


async def respond(door: Door, call: Call) -> Answer:
    """POST …/complaints-v2/{complaint_id}/response."""
    form = read_form(call.body, Reply)
    if form.response_images:
        raise param_error("/response_images", "pictures are not taken: say where they can be seen")
    whose = await _whose(door, call, form.complainted_mchid)
    known = await _find(door, call, whose)
    said = Note(
        NoteId(door.network.ids.new()), whose, known.dispute.id, _SELLER, form.response_content
    )
    outcome = await door.network.perform(NOTE, said)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return NO_CONTENT


async def complete(door: Door, call: Call) -> Answer:
    """POST …/complaints-v2/{complaint_id}/complete: only what has ended is settled."""
    form = read_form(call.body, Completing)
    known = await _find(door, call, await _whose(door, call, form.complainted_mchid))
    if known.dispute.state is DisputeState.OPEN:
        raise WechatError(400, "INVALID_REQUEST", "投诉未了结：须由用户撤诉或平台裁决")
    return NO_CONTENT


async def _whose(door: Door, call: Call, number: str) -> MerchantId:
    """The caller, or a merchant it acts for. Raises WechatError."""
    if not number or number == call.merchant.number:
        return call.merchant.id
    return (await partner(door, call, call.merchant.number, number)).merchant.id


async def _find(door: Door, call: Call, merchant_id: MerchantId | None = None) -> Complaint:
    """One about this merchant, or about any for which the caller acts. Raises WechatError 404."""
    number = ids.parse(_PREFIX, call.path["complaint_id"]) or 0
    whose = merchant_id or await _seller(door, call, number)
    known = await door.network.read(_complaint, whose, number)
    if known is None:
        raise refusal(Refused(Reason.DISPUTE_NOT_FOUND))
    return known


async def _seller(door: Door, call: Call, number: int) -> MerchantId:
    """The caller, or the merchant complained of where the caller acts for it."""
    known = await door.network.read(console.dispute, number)
    if known is None or known.merchant_id == call.merchant.id:
        return call.merchant.id
    pair = call.merchant.id, known.merchant_id
    acting = await door.network.look_up(parties.partnership, *pair)
    return known.merchant_id if acting else call.merchant.id


def _opened(reader: Reader, merchant_id: MerchantId, first: int, end: int) -> list[Dispute]:
    """Those of a span, newest first."""
    found = disputes.disputes(
        reader, merchant_id, order_id=0, state=0, before=end, most=_MOST_COUNTED
    )
    return [one for one in found if one.id >= first]


def _complaint(reader: Reader, merchant_id: MerchantId, number: int) -> Complaint | None:
    known = disputes.dispute(reader, merchant_id, number)
    placed = orders.order(reader, merchant_id, known.order_id) if known else None
    if known is None or placed is None:
        return None
    return Complaint(known, disputes.notes(reader, merchant_id, number), placed.order)


def _shown(door: Door, known: Complaint) -> dict[str, Any]:
    dispute, order = known.dispute, known.order
    spoken = [one.author for one in known.notes if one.author in (_SELLER, _BUYER)]
    open_ = dispute.state is DisputeState.OPEN
    about = {
        "transaction_id": transaction_id(order.payment_id),
        "out_trade_no": order.reference,
        "amount": order.amount.amount,
    }
    # An order of the REST API belongs to no app.
    openid = door.network.openids.of(order.app_id, order.payer_id) if order.app_id else ""
    return {
        "complaint_id": ids.show(_PREFIX, dispute.id),
        "complaint_time": to_rfc3339(made_at(dispute.id)),
        "complaint_detail": dispute.reason,
        "complaint_state": _state(known),
        "complaint_order_info": [about],
        "complaint_full_refunded": order.refunded == order.amount.amount,
        "incoming_user_response": open_ and spoken[-1:] == [_BUYER],
        "problem_description": dispute.reason,
        "user_complaint_times": 1,
        "payer_openid": openid,
    }


def _state(known: Complaint) -> str:
    if known.dispute.state is not DisputeState.OPEN:
        return "PROCESSED"
    answered = any(one.author == _SELLER for one in known.notes)
    return "PROCESSING" if answered else "PENDING"


def _history(known: Complaint) -> list[dict[str, Any]]:
    dispute = known.dispute
    created = (dispute.id, made_at(dispute.id), "USER_CREATE_COMPLAINT", "用户", dispute.reason)
    said = [(one.id, made_at(one.id), *_SPOKEN[one.author], one.text) for one in known.notes]
    entries: list[tuple[int, Any, str, str, str]] = [created, *said]
    if dispute.state is DisputeState.DECIDED:
        ending = "PLATFORM_RESPONSE", "平台", dispute.decision
        entries.append((dispute.id + 1, dispute.ended_at, *ending))
    elif dispute.state is DisputeState.WITHDRAWN:
        entries.append((dispute.id + 1, dispute.ended_at, "USER_REVOKE_COMPLAINT", "用户", ""))
    return [
        {
            "log_id": str(number),
            "operator": who,
            "operate_time": to_rfc3339(at),
            "operate_type": kind,
            "operate_details": text,
            "image_list": [],
        }
        for number, at, kind, who, text in entries
    ]


def _number(call: Call, name: str, default: int, most: int = _MOST_COUNTED) -> int:
    """A whole number in the query. Raises WechatError 400."""
    text = call.query.get(name) or str(default)
    least = 0 if name == "offset" else 1
    if not text.isascii() or not text.isdigit() or not least <= int(text[:6]) <= most:
        raise param_error(name, f"must be {least} to {most}", "query")
    return int(text)
