"""The bill of a merchant's day over REST: each payment and refund, and their sums."""

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from changliao.core import ids
from changliao.core.bills import Sale, is_over, sum_sales
from changliao.core.ids import MerchantId
from changliao.core.money import CURRENCIES
from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    Date,
    MerchantIdText,
    MethodCode,
    MinorSum,
    Moment,
    Nothing,
    OrderIdText,
    RefundIdText,
    moment,
)
from changliao.doors.rest.orders import OWN_CODE, whose
from changliao.doors.rest.reports import read_day
from changliao.store.views import bills


class BillRow(Struct, frozen=True):
    """A payment of an order, or a refund of one. `fee` of a refund is what came back, negative."""

    kind: Literal["payment", "refund"]
    at: Moment
    order_id: OrderIdText
    reference: str
    title: str
    amount: MinorSum
    fee: MinorSum
    method: MethodCode
    refund_id: RefundIdText | UnsetType = UNSET
    refund_reference: str | UnsetType = UNSET


class BillShown(Struct, frozen=True):
    """A day of Beijing in one currency, the newest first. It never changes afterwards."""

    day: Date
    merchant_id: MerchantIdText
    currency: CurrencyCode
    payments: Count
    paid: MinorSum
    refunds: Count
    refunded: MinorSum
    fees: MinorSum
    rows: list[BillRow]


class BillQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A day of Beijing that has been over for five minutes."""

    day: Date
    currency: CurrencyCode = "CNY"
    merchant_id: MerchantIdText | None = None


async def show(door: Door, call: Call[Nothing, BillQuery]) -> BillShown:
    """Show every payment and refund of a day that is over.

    Orders of every door are in it, those too that a service provider placed for the merchant.
    """
    asked, merchant_id = call.query, MerchantId(whose(call, call.query.merchant_id))
    day, currency = read_day(asked.day, "day"), CURRENCIES.get(asked.currency)
    if currency is None:
        said = f"{asked.currency} is not one of {', '.join(CURRENCIES)}"
        raise Problem("currency_unknown", said, "currency")
    if not is_over(day, door.network.clock()):
        raise Problem("malformed", f"{asked.day} is not over yet", "day")
    sales = await door.network.report(bills.sales, merchant_id, currency, day)
    sums = sum_sales(sales)
    return BillShown(
        day=asked.day,
        merchant_id=ids.show("mch", merchant_id),
        currency=currency.code,
        payments=sums.payments,
        paid=sums.paid,
        refunds=sums.refunds,
        refunded=sums.refunded,
        fees=sums.fees,
        rows=[_row(one) for one in sales],
    )


def _row(sale: Sale) -> BillRow:
    refund = sale.refund
    return BillRow(
        kind="payment" if refund is None else "refund",
        at=moment(sale.at),
        order_id=ids.show("ord", sale.order.id),
        reference=sale.order.reference,
        title=sale.terms.title,
        amount=sale.amount,
        fee=sale.fee,
        method=sale.order.method or OWN_CODE,
        refund_id=ids.show("rfd", refund.id) if refund else UNSET,
        refund_reference=refund.reference if refund else UNSET,
    )


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/reports/bill", show, Who.EITHER, Nothing, BillQuery, BillShown, 200,
        ("merchant_missing", "currency_unknown"),
    ),
)  # fmt: skip
