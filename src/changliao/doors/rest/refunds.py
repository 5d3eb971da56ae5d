"""Refunds over REST: asking for them, showing and listing them."""

import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.ids import ChannelRequestId, RefundId, made_at
from changliao.core.members import Right
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundOrder, RefundState
from changliao.core.repairs import Goal, Repair, RepairRefund
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    Minor,
    Moment,
    Nothing,
    OrderIdText,
    Page,
    Reference,
    RefundIdText,
    Url,
    moment,
    page,
)
from changliao.doors.rest.orders import WhoseQuery, find, since, whose
from changliao.operations.proposals import ALONE
from changliao.operations.refunds import REFUND
from changliao.operations.repairs import REPAIR
from changliao.store.views import orders as order_views
from changliao.store.views.orders import Wanted

_DIGEST_BYTES: Final = 16
StateName = Literal["processing", "succeeded", "closed", "abnormal"]


class NewRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """A refund of a part or of all of what was paid."""

    reference: Reference
    amount: Minor
    reason: Annotated[str, Meta(max_length=80)] = ""
    notify_url: Url | None = None


class NewRepair(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an abnormal refund goes: to a `card` of the payer's, or back to the `merchant`.

    `account` is the card, in words that the channel understands.
    """

    goal: Literal["card", "merchant"]
    account: Annotated[str, Meta(max_length=128)] = ""


class RefundShown(Struct, frozen=True):
    """A refund. `succeeded`: the wallet has it, less the `discount` that its budget has back.

    What a channel paid is `processing` until the channel has taken it; `abnormal` when it declined.
    """

    id: RefundIdText
    order_id: OrderIdText
    reference: str
    amount: Minor
    currency: CurrencyCode
    state: StateName
    reason: str
    created_at: Moment
    discount: Count | UnsetType = UNSET


class RefundsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`created_from` is included, `created_before` is not: RFC 3339, percent-encoded."""

    merchant_id: MerchantIdText | None = None
    reference: Reference | None = None
    state: StateName | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def refund(door: Door, call: Call[NewRefund, WhoseQuery]) -> Any:
    """Send a part or all of a paid order back.

    The same reference with the same fields finds the refund. An order can be refunded for 365
    days, in at most 50 refunds. What is large has to be proposed, if an operator does it.
    """
    order = (await find(door, call)).order
    command = RefundOrder(
        wanted(door, call.form, order), order.amount.amount, order.amount.currency.code
    )
    operation = ALONE if call.caller.is_operator else REFUND
    return await perform(door, call, operation, command, lambda done: show_refund(done, order))


def wanted(door: Door, form: NewRefund, order: Order) -> Refund:
    """The refund that a form asks for."""
    identity = msgspec.json.encode((order.id, form.amount, form.reason, form.notify_url))
    return Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        reference=form.reference,
        amount=form.amount,
        digest=hashlib.sha256(identity).digest()[:_DIGEST_BYTES],
        partner_id=order.partner_id,
        notify_url=form.notify_url or "",
        reason=form.reason,
    )


async def repair(door: Door, call: Call[NewRepair, WhoseQuery]) -> Any:
    """Say where an abnormal refund goes.

    To a card it is `processing` again, and may be declined again; a merchant has it at once and
    pays the payer otherwise. The same again finds the refund as it stands.
    """
    form, known = call.form, await _find(door, call)
    if form.goal == "card" and not form.account.strip():
        raise Problem("malformed", "account is required for a card", "account")
    wanted = Repair(
        ChannelRequestId(door.network.ids.new()),
        known.merchant_id,
        known.id,
        Goal[form.goal.upper()],
        hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
    )
    placed = await door.network.read(order_views.order, known.merchant_id, known.order_id)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    order = placed.order
    command = RepairRefund(wanted, form.account)
    return await perform(door, call, REPAIR, command, lambda done: show_refund(done, order))


async def of_order(door: Door, call: Call[Nothing, WhoseQuery]) -> Page[RefundShown]:
    """List every refund of an order, the oldest first."""
    order = (await find(door, call)).order
    found = await door.network.read(order_views.refunds_of_order, order.merchant_id, order.id)
    return Page([show_refund(one, order) for one in found])


async def search(door: Door, call: Call[Nothing, RefundsQuery]) -> Page[RefundShown]:
    """List a merchant's refunds, newest first.

    `reference` finds the one refund with the merchant's own number.
    """
    asked, network, merchant_id = call.query, door.network, whose(call, call.query.merchant_id)
    if asked.reference is not None:
        one = await network.read(order_views.refund_by_reference, merchant_id, 0, asked.reference)
        return Page([await _shown(door, one)] if one else [])
    chosen = Wanted(
        merchant_id,
        read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST,
        since(asked.created_from),
        since(asked.created_before) or ids.NEWEST,
        RefundState[asked.state.upper()] if asked.state else 0,
    )
    found = await network.read(order_views.refunds_of_merchant, chosen, asked.limit + 1)
    shown = [await _shown(door, one) for one in found]
    return page(shown, [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> RefundShown:
    """Show a refund."""
    return await _shown(door, await _find(door, call))


def show_refund(known: Refund, order: Order) -> RefundShown:
    """A refund as this API shows it."""
    return RefundShown(
        id=ids.show("rfd", known.id),
        order_id=ids.show("ord", known.order_id),
        reference=known.reference,
        amount=known.amount,
        currency=order.amount.currency.code,
        state=_STATES[known.state],
        reason=known.reason,
        created_at=moment(made_at(known.id)),
        discount=known.discount or UNSET,
    )


async def _find(door: Door, call: Call[Any, WhoseQuery]) -> Refund:
    refund_id = read_id("rfd", call.path["refund_id"])
    merchant_id = whose(call, call.query.merchant_id)
    found = await door.network.read(order_views.refund, merchant_id, refund_id)
    if found is None:
        raise refusal(Refused(Reason.REFUND_NOT_FOUND))
    return found


async def _shown(door: Door, known: Refund) -> RefundShown:
    placed = await door.network.read(order_views.order, known.merchant_id, known.order_id)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return show_refund(known, placed.order)


_STATES: Final[dict[RefundState, StateName]] = {
    RefundState.PROCESSING: "processing",
    RefundState.SUCCEEDED: "succeeded",
    RefundState.CLOSED: "closed",
    RefundState.ABNORMAL: "abnormal",
}
_MISSING: Final = ("merchant_missing", Reason.ORDER_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/orders/{order_id}/refunds", refund, Who.EITHER, NewRefund, WhoseQuery,
        RefundShown, 201,
        (*_MISSING, Reason.MERCHANT_FUNDS_INSUFFICIENT, Reason.ORDER_NOT_PAID,
         Reason.REFUND_EXCEEDS_PAYMENT, Reason.REFUND_NEEDS_SECOND,
         Reason.REFUND_REFERENCE_REUSED, Reason.REFUND_TOO_LATE,
         Reason.REFUNDS_TOO_MANY), right=Right.REFUND_ORDERS,
    ),
    Endpoint(
        "GET", "/orders/{order_id}/refunds", of_order, Who.EITHER, Nothing, WhoseQuery,
        Page[RefundShown], 200, _MISSING,
    ),
    Endpoint(
        "GET", "/refunds", search, Who.EITHER, Nothing, RefundsQuery, Page[RefundShown], 200,
        _MISSING,
    ),
    Endpoint(
        "GET", "/refunds/{refund_id}", show, Who.EITHER, Nothing, WhoseQuery, RefundShown, 200,
        (*_MISSING, Reason.REFUND_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/refunds/{refund_id}/repair", repair, Who.EITHER, NewRepair, WhoseQuery,
        RefundShown, 200, (*_MISSING, Reason.REFUND_FINAL, Reason.REFUND_NOT_FOUND),
        right=Right.REFUND_ORDERS,
    ),
)  # fmt: skip
