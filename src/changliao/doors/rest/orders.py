"""Orders, payments and refunds over REST."""

import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from changliao.core import clock, ids
from changliao.core.clock import HOUR, SECOND, Instant
from changliao.core.ids import AppId, MerchantId, OrderId, PaymentId, RefundId, UserId, made_at
from changliao.core.orders import CloseOrder, Order, PayOrder, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundOrder
from changliao.doors.rest.call import (
    MOST_IN_PAGE,
    NEWEST,
    Answer,
    Call,
    CurrencyCode,
    Door,
    Minor,
    accepted,
    answer,
    operator_only,
    read_form,
    read_id,
    read_money,
)
from changliao.doors.rest.errors import Problem, refusal
from changliao.operations.orders import CLOSE, PAY, PLACE
from changliao.operations.refunds import REFUND
from changliao.store.views import orders as order_views
from changliao.store.views import parties
from changliao.store.views.orders import Placed

DOOR: Final = "rest"
_LINK_LIVES: Final = 2 * HOUR
_DIGEST_BYTES: Final = 16
Reference = Annotated[str, Meta(min_length=1, max_length=64)]
Url = Annotated[str, Meta(max_length=255, pattern=r"^https?://[^\s]+$")]


class NewOrder(Struct, forbid_unknown_fields=True):
    """POST /api/v1/orders. `amount` in minor units; it may be paid for `expires_in_s`."""

    reference: Reference
    title: Annotated[str, Meta(min_length=1, max_length=127)]
    amount: Minor
    currency: CurrencyCode = "CNY"
    expires_in_s: Annotated[int, Meta(ge=1, le=1_296_000)] = 7_200
    notify_url: Url | None = None
    attach: Annotated[str, Meta(max_length=128)] = ""


class NewPayment(Struct, forbid_unknown_fields=True):
    """POST /api/v1/payments, by an operator that has confirmed the payer in its own way.

    `id` (pay_…) names the payment: the same id again gets the same answer. Left out, one is made.
    """

    merchant_id: str
    order_id: str
    payer_id: str
    amount: Minor
    currency: CurrencyCode = "CNY"
    id: str | None = None


class NewRefund(Struct, forbid_unknown_fields=True):
    """POST /api/v1/orders/{id}/refunds."""

    reference: Reference
    amount: Minor
    reason: Annotated[str, Meta(max_length=80)] = ""
    notify_url: Url | None = None


async def place(door: Door, call: Call) -> Answer:
    """Take an order; the same reference with the same terms finds it again."""
    form = read_form(call.body, NewOrder)
    network = door.network
    merchant = await network.look_up(parties.merchant, call.caller.key.merchant_id)
    if merchant is None:
        raise refusal(
            Refused(Reason.MERCHANT_NOT_FOUND, "an order is placed with a merchant's key")
        )
    now = network.clock()
    order_id = OrderId(network.ids.new())
    order = Order(
        id=order_id,
        merchant_id=merchant.id,
        app_id=AppId(0),
        reference=form.reference,
        amount=read_money(form.amount, form.currency),
        scene=Scene.NATIVE,
        expires_at=Instant(now + form.expires_in_s * SECOND),
        fee_bps=merchant.fee_bps,
        digest=hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES],
        notifies=form.notify_url is not None,
    )
    terms = Terms(
        order_id, merchant.id, form.title, form.attach, form.notify_url or "", DOOR, b"{}"
    )
    placed = accepted(await network.perform(PLACE, PlaceOrder(order, terms)))
    link = network.links.make(placed, Instant(now + _LINK_LIVES))
    fields = describe(Placed(placed, terms)) | {"pay_url": f"{door.public_url}/c/{link}"}
    return answer(fields, 201)


async def query(door: Door, call: Call) -> Answer:
    """An order of the caller's own; operators see every merchant's."""
    return answer(describe(await _find(door, call)))


async def search(door: Door, call: Call) -> Answer:
    """A merchant's orders, newest first: `reference` finds one, `before` gives the next page."""
    network, merchant_id = door.network, _whose(call)
    reference = call.query.get("reference")
    if reference is not None:
        one = await network.read(order_views.order_by_reference, merchant_id, 0, reference)
        return answer({"data": [describe(one)] if one else []})
    before = read_id("ord", call.query["before"]) if "before" in call.query else NEWEST
    page = await network.read(order_views.orders_of_merchant, merchant_id, before, MOST_IN_PAGE)
    return answer({"data": [describe(one) for one in page]})


async def close(door: Door, call: Call) -> Answer:
    """See that an order is never paid."""
    placed = await _find(door, call)
    command = CloseOrder(placed.order.merchant_id, placed.order.id)
    closed = accepted(await door.network.perform(CLOSE, command))
    return answer(describe(Placed(closed, placed.terms)))


async def pay(door: Door, call: Call) -> Answer:
    """Pay an order from a wallet on an operator's word."""
    operator_only(call)
    form = read_form(call.body, NewPayment)
    given = read_id("pay", form.id) if form.id else door.network.ids.new()
    command = PayOrder(
        payment_id=PaymentId(given),
        merchant_id=MerchantId(read_id("mch", form.merchant_id)),
        order_id=OrderId(read_id("ord", form.order_id)),
        payer_id=UserId(read_id("usr", form.payer_id)),
        amount=read_money(form.amount, form.currency),
    )
    paid = accepted(await door.network.perform(PAY, command))
    return answer(_order_fields(paid), 201)


async def refund(door: Door, call: Call) -> Answer:
    """Send a part or all of a paid order back."""
    form = read_form(call.body, NewRefund)
    placed = await _find(door, call)
    order = placed.order
    identity = msgspec.json.encode((order.id, form.amount, form.reason, form.notify_url))
    wanted = Refund(
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
    command = RefundOrder(wanted, order.amount.amount, order.amount.currency.code)
    done = accepted(await door.network.perform(REFUND, command))
    return answer(describe_refund(done, order), 201)


async def refunds(door: Door, call: Call) -> Answer:
    """Every refund of an order."""
    order = (await _find(door, call)).order
    found = await door.network.read(order_views.refunds_of_order, order.merchant_id, order.id)
    return answer({"data": [describe_refund(one, order) for one in found]})


def describe(placed: Placed) -> dict[str, Any]:
    """An order as this API shows it."""
    return _order_fields(placed.order) | {
        "title": placed.terms.title,
        "attach": placed.terms.attach,
    }


def describe_refund(known: Refund, order: Order) -> dict[str, Any]:
    """A refund as this API shows it."""
    return {
        "id": ids.show("rfd", known.id),
        "order_id": ids.show("ord", known.order_id),
        "reference": known.reference,
        "amount": known.amount,
        "currency": order.amount.currency.code,
        "state": known.state.name.lower(),
        "reason": known.reason,
        "created_at": clock.to_rfc3339(made_at(known.id)),
    }


def _order_fields(order: Order) -> dict[str, Any]:
    fields = {
        "id": ids.show("ord", order.id),
        "merchant_id": ids.show("mch", order.merchant_id),
        "reference": order.reference,
        "amount": order.amount.amount,
        "currency": order.amount.currency.code,
        "state": order.state.name.lower(),
        "refunded": order.refunded,
        "created_at": clock.to_rfc3339(made_at(order.id)),
        "expires_at": clock.to_rfc3339(order.expires_at),
    }
    if order.payment_id:
        fields |= {
            "payment_id": ids.show("pay", order.payment_id),
            "payer_id": ids.show("usr", order.payer_id),
            "paid_at": clock.to_rfc3339(order.paid_at),
            "fee": order.fee,
        }
    return fields


def _whose(call: Call) -> int:
    """Raises Problem 400 when an operator does not say whose orders it means."""
    if not call.caller.is_operator:
        return call.caller.key.merchant_id
    if "merchant_id" not in call.query:
        raise Problem(400, "merchant_missing", "operators name the merchant: ?merchant_id=mch_…")
    return read_id("mch", call.query["merchant_id"])


async def _find(door: Door, call: Call) -> Placed:
    """The order in the path: of the caller, or for operators of the merchant in the query."""
    order_id = read_id("ord", call.path["id"])
    placed = await door.network.read(order_views.order, _whose(call), order_id)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return placed
