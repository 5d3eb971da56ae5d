"""The files of bills, byte for byte: wechatpay-v3.md §13."""

import pytest
from msgspec.structs import replace

from changliao.core.bills import Movement, Sale
from changliao.core.clock import SECOND, Instant, from_rfc3339
from changliao.core.ids import AppId, MerchantId, OrderId, PaymentId, RefundId, UserId, first_id
from changliao.core.ledger import Code
from changliao.core.money import CNY, Money
from changliao.core.orders import Order, OrderState, Scene, Terms
from changliao.core.refunds import Refund, RefundState
from changliao.doors.wechatpay.bill_files import Names, flow_file, trade_file

PAID = from_rfc3339("2026-11-24T23:59:58+08:00")
ASKED = from_rfc3339("2026-11-24T23:59:58.500+08:00")
ORDER = Order(
    id=OrderId(2),
    merchant_id=MerchantId(4),
    app_id=AppId(6),
    reference="JD1",
    amount=Money(123_456, CNY),
    scene=Scene.H5,
    expires_at=Instant(PAID + SECOND),
    fee_bps=60,
    digest=b"",
    state=OrderState.PAID,
    payer_id=UserId(8),
    payment_id=PaymentId(10),
    paid_at=PAID,
    fee=741,
)
TERMS = Terms(ORDER.id, ORDER.merchant_id, "鞋,42\n码", "a`b", "", "wechatpay")
REFUND = Refund(
    id=RefundId(first_id(0, ASKED)),
    merchant_id=ORDER.merchant_id,
    order_id=ORDER.id,
    reference="R1",
    amount=5,
    digest=b"",
    state=RefundState.SUCCEEDED,
    finished_at=Instant(PAID + SECOND),
)
NAMES = Names("wx1", "1900000001", "0", "oA", "POS1")
SALE = Sale(PAID, ORDER, TERMS, 123_456, 741)
BACK = Sale(REFUND.finished_at, ORDER, TERMS, 5, -1, REFUND)
REFUND_ID = f"50{REFUND.id:027d}"
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,"
)
GOODS = "商品名称,商户数据包,手续费,费率,订单金额,"
SUMS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


def cells(*texts: str) -> str:
    return ",".join("`" + text for text in texts)


def sold(at: str, state: str, amount: str) -> tuple[str, ...]:
    """The fourteen cells that every kind begins with."""
    number = "4200000000000000000000000010"
    return (
        at, "wx1", "1900000001", "0", "POS1", number, "JD1", "oA", "MWEB", state, "OTHERS", "CNY",
        amount, "0.00",
    )  # fmt: skip


def file(*lines: str) -> bytes:
    return b"\xef\xbb\xbf" + "".join(line + "\r\n" for line in lines).encode()


def test_all() -> None:
    assert trade_file("ALL", [(BACK, NAMES), (SALE, NAMES)]) == file(
        f"{HEAD}微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,{GOODS}申请退款金额,费率备注",
        cells(
            *sold("2026-11-24 23:59:59", "REFUND", "0.00"),
            *(REFUND_ID, "R1", "0.05", "0.00", "ORIGINAL", "SUCCESS"),
            *("鞋\\ 42\\n码", "a`b", "-0.01000", "0.60%", "0.00", "0.05", ""),
        ),
        cells(
            *sold("2026-11-24 23:59:58", "SUCCESS", "1234.56"),
            *("0", "0", "0.00", "0.00", "", ""),
            *("鞋\\ 42\\n码", "a`b", "7.41000", "0.60%", "1234.56", "0.00", ""),
        ),
        SUMS,
        cells("2", "1234.56", "0.05", "0.00", "7.40000", "1234.56", "0.05"),
    )


def test_success() -> None:
    assert trade_file("SUCCESS", [(SALE, NAMES)]) == file(
        f"{HEAD}{GOODS}费率备注",
        cells(
            *sold("2026-11-24 23:59:58", "SUCCESS", "1234.56"),
            *("鞋\\ 42\\n码", "a`b", "7.41000", "0.60%", "1234.56", ""),
        ),
        SUMS,
        cells("1", "1234.56", "0.00", "0.00", "7.41000", "1234.56", "0.00"),
    )


def test_refund() -> None:
    assert trade_file("REFUND", [(BACK, NAMES)]) == file(
        f"{HEAD}退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
        f"{GOODS}申请退款金额,费率备注",
        cells(
            *sold("2026-11-24 23:59:59", "REFUND", "0.00"),
            *("2026-11-24 23:59:58", "2026-11-24 23:59:59"),
            *(REFUND_ID, "R1", "0.05", "0.00", "ORIGINAL", "SUCCESS"),
            *("鞋\\ 42\\n码", "a`b", "-0.01000", "0.60%", "0.00", "0.05", ""),
        ),
        SUMS,
        cells("1", "0.00", "0.05", "0.00", "-0.01000", "0.00", "0.05"),
    )


def test_a_payment_at_a_counter_that_was_undone_is_revoked() -> None:
    counter = replace(ORDER, scene=Scene.COUNTER)
    undone = replace(BACK, order=counter, refund=replace(REFUND, reference="reverse@2"))
    for sale, word in (
        (undone, "REVOKED"),
        (replace(BACK, order=counter), "REFUND"),
        (replace(undone, order=ORDER), "REFUND"),
    ):
        row = trade_file("ALL", [(sale, NAMES)]).decode().split("\r\n")[1]
        assert row.split(",`")[9] == word


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (RefundState.PROCESSING, "PROCESSING"),
        (RefundState.CLOSED, "FAIL"),
        (RefundState.ABNORMAL, "CHANGE"),
    ],
)
def test_a_refund_that_did_not_succeed_has_no_time_of_success(
    state: RefundState, word: str
) -> None:
    refund = replace(REFUND, state=state, finished_at=Instant(0))
    row = trade_file("REFUND", [(replace(BACK, refund=refund), NAMES)]).decode().split("\r\n")[1]
    assert row.split(",`")[15] == ""
    assert row.split(",`")[21] == word


def test_fund_flow() -> None:
    rows = [
        Movement(9, BACK.at, -5, 122_711, Code.REFUND, REFUND.id, "R1", fee_back=1),
        Movement(7, BACK.at, 1, 122_716, Code.FEE_RETURN, REFUND.id, "R1"),
        Movement(4, PAID, -741, 122_715, Code.FEE, 10, "JD1"),
        Movement(3, PAID, 123_456, 123_456, Code.PAYMENT, 10, "JD1"),
    ]
    at, later = "2026-11-24 23:59:58", "2026-11-24 23:59:59"
    number = "4200000000000000000000000010"
    remark = "退款总金额0.05元;含手续费0.01元"
    back, pay = (later, REFUND_ID), (at, number)
    fee_back = "退还交易手续费"
    lines = (
        cells(*back, "9", "退款", "退款", "支出", "0.05", "1227.11", "1API", remark, "R1"),
        cells(*back, "7", "退款", fee_back, "收入", "0.01", "1227.16", "system", "", "R1"),
        cells(*pay, "4", "交易", "扣除交易手续费", "支出", "7.41", "1227.15", "system", "", "JD1"),
        cells(*pay, "3", "交易", "交易", "收入", "1234.56", "1234.56", "system", "", "JD1"),
    )
    head = (
        "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
        "资金变更提交申请人,备注,业务凭证号"
    )
    sums = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
    total = cells("4", "2", "1234.57", "2", "7.46")
    assert flow_file([("1", row) for row in rows]) == file(head, *lines, sums, total)
    named = (f"`1,{line}" for line in lines)
    assert flow_file([("1", row) for row in rows], "二级商户号") == file(
        f"二级商户号,{head}", *named, sums, total
    )
