"""Taking shares back from merchants that received them.

Source: wechatpay-v3.md §8.8. Synchronous: the answer says SUCCESS, or it is a refusal.
"""

import hashlib
from typing import Any, Final

import msgspec

from changliao.core import clock
from changliao.core.ids import ReturnId, ShareId, made_at
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import Return, Share
from changliao.doors.wechatpay.acting import Acting
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import param_error, refusal
from changliao.doors.wechatpay.sharing_forms import ReturnForm
from changliao.doors.wechatpay.splits import acting_for, find_share, order_number, share_id
from changliao.operations.splits import RETURN
from changliao.store.views import parties, splits

_DIGEST_BYTES: Final = 16


async def give_back(door: Door, call: Call) -> Answer:
    """POST /v3/profitsharing/return-orders."""
    form = read_form(call.body, ReturnForm)
    acting = await acting_for(door, call, form.sub_mchid)
    return ok(await given_back(door, acting, form))


async def given_back(door: Door, acting: Acting, form: ReturnForm) -> dict[str, Any]:
    """Take back what a form asks for, once. Raises WechatError."""
    share = await _share(door, acting, form)
    receiver = await door.network.look_up(parties.merchant_by_number, form.return_mchid)
    if receiver is None:
        raise refusal(Refused(Reason.SHARE_NOT_FOUND))
    asked = msgspec.json.encode([form.return_mchid, form.amount])
    wanted = Return(
        id=ReturnId(door.network.ids.new()),
        merchant_id=share.merchant_id,
        share_id=share.id,
        receiver_id=receiver.id,
        reference=form.out_return_no,
        amount=form.amount,
        digest=hashlib.sha256(asked).digest()[:_DIGEST_BYTES],
        partner_id=acting.partner_id,
        description=form.description,
    )
    outcome = await door.network.perform(RETURN, wanted)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return _describe(acting, share, outcome, receiver.number)


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/profitsharing/return-orders/{out_return_no}?out_order_no=[&sub_mchid=]."""
    acting = await acting_for(door, call, call.query.get("sub_mchid"))
    number = required(call.query, "out_order_no")
    return ok(await found(door, acting, number, call.path["out_return_no"]))


async def found(door: Door, acting: Acting, number: str, reference: str) -> dict[str, Any]:
    """A return of a share, by both of the merchant's numbers. Raises WechatError 404."""
    share = await find_share(door, acting, number)
    merchant_id, partner_id = acting.merchant.id, acting.partner_id
    read = door.network.read
    known = await read(splits.return_by_reference, merchant_id, partner_id, reference)
    if known is None or known.share_id != share.id:
        raise refusal(Refused(Reason.SHARE_NOT_FOUND))
    receiver = await door.network.look_up(parties.merchant, known.receiver_id)
    return _describe(acting, share, known, receiver.number if receiver else "")


async def _share(door: Door, acting: Acting, form: ReturnForm) -> Share:
    if form.order_id:
        number = share_id(form.order_id)
        read = door.network.read
        known = await read(splits.share, acting.merchant.id, number) if number else None
        if known is None or known.partner_id != acting.partner_id:
            raise refusal(Refused(Reason.SHARE_NOT_FOUND))
        return known
    if form.out_order_no:
        return await find_share(door, acting, form.out_order_no)
    raise param_error("/order_id", "order_id or out_order_no is required")


def _describe(acting: Acting, share: Share, known: Return, return_mchid: str) -> dict[str, Any]:
    at = clock.to_rfc3339(made_at(known.id))
    fields: dict[str, Any] = {"sub_mchid": acting.merchant.number} if acting.partner else {}
    return fields | {
        "order_id": order_number(ShareId(share.id)),
        "out_order_no": share.reference,
        "out_return_no": known.reference,
        "return_id": order_number(ShareId(known.id)),
        "return_mchid": return_mchid,
        "amount": known.amount,
        "description": known.description,
        "result": "SUCCESS",
        "create_time": at,
        "finish_time": at,
    }
