"""A combined order as WeChat Pay describes it, in answers and in notifications.

Source: wechatpay-v3.md §8.7 and §11.3. A part's paid amount is `payer_amount` here.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from changliao.core import clock
from changliao.core.baskets import Basket
from changliao.core.orders import OrderState
from changliao.doors.wechatpay.transactions import (
    TRADE_TYPES,
    Details,
    bank_type,
    promotions,
    trade_state,
    transaction_id,
)
from changliao.operations.network import Network
from changliao.store.views import baskets, parties
from changliao.store.views.orders import Placed


async def describe(network: Network, basket: Basket, state: str = "") -> dict[str, Any]:
    """The whole with its parts. `state` is given where a fact is told, not where things stand."""
    return await of_parts(network, basket, await network.read(baskets.members, basket), state)


async def of_parts(
    network: Network, basket: Basket, placed: Sequence[Placed], state: str
) -> dict[str, Any]:
    """The same with the parts at hand."""
    first = placed[0]
    details = msgspec.json.decode(first.terms.details, type=Details)
    merchant = await network.look_up(parties.merchant, basket.merchant_id)
    fields: dict[str, Any] = {
        "combine_appid": details.appid,
        "combine_mchid": merchant.number if merchant else "",
        "combine_out_trade_no": basket.reference,
        "sub_orders": [await _part(network, one, state) for one in placed],
    }
    if details.device_id:
        fields["scene_info"] = {"device_id": details.device_id}
    if first.order.payment_id:
        openid = network.openids.of(first.order.app_id, first.order.payer_id)
        fields["combine_payer_info"] = {"openid": openid}
    return fields


async def _part(network: Network, placed: Placed, state: str) -> dict[str, Any]:
    order = placed.order
    currency, total = order.amount.currency.code, order.amount.amount
    amount: dict[str, Any] = {"total_amount": total, "currency": currency}
    fields = await _whose(network, placed)
    fields |= {
        "out_trade_no": order.reference,
        "trade_state": state or trade_state(order),
        "attach": placed.terms.attach,
        "amount": amount,
    }
    if order.state is OrderState.PAID:
        amount |= {"payer_amount": total - order.discount, "payer_currency": currency}
        fields |= {
            "transaction_id": transaction_id(order.payment_id),
            "trade_type": TRADE_TYPES[order.scene],
            "bank_type": bank_type(order),
            "success_time": clock.to_rfc3339(order.paid_at),
            "promotion_detail": await promotions(network, order),
        }
    return fields


async def _whose(network: Network, placed: Placed) -> dict[str, Any]:
    order = placed.order
    merchant = await network.look_up(parties.merchant, order.merchant_id)
    number = merchant.number if merchant else ""
    if not order.partner_id:
        return {"mchid": number}
    provider = await network.look_up(parties.merchant, order.partner_id)
    return {"mchid": provider.number if provider else "", "sub_mchid": number}
