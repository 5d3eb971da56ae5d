"""Which rows a bill has, and what their parties are called in this protocol."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from changliao.core import chart
from changliao.core.bills import Day, Movement, Sale
from changliao.core.chart import AccountId
from changliao.core.ids import AppId, MerchantId
from changliao.core.money import CNY, Currency
from changliao.core.orders import Order
from changliao.doors.wechatpay import share_bill
from changliao.doors.wechatpay.bill_files import Names, flow_file, trade_file
from changliao.doors.wechatpay.transactions import DOOR, Details
from changliao.operations.openids import Openids
from changliao.store.engine import Reader
from changliao.store.views import bills, parties

Account = Callable[[MerchantId, Currency], AccountId]
# No account of a merchant holds fees given in advance, so that bill is always empty.
ACCOUNTS: Final[Mapping[str, tuple[Account, ...]]] = {
    "BASIC": (chart.payable,),
    "OPERATION": (chart.available,),
    "FEES": (),
}
_ALL: Final = (chart.payable, chart.available)
_SUB_MERCHANT: Final = "二级商户号"


class Wanted(Struct, frozen=True, array_like=True):
    """A file: for whom, of whom (0: the caller, a platform's of all its sub-merchants), which day.

    `kind` is `trade ALL|SUCCESS|REFUND`, `sharing`, `flow <account>` or `platform <account>`.
    """

    caller: MerchantId
    merchant: int
    kind: str
    day: Day
    zipped: bool
    sealed: bool


def file_of(reader: Reader, wanted: Wanted, openids: Openids) -> bytes | None:
    """The bytes of a bill, neither zipped nor sealed; None when the day has no rows."""
    family, _, kind = wanted.kind.partition(" ")
    if family == "trade":
        naming = _Naming(reader, openids)
        sales = [(sale, naming.of(sale.order, sale)) for sale in _sales(reader, wanted, kind)]
        return trade_file(kind, sales) if sales else None
    if family == "sharing":
        return share_bill.file_of(reader, wanted.caller, wanted.merchant, wanted.day)
    if family == "platform":
        owners = bills.sub_merchants(reader, wanted.caller)
        accounts = _ALL if kind == "ALL" else ACCOUNTS[kind]
        rows = list(_movements(reader, owners, accounts, wanted.day))
        return flow_file(rows, _SUB_MERCHANT) if rows else None
    owner = MerchantId(wanted.merchant or wanted.caller)
    rows = list(_movements(reader, [owner], ACCOUNTS[kind], wanted.day))
    return flow_file(rows) if rows else None


def _sales(reader: Reader, wanted: Wanted, kind: str) -> list[Sale]:
    """The caller's own, and what it placed for others; or only that for one of them."""
    caller, day = wanted.caller, wanted.day
    found: list[Sale] = []
    if not wanted.merchant:
        found += bills.sales(reader, caller, CNY, day)
    others = [wanted.merchant] if wanted.merchant else bills.sub_merchants(reader, caller)
    for merchant_id in others:
        sales = bills.sales(reader, MerchantId(merchant_id), CNY, day)
        found += [sale for sale in sales if sale.order.partner_id == caller]
    if kind != "ALL":
        found = [sale for sale in found if (sale.refund is not None) == (kind == "REFUND")]
    return sorted(found, key=lambda sale: sale.at, reverse=True)


def _movements(
    reader: Reader, owners: list[MerchantId], accounts: tuple[Account, ...], day: Day
) -> Iterator[tuple[str, Movement]]:
    for owner in owners:
        merchant = parties.merchant(reader, owner)
        number = merchant.number if merchant else ""
        for account in accounts:
            for movement in bills.movements(reader, owner, account(owner, CNY), day):
                yield number, movement


class _Naming:
    """Numbers of merchants and apps, each read once for a bill."""

    def __init__(self, reader: Reader, openids: Openids) -> None:
        self._reader = reader
        self._openids = openids
        self._merchants: dict[MerchantId, str] = {}
        self._apps: dict[AppId, str] = {}

    def of(self, order: Order, sale: Sale) -> Names:
        """The parties of an order. One that came in by another door has only the app's number."""
        details = Details()
        if sale.terms.door == DOOR:
            details = msgspec.json.decode(sale.terms.details, type=Details)
        number = self._merchant(order.merchant_id)
        direct = not order.partner_id
        return Names(
            appid=details.appid or self._app(order.app_id),
            mchid=number if direct else self._merchant(order.partner_id),
            sub_mchid="0" if direct else number,
            openid=self._openids.of(order.app_id, order.payer_id),
            device=details.device_id,
        )

    def _merchant(self, merchant_id: MerchantId) -> str:
        if merchant_id not in self._merchants:
            found = parties.merchant(self._reader, merchant_id)
            self._merchants[merchant_id] = found.number if found else ""
        return self._merchants[merchant_id]

    def _app(self, app_id: AppId) -> str:
        if app_id not in self._apps:
            found = parties.app(self._reader, app_id)
            self._apps[app_id] = found.number if found else ""
        return self._apps[app_id]
