"""The bill of a day's shares: one row for what each receiver got, was released, or gave back.

Source: wechatpay-v3.md §13.1, §13.3. The documents leave the columns open: these are the ones that
readers of the live service's file expect. Units: yuan.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from changliao.core.bills import Day, ends_at, starts_at
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, OrderId, ShareId, first_id, made_at
from changliao.core.orders import Order
from changliao.core.splits import Share
from changliao.doors.wechatpay.bill_files import csv_file, text, time, yuan
from changliao.doors.wechatpay.splits import detail_number, order_number
from changliao.doors.wechatpay.transactions import transaction_id
from changliao.store.engine import Reader
from changliao.store.views import bills, orders, parties, splits

COLUMNS: Final = (
    "分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,商户分账/回退单号,订单金额,"
    "分账接收方,金额,业务类型,处理状态,备注"
)
_SUMS: Final = "总条数,分账笔数,分账金额,解冻笔数,解冻金额,回退笔数,回退金额"
_SHARED, _RELEASED, _RETURNED = "分账", "解冻", "分账回退"
_DONE: Final = "SUCCESS"


class Moved(Struct, frozen=True):
    """One line: what moved, by which share, under which numbers: ours, its detail's, theirs."""

    share: Share
    at: Instant
    kind: str
    amount: int
    numbers: tuple[str, str, str]
    receiver: str
    remark: str


def file_of(reader: Reader, caller: MerchantId, merchant: int, day: Day) -> bytes | None:
    """The caller's own shares and those it made for others, or only for one; None: no rows."""
    books = _Books(reader)
    first, last = first_id(0, starts_at(day)), first_id(0, ends_at(day)) - 1
    rows: list[Moved] = []
    if not merchant:
        rows += books.moved(caller, None, first, last)
    others = [MerchantId(merchant)] if merchant else bills.sub_merchants(reader, caller)
    for owner in others:
        rows += books.moved(owner, caller, first, last)
    if not rows:
        return None
    rows.sort(key=lambda row: row.at, reverse=True)
    sums = [str(len(rows))]
    for kind in (_SHARED, _RELEASED, _RETURNED):
        amounts = [row.amount for row in rows if row.kind == kind]
        sums += [str(len(amounts)), yuan(sum(amounts))]
    return csv_file(COLUMNS, (books.cells(row) for row in rows), _SUMS, sums)


class _Books:
    """Orders and merchants, each read once for a bill."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._numbers: dict[int, str] = {}
        self._orders: dict[OrderId, Order | None] = {}

    def moved(
        self, owner: MerchantId, provider: MerchantId | None, first: int, last: int
    ) -> Iterator[Moved]:
        """Of one merchant's shares and returns; with `provider` only those it asked for."""
        for share in splits.shares_between(self._reader, owner, first, last):
            if provider in (None, share.partner_id):
                yield from self._shared(share)
        for back in splits.returns_between(self._reader, owner, first, last):
            known = splits.share(self._reader, owner, back.share_id)
            if known is not None and provider in (None, back.partner_id):
                number = order_number(ShareId(back.id))
                numbers, receiver = (number, number, back.reference), self._number(back.receiver_id)
                at = made_at(back.id)
                yield Moved(known, at, _RETURNED, back.amount, numbers, receiver, back.description)

    def cells(self, row: Moved) -> Sequence[str]:
        """One line."""
        share, order = row.share, self._order(row.share)
        owner = self._number(share.merchant_id)
        return [
            time(row.at),
            self._number(share.partner_id) if share.partner_id else owner,
            owner,
            transaction_id(order.payment_id) if order else "",
            *row.numbers,
            yuan(order.amount.amount if order else 0),
            row.receiver,
            yuan(row.amount),
            row.kind,
            _DONE,
            text(row.remark),
        ]

    def _shared(self, share: Share) -> Iterator[Moved]:
        at, number = made_at(share.id), order_number(share.id)
        parts = splits.parts(self._reader, share.merchant_id, share.id)
        for part in parts:
            numbers = number, detail_number(share.id, part.place), share.reference
            yield Moved(share, at, _SHARED, part.amount, numbers, part.account, part.description)
        if share.released:
            numbers = number, detail_number(share.id, len(parts)), share.reference
            owner, words = self._number(share.merchant_id), share.description
            yield Moved(share, at, _RELEASED, share.released, numbers, owner, words)

    def _order(self, share: Share) -> Order | None:
        if share.order_id not in self._orders:
            placed = orders.order(self._reader, share.merchant_id, share.order_id)
            self._orders[share.order_id] = placed.order if placed else None
        return self._orders[share.order_id]

    def _number(self, merchant_id: int) -> str:
        if merchant_id not in self._numbers:
            found = parties.merchant(self._reader, merchant_id)
            self._numbers[merchant_id] = found.number if found else ""
        return self._numbers[merchant_id]
