"""A platform's refunds of what its sub-merchants sold.

Source: wechatpay-v3.md §8.6, e-commerce. The money is the sub-merchant's; platforms advance none.
"""

from typing import Any, Final

from changliao.core import refunds as core
from changliao.core.clock import to_rfc3339
from changliao.core.ids import made_at
from changliao.doors.wechatpay import refunds, transactions
from changliao.doors.wechatpay.acting import bound_app, partner
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form, required
from changliao.doors.wechatpay.forms import EcommerceRefund
from changliao.store.views.orders import Placed, refund_by_reference

_SOURCE: Final = "REFUND_SOURCE_SUB_MERCHANT"


async def apply(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/refunds/apply."""
    form = read_form(call.body, EcommerceRefund)
    acting = await partner(door, call, call.merchant.number, form.sub_mchid)
    await bound_app(door, call.merchant, form.sp_appid, "sp_appid")
    known, placed = await refunds.made(door, acting, form)
    return ok(
        {
            "refund_id": transactions.refund_number(known.id),
            "out_refund_no": known.reference,
            "create_time": to_rfc3339(made_at(known.id)),
            "amount": _amount(known, placed),
            "promotion_detail": [],
            "refund_account": _SOURCE,
        }
    )


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/refunds/id/{refund_id}?sub_mchid=."""
    acting = await partner(door, call, call.merchant.number, required(call.query, "sub_mchid"))
    return ok(_shown(*await refunds.find(door, acting, call.path["refund_id"])))


async def query_by_reference(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/refunds/out-refund-no/{out_refund_no}?sub_mchid=."""
    acting = await partner(door, call, call.merchant.number, required(call.query, "sub_mchid"))
    keys = acting.merchant.id, acting.partner_id, call.path["out_refund_no"]
    known = await door.network.read(refund_by_reference, *keys)
    return ok(_shown(*await refunds.with_order(door, known)))


def _shown(known: core.Refund, placed: Placed) -> dict[str, Any]:
    return {**refunds.describe(known, placed), "refund_account": _SOURCE,
            "amount": _amount(known, placed)}  # fmt: skip


def _amount(known: core.Refund, placed: Placed) -> dict[str, Any]:
    return {
        "refund": known.amount,
        "payer_refund": known.amount,
        "discount_refund": 0,
        "currency": placed.order.amount.currency.code,
    }
