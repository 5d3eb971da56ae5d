"""ISO 20022 files of banks: pain.001 out, pain.002 in, camt.053 in and out. Values in the core.

Source: iso20022.org, pain.001.001.09, camt.053.001.08 and pain.002.001.12; older versions that most
banks send are read as well. Tests check files against the published schemas. Only UTF-8 without a
document type is read, so nothing is expanded or fetched. Refuses: what is no such file, with the
element's path.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as Xml

from msgspec import Struct

from changliao.core import clock
from changliao.core.bills import day_of, ends_at, starts_at
from changliao.core.clock import BEIJING, Instant
from changliao.core.money import CURRENCIES, Currency, plain
from changliao.core.outcome import Reason, Refused
from changliao.core.statements import Statement, StatementLine
from changliao.core.statusreports import PaymentStatus, StatusReport

CAMT: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_READS: Final = (CAMT, "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02")
PAIN: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_REPORTS: Final = tuple(
    f"urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}" for version in ("12", "10", "03")
)
MOST_BYTES: Final = 1 << 20
_AMOUNT: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,5}))?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SIGNS: Final = {"CRDT": 1, "DBIT": -1}


class _Wrong(Exception):
    """What cannot be read, and where."""


class Instruction(Struct, frozen=True):
    """One payment for a bank to make."""

    name: str
    amount: int
    payee: str
    account: str


class PaymentFile(Struct, frozen=True):
    """Payments of one day from one account in one currency."""

    id: str
    made_at: Instant
    account: str
    bank: str
    currency: Currency
    instructions: tuple[Instruction, ...]


def read_statement(document: bytes) -> Statement | Refused:
    """A camt.053 with one statement."""
    try:
        return _statement(_only(_parsed(document, _READS), "BkToCstmrStmt/Stmt"))
    except _Wrong as wrong:
        return Refused(Reason.STATEMENT_UNREADABLE, str(wrong))


def read_report(document: bytes) -> StatusReport | Refused:
    """A pain.002: what became of a file of payments before anything is booked."""
    try:
        return _report(_only(_parsed(document, _REPORTS), "CstmrPmtStsRpt"))
    except _Wrong as wrong:
        return Refused(Reason.STATEMENT_UNREADABLE, str(wrong))


def write_statement(statement: Statement, made_at: Instant) -> bytes:
    """A camt.053, as the sandbox bank sends it."""
    root = Xml.Element("Document", xmlns=CAMT)
    body = Xml.SubElement(root, "BkToCstmrStmt")
    head = Xml.SubElement(body, "GrpHdr")
    _add(head, "MsgId", statement.id)
    _add(head, "CreDtTm", _time(made_at))
    one = Xml.SubElement(body, "Stmt")
    _add(one, "Id", statement.id)
    _add(one, "CreDtTm", _time(made_at))
    _add(one, "FrToDt/FrDtTm", _time(statement.begins))
    _add(one.find("FrToDt"), "ToDtTm", _time(statement.ends))
    _add(one, "Acct/Id/Othr/Id", statement.account)
    _add(one.find("Acct"), "Ccy", statement.currency.code)
    day = _time(statement.begins)[:10]
    for code, amount in (("OPBD", statement.opening), ("CLBD", statement.closing)):
        balance = Xml.SubElement(one, "Bal")
        _add(balance, "Tp/CdOrPrtry/Cd", code)
        _add_amount(balance, amount, statement.currency)
        _add(balance, "Dt/Dt", day)
    total = Xml.SubElement(Xml.SubElement(one, "TxsSummry"), "TtlNtries")
    _add(total, "NbOfNtries", str(len(statement.lines)))
    _add(total, "Sum", plain(sum(abs(it.amount) for it in statement.lines), statement.currency))
    for line in statement.lines:
        _add_entry(one, line, statement.currency)
    return _document(root)


def write_payments(file: PaymentFile) -> bytes:
    """A pain.001: the same payments always give the same bytes."""
    root = Xml.Element("Document", xmlns=PAIN)
    body = Xml.SubElement(root, "CstmrCdtTrfInitn")
    count = str(len(file.instructions))
    total = plain(sum(one.amount for one in file.instructions), file.currency)
    head = Xml.SubElement(body, "GrpHdr")
    _add(head, "MsgId", file.id)
    _add(head, "CreDtTm", _time(file.made_at))
    _add(head, "NbOfTxs", count)
    _add(head, "CtrlSum", total)
    _add(head, "InitgPty/Nm", "Changliao Pay")
    payment = Xml.SubElement(body, "PmtInf")
    _add(payment, "PmtInfId", file.id)
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "NbOfTxs", count)
    _add(payment, "CtrlSum", total)
    _add(payment, "ReqdExctnDt/Dt", _time(file.made_at)[:10])
    _add(payment, "Dbtr/Nm", "Changliao Pay")
    _add(payment, "DbtrAcct/Id/Othr/Id", file.account)
    _add(payment, "DbtrAgt/FinInstnId/Nm", file.bank)
    for one in file.instructions:
        transfer = Xml.SubElement(payment, "CdtTrfTxInf")
        _add(transfer, "PmtId/InstrId", one.name)
        _add(transfer.find("PmtId"), "EndToEndId", one.name)
        amount = Xml.SubElement(Xml.SubElement(transfer, "Amt"), "InstdAmt")
        amount.set("Ccy", file.currency.code)
        amount.text = plain(one.amount, file.currency)
        _add(transfer, "Cdtr/Nm", one.payee)
        _add(transfer, "CdtrAcct/Id/Othr/Id", one.account[:34])
    return _document(root)


def _parsed(document: bytes, spaces: tuple[str, ...]) -> Xml.Element:
    """The whole of a document of one of these namespaces, which is taken off the names in it."""
    if len(document) > MOST_BYTES:
        raise _Wrong(f"Document: at most {MOST_BYTES} bytes")
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Wrong("Document: only UTF-8 is read") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _Wrong("Document: a document type is not allowed")
    try:
        # No document type, so no entities: what this rule is about cannot come up.
        root = Xml.fromstring(text.removeprefix("\ufeff").encode())  # noqa: S314
    except (Xml.ParseError, ValueError, LookupError) as error:
        raise _Wrong(f"Document: no XML: {error}") from error
    space = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if space not in spaces or root.tag != f"{{{space}}}Document":
        raise _Wrong(f"Document: the namespace is one of {', '.join(spaces)}")
    for element in root.iter():
        if not element.tag.startswith(f"{{{space}}}"):
            raise _Wrong(f"Document: {element.tag[:80]} is of another namespace")
        element.tag = element.tag.rpartition("}")[2]
    return root


def _only(root: Xml.Element, path: str) -> Xml.Element:
    found = root.findall(path)
    if len(found) != 1:
        raise _Wrong(f"{path}: one in a file is read, here are {len(found)}")
    return found[0]


def _report(root: Xml.Element) -> StatusReport:
    """Whoever is named has the status told there; the others what is told of the whole file."""
    group = _only(root, "OrgnlGrpInfAndSts")
    whole, why = _text(group, "GrpSts", ""), _why(group)
    told: list[PaymentStatus] = []
    for block in root.findall("OrgnlPmtInfAndSts"):
        # We write one block a file, so what is told of the block is told of the file.
        whole, why = _text(block, "PmtInfSts", whole), _why(block) or why
        for one in block.findall("TxInfAndSts"):
            name = _text(one, "OrgnlEndToEndId", "") or _text(one, "OrgnlInstrId")
            told.append(PaymentStatus(name, _text(one, "TxSts"), _why(one)))
    return StatusReport(
        id=_text(root, "GrpHdr/MsgId"),
        file=_text(group, "OrgnlMsgId"),
        status=whole,
        reason=why,
        payments=tuple(told),
    )


def _why(element: Xml.Element) -> str:
    """The code of a reason, and words if there are any."""
    reason = element.find("StsRsnInf")
    if reason is None:
        return ""
    code = _text(reason, "Rsn/Cd", "") or _text(reason, "Rsn/Prtry", "")
    words = _text(reason, "AddtlInf", "")
    return f"{code}: {words}" if code and words else code or words


def _statement(one: Xml.Element) -> Statement:
    balances = {_text(it, "Tp/CdOrPrtry/Cd"): it for it in one.findall("Bal")}
    for code in ("OPBD", "CLBD"):
        if code not in balances:
            raise _Wrong(f"Stmt/Bal: there is no {code}")
    currency = _currency(balances["OPBD"], "Stmt/Bal/Amt")
    lines: list[StatementLine] = []
    entries = 0
    for entry in one.findall("Ntry"):
        entries += abs(_amount(entry, currency, "Stmt/Ntry"))
        state = _text(entry, "Sts/Cd", "") or _text(entry, "Sts")
        if state == "BOOK":
            lines.extend(_lines(entry, currency))
        elif state not in ("PDNG", "INFO", "FUTR"):
            raise _Wrong(f"Stmt/Ntry/Sts: {state[:20]} is no state of an entry")
    _check_summary(one, entries, currency)
    begins, ends = _span(one, balances["CLBD"])
    return Statement(
        id=_text(one, "Id"),
        account=_text(one, "Acct/Id/Othr/Id", "") or _text(one, "Acct/Id/IBAN"),
        currency=currency,
        begins=begins,
        ends=ends,
        opening=_amount(balances["OPBD"], currency, "Stmt/Bal"),
        closing=_amount(balances["CLBD"], currency, "Stmt/Bal"),
        lines=tuple(lines),
    )


def _lines(entry: Xml.Element, currency: Currency) -> Iterator[StatementLine]:
    """An entry's bookings: one, or one for each of its transactions when their amounts are told."""
    whole = _amount(entry, currency, "Stmt/Ntry")
    at = _moment(entry, "BookgDt")
    reference = _text(entry, "AcctSvcrRef", "")
    parts = entry.findall("NtryDtls/TxDtls")
    if len(parts) <= 1:
        name = _text(parts[0], "Refs/EndToEndId", "") if parts else ""
        yield StatementLine(name, reference, whole, at)
        return
    sign, left = (1 if whole > 0 else -1), whole
    for part in parts:
        amount = sign * abs(_amount(part, currency, "Stmt/Ntry/NtryDtls/TxDtls", signed=False))
        left -= amount
        own = _text(part, "Refs/AcctSvcrRef", reference)
        yield StatementLine(_text(part, "Refs/EndToEndId", ""), own, amount, at)
    if left:
        raise _Wrong("Stmt/Ntry/NtryDtls/TxDtls/Amt: the transactions do not make the entry")


def _check_summary(one: Xml.Element, entries: int, currency: Currency) -> None:
    number, total = "TxsSummry/TtlNtries/NbOfNtries", "TxsSummry/TtlNtries/Sum"
    count = len(one.findall("Ntry"))
    if _text(one, number, str(count)) != str(count):
        raise _Wrong(f"Stmt/{number}: there are {count} entries")
    said = _text(one, total, "")
    if said and _minor(said, currency, f"Stmt/{total}") != entries:
        raise _Wrong(f"Stmt/{total}: the entries make {plain(entries, currency)}")


def _span(one: Xml.Element, closing: Xml.Element) -> tuple[Instant, Instant]:
    if one.find("FrToDt") is not None:
        begins = _time_of(_text(one, "FrToDt/FrDtTm"), "Stmt/FrToDt/FrDtTm")
        return begins, _time_of(_text(one, "FrToDt/ToDtTm"), "Stmt/FrToDt/ToDtTm")
    day = day_of(_moment(closing, "Dt"))
    return starts_at(day), ends_at(day)


def _amount(element: Xml.Element, currency: Currency, where: str, *, signed: bool = True) -> int:
    own = _currency(element, f"{where}/Amt")
    if own is not currency:
        raise _Wrong(f"{where}/Amt: {own.code} in a statement of {currency.code}")
    minor = _minor(_text(element, "Amt"), currency, f"{where}/Amt")
    if not signed:
        return minor
    sign = _SIGNS.get(_text(element, "CdtDbtInd"))
    if sign is None:
        raise _Wrong(f"{where}/CdtDbtInd: it is CRDT or DBIT")
    return sign * minor


def _currency(element: Xml.Element, where: str) -> Currency:
    amount = element.find("Amt")
    code = "" if amount is None else amount.get("Ccy", "")
    if code not in CURRENCIES:
        raise _Wrong(f"{where}/@Ccy: {code[:8]} is not one of {', '.join(CURRENCIES)}")
    return CURRENCIES[code]


def _minor(text: str, currency: Currency, where: str) -> int:
    match = _AMOUNT.fullmatch(text)
    fraction = (match[2] or "").rstrip("0") if match else ""
    if match is None or len(fraction) > currency.decimals:
        raise _Wrong(f"{where}: {text[:24]} is no amount of {currency.code}")
    return int(match[1]) * int(10**currency.decimals) + int(
        fraction.ljust(currency.decimals, "0") or 0
    )


def _moment(element: Xml.Element, name: str) -> Instant:
    time = _text(element, f"{name}/DtTm", "")
    if time:
        return _time_of(time, f"{element.tag}/{name}/DtTm")
    day = _text(element, f"{name}/Dt")
    if not _DATE.fullmatch(day):
        raise _Wrong(f"{element.tag}/{name}/Dt: {day[:24]} is no day")
    return _time_of(f"{day}T00:00:00", f"{element.tag}/{name}/Dt")


def _time_of(text: str, where: str) -> Instant:
    """A time; one without an offset is Beijing's."""
    bare = text.rpartition("T")[2]
    offset = "" if re.search(r"[Z+-]", bare) else "+08:00"
    try:
        return clock.from_rfc3339(text + offset)
    except (ValueError, OverflowError) as error:
        raise _Wrong(f"{where}: {text[:40]} is no time") from error


def _text(element: Xml.Element, path: str, default: str | None = None) -> str:
    found = element.find(path)
    text = (found.text or "").strip() if found is not None else ""
    if text or default is not None:
        return text or default or ""
    raise _Wrong(f"{element.tag}/{path}: it is missing")


def _add(parent: Xml.Element | None, path: str, text: str) -> None:
    """One text under new elements of this path."""
    if parent is None:
        raise AssertionError(path)
    for name in path.split("/"):
        parent = Xml.SubElement(parent, name)
    parent.text = text


def _add_amount(parent: Xml.Element, amount: int, currency: Currency) -> None:
    element = Xml.SubElement(parent, "Amt")
    element.set("Ccy", currency.code)
    element.text = plain(abs(amount), currency)
    _add(parent, "CdtDbtInd", "CRDT" if amount >= 0 else "DBIT")


def _add_entry(parent: Xml.Element, line: StatementLine, currency: Currency) -> None:
    entry = Xml.SubElement(parent, "Ntry")
    _add_amount(entry, line.amount, currency)
    _add(entry, "Sts/Cd", "BOOK")
    _add(entry, "BookgDt/DtTm", _time(line.booked_at))
    _add(entry, "AcctSvcrRef", line.reference)
    _add(entry, "BkTxCd/Prtry/Cd", "TRANSFER")
    if line.name:
        _add(entry, "NtryDtls/TxDtls/Refs/EndToEndId", line.name)


def _time(instant: Instant) -> str:
    return clock.to_rfc3339(instant, BEIJING)


def _document(root: Xml.Element) -> bytes:
    Xml.indent(root)
    written: bytes = Xml.tostring(root, "utf-8", xml_declaration=True)
    return written
