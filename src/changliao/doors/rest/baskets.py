"""Orders of several merchants that one payer pays together, over REST."""

import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.baskets import MOST, Basket, CloseBasket, Filled, PlaceBasket
from changliao.core.clock import HOUR, SECOND, Instant
from changliao.core.ids import BasketId, MerchantId, OrderId
from changliao.core.money import Money
from changliao.core.orders import Order, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    BasketIdText,
    CurrencyCode,
    MerchantIdText,
    Minor,
    Nothing,
    Reference,
    Text128,
    Url,
)
from changliao.doors.rest.orders import (
    DOOR,
    OrderShown,
    WhoseQuery,
    seller,
    show_order,
    whose,
)
from changliao.operations.baskets import CLOSE, PLACE
from changliao.store.views import baskets, parties

_LINK_LIVES: Final = 2 * HOUR
_DIGEST_BYTES: Final = 16


class NewPart(Struct, frozen=True, forbid_unknown_fields=True):
    """One merchant's order in the whole; without `merchant_id` the caller's own."""

    reference: Reference
    title: Annotated[str, Meta(min_length=1, max_length=127)]
    amount: Minor
    merchant_id: MerchantIdText | None = None
    attach: Text128 = ""


class NewBasket(Struct, frozen=True, forbid_unknown_fields=True):
    """Orders to be paid together. `reference` is the caller's number for the whole."""

    reference: Reference
    orders: Annotated[list[NewPart], Meta(min_length=1, max_length=MOST)]
    currency: CurrencyCode = "CNY"
    expires_in_s: Annotated[int, Meta(ge=1, le=1_296_000)] = 7_200
    notify_url: Url | None = None


class BasketShown(Struct, frozen=True):
    """The whole with its orders. `pay_url` is shown once, to who placed it."""

    id: BasketIdText
    merchant_id: MerchantIdText
    reference: str
    amount: Minor
    currency: CurrencyCode
    orders: list[OrderShown]
    pay_url: str | UnsetType = UNSET


async def place(door: Door, call: Call[NewBasket, Nothing]) -> Any:
    """Ask for one payment of several merchants' orders.

    Each is an order of its merchant, with its own fee and refunds. The merchants are the caller and
    those it may act for: what a store of its sells is sold in the store's mode. The same reference
    with the same fields finds the basket and gives a new `pay_url`.
    """
    form, network = call.form, door.network
    digest = hashlib.sha256(msgspec.json.encode(form)).digest()[:_DIGEST_BYTES]
    basket_id, now = BasketId(network.ids.new()), network.clock()
    # Whose basket an order is in is told from its app.
    apps = await network.read(parties.apps_of, call.caller.key.merchant_id)
    if not apps:
        raise refusal(Refused(Reason.APP_NOT_BOUND))
    placings = []
    for part in form.orders:
        merchant, partner_id = await seller(door, call, part.merchant_id)
        order_id = OrderId(network.ids.new())
        order = Order(
            id=order_id,
            merchant_id=merchant.id,
            app_id=apps[0].id,
            reference=part.reference,
            amount=read_money(part.amount, form.currency),
            scene=Scene.NATIVE,
            expires_at=Instant(now + form.expires_in_s * SECOND),
            fee_bps=merchant.fee_bps,
            digest=digest,
            partner_id=partner_id,
            basket_id=basket_id,
        )
        address = form.notify_url or ""
        terms = Terms(order_id, merchant.id, part.title, part.attach, address, DOOR, b"{}")
        placings.append(PlaceOrder(order, terms))
    currency = placings[0].order.amount.currency
    basket = Basket(
        id=basket_id,
        merchant_id=MerchantId(call.caller.key.merchant_id),
        reference=form.reference,
        amount=Money(sum(one.order.amount.amount for one in placings), currency),
        digest=digest,
        members=tuple((one.order.merchant_id, one.order.id) for one in placings),
    )

    def shown(filled: Filled) -> BasketShown:
        link = network.links.make(filled.orders[0], Instant(now + _LINK_LIVES))
        return show_basket(filled.basket, list(filled.orders), f"{door.public_url}/c/{link}")

    return await perform(door, call, PLACE, PlaceBasket(basket, tuple(placings)), shown)


async def query(door: Door, call: Call[Nothing, WhoseQuery]) -> BasketShown:
    """Show a basket with all its orders."""
    basket = await _find(door, call)
    placed = await door.network.read(baskets.members, basket)
    return show_basket(basket, [one.order for one in placed])


async def close(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """See that no order of a basket is ever paid.

    Closing it again is no change. The body is not read.
    """
    basket = await _find(door, call)
    command = CloseBasket(basket.id, basket.merchant_id, frozenset(basket.members))
    return await perform(
        door, call, CLOSE, command, lambda filled: show_basket(filled.basket, list(filled.orders))
    )


def show_basket(
    basket: Basket, orders: list[Order], pay_url: str | UnsetType = UNSET
) -> BasketShown:
    """A basket as this API shows it."""
    return BasketShown(
        id=ids.show("bsk", basket.id),
        merchant_id=ids.show("mch", basket.merchant_id),
        reference=basket.reference,
        amount=basket.amount.amount,
        currency=basket.amount.currency.code,
        orders=[show_order(one) for one in orders],
        pay_url=pay_url,
    )


async def _find(door: Door, call: Call[Any, WhoseQuery]) -> Basket:
    basket_id = read_id("bsk", call.path["basket_id"])
    merchant_id = whose(call, call.query.merchant_id)
    basket = await door.network.read(baskets.basket, basket_id, merchant_id)
    if basket is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return basket


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/baskets", place, Who.MERCHANT, NewBasket, Nothing, BasketShown, 201,
        ("currency_unknown", Reason.AMOUNT_TOO_LARGE, Reason.APP_NOT_BOUND,
         Reason.MERCHANT_NOT_FOUND,
         Reason.ORDER_ALREADY_PAID, Reason.ORDER_CLOSED, Reason.ORDER_EXPIRED,
         Reason.PARTNER_RELATION_MISSING, Reason.REFERENCE_REUSED, Reason.STORE_NOT_OPEN),
    ),
    Endpoint(
        "GET", "/baskets/{basket_id}", query, Who.EITHER, Nothing, WhoseQuery, BasketShown, 200,
        ("merchant_missing", Reason.ORDER_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/baskets/{basket_id}/close", close, Who.EITHER, Nothing, WhoseQuery, BasketShown,
        200, ("merchant_missing", Reason.ORDER_ALREADY_PAID, Reason.ORDER_NOT_FOUND),
    ),
)  # fmt: skip
