"""The files of bills: trades with their summary, and the account's ledger. GBK, CRLF.

Source: alipay-openapi.md §12. Units: yuan with two decimals. Words that GBK does not have become
question marks, commas in names become full-width ones.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from changliao.core.bills import Movement, Sale, sum_movements, sum_sales
from changliao.core.clock import Instant
from changliao.core.ids import made_at
from changliao.core.ledger import Code
from changliao.doors.alipay.refunds import own_number
from changliao.doors.alipay.words import moment, trade_no
from changliao.web import alipay_bills

TRADE_COLUMNS: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,"
    "分润（元）,备注"
)
SUMMARY_COLUMNS: Final = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,"
    "商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)
# Spreadsheets would round long numbers: these cells, counted from 1, end with a tab.
_TABBED: Final = frozenset({1, 2, 3, 7, 8, 9, 10, 11, 20, 22})
_KINDS: Final[Mapping[Code, str]] = {
    Code.PAYMENT: "在线支付",
    Code.FEE: "收费",
    Code.REFUND: "交易退款",
    Code.FEE_RETURN: "退费",
    Code.REFUND_KEPT: "异常退款退回",
    Code.SHARE: "分账",
    Code.SHARE_RETURN: "分账退回",
    Code.RELEASE: "解冻",
    Code.PAYOUT: "转账",
    Code.SETTLE: "提现",
    Code.SETTLE_BACK: "提现退回",
}
_OTHER: Final = "其它"
_NONE: Final = "0.00"


class Frame(Struct, frozen=True):
    """What every file says of itself: the account, its first and last moment, when it was made."""

    account: str
    since: Instant
    until: Instant
    made: Instant


class Row(Struct, frozen=True):
    """A sale, the store that sold and the payer's login name."""

    sale: Sale
    store: str
    payer: str


def trade_file(frame: Frame, rows: Sequence[Row]) -> bytes:
    """Every payment and refund."""
    totals = sum_sales(row.sale for row in rows)
    back = yuan(-totals.refunded) if totals.refunded else "-0.00"
    return _encoded(
        *_head("业务明细查询", frame),
        _mark("业务明细列表", 41, 40),
        TRADE_COLUMNS,
        *(_trade_line(row) for row in rows),
        _mark("业务明细列表结束", 41, 36),
        f"#交易合计：{totals.payments}笔，商家实收共{yuan(totals.paid)}元，商家优惠共0.00元",
        f"#退款合计：{totals.refunds}笔，商家实收退款共{back}元，商家优惠退款共0.00元",
        f"#导出时间：[{_day(frame.made)}]",
    )


def summary_file(frame: Frame, rows: Sequence[Row]) -> bytes:
    """Sums for each store and for all."""
    stores: dict[str, list[Sale]] = defaultdict(list)
    for row in rows:
        stores[row.store].append(row.sale)
    lines = [_summary_line(f"{_name(store)}\t", stores[store]) for store in sorted(stores)]
    return _encoded(
        *_head("业务汇总查询", frame),
        _mark("业务汇总列表", 41, 40),
        SUMMARY_COLUMNS,
        *lines,
        _summary_line("合计", [row.sale for row in rows]),
        _mark("业务汇总列表结束", 40, 37),
        f"#导出时间：[{_day(frame.made)}]",
    )


def ledger_file(frame: Frame, movements: Sequence[Movement]) -> bytes:
    """Every movement of the account."""
    totals = sum_movements(movements)
    return _encoded(
        *_head("账务明细查询", frame),
        _mark("账务明细列表", 41, 40),
        alipay_bills.COLUMNS,
        *(_ledger_line(movement) for movement in movements),
        _mark("账务明细列表结束", 41, 36),
        f"#支出合计：{totals.outgoes}笔，共{yuan(-totals.outgo) if totals.outgo else _NONE}元",
        f"#收入合计：{totals.incomes}笔，共{yuan(totals.income)}元",
        f"#导出时间：[{_day(frame.made)}]",
    )


def yuan(fen: int) -> str:
    """Signed, two decimals."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def _trade_line(row: Row) -> str:
    sale, order = row.sale, row.sale.order
    amount = yuan(-sale.amount if sale.refund else sale.amount)
    cells = (
        trade_no(order.id),
        order.reference,
        "退款" if sale.refund else "交易",
        _name(sale.terms.title),
        _time(made_at(order.id)),
        _time(sale.at),
        *(_name(row.store), "", "", "", row.payer),
        *(amount, amount),
        *(_NONE, _NONE, _NONE, _NONE, _NONE, "", _NONE, _NONE),
        own_number(sale.refund.reference) if sale.refund else "",
        yuan(-sale.fee),
        _NONE,
        _name(sale.refund.reason) if sale.refund else "",
    )
    return ",".join(
        f"{cell}\t" if place in _TABBED else cell for place, cell in enumerate(cells, 1)
    )


def _summary_line(store: str, sales: Sequence[Sale]) -> str:
    totals = sum_sales(sales)
    left = totals.paid - totals.refunded
    cells = (
        *(store, "\t" if store != "合计" else ""),
        *(str(totals.payments), str(totals.refunds)),
        *(yuan(left), yuan(left), _NONE, _NONE, _NONE),
        *(yuan(-totals.fees), _NONE, yuan(left - totals.fees)),
    )
    return ",".join(cells)


def _ledger_line(movement: Movement) -> str:
    order, terms = movement.order, movement.terms
    gained = movement.amount >= 0
    cells = (
        f"{movement.leg_id}\t",
        f"{trade_no(order.id) if order else movement.cause}\t",
        f"{order.reference if order else movement.reference}\t",
        _name(terms.title) if terms else "",
        _time(movement.at),
        "\t",
        yuan(movement.amount) if gained else "",
        "" if gained else yuan(movement.amount),
        yuan(movement.balance),
        "支付宝",
        _KINDS.get(movement.code, _OTHER),
        own_number(movement.reference) if movement.code is Code.REFUND else "",
    )
    return ",".join(cells)


def _head(title: str, frame: Frame) -> tuple[str, str, str]:
    since, until = _day(frame.since), _day(frame.until)
    return (
        f"#支付宝{title}",
        f"#账号：[{frame.account}]",
        f"#起始日期：[{since}]   终止日期：[{until}]",
    )


def _mark(title: str, before: int, after: int) -> str:
    return f"#{'-' * before}{title}{'-' * after}"


def _encoded(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("gbk", "replace")


def _name(text: str) -> str:
    """A merchant's own words in one cell."""
    return " ".join(text.replace(",", "，").split())


def _time(at: Instant) -> str:
    return moment(at)


def _day(at: Instant) -> str:
    text = moment(at)
    return f"{text[:4]}年{text[5:7]}月{text[8:10]}日 {text[11:]}"
