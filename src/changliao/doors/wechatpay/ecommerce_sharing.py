"""Profit sharing of platforms: the same shares and returns in the words of the e-commerce calls.

The platform declares receivers once, for the orders of all its sub-merchants, and may be one
itself. Source: wechatpay-v3.md §8.8, e-commerce variant.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from changliao.core.outcome import Reason, Refused
from changliao.core.splits import PLATFORM, Receiver, RemoveReceiver
from changliao.doors.wechatpay import orders, share_returns, splits
from changliao.doors.wechatpay.acting import Acting, direct, partner
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.errors import param_error, refusal
from changliao.doors.wechatpay.forms import Fen, NotifyUrl, Number
from changliao.doors.wechatpay.sensitive import reveal
from changliao.doors.wechatpay.sharing_forms import (
    Account,
    Description,
    Receipt,
    ReceiverForm,
    ReturnForm,
    Secret,
    ShareForm,
    ShareReference,
    UnfreezeForm,
)
from changliao.operations.splits import ADD_RECEIVER, REMOVE_RECEIVER

MOST_RECEIVERS: Final = 5
_Relation = Literal["SUPPLIER", "DISTRIBUTOR", "SERVICE_PROVIDER", "PLATFORM", "OTHERS"]


class PlatformReceipt(Struct):
    """What one receiver is to get."""

    receiver_account: Account
    amount: Fen
    description: Description
    type: Literal["MERCHANT_ID", "PERSONAL_OPENID"] = "MERCHANT_ID"
    receiver_name: Secret | None = None


class PlatformShare(Struct):
    """`finish` gives the sub-merchant what is left."""

    appid: Number
    sub_mchid: Number
    transaction_id: Number
    out_order_no: ShareReference
    receivers: Annotated[list[PlatformReceipt], Meta(max_length=MOST_RECEIVERS)]
    finish: bool
    notify_url: NotifyUrl | None = None


class PlatformReceiver(Struct):
    """Who may receive from the platform's sub-merchants; names are encrypted."""

    appid: Number
    type: Literal["MERCHANT_ID", "PERSONAL_OPENID"]
    account: Account
    name: Annotated[str, Meta(max_length=256)] | None = None
    encrypted_name: Secret | None = None
    relation_type: _Relation | None = None


async def share(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/profitsharing/orders."""
    form = read_form(call.body, PlatformShare)
    acting = await partner(door, call, call.merchant.number, form.sub_mchid)
    asked = ShareForm(
        transaction_id=form.transaction_id,
        out_order_no=form.out_order_no,
        unfreeze_unsplit=form.finish,
        receivers=[
            Receipt(one.type, one.receiver_account, one.amount, one.description, one.receiver_name)
            for one in form.receivers
        ],
        appid=form.appid,
        sub_mchid=form.sub_mchid,
    )
    return ok(_short(await splits.shared(door, call, acting, asked)))


async def finish(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/profitsharing/finish-order."""
    form = read_form(call.body, UnfreezeForm)
    acting = await partner(door, call, call.merchant.number, form.sub_mchid)
    return ok(_short(await splits.freed(door, acting, form)))


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/profitsharing/orders?sub_mchid=&transaction_id=&out_order_no=."""
    acting = await _acting(door, call)
    placed = await orders.find_by_id(door, acting, required(call.query, "transaction_id"))
    known = await splits.find_share(door, acting, required(call.query, "out_order_no"))
    if known.order_id != placed.order.id:
        raise refusal(Refused(Reason.SHARE_NOT_FOUND))
    shown = await splits.describe(door, acting, placed, known)
    receivers = [_received(one) for one in shown["receivers"]]
    fields = _short(shown) | {"status": shown["state"], "receivers": receivers}
    if known.released:
        receivers.pop()
        fields |= {"finish_amount": known.released, "finish_description": known.description}
    return ok(fields)


async def give_back(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/profitsharing/returnorders."""
    form = read_form(call.body, ReturnForm)
    acting = await partner(door, call, call.merchant.number, form.sub_mchid)
    return ok(_returned(await share_returns.given_back(door, acting, form)))


async def query_return(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/profitsharing/returnorders?sub_mchid=&out_return_no=&out_order_no=."""
    acting = await _acting(door, call)
    shown = await share_returns.found(
        door, acting, required(call.query, "out_order_no"), required(call.query, "out_return_no")
    )
    return ok(_returned(shown))


async def add_receiver(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/profitsharing/receivers/add. Adding twice succeeds."""
    form = read_form(call.body, PlatformReceiver)
    if form.relation_type is None:
        raise param_error("/relation_type", "is required")
    name = reveal(door, call, form.encrypted_name) if form.encrypted_name else (form.name or "")
    own = form.account == call.merchant.number
    kind, party_id = await splits.party(door, call, _self(call), _receiver(form), name)
    relation = PLATFORM if own else form.relation_type
    receiver = Receiver(call.merchant.id, kind, party_id, relation)
    outcome = await door.network.perform(ADD_RECEIVER, receiver)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok({"type": form.type, "account": form.account})


async def delete_receiver(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/profitsharing/receivers/delete. Deleting twice succeeds."""
    form = read_form(call.body, PlatformReceiver)
    kind, party_id = await splits.party(door, call, _self(call), _receiver(form), "")
    command = RemoveReceiver(call.merchant.id, kind, party_id)
    outcome = await door.network.perform(REMOVE_RECEIVER, command)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok({"type": form.type, "account": form.account})


def _self(call: Call) -> Acting:
    return direct(call, call.merchant.number)


def _receiver(form: PlatformReceiver) -> ReceiverForm:
    return ReceiverForm(form.type, form.account, form.appid)


async def _acting(door: Door, call: Call) -> Acting:
    return await partner(door, call, call.merchant.number, required(call.query, "sub_mchid"))


def _short(shown: dict[str, Any]) -> dict[str, Any]:
    names = ("sub_mchid", "transaction_id", "out_order_no", "order_id")
    return {name: shown[name] for name in names}


def _received(shown: dict[str, Any]) -> dict[str, Any]:
    kept = ("type", "amount", "description", "result", "finish_time", "detail_id")
    fields = {name: shown[name] for name in kept} | {"receiver_account": shown["account"]}
    if shown["type"] == splits.MERCHANT:
        fields["receiver_mchid"] = shown["account"]
    return fields


def _returned(shown: dict[str, Any]) -> dict[str, Any]:
    kept = ("sub_mchid", "order_id", "out_order_no", "out_return_no", "return_mchid", "amount",
            "result", "finish_time")  # fmt: skip
    return {name: shown[name] for name in kept} | {"return_no": shown["return_id"]}
