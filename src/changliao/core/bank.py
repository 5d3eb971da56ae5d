"""The sandbox bank: a bank outside the network, with books of its own and faults on request.

It is asked as any bank would be: each instruction has a number and is carried out once, however
often it comes. What it does to an instruction may be told beforehand, a number of times.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.acts import Facts
from changliao.core.channels import (
    Absent,
    Answer,
    ChannelRequest,
    Declined,
    Done,
    RequestKind,
    Silent,
)
from changliao.core.clock import SECOND, Instant
from changliao.core.statements import StatementLine

LATE_BY: Final = 20 * SECOND


class BankFault(StrEnum):
    """What the bank does to an instruction instead of carrying it out and saying so.

    LOST: it never arrives. UNANSWERED: it is carried out, and the answer is lost. LATE: carried out
    after a while, and until then the bank cannot say. WRONG_AMOUNT: another amount. DUPLICATE:
    booked twice. REFUSED: declined. LINE_MISSING: its statement leaves it out. LINE_EXTRA: its
    statement has a line that nobody asked for beside it.
    """

    LOST = "lost"
    UNANSWERED = "unanswered"
    LATE = "late"
    WRONG_AMOUNT = "wrong_amount"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    LINE_MISSING = "line_missing"
    LINE_EXTRA = "line_extra"


class FaultRule(Struct, frozen=True):
    """The fault that the next `left` instructions of one kind meet; 0: none does.

    `off` is what a wrong amount is wrong by.
    """

    channel_id: int
    kind: RequestKind
    fault: BankFault
    left: int
    off: int = -1


def facts(rule: FaultRule) -> Facts:
    """What still goes wrong, in words."""
    return {"fault": rule.fault.value, "times": str(rule.left), "off": str(rule.off)}


class BankEntry(Struct, frozen=True):
    """An instruction in the bank's books. `amount` 0: declined. `lines` as its statement shows."""

    channel_id: int
    number: int
    kind: RequestKind
    asked: int
    amount: int
    currency: int
    books_at: Instant
    lines: int = 1

    @property
    def reference(self) -> str:
        """The bank's own number."""
        return f"SB{self.number:019d}"


class Taken(Struct, frozen=True):
    """What the bank answers, what it booked, and what is left of the fault.

    `extra`: its statement is to show a stranger's line of the same amount.
    """

    answer: Answer
    entry: BankEntry | None = None
    rule: FaultRule | None = None
    extra: bool = False


def decide_instruction(
    asked: ChannelRequest, currency: int, known: BankEntry | None, rule: FaultRule | None,
    now: Instant,
) -> Taken:  # fmt: skip
    """Carry an instruction out once, or do what the fault says."""
    if known is not None:
        same = (known.kind, known.asked) == (asked.kind, asked.amount)
        return Taken(said_of(known, now) if same else Declined("this number was used before"))
    if now >= asked.begun_by:
        return Taken(Declined("too late to begin"))
    entry = BankEntry(
        asked.channel_id, asked.id, asked.kind, asked.amount, asked.amount, currency, now
    )
    if rule is None or not rule.left:
        return Taken(said_of(entry, now), entry)
    spent = replace(rule, left=rule.left - 1)
    match rule.fault:
        case BankFault.LOST:
            return Taken(Silent("the bank was not reached"), None, spent)
        case BankFault.UNANSWERED:
            return Taken(Silent("the answer was lost"), entry, spent)
        case BankFault.LATE:
            entry = replace(entry, books_at=Instant(now + LATE_BY))
        case BankFault.WRONG_AMOUNT:
            entry = replace(entry, amount=max(entry.amount + rule.off, 1))
        case BankFault.DUPLICATE:
            entry = replace(entry, lines=2)
        case BankFault.REFUSED:
            entry = replace(entry, amount=0, lines=0)
        case BankFault.LINE_MISSING:
            entry = replace(entry, lines=0)
        case BankFault.LINE_EXTRA:
            return Taken(said_of(entry, now), entry, spent, extra=True)
    return Taken(said_of(entry, now), entry, spent)


def said_of(entry: BankEntry | None, now: Instant) -> Answer:
    """What the bank says when it is queried."""
    if entry is None:
        return Absent()
    if now < entry.books_at:
        return Silent("the bank is still working on it")
    if not entry.amount:
        return Declined("declined by the bank")
    return Done(entry.amount, entry.reference, entry.books_at)


def stated(entries: Iterable[BankEntry]) -> tuple[StatementLine, ...]:
    """The lines of the bank's statement. A stranger's, who asked for nothing, names no request."""
    return tuple(
        StatementLine(
            name=ids.show("chr", one.number) if one.asked else "",
            reference=one.reference,
            amount=one.amount if one.kind is RequestKind.PAY else -one.amount,
            booked_at=one.books_at,
        )
        for one in entries
        for _ in range(one.lines)
    )
