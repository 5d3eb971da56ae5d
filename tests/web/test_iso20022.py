"""Files of banks: what is written keeps to the published schemas, what is wrong is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changliao.core.bills import day_of, ends_at, starts_at
from changliao.core.clock import HOUR, Instant
from changliao.core.money import CNY, CURRENCIES
from changliao.core.outcome import Reason, Refused
from changliao.core.statements import Statement, StatementLine, check_statement
from changliao.core.statusreports import StatusReport
from changliao.web.iso20022 import (
    Instruction,
    PaymentFile,
    read_report,
    read_statement,
    write_payments,
    write_statement,
)
from tests.e2e import schemas

DAY = day_of(Instant(1_795_500_000_000_000))
NAME = "chr_0SB09HB4C0000"
LINES = (
    StatementLine(NAME, "SB1", 123_456, Instant(starts_at(DAY) + HOUR)),
    StatementLine("", "SB2", -5, Instant(starts_at(DAY) + 2 * HOUR)),
)


def a_statement(lines: tuple[StatementLine, ...] = LINES, **changes: Any) -> Statement:
    fields: dict[str, Any] = {
        "id": "sandbox_bank-CNY-1",
        "account": "sandbox_bank",
        "currency": CNY,
        "begins": starts_at(DAY),
        "ends": ends_at(DAY),
        "opening": -700,
        "closing": -700 + sum(one.amount for one in lines),
        "lines": lines,
    }
    return Statement(**(fields | changes))


def written(**changes: Any) -> str:
    return write_statement(a_statement(**changes), ends_at(DAY)).decode()


def test_what_is_written_is_read_again() -> None:
    statement = a_statement()
    assert read_statement(written().encode()) == statement
    assert check_statement(statement) is None
    yen = a_statement((), currency=CURRENCIES["JPY"], closing=-700)
    assert read_statement(write_statement(yen, ends_at(DAY))) == yen


def a_payment_file(currency: str = "CNY") -> bytes:
    paid = Instruction(NAME, 1_005, "小满 & <Co>", "6222 0000 1234")
    file = PaymentFile(
        "bank-CNY-20261124", ends_at(DAY), "bank", "City Bank", CURRENCIES[currency], (paid, paid)
    )
    return write_payments(file)


def test_files_keep_to_the_published_schemas(tmp_path: Path) -> None:
    files = {
        "statement.xml": written(),
        "empty.xml": written(lines=()),
        "dinars.xml": written(currency=CURRENCIES["KWD"]),
        "payments.xml": a_payment_file().decode(),
        "yen.xml": a_payment_file("JPY").decode(),
        # A file that does not, to see that the checker sees it.
        "wrong.xml": written().replace("<Sts>", "<Status>").replace("</Sts>", "</Status>"),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    found = schemas.faults(*(tmp_path / name for name in files))
    assert found[:-1] == [""] * 5
    assert "Status" in found[-1]
    assert schemas.read_by_another(tmp_path / "statement.xml") == [
        ["1234.56", "CRDT", "SB1"],
        ["0.05", "DBIT", "SB2"],
    ]


def test_an_older_version_is_read_too() -> None:
    text = written().replace("camt.053.001.08", "camt.053.001.02")
    text = re.sub(r"<Sts>\s*<Cd>BOOK</Cd>\s*</Sts>", "<Sts>BOOK</Sts>", text)
    assert read_statement(text.encode()) == a_statement()


def test_one_entry_of_many_transactions_is_many_lines() -> None:
    both = tuple(
        StatementLine(name, "SB1", amount, LINES[0].booked_at)
        for name, amount in ((NAME, 100_000), ("other", 23_456))
    )
    parts = "".join(
        f"<TxDtls><Refs><EndToEndId>{one.name}</EndToEndId></Refs>"
        f'<Amt Ccy="CNY">{one.amount / 100:.2f}</Amt></TxDtls>'
        for one in both
    )
    text = re.sub(r"<TxDtls>.*?</TxDtls>", parts, written(), count=1, flags=re.DOTALL)
    read = read_statement(text.encode())
    assert isinstance(read, Statement)
    assert read.lines[:2] == both
    short = text.replace("23456", "").replace("234.56</Amt></TxDtls>", "234.55</Amt></TxDtls>")
    assert "do not make the entry" in told(short)


def told(text: str | bytes) -> str:
    outcome = read_statement(text.encode() if isinstance(text, str) else text)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.STATEMENT_UNREADABLE
    return outcome.detail


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("camt.053.001.08", "camt.053.001.99", "Document: the namespace"),
        ("camt.053.001.08", "pain.001.001.09", "Document: the namespace"),
        ("<Document", "<Other", "no XML"),
        ("<?xml", "<!DOCTYPE x><?xml", "document type"),
        ("BkToCstmrStmt>", "BkToCstmrAcctRpt>", "BkToCstmrStmt/Stmt"),
        ("OPBD", "ITBD", "there is no OPBD"),
        ("CLBD", "ITBD", "there is no CLBD"),
        ('<Amt Ccy="CNY">0.05', '<Amt Ccy="USD">0.05', "Stmt/Ntry/Amt: USD"),
        ('<Amt Ccy="CNY">0.05', '<Amt Ccy="XXX">0.05', "Stmt/Ntry/Amt/@Ccy"),
        ('<Amt Ccy="CNY">0.05', "<Amt>0.05", "Stmt/Ntry/Amt/@Ccy"),
        ("0.05</Amt>", "0.051</Amt>", "Stmt/Ntry/Amt: 0.051"),
        ("0.05</Amt>", "-0.05</Amt>", "Stmt/Ntry/Amt: -0.05"),
        ("0.05</Amt>", "1e3</Amt>", "Stmt/Ntry/Amt: 1e3"),
        ("0.05</Amt>", "</Amt>", "Ntry/Amt: it is missing"),
        ("DBIT</CdtDbtInd>\n        <Sts>", "MINUS</CdtDbtInd>\n        <Sts>", "CdtDbtInd"),
        ("<Cd>BOOK</Cd>", "<Cd>DONE</Cd>", "Stmt/Ntry/Sts: DONE"),
        ("<NbOfNtries>2<", "<NbOfNtries>3<", "NbOfNtries: there are 2"),
        ("<Sum>1234.61<", "<Sum>1234.60<", "Sum: the entries make 1234.61"),
        ("<FrDtTm>", "<FrDtTm>on ", "Stmt/FrToDt/FrDtTm"),
        ("BookgDt>", "ValDt>", "Ntry/BookgDt/Dt: it is missing"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_the_field(old: str, new: str, named: str) -> None:
    text = written()
    assert old in text
    assert named in told(text.replace(old, new))


def test_what_is_no_text_or_too_long_is_refused() -> None:
    assert "only UTF-8" in told(written().encode("utf-16"))
    assert "bytes" in told(b" " * (1 << 20) + b"<")
    assert "no XML" in told(b"")
    two = written().replace("</Stmt>", "</Stmt><Stmt/>")
    assert "one in a file is read, here are 2" in told(two)


def test_a_wrong_total_is_refused_with_both_sums() -> None:
    outcome = check_statement(a_statement(closing=5))
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.STATEMENT_TOTAL_WRONG
    assert outcome.detail == ("Bal CLBD is 5, Bal OPBD and the entries make 122751 minor units")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2_000), st.integers(0, 40))
def test_broken_files_are_refused_and_nothing_worse(noise: bytes, at: int, cut: int) -> None:
    whole = written().encode()
    outcome = read_statement(whole[:at] + noise + whole[at + cut :])
    assert isinstance(outcome, (Statement, Refused))


def a_report(version: str = "12", group: str = "", *payments: tuple[str, str, str]) -> str:
    """A pain.002 as banks send it: a status of the whole, and of payments with their reasons."""

    def why(code: str) -> str:
        return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""

    told = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        f"{why(code)}</TxInfAndSts>"
        for name, status, code in payments
    )
    block = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>F1</OrgnlPmtInfId>{told}</OrgnlPmtInfAndSts>"
    status, _, code = group.partition(" ")
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-11-25T08:00:00+08:00</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><OrgnlMsgId>F1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        + (f"<GrpSts>{status}</GrpSts>{why(code)}" if group else "")
        + f"</OrgnlGrpInfAndSts>{block if told else ''}</CstmrPmtStsRpt></Document>"
    )


def test_a_status_report_is_read_as_the_schema_has_it(tmp_path: Path) -> None:
    texts = [
        a_report("12", "PART", (NAME, "RJCT", "AC04"), ("other", "ACSP", "")),
        a_report("03", "PART", (NAME, "RJCT", "AC04"), ("other", "ACSP", "")),
        a_report("12", "RJCT FF01"),
    ]
    files = [tmp_path / f"{place}.xml" for place in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    assert schemas.faults(*files) == ["", "", ""]
    for text in texts[:2]:
        report = read_report(text.encode())
        assert isinstance(report, StatusReport)
        assert (report.id, report.file, report.is_no) == ("R1", "F1", False)
        assert [(one.name, one.is_no) for one in report.payments] == [
            (NAME, True),
            ("other", False),
        ]
    whole = read_report(texts[2].encode())
    assert isinstance(whole, StatusReport)
    assert (whole.is_no, whole.reason, whole.payments) == (True, "FF01", ())


@pytest.mark.parametrize("code", ["AM05", "DU01", "DUPL"])
def test_a_duplicate_that_is_rejected_says_nothing_of_the_first(code: str) -> None:
    report = read_report(a_report("12", f"RJCT {code}", (NAME, "RJCT", code)).encode())
    assert isinstance(report, StatusReport)
    assert (report.is_no, report.payments[0].is_no) == (False, False)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("pain.002.001.12", "pain.002.001.99", "namespace"),
        ("<OrgnlMsgId>F1</OrgnlMsgId>", "", "OrgnlMsgId"),
        ("<TxSts>RJCT</TxSts>", "", "TxSts"),
        ("CstmrPmtStsRpt", "CstmrCdtTrfInitn", "CstmrPmtStsRpt"),
        ("<MsgId>R1</MsgId>", "", "MsgId"),
    ],
)
def test_what_is_no_status_report_is_refused(old: str, new: str, named: str) -> None:
    text = a_report("12", "PART", (NAME, "RJCT", "AC04"))
    assert old in text
    outcome = read_report(text.replace(old, new).encode())
    assert isinstance(outcome, Refused)
    assert named in outcome.detail
