"""A merchant's days: what was sold, refunded and taken as fees, and each day's rows to download."""

from typing import Final

from starlette.responses import Response

from changliao.core import clock, ids
from changliao.core.bills import Day, Sale, date_of, day_of, ends_at, is_over, starts_at
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CURRENCIES, Currency, plain
from changliao.doors.console.visit import Entry, Visit
from changliao.store.views import bills, reports
from changliao.web import spreadsheets
from changliao.web.display import full_time

_DAYS: Final = 31


async def listed(visit: Visit) -> Response:
    """The last days on which something happened, the newest first."""
    now = visit.network.clock()
    today = day_of(now)
    found = await visit.network.report(
        reports.days, visit.member.organisation, Day(today - _DAYS + 1), today
    )
    shown = [
        (shown_day(Day(one.day)), BY_NUMBER[one.currency].code, is_over(Day(one.day), now), one)
        for one in reversed(found)
    ]
    return visit.render("portal/bills.html", days=shown, here_nav="bills")


async def download(visit: Visit) -> Response:
    """One day that is over, as CSV."""
    parts = visit.request.path_params
    currency, day = CURRENCIES.get(parts["currency"]), day_named(parts["day"])
    if currency is None or day is None or not is_over(day, visit.network.clock()):
        return visit.missing()
    merchant_id = MerchantId(visit.member.organisation)
    sales = await visit.network.report(bills.sales, merchant_id, currency, day)
    names = ("时间", "类型", "订单", "商户单号", "商品", "金额", "手续费", "退款单号")
    rows = [[visit.words(name) for name in names], *(_row(visit, sale, currency) for sale in sales)]
    return spreadsheets.table(f"{parts['day']}-{currency.code}.csv", rows)


def _row(visit: Visit, sale: Sale, currency: Currency) -> list[str]:
    refund = sale.refund
    sign = -1 if refund else 1
    return [
        full_time(sale.at),
        visit.words("退款") if refund else visit.words("付款"),
        ids.show("ord", sale.order.id),
        spreadsheets.text(sale.order.reference),
        spreadsheets.text(sale.terms.title),
        plain(sign * sale.amount, currency),
        plain(sale.fee, currency),
        spreadsheets.text(refund.reference) if refund else "",
    ]


def shown_day(day: Day) -> str:
    """`2026-11-25`."""
    return date_of(day).isoformat()


def day_named(text: str) -> Day | None:
    """The day of this text; None for what is none, or is out of reach of ids."""
    try:
        day = day_of(clock.from_rfc3339(f"{text}T00:00:00+08:00"))
    except (ValueError, OverflowError):
        return None
    ends = (ids.first_id(0, starts_at(day)), ids.first_id(0, ends_at(day)))
    return day if all(abs(one) <= ids.NEWEST for one in ends) else None


ENTRIES: Final = (
    Entry("GET", "/portal/bills", Right.PORTAL_LOOK, listed),
    Entry("GET", "/portal/bills/{day}/{currency}", Right.PORTAL_LOOK, download),
)
