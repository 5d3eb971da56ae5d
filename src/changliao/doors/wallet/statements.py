"""Statements: a month of a wallet as a table to keep, with what was there after each movement."""

from datetime import date
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.bills import Day, day_of, day_on
from changliao.core.clock import BEIJING, Instant, to_datetime
from changliao.core.money import CNY, CURRENCIES, plain
from changliao.doors.wallet import bills
from changliao.doors.wallet.visit import Visit, Wallet, signed_in
from changliao.store.views import bills as bill_views
from changliao.store.views import ledger
from changliao.web import spreadsheets
from changliao.web.display import full_time

_MONTHS: Final = 36
_NAMES: Final = ("时间", "事项", "说明", "金额", "余额", "币种", "编号")


def routes(wallet: Wallet) -> list[Route]:
    """The months there are, and one of them."""
    return [
        Route("/w/statements", signed_in(wallet, listed)),
        Route("/w/statements/{month}/{currency}", signed_in(wallet, download)),
    ]


async def listed(visit: Visit) -> Response:
    """Every month since the wallet was opened, the newest first."""
    network = visit.wallet.network
    held = await network.read(ledger.wallets_of, visit.user.id)
    currencies = sorted({chart.currency(one.id).code for one in held} - {CNY.code})
    months = months_of(visit.user.created_at, network.clock())
    return visit.render(
        "wallet/statements.html",
        months=[f"{one:%Y-%m}" for one in months],
        currencies=[CNY.code, *currencies],
        tab="bills",
    )


async def download(visit: Visit) -> Response:
    """The month's movements between what was there before and what was there after."""
    network = visit.wallet.network
    now, parts = network.clock(), visit.request.path_params
    known = {f"{one:%Y-%m}": one for one in months_of(visit.user.created_at, now)}
    month, currency = known.get(parts["month"]), CURRENCIES.get(parts["currency"])
    if month is None or currency is None:
        return visit.missing()
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    first, last = day_on(month), Day(min(day_on(following) - 1, day_of(now)))
    account = chart.wallet(visit.user.id, currency)
    opening, found = await network.report(bill_views.passages, account, first, last)
    rows = [
        [
            full_time(entry.at),
            *(await _told(visit, entry)),
            plain(entry.amount, currency),
            plain(balance, currency),
            currency.code,
            ids.show("bil", entry.leg_id),
        ]
        for entry, balance in found
    ]
    closing = found[-1][1] if found else opening
    ends = [
        ["", visit.words(text), "", "", plain(amount, currency), currency.code, ""]
        for text, amount in (("期初余额", opening), ("期末余额", closing))
    ]
    names = [visit.words(name) for name in _NAMES]
    name = f"{parts['month']}-{currency.code}.csv"
    return spreadsheets.table(name, [names, ends[0], *rows, ends[1]])


async def _told(visit: Visit, entry: ledger.Entry) -> tuple[str, str]:
    """What it was, and what else is to be said of it."""
    bill = await bills.told(visit.wallet.network, entry, visit.words)
    facts = " · ".join(f"{name} {value}" for name, value in bill.facts.items())
    return spreadsheets.text(bill.title), spreadsheets.text(facts)


def months_of(opened: Instant, now: Instant) -> list[date]:
    """The first days of all months between, at most of three years."""
    newest, oldest = to_datetime(now, BEIJING).date(), to_datetime(opened, BEIJING).date()
    numbers = range(newest.year * 12 + newest.month - 1, oldest.year * 12 + oldest.month - 2, -1)
    return [date(one // 12, one % 12 + 1, 1) for one in numbers[:_MONTHS]]
