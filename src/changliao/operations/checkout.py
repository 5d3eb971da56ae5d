"""Paying what a payment link leads to: an order by itself, or the whole basket it is part of.

An order by itself may be paid by a channel that carries a method its platform takes there.
"""

from msgspec import Struct

from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.baskets import Basket, PayBasket
from changliao.core.channels import Channel
from changliao.core.clock import Instant
from changliao.core.ids import PaymentId, UserId
from changliao.core.orders import Discount, Order, PayOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.tenders import AskTender, Tender, new_tender_request
from changliao.operations import acceptance, baskets
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.operations.orders import PAY
from changliao.store.acceptance import Method
from changliao.store.views import acceptance as acceptance_views
from changliao.store.views import baskets as basket_views
from changliao.store.views import parties


class Offer(Struct, frozen=True):
    """A way to pay beside the wallet; `off` says why it cannot be used now."""

    method: Method
    channel: Channel | None
    off: Refused | None = None


async def offers(
    network: Network, desk: Desk, order: Order, page_terminal_id: int = 0
) -> list[Offer]:
    """What the order's platform has connected at its terminal; the commit asks again.

    `page_terminal_id` is where the payer really sits: a channel may serve on PC pages only.
    """
    if order.basket_id:
        return []
    found = []
    for method in await network.look_up(acceptance_views.methods):
        if method.id == OWN_METHOD:
            continue
        off = await acceptance.why_not(network, order, method_id=method.id)
        if off is None or off.reason is not Reason.METHOD_NOT_CONNECTED:
            terminal_id = TERMINAL_OF[order.scene]
            channel = await desk.route(terminal_id, order.id, method.id, page_terminal_id)
            if isinstance(channel, Refused):
                found.append(Offer(method, None, off or channel))
            else:
                found.append(Offer(method, channel, off))
    return found


def tendered(
    offer: Offer, order: Order, payer_id: UserId, payment_id: PaymentId, now: Instant,
    *, issue: int = 0, page_terminal_id: int = 0,
) -> AskTender | Refused:  # fmt: skip
    """The command that pays an order in a way that is offered."""
    if offer.channel is None:
        return offer.off or Refused(Reason.CHANNEL_SUSPENDED)
    tender = Tender(
        payer_id=payer_id,
        payment_id=payment_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        method_id=offer.method.id,
        terminal_id=TERMINAL_OF[order.scene],
    )
    request = new_tender_request(offer.channel, order, payer_id, payment_id, now)
    return AskTender(tender, request, issue, page_terminal_id)


async def basket_of(network: Network, order: Order) -> Basket | None:
    """The basket an order is part of; its seller is the owner of the order's app."""
    if not order.basket_id:
        return None
    app = await network.look_up(parties.app, order.app_id)
    if app is None:
        return None
    return await network.read(basket_views.basket, order.basket_id, app.merchant_id)


async def pay(network: Network, order: Order, command: PayOrder) -> Order | Refused:
    """Pay the order or its basket; `command` says how much the payer saw."""
    asked = await whole(network, order, command)
    return asked if isinstance(asked, Refused) else await perform(network, asked)


async def whole(
    network: Network, order: Order, command: PayOrder, discounts: tuple[Discount | None, ...] = ()
) -> PayOrder | PayBasket | Refused:
    """The command that pays the order, or its basket with a discount or none for each part."""
    if not order.basket_id:
        return command
    basket = await basket_of(network, order)
    if basket is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    others = (PaymentId(network.ids.new()) for _ in basket.members[1:])
    return PayBasket(
        basket_id=basket.id,
        merchant_id=basket.merchant_id,
        payment_ids=(command.payment_id, *others),
        payer_id=command.payer_id,
        amount=command.amount,
        proof=command.proof,
        issue=command.issue,
        discounts=discounts,
    )


async def perform(network: Network, command: PayOrder | PayBasket) -> Order | Refused:
    """The order as paid; of a basket the first."""
    if isinstance(command, PayOrder):
        return await network.perform(PAY, command)
    paid = await network.perform(baskets.PAY, command)
    return paid if isinstance(paid, Refused) else paid.orders[0]
