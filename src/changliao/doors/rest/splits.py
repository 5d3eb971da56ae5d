"""Profit sharing over REST: terms, receivers, sharing what an order holds, and taking it back."""

import hashlib
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from changliao.core.ids import MerchantId, ReturnId, ShareId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import (
    Part,
    PartyKind,
    Receiver,
    RemoveReceiver,
    Return,
    Share,
    ShareOrder,
)
from changliao.doors.rest import merchants, split_forms
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import Nothing, Page
from changliao.doors.rest.orders import WhoseQuery, find, whose
from changliao.doors.rest.split_forms import (
    NewReturn,
    NewShare,
    PartyForm,
    ReceiverForm,
    ReceiverShown,
    ReturnShown,
    SharingChange,
    SharingShown,
    SplitShown,
)
from changliao.operations.splits import ADD_RECEIVER, AGREE, REMOVE_RECEIVER, RETURN, SHARE
from changliao.store.views import parties, splits

_DIGEST_BYTES: Final = 16
_MERCHANT, _USER = PartyKind.MERCHANT, PartyKind.USER


async def terms(door: Door, call: Call[Nothing, Nothing]) -> SharingShown:
    """Show how much of an order a merchant may share, and where it hears of what it receives."""
    merchant = await merchants.find(door, call)
    return split_forms.show_terms(await door.network.read(splits.sharing, merchant.id))


async def agree(door: Door, call: Call[SharingChange, Nothing]) -> Any:
    """Change how a merchant may share.

    The ratio is the operator's to change, the address the merchant's own too. What is left out
    stays as it is; an empty address ends the letters.
    """
    form = call.form
    if form.ratio_bps is not None and not call.caller.is_operator:
        raise Problem("not_permitted", "only an operator changes the ratio", "ratio_bps")
    merchant = await merchants.find(door, call)
    known = await door.network.read(splits.sharing, merchant.id)
    changed = replace(
        known,
        ratio_bps=known.ratio_bps if form.ratio_bps is None else form.ratio_bps,
        notify_url=known.notify_url if form.notify_url is None else form.notify_url,
    )
    return await perform(door, call, AGREE, changed, split_forms.show_terms)


async def add_receiver(door: Door, call: Call[ReceiverForm, Nothing]) -> Any:
    """Declare who may receive shares.

    Declaring it again only changes the relation.
    """
    kind, party_id = await _party(door, call.form)
    owner = MerchantId(call.caller.key.merchant_id)
    receiver = Receiver(owner, kind, party_id, call.form.relation)
    return await perform(door, call, ADD_RECEIVER, receiver, split_forms.show_receiver)


async def remove_receiver(door: Door, call: Call[PartyForm, Nothing]) -> Any:
    """Share with somebody no more.

    What was shared stays shared. Removing again is no change.
    """
    kind, party_id = await _party(door, call.form)
    command = RemoveReceiver(MerchantId(call.caller.key.merchant_id), kind, party_id)
    return await perform(door, call, REMOVE_RECEIVER, command, split_forms.show_receiver)


async def share(door: Door, call: Call[NewShare, WhoseQuery]) -> Any:
    """Share what an order holds, all receivers or none.

    With `release` the rest is the merchant's afterwards. The same reference with the same fields
    finds the share.
    """
    form, placed = call.form, await find(door, call)
    order, share_id = placed.order, ShareId(door.network.ids.new())
    parts = []
    for place, one in enumerate(form.receivers):
        kind, party_id = await _party(door, one)
        account = one.merchant_id or one.user_id or ""
        parts.append(
            Part(share_id, order.merchant_id, kind, party_id, place, one.amount, account,
                 one.description)
        )  # fmt: skip
    asked = Share(
        id=share_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=form.reference,
        digest=hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
    )
    known = await door.network.read(splits.share_by_reference, order.merchant_id, 0, form.reference)
    shown = tuple(parts)
    if known is not None:
        shown = tuple(await door.network.read(splits.parts, known.merchant_id, known.id))
    command = ShareOrder(asked, tuple(parts), rest=form.release)
    return await perform(
        door, call, SHARE, command, lambda made: split_forms.show_share(made, shown)
    )


async def shares(door: Door, call: Call[Nothing, WhoseQuery]) -> Page[SplitShown]:
    """List what was shared of an order, the oldest first."""
    placed = await find(door, call)
    read = door.network.read
    found = await read(splits.shares_of_order, placed.order.merchant_id, placed.order.id)
    shown = []
    for one in found:
        parts = await read(splits.parts, one.merchant_id, one.id)
        shown.append(split_forms.show_share(one, tuple(parts)))
    return Page(shown)


async def take_back(door: Door, call: Call[NewReturn, WhoseQuery]) -> Any:
    """Take a share back from a merchant that received it, whole or in part.

    The same reference with the same fields finds the return.
    """
    form = call.form
    merchant_id = MerchantId(whose(call, call.query.merchant_id))
    share_id = ShareId(read_id("shr", call.path["share_id"]))
    known = await door.network.read(splits.share, merchant_id, share_id)
    if known is None:
        raise refusal(Refused(Reason.SHARE_NOT_FOUND))
    asked = Return(
        id=ReturnId(door.network.ids.new()),
        merchant_id=merchant_id,
        share_id=known.id,
        receiver_id=MerchantId(read_id("mch", form.merchant_id)),
        reference=form.reference,
        amount=form.amount,
        digest=hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
        partner_id=known.partner_id,
        description=form.description,
    )
    return await perform(door, call, RETURN, asked, split_forms.show_return)


async def _party(door: Door, form: PartyForm) -> tuple[PartyKind, int]:
    """Who is meant: a merchant or a user, never both. Raises Problem."""
    if (form.merchant_id is None) == (form.user_id is None):
        raise Problem("malformed", "either merchant_id or user_id is required", "merchant_id")
    if form.merchant_id is not None:
        merchant_id = MerchantId(read_id("mch", form.merchant_id))
        if await door.network.look_up(parties.merchant, merchant_id) is None:
            raise refusal(Refused(Reason.RECEIVER_NOT_FOUND))
        return _MERCHANT, merchant_id
    user_id = UserId(read_id("usr", form.user_id or ""))
    if await door.network.read(parties.user, user_id) is None:
        raise refusal(Refused(Reason.RECEIVER_NOT_FOUND))
    return _USER, user_id


_SHARED: Final = (
    "merchant_missing", Reason.AMOUNT_NOT_POSITIVE, Reason.HOLD_DISPUTED, Reason.HOLD_MISSING,
    Reason.HOLD_OF_STORE, Reason.HOLD_RELEASED, Reason.ORDER_NOT_FOUND, Reason.ORDER_NOT_PAID,
    Reason.RECEIVER_NOT_FOUND, Reason.RECEIVER_REPEATED, Reason.SHARE_EXCEEDS_HOLD,
    Reason.SHARE_EXCEEDS_RATIO, Reason.SHARE_REFERENCE_REUSED, Reason.SHARES_TOO_MANY,
    Reason.TRANSFER_TO_SELF,
)  # fmt: skip
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/merchants/{number}/sharing", terms, Who.EITHER, Nothing, Nothing, SharingShown,
        200, (Reason.MERCHANT_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/merchants/{number}/sharing", agree, Who.EITHER, SharingChange, Nothing,
        SharingShown, 200, ("not_permitted", Reason.MERCHANT_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/share-receivers", add_receiver, Who.MERCHANT, ReceiverForm, Nothing,
        ReceiverShown, 201, (Reason.RECEIVER_NOT_FOUND, Reason.TRANSFER_TO_SELF),
    ),
    Endpoint(
        "POST", "/share-receivers/removals", remove_receiver, Who.MERCHANT, PartyForm, Nothing,
        ReceiverShown, 200, (Reason.RECEIVER_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/orders/{order_id}/shares", share, Who.EITHER, NewShare, WhoseQuery, SplitShown,
        201, _SHARED,
    ),
    Endpoint(
        "GET", "/orders/{order_id}/shares", shares, Who.EITHER, Nothing, WhoseQuery,
        Page[SplitShown], 200, ("merchant_missing", Reason.ORDER_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/shares/{share_id}/returns", take_back, Who.EITHER, NewReturn, WhoseQuery,
        ReturnShown, 201,
        ("merchant_missing", Reason.AMOUNT_NOT_POSITIVE, Reason.HOLD_MISSING, Reason.HOLD_OF_STORE,
         Reason.MERCHANT_FUNDS_INSUFFICIENT, Reason.RETURN_EXCEEDS_SHARE, Reason.RETURN_TOO_LATE,
         Reason.SHARE_NOT_FOUND, Reason.SHARE_REFERENCE_REUSED),
    ),
)  # fmt: skip
