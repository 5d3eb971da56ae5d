"""Bills of a day or a month: asking for one gives an address for thirty seconds to fetch it from.

Source: alipay-openapi.md §12. A bill is ready five minutes after its time is over in Beijing, for
six years. It is made from the ledger again for each download (decision 0019).
"""

import calendar
import datetime
import hmac
import re
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from changliao.core import chart
from changliao.core.bills import Day, day_of, day_on, ends_at, is_over, starts_at
from changliao.core.clock import SECOND, Instant
from changliao.core.ids import MerchantId, UserId
from changliao.core.money import CNY
from changliao.doors.alipay import trades, words
from changliao.doors.alipay.archives import archive
from changliao.doors.alipay.bill_files import (
    Frame,
    Row,
    ledger_file,
    summary_file,
    trade_file,
)
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import AlipayError, business
from changliao.operations.downloads import described
from changliao.operations.numbers import number_of
from changliao.store.engine import Reader
from changliao.store.views import bills, parties
from changliao.store.views.orders import Placed

PATH: Final = "/downloadBillFile.resource"
LINK_LIVES: Final = 30 * SECOND
KEPT_YEARS: Final = 6
EMPTY: Final = "EMPTY_DATA_WITH_BILL_FILE"
# How the address calls a kind of bill.
KINDS: Final = {"trade": "trade", "signcustomer": "fnd"}
_DATE: Final = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?", re.ASCII)


class Asked(Struct, frozen=True):
    """alipay.data.dataservice.bill.downloadurl.query."""

    bill_type: str
    bill_date: str
    smid: str = ""


class Wanted(Struct, frozen=True, array_like=True):
    """A file: whose, of which account number, which days (both are in it), under which date."""

    merchant_id: MerchantId
    account: str
    kind: str
    first: Day
    last: Day
    date: str


class Made(Struct, frozen=True):
    """A file and whether it has any rows."""

    content: bytes
    empty: bool


async def query(door: Door, call: Call) -> Node:
    """alipay.data.dataservice.bill.downloadurl.query."""
    asked, network = read_form(call, Asked), door.network
    if asked.bill_type not in KINDS or asked.smid:
        raise business("TYPE_NOT_SUPPORTED", "不支持的账单类型，支持 trade 和 signcustomer")
    seller = call.caller.seller
    first, last = _days(asked.bill_date, network.clock())
    account = f"{await number_of(network, seller.id)}0156"
    date = asked.bill_date.replace("-", "")
    wanted = Wanted(seller.id, account, asked.bill_type, first, last, date)
    made = await network.report(file_of, wanted, network.clock())
    if made.empty and last < day_of(seller.created_at):
        raise business("BILL_DATE_BEFORE_REGISTRATION", "账单日期早于商户注册日期")
    fields = {"bill_download_url": _address(door, wanted)}
    return fields | ({"bill_file_code": EMPTY} if made.empty else {})


def routes(door: Door) -> list[Route]:
    """The address behind a link; no signature is asked, whoever has the link has the file."""

    async def download(request: Request) -> Response:
        network, given = door.network, request.query_params
        file_id, token = given.get("fileId", ""), given.get("token", "")
        ticket = network.downloads.read(file_id)
        wanted = described(ticket, Wanted) if ticket is not None else None
        lock = network.downloads.lock(file_id).key
        known = hmac.compare_digest(lock.encode(), token.encode())
        if ticket is None or wanted is None or not known or network.clock() >= ticket.ends_at:
            return PlainTextResponse("下载链接无效或已过期，请重新查询账单下载地址\n", 403)
        made = await network.report(file_of, wanted, network.clock())
        name = f"{wanted.account}_{wanted.date}.csv.zip"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(made.content, 200, disposition, "application/zip")

    return [Route(PATH, download, methods=["GET"])]


def file_of(reader: Reader, wanted: Wanted, now: Instant) -> Made:
    """The archive, made now."""
    frame = Frame(wanted.account, starts_at(wanted.first), ends_at(wanted.last), now)
    days = [Day(day) for day in range(wanted.last, wanted.first - 1, -1)]
    name = f"{wanted.account}_{wanted.date}"
    if wanted.kind == "signcustomer":
        merchant_id = wanted.merchant_id
        account = chart.payable(merchant_id, CNY)
        moved = [one for day in days for one in bills.movements(reader, merchant_id, account, day)]
        return Made(
            archive([(f"{name}_账务明细.csv", ledger_file(frame, moved))], now), empty=not moved
        )
    rows = _rows(reader, wanted.merchant_id, days)
    entries = [
        (f"{name}_业务明细.csv", trade_file(frame, rows)),
        (f"{name}_业务明细(汇总).csv", summary_file(frame, rows)),
    ]
    return Made(archive(entries, now), empty=not rows)


def _rows(reader: Reader, merchant_id: MerchantId, days: list[Day]) -> list[Row]:
    """Sales with the names that people have here."""
    names: dict[UserId, str] = {}
    rows = []
    for day in days:
        for sale in bills.sales(reader, merchant_id, CNY, day):
            payer_id = sale.order.payer_id
            if payer_id not in names:
                user = parties.user(reader, payer_id)
                names[payer_id] = words.masked(user.phone) if user else ""
            store = trades.details_of(Placed(sale.order, sale.terms)).store_id
            rows.append(Row(sale, store, names[payer_id]))
    return rows


def _address(door: Door, wanted: Wanted) -> str:
    """An address in the form that merchants' code takes apart."""
    network = door.network
    now = network.clock()
    file_id = network.downloads.make(wanted, Instant(now + LINK_LIVES))
    query = {
        "bizType": KINDS[wanted.kind],
        "userId": wanted.account,
        "fileType": "csv.zip",
        "bizDates": wanted.date,
        "downloadFileName": f"{wanted.account}_{wanted.date}.csv.zip",
        "fileId": file_id,
        "timestamp": str(now // SECOND),
        "token": network.downloads.lock(file_id).key,
    }
    return f"{door.public_url}{PATH}?{urlencode(query)}"


def _days(text: str, now: Instant) -> tuple[Day, Day]:
    """The first and last day of a day or a month that is over. Raises AlipayError 40004."""
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise _no_date()
        year, month, day = (int(part or 1) for part in match.groups())
        since = datetime.date(year, month, day)
    except ValueError as error:
        raise _no_date() from error
    length = 1 if match[3] else calendar.monthrange(year, month)[1]
    first = day_on(since)
    last = Day(first + length - 1)
    if not is_over(last, now):
        raise business("BILL_NOT_EXIST", "账单尚未生成，账期结束后再查询")
    if last < day_of(now) - KEPT_YEARS * 366:
        raise business("BILL_NOT_EXIST", "只提供最近六年的账单")
    return first, last


def _no_date() -> AlipayError:
    return business("INVAILID_ARGUMENTS", "bill_date 必须是 yyyy-MM-dd 或 yyyy-MM")
