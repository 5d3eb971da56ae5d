"""A channel's statement compared with what was asked of it: nothing is corrected, all is shown.

Units: minor units, signed as our account at the channel sees them: what it took for us is positive.
Refuses: a statement whose balances are not what its lines make.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.channels import ChannelRequest, RequestKind, RequestState
from changliao.core.clock import Instant
from changliao.core.money import Currency
from changliao.core.outcome import Reason, Refused


class StatementLine(Struct, frozen=True):
    """One booking. `name` is what named our request to the channel, `reference` its own number."""

    name: str
    reference: str
    amount: int
    booked_at: Instant

    @property
    def number(self) -> int:
        """Our request's number; 0 when it is none of ours."""
        return ids.parse("chr", self.name) or 0


class Statement(Struct, frozen=True):
    """What a channel says of one account from `begins` until before `ends`."""

    id: str
    account: str
    currency: Currency
    begins: Instant
    ends: Instant
    opening: int
    closing: int
    lines: tuple[StatementLine, ...]


class DifferenceKind(StrEnum):
    """MISSING: we say it moved and the statement does not. EXTRA: the other way round.

    TWICE: booked again. AMOUNT: booked with another amount than we say. NOT_AS_ASKED: both say the
    same, which is not what was asked.
    """

    MISSING = "missing"
    EXTRA = "extra"
    TWICE = "twice"
    AMOUNT = "amount"
    NOT_AS_ASKED = "not_as_asked"


class Difference(Struct, frozen=True):
    """`said` is the statement's amount, `ours` the ledger's; `number` 0: a stranger's line."""

    kind: DifferenceKind
    number: int
    said: int
    ours: int
    reference: str = ""


def check_statement(statement: Statement) -> Refused | None:
    """Do its lines lead from one balance to the other?"""
    made = statement.opening + sum(one.amount for one in statement.lines)
    if made == statement.closing:
        return None
    said = f"Bal CLBD is {statement.closing}, Bal OPBD and the entries make {made} minor units"
    return Refused(Reason.STATEMENT_TOTAL_WRONG, said)


def compare(
    statement: Statement,
    named: Mapping[int, ChannelRequest],
    booked: Iterable[ChannelRequest],
) -> list[Difference]:
    """Every difference. `named` are requests that lines name, `booked` what we say it booked."""
    found: list[Difference] = []
    seen: Counter[int] = Counter()
    for line in statement.lines:
        request = named.get(line.number)
        if request is None:
            extra = Difference(DifferenceKind.EXTRA, 0, line.amount, 0, line.reference)
            found.append(extra)
            continue
        seen[request.id] += 1
        kind = _differs(line, request, seen[request.id])
        if kind is not None:
            difference = Difference(kind, request.id, line.amount, moved(request), line.reference)
            found.append(difference)
    for request in booked:
        if not seen[request.id]:
            ours, reference = moved(request), request.reference
            missing = Difference(DifferenceKind.MISSING, request.id, 0, ours, reference)
            found.append(missing)
    return found


def moved(request: ChannelRequest) -> int:
    """What we say the channel moved, signed as its statement would."""
    if request.state is not RequestState.DONE:
        return 0
    return signed(request, request.settled)


def signed(request: ChannelRequest, amount: int) -> int:
    """As our account at the channel sees it."""
    return amount if request.kind is RequestKind.PAY else -amount


def settles(line: StatementLine, request: ChannelRequest, currency: Currency) -> bool:
    """Does this line say what became of a request of which that is not known?"""
    right_way = signed(request, line.amount) > 0
    return request.is_open and right_way and chart.currency(request.home) is currency


def _differs(line: StatementLine, request: ChannelRequest, times: int) -> DifferenceKind | None:
    if times > 1:
        return DifferenceKind.TWICE
    if request.state is not RequestState.DONE:
        return DifferenceKind.EXTRA
    if line.amount != moved(request):
        return DifferenceKind.AMOUNT
    return DifferenceKind.NOT_AS_ASKED if request.settled != request.amount else None
