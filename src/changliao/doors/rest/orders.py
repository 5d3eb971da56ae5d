"""Orders over REST: placing, finding, listing, closing."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import clock, ids
from changliao.core.clock import HOUR, SECOND, Instant
from changliao.core.ids import AppId, MerchantId, OrderId, made_at
from changliao.core.orders import CloseOrder, Hold, Order, OrderState, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    MethodCode,
    Minor,
    Moment,
    Nothing,
    OrderIdText,
    Page,
    PaymentIdText,
    Reference,
    Text128,
    Url,
    UserIdText,
    moment,
    page,
)
from changliao.operations.orders import CLOSE, PLACE
from changliao.store.views import orders as order_views
from changliao.store.views import parties
from changliao.store.views.orders import Placed, Wanted

Asking = TypeVar("Asking", bound="WhoseQuery")
DOOR: Final = "rest"
OWN_CODE: Final = "changliao"
_LINK_LIVES: Final = 2 * HOUR
_DIGEST_BYTES: Final = 16
StateName = Literal["open", "paid", "closed"]


class NewOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """An order to be placed. It may be paid for `expires_in_s` seconds.

    `merchant_id`: whose sale it is, if the caller acts for another; a store's is sold in its mode.
    `hold`: what is paid waits to be shared, 30 days at most.
    """

    reference: Reference
    title: Annotated[str, Meta(min_length=1, max_length=127, examples=["Two coffees"])]
    amount: Minor
    currency: CurrencyCode = "CNY"
    expires_in_s: Annotated[int, Meta(ge=1, le=1_296_000)] = 7_200
    notify_url: Url | None = None
    attach: Text128 = ""
    hold: Literal["split"] | UnsetType = UNSET
    merchant_id: MerchantIdText | UnsetType = UNSET


class OrderShown(Struct, frozen=True):
    """An order. What only a paid order has is left out before.

    `refunded` is the sum of its refunds, `discount` what a budget gave the payer for it, `method`
    what paid it (`changliao`: a wallet of the network).
    `pay_url` is shown once, to who placed it.
    """

    id: OrderIdText
    merchant_id: MerchantIdText
    reference: str
    amount: Minor
    currency: CurrencyCode
    state: StateName
    refunded: Count
    created_at: Moment
    expires_at: Moment
    payment_id: PaymentIdText | UnsetType = UNSET
    payer_id: UserIdText | UnsetType = UNSET
    paid_at: Moment | UnsetType = UNSET
    fee: Count | UnsetType = UNSET
    discount: Count | UnsetType = UNSET
    method: MethodCode | UnsetType = UNSET
    title: str | UnsetType = UNSET
    attach: str | UnsetType = UNSET
    pay_url: str | UnsetType = UNSET


class WhoseQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose order it is: needed by operators. Merchants mean their own.

    Who placed an order for another names that merchant to see it, what it holds, and to close it.
    """

    merchant_id: MerchantIdText | None = None


class OrdersQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`created_from` is included, `created_before` is not: RFC 3339, percent-encoded."""

    merchant_id: MerchantIdText | None = None
    reference: Reference | None = None
    state: StateName | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def place(door: Door, call: Call[NewOrder, Nothing]) -> Any:
    """Place an order.

    The same reference with the same fields finds the order and gives a new `pay_url`; the one
    before stops working. A `pay_url` works for two hours and never after `expires_at`.
    """
    form, network = call.form, door.network
    merchant, partner_id = await seller(door, call, form.merchant_id or None)
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
        partner_id=partner_id,
        notifies=form.notify_url is not None,
        hold=Hold.NONE if form.hold is UNSET else Hold.SPLIT,
    )
    terms = Terms(
        order_id, merchant.id, form.title, form.attach, form.notify_url or "", DOOR, b"{}"
    )

    def shown(placed: Order) -> OrderShown:
        link = network.links.make(placed, Instant(now + _LINK_LIVES))
        return show_order(placed, terms, f"{door.public_url}/c/{link}")

    return await perform(door, call, PLACE, PlaceOrder(order, terms), shown)


async def query(door: Door, call: Call[Nothing, WhoseQuery]) -> OrderShown:
    """Show an order."""
    placed = await find_placed(door, call)
    return show_order(placed.order, placed.terms)


async def search(door: Door, call: Call[Nothing, OrdersQuery]) -> Page[OrderShown]:
    """List a merchant's orders, newest first.

    `reference` finds the orders with that number of the merchant's own or of its service
    providers'. A provider that names a merchant of its own sees what it placed for it.
    """
    asked, network = call.query, door.network
    own, named = call.caller.key.merchant_id, asked.merchant_id
    merchant_id = whose(call, named)
    provided = read_id("mch", named) if named and not call.caller.is_operator else own
    if asked.reference is not None and provided != own:
        relation = await network.look_up(parties.partnership, own, provided)
        merchant_id, placers = provided, [own] if relation else []
        return await _by_reference(door, merchant_id, placers, asked.reference)
    if asked.reference is not None:
        providers = await network.read(parties.provider_ids, merchant_id)
        return await _by_reference(door, merchant_id, [0, *providers], asked.reference)
    wanted = Wanted(
        merchant_id,
        read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST,
        since(asked.created_from),
        since(asked.created_before) or ids.NEWEST,
        OrderState[asked.state.upper()] if asked.state else 0,
    )
    found = await network.read(order_views.orders_of_merchant, wanted, asked.limit + 1)
    shown = [show_order(one.order, one.terms) for one in found]
    return page(shown, [one.order.id for one in found], asked.limit)


async def _by_reference(
    door: Door, merchant_id: int, placers: Sequence[int], reference: str
) -> Page[OrderShown]:
    """An order of this number from each who may have placed it; 0 is the merchant itself."""
    read = door.network.read
    keys = [(merchant_id, placer, reference) for placer in placers]
    found = [await read(order_views.order_by_reference, *one) for one in keys]
    return Page([show_order(one.order, one.terms) for one in found if one is not None])


async def close(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """See that an order is never paid.

    Closing it again is no change. The body is not read.
    """
    placed = await find_placed(door, call)
    command = CloseOrder(placed.order.merchant_id, placed.order.id)
    return await perform(
        door, call, CLOSE, command, lambda closed: show_order(closed, placed.terms)
    )


async def seller(
    door: Door, call: Call[Any, Any], named: str | None
) -> tuple[Merchant, MerchantId]:
    """Who sells, and the caller if it acts for another (0: it does not). Raises Problem."""
    own = call.caller.key.merchant_id
    merchant_id = read_id("mch", named) if named else own
    merchant = await door.network.look_up(parties.merchant, merchant_id)
    if merchant is None:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    if merchant_id == own:
        return merchant, MerchantId(0)
    if await door.network.look_up(parties.partnership, own, merchant_id) is None:
        raise refusal(Refused(Reason.PARTNER_RELATION_MISSING))
    return merchant, MerchantId(own)


def show_order(
    order: Order, terms: Terms | None = None, pay_url: str | UnsetType = UNSET
) -> OrderShown:
    """An order as this API shows it."""
    paid = bool(order.payment_id)
    return OrderShown(
        id=ids.show("ord", order.id),
        merchant_id=ids.show("mch", order.merchant_id),
        reference=order.reference,
        amount=order.amount.amount,
        currency=order.amount.currency.code,
        state=_STATES[order.state],
        refunded=order.refunded,
        created_at=moment(made_at(order.id)),
        expires_at=moment(order.expires_at),
        payment_id=ids.show("pay", order.payment_id) if paid else UNSET,
        payer_id=ids.show("usr", order.payer_id) if paid else UNSET,
        paid_at=moment(order.paid_at) if paid else UNSET,
        fee=order.fee if paid else UNSET,
        discount=order.discount or UNSET,
        method=(order.method or OWN_CODE) if paid else UNSET,
        title=terms.title if terms else UNSET,
        attach=terms.attach if terms else UNSET,
        pay_url=pay_url,
    )


def whose(call: Call[Any, Any], named: str | None) -> int:
    """Raises Problem 400 when an operator does not say whose it means."""
    if not call.caller.is_operator:
        return call.caller.key.merchant_id
    if named is None:
        said = "operators name the merchant: ?merchant_id=mch_…"
        raise Problem("merchant_missing", said, "merchant_id")
    return read_id("mch", named)


def since(text: str | None) -> int:
    """The first id of a moment, 0 without one. Raises Problem 400 for what is no moment."""
    if text is None:
        return 0
    try:
        return min(max(ids.first_id(0, clock.from_rfc3339(text)), 0), ids.NEWEST)
    except (ValueError, OverflowError) as error:
        said = f"{text[:40]} is no time: RFC 3339, for example 2026-11-25T00:00:00+08:00"
        raise Problem("malformed", said) from error


async def find(door: Door, call: Call[Any, Asking]) -> Placed:
    """The order in the path: of the caller, or for operators of the merchant in the query."""
    order_id = read_id("ord", call.path["order_id"])
    merchant_id = whose(call, call.query.merchant_id)
    placed = await door.network.read(order_views.order, merchant_id, order_id)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return placed


async def find_placed(door: Door, call: Call[Any, Asking]) -> Placed:
    """The order in the path: also one that the caller placed for the merchant in the query."""
    own, named = call.caller.key.merchant_id, call.query.merchant_id
    if call.caller.is_operator or named is None or read_id("mch", named) == own:
        return await find(door, call)
    order_id = read_id("ord", call.path["order_id"])
    placed = await door.network.read(order_views.order, read_id("mch", named), order_id)
    if placed is None or placed.order.partner_id != own:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return placed


_STATES: Final[dict[OrderState, StateName]] = {
    OrderState.OPEN: "open",
    OrderState.PAID: "paid",
    OrderState.CLOSED: "closed",
}
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/orders", place, Who.MERCHANT, NewOrder, Nothing, OrderShown, 201,
        ("currency_unknown", Reason.EXPIRY_PASSED, Reason.MERCHANT_NOT_FOUND,
         Reason.ORDER_ALREADY_PAID, Reason.ORDER_CLOSED, Reason.ORDER_EXPIRED,
         Reason.PARTNER_RELATION_MISSING, Reason.REFERENCE_REUSED, Reason.STORE_NOT_OPEN),
    ),
    Endpoint(
        "GET", "/orders", search, Who.EITHER, Nothing, OrdersQuery, Page[OrderShown], 200,
        ("merchant_missing",),
    ),
    Endpoint(
        "GET", "/orders/{order_id}", query, Who.EITHER, Nothing, WhoseQuery, OrderShown, 200,
        ("merchant_missing", Reason.ORDER_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/orders/{order_id}/close", close, Who.EITHER, Nothing, WhoseQuery, OrderShown, 200,
        ("merchant_missing", Reason.ORDER_NOT_FOUND, Reason.ORDER_ALREADY_PAID),
    ),
)  # fmt: skip
