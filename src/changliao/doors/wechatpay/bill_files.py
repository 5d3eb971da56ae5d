"""The files of bills, byte by byte: trade bills and fund-flow bills.

Source: wechatpay-v3.md §13: UTF-8 with a byte order mark, CRLF, a backtick before every cell of a
row, the last two lines are the sums. Units: yuan with two decimals, fees with five. What the
documents leave open, and what we chose, is in docs/doors/wechatpay.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from changliao.core import clock
from changliao.core.bills import Movement, Sale, sum_movements, sum_sales
from changliao.core.clock import BEIJING, Instant
from changliao.core.ids import PaymentId, RefundId, made_at
from changliao.core.ledger import Code
from changliao.core.orders import Scene
from changliao.core.refunds import Refund, RefundState
from changliao.doors.wechatpay.counter import REVERSAL
from changliao.doors.wechatpay.transactions import (
    bank_type,
    refund_number,
    trade_type,
    transaction_id,
)

BOM: Final = b"\xef\xbb\xbf"
_TRADE: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,"
)
_BACK: Final = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
_GOODS: Final = "商品名称,商户数据包,手续费,费率,订单金额,"
TRADE_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "ALL": f"{_TRADE}{_BACK}{_GOODS}申请退款金额,费率备注".split(","),
    "SUCCESS": f"{_TRADE}{_GOODS}费率备注".split(","),
    "REFUND": (
        f"{_TRADE}退款申请时间,退款成功时间,{_BACK}{_GOODS}申请退款金额,费率备注".split(",")
    ),
}
_TRADE_SUMS: Final = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
FLOW_COLUMNS: Final = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
_FLOW_SUMS: Final = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_REFUND_STATES: Final = {
    RefundState.PROCESSING: "PROCESSING",
    RefundState.SUCCEEDED: "SUCCESS",
    RefundState.CLOSED: "FAIL",
    RefundState.ABNORMAL: "CHANGE",
}
_BUSINESS: Final[Mapping[Code, tuple[str, str]]] = {
    Code.PAYMENT: ("交易", "交易"),
    Code.FEE: ("交易", "扣除交易手续费"),
    Code.REFUND: ("退款", "退款"),
    Code.FEE_RETURN: ("退款", "退还交易手续费"),
    Code.REFUND_KEPT: ("退款", "异常退款退回商户"),
    Code.SHARE: ("分账", "分账"),
    Code.SHARE_RETURN: ("分账", "分账回退"),
    Code.RELEASE: ("分账", "解冻"),
    Code.SETTLE: ("提现", "结算"),
    Code.SETTLE_BACK: ("提现", "结算退回"),
}
_OTHER: Final = ("其他", "其他")
_NOT_REFUNDED: Final = {
    "微信退款单号": "0",
    "商户退款单号": "0",
    "退款金额": "0.00",
    "充值券退款金额": "0.00",
    "退款类型": "",
    "退款状态": "",
    "申请退款金额": "0.00",
}


class Names(Struct, frozen=True):
    """How an order's parties are called: app, merchant, sub-merchant ("0": none), payer, device."""

    appid: str
    mchid: str
    sub_mchid: str
    openid: str
    device: str


def trade_file(kind: str, rows: Sequence[tuple[Sale, Names]]) -> bytes:
    """A trade bill of one kind; `rows` are already only those of its kind."""
    columns = TRADE_COLUMNS[kind]
    totals = sum_sales(sale for sale, _ in rows)
    sums = [
        str(len(rows)),
        yuan(totals.paid),
        yuan(totals.refunded),
        yuan(0),
        _fee(totals.fees),
        yuan(totals.paid),
        yuan(totals.refunded),
    ]
    cells = (_trade_cells(sale, names) for sale, names in rows)
    lines = ([row[column] for column in columns] for row in cells)
    return csv_file(",".join(columns), lines, _TRADE_SUMS, sums)


def flow_file(rows: Sequence[tuple[str, Movement]], first_column: str = "") -> bytes:
    """A fund-flow bill of movements with their merchant's number; a platform's names them first."""
    totals = sum_movements(movement for _, movement in rows)
    sums = [
        str(len(rows)),
        str(totals.incomes),
        yuan(totals.income),
        str(totals.outgoes),
        yuan(totals.outgo),
    ]
    lines = (
        [number, *_flow_cells(number, one)] if first_column else _flow_cells(number, one)
        for number, one in rows
    )
    head = f"{first_column},{FLOW_COLUMNS}" if first_column else FLOW_COLUMNS
    return csv_file(head, lines, _FLOW_SUMS, sums)


def _trade_cells(sale: Sale, names: Names) -> dict[str, str]:
    order, refund = sale.order, sale.refund
    paid = yuan(0) if refund else yuan(sale.amount)
    return {
        "交易时间": time(sale.at),
        "公众账号ID": names.appid,
        "商户号": names.mchid,
        "特约商户号": names.sub_mchid,
        "设备号": text(names.device),
        "微信订单号": transaction_id(order.payment_id),
        "商户订单号": order.reference,
        "用户标识": names.openid,
        "交易类型": trade_type(order),
        "交易状态": _state(sale),
        "付款银行": bank_type(order),
        "货币种类": order.amount.currency.code,
        "应结订单金额": paid,
        "代金券金额": yuan(0),
        "商品名称": text(sale.terms.title),
        "商户数据包": text(sale.terms.attach),
        "手续费": _fee(sale.fee),
        "费率": f"{yuan(order.fee_bps)}%",
        "订单金额": paid,
        "费率备注": "",
        **(_refund_cells(refund, sale.amount) if refund else _NOT_REFUNDED),
    }


def _state(sale: Sale) -> str:
    """A payment at a counter that was undone is not called a refund."""
    if sale.refund is None:
        return "SUCCESS"
    undone = sale.order.scene is Scene.COUNTER and sale.refund.reference.startswith(REVERSAL)
    return "REVOKED" if undone else "REFUND"


def _refund_cells(refund: Refund, amount: int) -> dict[str, str]:
    return {
        "退款申请时间": time(made_at(refund.id)),
        "退款成功时间": time(refund.finished_at) if refund.finished_at else "",
        "微信退款单号": refund_number(refund.id),
        "商户退款单号": refund.reference,
        "退款金额": yuan(amount),
        "充值券退款金额": yuan(0),
        "退款类型": "ORIGINAL",
        "退款状态": _REFUND_STATES[refund.state],
        "申请退款金额": yuan(amount),
    }


def _flow_cells(number: str, movement: Movement) -> list[str]:
    name, kind = _BUSINESS.get(movement.code, _OTHER)
    back = movement.code is Code.REFUND
    remark = f"退款总金额{yuan(-movement.amount)}元;含手续费{yuan(movement.fee_back)}元"
    return [
        time(movement.at),
        _number(movement),
        str(movement.leg_id),
        name,
        kind,
        "收入" if movement.amount >= 0 else "支出",
        yuan(abs(movement.amount)),
        yuan(movement.balance),
        f"{number}API" if back else "system",
        remark if back else "",
        movement.reference,
    ]


def _number(movement: Movement) -> str:
    """Our number of what caused a movement, as answers show it."""
    if movement.code in (Code.PAYMENT, Code.FEE):
        return transaction_id(PaymentId(movement.cause))
    if movement.code in (Code.REFUND, Code.FEE_RETURN):
        return refund_number(RefundId(movement.cause))
    return str(movement.cause)


def csv_file(
    head: str, lines: Iterable[Sequence[str]], sums_head: str, sums: Sequence[str]
) -> bytes:
    """A file with its head, rows and sums."""
    rows = "".join(f"`{',`'.join(cells)}\r\n" for cells in lines)
    return BOM + f"{head}\r\n{rows}{sums_head}\r\n`{',`'.join(sums)}\r\n".encode()


def text(words: str) -> str:
    """A merchant's own words in one cell."""
    return words.replace(",", "\\ ").replace("\r", "\\r").replace("\n", "\\n")


def time(at: Instant) -> str:
    """A time in one cell."""
    return f"{clock.to_datetime(at, BEIJING):%Y-%m-%d %H:%M:%S}"


def yuan(fen: int) -> str:
    """An amount in one cell."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def _fee(fen: int) -> str:
    return f"{yuan(fen)}000"
