"""Paying what a payment link leads to: an order by itself, or the whole basket it is part of."""

from changliao.core.baskets import Basket, PayBasket
from changliao.core.ids import PaymentId
from changliao.core.orders import Order, PayOrder
from changliao.core.outcome import Reason, Refused
from changliao.operations import baskets
from changliao.operations.network import Network
from changliao.operations.orders import PAY
from changliao.store.views import baskets as basket_views
from changliao.store.views import parties


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
    if not order.basket_id:
        return await network.perform(PAY, command)
    basket = await basket_of(network, order)
    if basket is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    others = (PaymentId(network.ids.new()) for _ in basket.members[1:])
    whole = PayBasket(
        basket_id=basket.id,
        merchant_id=basket.merchant_id,
        payment_ids=(command.payment_id, *others),
        payer_id=command.payer_id,
        amount=command.amount,
        proof=command.proof,
        issue=command.issue,
    )
    paid = await network.perform(baskets.PAY, whole)
    return paid if isinstance(paid, Refused) else paid.orders[0]
