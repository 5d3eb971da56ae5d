"""Profit sharing: receivers, shares, what comes back of them, and the rest.

Money moves in the commit, so the first answer already says FINISHED; a query says the same.
Source: wechatpay-v3.md §8.8 and §5.
"""

import hashlib
from typing import Any, Final

import msgspec

from changliao.core import clock
from changliao.core.ids import ShareId, made_at
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import (
    Part,
    PartyKind,
    Receiver,
    RemoveReceiver,
    Share,
    ShareOrder,
    shareable,
)
from changliao.doors.wechatpay import orders, transactions
from changliao.doors.wechatpay.acting import Acting, bound_app, direct, partner
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.doors.wechatpay.sensitive import conceal, reveal
from changliao.doors.wechatpay.sharing_forms import (
    ReceiverForm,
    ShareForm,
    UnfreezeForm,
)
from changliao.operations.splits import ADD_RECEIVER, REMOVE_RECEIVER, SHARE
from changliao.store.views import parties, splits
from changliao.store.views.orders import Placed, order_of_payment

MERCHANT: Final = "MERCHANT_ID"
_SUB_OPENID: Final = "PERSONAL_SUB_OPENID"
_CUSTOM: Final = "CUSTOM"
_PREFIX: Final = "30"
_DIGITS: Final = 26
_DIGEST_BYTES: Final = 16
_TO_SHARER: Final = "解冻给分账方"


async def share(door: Door, call: Call) -> Answer:
    """POST /v3/profitsharing/orders."""
    form = read_form(call.body, ShareForm)
    if not form.receivers and not form.unfreeze_unsplit:
        raise param_error("/receivers", "is required")
    acting = await acting_for(door, call, form.sub_mchid)
    return ok(await shared(door, call, acting, form))


async def shared(door: Door, call: Call, acting: Acting, form: ShareForm) -> dict[str, Any]:
    """Share what a form asks for, once. Raises WechatError."""
    placed = await orders.find_by_id(door, acting, form.transaction_id)
    made = ShareId(door.network.ids.new())
    parts = await _parts(door, call, form, acting, made)
    # Encrypted names differ each time, so they are no part of what identifies a request.
    named = [(one.type, one.account, one.amount, one.description) for one in form.receivers or ()]
    asked = msgspec.json.encode([named, form.unfreeze_unsplit])
    wanted = Share(
        id=made,
        merchant_id=placed.order.merchant_id,
        order_id=placed.order.id,
        reference=form.out_order_no,
        digest=hashlib.sha256(asked).digest()[:_DIGEST_BYTES],
        partner_id=acting.partner_id,
    )
    command = ShareOrder(wanted, parts, rest=form.unfreeze_unsplit)
    return await _shared(door, acting, placed, command)


async def unfreeze(door: Door, call: Call) -> Answer:
    """POST /v3/profitsharing/orders/unfreeze."""
    form = read_form(call.body, UnfreezeForm)
    acting = await acting_for(door, call, form.sub_mchid)
    return ok(await freed(door, acting, form))


async def freed(door: Door, acting: Acting, form: UnfreezeForm) -> dict[str, Any]:
    """Give the merchant what is left, once. Raises WechatError."""
    placed = await orders.find_by_id(door, acting, form.transaction_id)
    wanted = Share(
        id=ShareId(door.network.ids.new()),
        merchant_id=placed.order.merchant_id,
        order_id=placed.order.id,
        reference=form.out_order_no,
        digest=hashlib.sha256(b"unfreeze").digest()[:_DIGEST_BYTES],
        partner_id=acting.partner_id,
        description=form.description,
    )
    return await _shared(door, acting, placed, ShareOrder(wanted, (), rest=True))


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/profitsharing/orders/{out_order_no}?transaction_id=[&sub_mchid=]."""
    acting = await acting_for(door, call, call.query.get("sub_mchid"))
    placed = await orders.find_by_id(door, acting, required(call.query, "transaction_id"))
    known = await find_share(door, acting, call.path["out_order_no"])
    if known.order_id != placed.order.id:
        raise refusal(Refused(Reason.SHARE_NOT_FOUND))
    return ok(await describe(door, acting, placed, known))


async def amounts(door: Door, call: Call) -> Answer:
    """GET /v3/profitsharing/transactions/{transaction_id}/amounts."""
    payment_id = transactions.payment_id(call.path["transaction_id"])
    placed = await door.network.read(order_of_payment, payment_id) if payment_id else None
    if placed is None or call.merchant.id != (placed.order.partner_id or placed.order.merchant_id):
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    merchant_id = placed.order.merchant_id
    holding = await door.network.read(splits.holding, merchant_id, placed.order.id)
    sharing = await door.network.read(splits.sharing, merchant_id)
    left = shareable(placed.order, holding, sharing) if holding else 0
    return ok({"transaction_id": call.path["transaction_id"], "unsplit_amount": left})


async def merchant_config(door: Door, call: Call) -> Answer:
    """GET /v3/profitsharing/merchant-configs/{sub_mchid}."""
    acting = await acting_for(door, call, call.path["sub_mchid"])
    sharing = await door.network.read(splits.sharing, acting.merchant.id)
    return ok({"sub_mchid": acting.merchant.number, "max_ratio": sharing.ratio_bps})


async def add_receiver(door: Door, call: Call) -> Answer:
    """POST /v3/profitsharing/receivers/add. Adding twice succeeds."""
    form = read_form(call.body, ReceiverForm)
    acting = await acting_for(door, call, form.sub_mchid)
    if form.relation_type is None:
        raise param_error("/relation_type", "is required")
    if form.type == MERCHANT and not form.name:
        raise param_error("/name", "is required for MERCHANT_ID")
    if form.relation_type == _CUSTOM and not form.custom_relation:
        raise param_error("/custom_relation", "is required for CUSTOM")
    name = reveal(door, call, form.name) if form.name else ""
    kind, party_id = await party(door, call, acting, form, name)
    receiver = Receiver(acting.merchant.id, kind, party_id, form.relation_type)
    outcome = await door.network.perform(ADD_RECEIVER, receiver)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    fields = _named(acting, form.type, form.account)
    if name:
        fields["name"] = await conceal(door, call.merchant, name)
    fields["relation_type"] = form.relation_type
    if form.custom_relation:
        fields["custom_relation"] = form.custom_relation
    return ok(fields)


async def delete_receiver(door: Door, call: Call) -> Answer:
    """POST /v3/profitsharing/receivers/delete. Deleting twice succeeds."""
    form = read_form(call.body, ReceiverForm)
    acting = await acting_for(door, call, form.sub_mchid)
    kind, party_id = await party(door, call, acting, form, "")
    command = RemoveReceiver(acting.merchant.id, kind, party_id)
    outcome = await door.network.perform(REMOVE_RECEIVER, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(_named(acting, form.type, form.account))


async def acting_for(door: Door, call: Call, sub_mchid: str | None) -> Acting:
    """A provider names the sub-merchant; a merchant names nobody."""
    if not sub_mchid:
        return direct(call, call.merchant.number)
    return await partner(door, call, call.merchant.number, sub_mchid)


async def find_share(door: Door, acting: Acting, reference: str) -> Share:
    """A share by the merchant's own number. Raises WechatError 404."""
    merchant_id, partner_id = acting.merchant.id, acting.partner_id
    read = door.network.read
    known = await read(splits.share_by_reference, merchant_id, partner_id, reference)
    if known is None:
        raise refusal(Refused(Reason.SHARE_NOT_FOUND))
    return known


def order_number(share_id: ShareId) -> str:
    """28 digits."""
    return f"{_PREFIX}{share_id:0{_DIGITS}d}"


def share_id(number: str) -> ShareId | None:
    """The share behind such a number; None when it is not one of ours."""
    digits = number.removeprefix(_PREFIX)
    known = len(digits) == _DIGITS and len(number) > _DIGITS
    if not known or not digits.isascii() or not digits.isdigit():
        return None
    return ShareId(int(digits)) if int(digits) < 1 << 63 else None


def detail_number(share: ShareId, place: int) -> str:
    """28 digits for one receiver of a share."""
    return f"36{share:020d}{place:06d}"


async def _shared(
    door: Door, acting: Acting, placed: Placed, command: ShareOrder
) -> dict[str, Any]:
    outcome = await door.network.perform(SHARE, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return await describe(door, acting, placed, outcome)


async def describe(door: Door, acting: Acting, placed: Placed, known: Share) -> dict[str, Any]:
    """A share as answers show it."""
    parts = await door.network.read(splits.parts, known.merchant_id, known.id)
    at = clock.to_rfc3339(made_at(known.id))
    receivers = [_part_shown(part, at) for part in parts]
    if known.released:
        # What went to the sharer itself is listed as one more receiver.
        rest = Part(known.id, known.merchant_id, PartyKind.MERCHANT, known.merchant_id,
                    len(parts), known.released, acting.merchant.number,
                    known.description or _TO_SHARER)  # fmt: skip
        receivers.append(_part_shown(rest, at))
    fields: dict[str, Any] = {"sub_mchid": acting.merchant.number} if acting.partner else {}
    return fields | {
        "transaction_id": transactions.transaction_id(placed.order.payment_id),
        "out_order_no": known.reference,
        "order_id": order_number(known.id),
        "state": "FINISHED",
        "receivers": receivers,
    }


def _part_shown(part: Part, at: str) -> dict[str, Any]:
    personal = part.kind is PartyKind.USER
    return {
        "type": "PERSONAL_OPENID" if personal else MERCHANT,
        "account": part.account,
        "amount": part.amount,
        "description": part.description,
        "result": "SUCCESS",
        "create_time": at,
        "finish_time": at,
        "detail_id": detail_number(part.share_id, part.place),
    }


async def _parts(
    door: Door, call: Call, form: ShareForm, acting: Acting, made: ShareId
) -> tuple[Part, ...]:
    parts = []
    for place, wanted in enumerate(form.receivers or ()):
        who = ReceiverForm(wanted.type, wanted.account, form.appid, form.sub_appid)
        name = reveal(door, call, wanted.name) if wanted.name else ""
        kind, party_id = await party(door, call, acting, who, name)
        account, text = wanted.account, wanted.description
        merchant_id = acting.merchant.id
        parts.append(Part(made, merchant_id, kind, party_id, place, wanted.amount, account, text))
    return tuple(parts)


async def party(
    door: Door, call: Call, acting: Acting, form: ReceiverForm, name: str
) -> tuple[PartyKind, int]:
    """Who a receiver is; a name, when given, must be theirs. Raises WechatError 400."""
    network = door.network
    app = await bound_app(door, call.merchant, form.appid, "appid")
    if form.type == MERCHANT:
        merchant = await network.look_up(parties.merchant_by_number, form.account)
        if merchant is None:
            raise refusal(Refused(Reason.RECEIVER_NOT_FOUND))
        _same_name(name, merchant.name)
        return PartyKind.MERCHANT, merchant.id
    if form.type == _SUB_OPENID:
        app = await bound_app(door, acting.merchant, form.sub_appid, "sub_appid")
    user_id = network.openids.read(app.id, form.account)
    user = await network.read(parties.user, user_id) if user_id is not None else None
    if user is None:
        raise refusal(Refused(Reason.RECEIVER_NOT_FOUND))
    _same_name(name, user.name)
    return PartyKind.USER, user.id


def _same_name(given: str, known: str) -> None:
    if given and given != known:
        raise WechatError(400, "INVALID_REQUEST", "分账接收方姓名或名称不匹配")


def _named(acting: Acting, kind: str, account: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"sub_mchid": acting.merchant.number} if acting.partner else {}
    return fields | {"type": kind, "account": account}
