"""What of a payment was shared, and what may still be.

Source: alipay-openapi.md §8.4, `trade_settle_info`, and §9.2.
"""

from changliao.core.ids import made_at
from changliao.core.orders import Order
from changliao.core.splits import Part, Share, shareable
from changliao.doors.alipay import words
from changliao.doors.alipay.call import Node
from changliao.operations.network import Network
from changliao.operations.numbers import number_of
from changliao.store.views import splits

TRANSFER, GIVEN_BACK = "transfer", "transfer_refund"


async def told(network: Network, order: Order) -> Node:
    """Every receiver of every share, and what came back from each of them."""
    seller = await number_of(network, order.merchant_id)
    moved: list[Node] = []
    for share in await network.read(splits.shares_of_order, order.merchant_id, order.id):
        for part in await network.read(splits.parts, order.merchant_id, share.id):
            receiver = await number_of(network, part.party_id)
            moved.append(
                {
                    "operation_type": TRANSFER,
                    "operation_serial_no": detail_id(share, part),
                    "operation_dt": words.moment(made_at(share.id)),
                    "trans_out": seller,
                    "trans_in": receiver,
                    "amount": words.yuan(part.amount),
                }
            )
            if part.returned:
                moved.append(
                    {
                        "operation_type": GIVEN_BACK,
                        "trans_out": receiver,
                        "trans_in": seller,
                        "amount": words.yuan(part.returned),
                        "ori_trans_out": seller,
                        "ori_trans_in": receiver,
                    }
                )
    if not moved:
        return {}
    left = words.yuan(await unsettled(network, order))
    return {"trade_settle_detail_list": moved, "trade_unsettled_amount": left}


async def unsettled(network: Network, order: Order) -> int:
    """How much of a payment may still be shared."""
    holding = await network.read(splits.holding, order.merchant_id, order.id)
    agreed = await network.read(splits.sharing, order.merchant_id)
    return shareable(order, holding, agreed) if holding else 0


def detail_id(share: Share, part: Part) -> str:
    """28 digits for one receiver of a share."""
    return f"{share.id:022d}{part.place:06d}"
