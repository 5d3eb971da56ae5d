"""Alipay's bill of an account's movements, read as a channel's statement. Values in the core.

A payment is named by the order number we gave, a refund by its request number in the remark, a
transfer by the number we gave. What Alipay takes and gives back for its service is one line a file,
of nobody's request. Rows come newest or oldest first: which, their balances say.
Source: alipay-openapi.md §12. Units: fen. Refuses: what is no such file, with line and column, and
rows that do not lead from balance to balance or to the file's own sums.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from msgspec import Struct

from changliao.core.clock import BEIJING, Instant, from_datetime, to_datetime
from changliao.core.money import CNY
from changliao.core.outcome import Reason, Refused
from changliao.core.statements import Statement, StatementLine

TITLE: Final = "#支付宝账务明细查询"
COLUMNS: Final = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
ENTRY: Final = "账务明细"
MOST_BYTES: Final = 1 << 24
_NAMES: Final = COLUMNS.split(",")
_NUMBER, _ORDER, _AT, _IN, _OUT, _BALANCE, _KIND, _REMARK = 0, 2, 4, 6, 7, 8, 10, 11
# Which cell names our request, by the kind of a movement. Of others none does.
_NAMED_BY: Final[Mapping[str, int]] = {"在线支付": _ORDER, "交易退款": _REMARK, "转账": _ORDER}
_SERVICE: Final = frozenset({"收费", "退费"})
_ACCOUNT: Final = re.compile(r"#账号：\[(\d{1,34})\]")
_SPAN: Final = re.compile(r"#起始日期：\[([^\]]+)\]\s+终止日期：\[([^\]]+)\]")
_AMOUNT: Final = re.compile(r"([+-]?)([0-9]{1,13})(?:\.([0-9]{1,2}))?")
_SUMS: Final = re.compile(r"#(支出|收入)合计：([0-9]+)笔，共([^元]+)元")


# What opening says of a broken directory, of packed bytes that are broken or cut short, of another
# way to pack, of a password, and of places outside the file.
_UNOPENED: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError),
)


class _Wrong(Exception):
    """What cannot be read, and where."""


class _Row(Struct, frozen=True):
    """One movement; `balance` is what the account held after it."""

    line: int
    number: str
    name: str
    kind: str
    at: Instant
    amount: int
    balance: int


def read_statement(document: bytes) -> Statement | Refused:
    """The bill of a day or a month, as Alipay gives it: the ZIP, or the CSV in it."""
    try:
        lines = _text(_unpacked(document)).split("\n")
        begins, ends, account = _head(lines)
        rows = _rows(lines)
        _check_sums(lines, rows)
    except _Wrong as wrong:
        return Refused(Reason.STATEMENT_UNREADABLE, str(wrong))
    ordered = _ordered(rows)
    if isinstance(ordered, Refused):
        return ordered
    opening = ordered[0].balance - ordered[0].amount if ordered else 0
    day = f"{to_datetime(begins, BEIJING):%Y%m%d}"
    return Statement(
        id=f"{account}-{day}",
        account=account,
        currency=CNY,
        begins=begins,
        ends=ends,
        opening=opening,
        closing=ordered[-1].balance if ordered else 0,
        lines=_lines(ordered, f"service-{day}"),
    )


def is_bill(text: str) -> bool:
    """Does a document begin as such a bill does?"""
    return text.removeprefix("\ufeff").startswith(TITLE)


def _lines(rows: Sequence[_Row], service: str) -> tuple[StatementLine, ...]:
    lines = [
        StatementLine(row.name, row.number, row.amount, row.at)
        for row in rows
        if row.kind not in _SERVICE
    ]
    charges = [row for row in rows if row.kind in _SERVICE]
    if charges:
        total = sum(row.amount for row in charges)
        lines.append(StatementLine("", service, total, charges[-1].at))
    return tuple(lines)


def _unpacked(document: bytes) -> bytes:
    """The CSV of a ZIP, whose entry is named in GBK; what is no ZIP as it is."""
    if not document.startswith(b"PK"):
        return document
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as opened:
            entries = [one for one in opened.infolist() if ENTRY in _entry_name(one)]
            if len(entries) != 1:
                raise _Wrong(f"the archive has {len(entries)} files of {ENTRY}, it should have one")
            if entries[0].file_size > MOST_BYTES:
                raise _Wrong(f"at most {MOST_BYTES} bytes are read")
            return opened.read(entries[0])
    except _UNOPENED as error:
        raise _Wrong("the archive cannot be opened") from error


def _entry_name(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    return (
        name if entry.flag_bits & 0x800 else name.encode("cp437", "ignore").decode("gbk", "ignore")
    )


def _text(document: bytes) -> str:
    """In GBK as Alipay writes it, or in UTF-8 as it came through something else."""
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return document.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _Wrong("the file is neither GBK nor UTF-8")


def _head(lines: Sequence[str]) -> tuple[Instant, Instant, str]:
    if lines[0].strip() != TITLE:
        raise _Wrong(f"line 1: it should be {TITLE}")
    account = _ACCOUNT.match(lines[1]) if len(lines) > 1 else None
    span = _SPAN.match(lines[2]) if len(lines) > 2 else None
    if account is None:
        raise _Wrong("line 2: it should be #账号：[…]")
    if span is None:
        raise _Wrong("line 3: it should be #起始日期：[…]   终止日期：[…]")
    begins, ends = (_time(text, "%Y年%m月%d日 %H:%M:%S", "line 3") for text in span.groups())
    if begins >= ends:
        raise _Wrong("line 3: it ends before it begins")
    return begins, ends, account[1]


def _rows(lines: Sequence[str]) -> list[_Row]:
    begins = next((at for at, line in enumerate(lines) if line.strip() == COLUMNS), None)
    if begins is None:
        raise _Wrong(f"there is no line of columns: {COLUMNS}")
    rows: list[_Row] = []
    for at, line in enumerate(lines[begins + 1 :], begins + 2):
        if line.startswith("#"):
            return rows
        rows.append(_row(line, at))
    raise _Wrong(f"the list has no end: there is no line #…{ENTRY}列表结束…")


def _row(line: str, at: int) -> _Row:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(_NAMES):
        raise _Wrong(f"line {at}: there are {len(cells)} cells, not {len(_NAMES)}")
    if bool(cells[_IN]) == bool(cells[_OUT]):
        raise _Wrong(f"line {at}, {_NAMES[_IN]}: either this or {_NAMES[_OUT]}")
    moved = _IN if cells[_IN] else _OUT
    amount = _fen(cells[moved], f"line {at}, {_NAMES[moved]}")
    if (amount > 0) != (moved == _IN):
        raise _Wrong(f"line {at}, {_NAMES[moved]}: {cells[moved][:24]} has the wrong sign")
    named_by = _NAMED_BY.get(cells[_KIND])
    return _Row(
        line=at,
        number=cells[_NUMBER],
        name=cells[named_by] if named_by is not None else "",
        kind=cells[_KIND],
        at=_time(cells[_AT], "%Y-%m-%d %H:%M:%S", f"line {at}, {_NAMES[_AT]}"),
        amount=amount,
        balance=_fen(cells[_BALANCE], f"line {at}, {_NAMES[_BALANCE]}"),
    )


def _check_sums(lines: Sequence[str], rows: Sequence[_Row]) -> None:
    """The file says how many rows it has and what they make: a part of a file is none."""
    said = {one[1]: one for line in lines if (one := _SUMS.match(line))}
    for name, sign in (("支出", -1), ("收入", 1)):
        found = [row.amount for row in rows if row.amount * sign > 0]
        one = said.get(name)
        if one is None:
            raise _Wrong(f"there is no line #{name}合计")
        if (int(one[2]), _fen(one[3], f"#{name}合计")) != (len(found), sum(found)):
            raise _Wrong(f"#{name}合计: the rows are {len(found)} and make {sum(found)} fen")


def _ordered(rows: list[_Row]) -> list[_Row] | Refused:
    """The oldest first: the order in which each row's balance follows from the one before."""
    for ordered in (rows[::-1], rows):
        if _breaks_at(ordered) is None:
            return ordered
    broken = _breaks_at(rows if rows[0].at < rows[-1].at else rows[::-1])
    if broken is None:
        raise AssertionError
    made = f"line {broken[1].line}, {_NAMES[_BALANCE]}: {broken[1].balance} fen, but the balance "
    made += f"before and the amount make {broken[0].balance + broken[1].amount}"
    return Refused(Reason.STATEMENT_TOTAL_WRONG, made)


def _breaks_at(rows: Sequence[_Row]) -> tuple[_Row, _Row] | None:
    for before, row in pairwise(rows):
        if before.balance + row.amount != row.balance:
            return before, row
    return None


def _fen(text: str, where: str) -> int:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise _Wrong(f"{where}: {text[:24]} is no amount")
    fen = int(match[2]) * 100 + int((match[3] or "").ljust(2, "0"))
    return -fen if match[1] == "-" else fen


def _time(text: str, form: str, where: str) -> Instant:
    try:
        return from_datetime(datetime.strptime(text, form).replace(tzinfo=BEIJING))
    except ValueError as error:
        raise _Wrong(f"{where}: {text[:24]} is no time") from error
