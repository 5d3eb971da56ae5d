"""Alipay's bill of movements as a statement: as our own door writes it, and wrong in every way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changliao.core.bills import Movement, day_of, ends_at, starts_at
from changliao.core.clock import HOUR, Instant
from changliao.core.ledger import Code
from changliao.core.outcome import Reason, Refused
from changliao.core.statements import Statement
from changliao.doors.alipay.archives import archive
from changliao.doors.alipay.bill_files import Frame, ledger_file
from changliao.web.alipay_bills import COLUMNS, is_bill, read_statement

DAY = day_of(Instant(1_795_500_000_000_000))
NOON = Instant(starts_at(DAY) + 12 * HOUR)
Moved = tuple[Code, str, int]
SOLD: tuple[Moved, ...] = (
    (Code.PAYMENT, "chr_00000000000A1", 1_000),
    (Code.FEE, "chr_00000000000A1", -6),
    (Code.REFUND, "chr_00000000000A2", -300),
    (Code.FEE_RETURN, "chr_00000000000A2", 1),
    (Code.PAYOUT, "chr_00000000000A3", -200),
    (Code.SETTLE, "", -100),
)


def a_bill(moved: tuple[Moved, ...] | list[Moved] = SOLD, opening: int = 0) -> bytes:
    """As our own door writes it: the newest first."""
    rows, balance = [], opening
    for number, (code, reference, amount) in enumerate(moved, 1):
        balance += amount
        rows.append(Movement(number, NOON, amount, balance, code, 7, reference))
    frame = Frame("20880000000000000156", starts_at(DAY), ends_at(DAY), Instant(ends_at(DAY)))
    return ledger_file(frame, rows[::-1])


def read(document: bytes) -> Statement:
    found = read_statement(document)
    assert isinstance(found, Statement), found
    return found


def test_each_movement_is_named_by_the_request_it_belongs_to_and_the_service_is_one_line() -> None:
    found = read(a_bill(opening=50))
    assert [(line.name, line.amount, line.booked_at) for line in found.lines] == [
        ("chr_00000000000A1", 1_000, NOON), ("chr_00000000000A2", -300, NOON),
        ("chr_00000000000A3", -200, NOON), ("", -100, NOON), ("", -5, NOON),
    ]  # fmt: skip
    assert len({line.reference for line in found.lines}) == 5
    assert (found.opening, found.closing) == (50, 445)
    assert (found.begins, found.ends) == (starts_at(DAY), ends_at(DAY))
    assert (found.account, found.currency.code) == ("20880000000000000156", "CNY")


def test_the_archive_the_file_and_its_text_say_the_same() -> None:
    bill = a_bill()
    name = "20880000000000000156_20261123_账务明细.csv"
    packed = archive([("other.csv", b"x"), (name, bill)], NOON)
    text = bill.decode("gbk")
    assert is_bill(text)
    assert not is_bill("<Document/>")
    for other in (packed, text.encode(), ("\ufeff" + text.replace("\r\n", "\n")).encode()):
        assert read(other) == read(bill)


def test_a_day_without_movements_has_no_lines() -> None:
    found = read(a_bill([]))
    assert (found.lines, found.opening, found.closing) == ((), 0, 0)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([one[:2] for one in SOLD[::2]]), st.integers(1, 10**9))),
    st.integers(-(10**6), 10**9),
    st.booleans(),
)
def test_what_is_written_is_read_whichever_way_round(
    moved: list[tuple[tuple[Code, str], int]], opening: int, oldest_first: bool
) -> None:
    signed = [
        (code, name, amount if code is Code.PAYMENT else -amount) for (code, name), amount in moved
    ]
    text = a_bill(signed, opening).decode("gbk")
    if oldest_first:
        lines = text.split("\r\n")
        at = lines.index(COLUMNS) + 1
        lines[at : at + len(moved)] = lines[at : at + len(moved)][::-1]
        text = "\r\n".join(lines)
    found = read(text.encode())
    amounts = [amount for _, _, amount in signed]
    assert sum(line.amount for line in found.lines) == found.closing - found.opening == sum(amounts)
    assert sorted(line.amount for line in found.lines) == sorted(amounts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("#支付宝账务明细查询", "#支付宝业务明细查询"), "line 1"),
        (("#账号：", "#帐户："), "line 2"),
        (("年", "-"), "line 3"),
        (("商户订单号", "订单号"), "columns"),
        (("\t,chr_00000000000A1\t", ",A,chr_00000000000A1"), "line 10: there are 13 cells"),
        (("10.00,,", "10.00,-1.00,"), "line 11, 收入金额（+元）"),
        ((",10.00,,", ",10,00,"), "line 11"),
        ((",10.00,,", ",-10.00,,"), "line 11, 收入金额（+元）: -10.00 has the wrong sign"),
        ((",10.00,,", ",1e1,,"), "line 11, 收入金额（+元）: 1e1 is no amount"),
        (("2026-11-24 12:00:00", "2026-11-24 25:00:00"), "发生时间"),
        (("#支出合计：4笔", "#支出合计：3笔"), "#支出合计: the rows are 4"),
        (("共10.01元", "共10.02元"), "#收入合计: the rows are 2 and make 1001 fen"),
        (("#收入合计", "#收入"), "there is no line #收入合计"),
    ],
)
def test_what_is_no_such_file_is_refused_by_line_and_column(
    change: tuple[str, str], said: str
) -> None:
    text = a_bill().decode("gbk")
    wrong = text.replace(*change)
    assert wrong != text
    found = read_statement(wrong.encode())
    assert isinstance(found, Refused)
    assert found.reason is Reason.STATEMENT_UNREADABLE
    assert said in found.detail


def test_rows_that_do_not_lead_from_balance_to_balance_are_a_wrong_total() -> None:
    text = a_bill().decode("gbk").replace(",10.00,支付宝", ",10.01,支付宝")
    found = read_statement(text.encode())
    assert isinstance(found, Refused)
    assert found.reason is Reason.STATEMENT_TOTAL_WRONG
    assert "line 10, 账户余额（元）" in found.detail


@pytest.mark.parametrize(
    "document",
    [b"", b"PK", b"PK\3\4 no archive", b"\xff\xff\xff", archive([("a.csv", b"x")], NOON)],
)
def test_what_is_no_file_of_alipays_is_refused(document: bytes) -> None:
    found = read_statement(document)
    assert isinstance(found, Refused)
    assert found.reason is Reason.STATEMENT_UNREADABLE


def test_a_broken_archive_is_refused_wherever_it_broke() -> None:
    """Its directory may be whole and what is packed may not."""
    packed = archive([("20880000000000000156_20261123_账务明细.csv", a_bill())], NOON)
    for place in range(len(packed)):
        broken = packed[:place] + bytes([packed[place] ^ 0xFF]) + packed[place + 1 :]
        found = read_statement(broken)
        assert isinstance(found, Refused) or found == read_statement(packed), place
