"""What a receiver is told of a share, or of one that was taken back.

Source: wechatpay-v3.md §11.2 and §11.3. Told of a return, the receiver in it is the sharer.
"""

from typing import Any

from changliao.core import clock
from changliao.core.events import Event
from changliao.core.ids import made_at
from changliao.core.orders import Order
from changliao.core.splits import Part, Return, Share
from changliao.doors.wechatpay import transactions
from changliao.doors.wechatpay.splits import MERCHANT, order_number
from changliao.operations.network import Network
from changliao.store.views import orders, parties, splits


async def told(network: Network, event: Event) -> dict[str, Any] | None:
    """The fact as it was committed; None when it is gone."""
    found = await network.read(splits.share_told, event)
    if found is None:
        return None
    share = found[0]
    placed = await network.read(orders.order, share.merchant_id, share.order_id)
    return await describe(network, found, placed.order) if placed else None


async def describe(
    network: Network, found: tuple[Share, Part, Return | None], order: Order
) -> dict[str, Any] | None:
    """A share of an order as its receiver reads of it."""
    share, part, returned = found
    sharer = await network.look_up(parties.merchant, share.merchant_id)
    provider = await network.look_up(parties.merchant, share.partner_id)
    if sharer is None:
        return None
    account, amount, description = part.account, part.amount, part.description
    if returned is not None:
        account, amount, description = sharer.number, returned.amount, returned.description
    whose = {"mchid": sharer.number}
    if provider is not None:
        whose = {"sp_mchid": provider.number, "sub_mchid": sharer.number}
    return whose | {
        "transaction_id": transactions.transaction_id(order.payment_id),
        "order_id": order_number(share.id),
        "out_order_no": share.reference,
        "receiver": {
            "type": MERCHANT,
            "account": account,
            "amount": amount,
            "description": description,
        },
        "success_time": clock.to_rfc3339(made_at(returned.id if returned else share.id)),
    }
