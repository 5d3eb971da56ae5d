"""A channel's statement compared with what was asked of it: nothing is corrected, all is shown.

Units: minor units, signed as our account at the channel sees them: what it took for us is positive.
Refuses: a statement whose balances are not what its lines make.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


class Tally(Struct, frozen=True):
    """How many, and what they come to. Units: minor, signed as our account there sees them."""

    count: int = 0
    amount: int = 0


class Counts(Struct, frozen=True):
    """A statement against the books: ours and theirs, and how they meet.

    `ours` less `missing_there` and `differing` is `matched`; `missing_here` is only theirs, as are
    second bookings. What differs is counted once and comes to theirs less ours. `not_as_asked` is
    of what matched: both say the same, and it is not what was asked.
    """

    ours: Tally
    theirs: Tally
    matched: Tally
    missing_here: Tally
    missing_there: Tally
    differing: Tally
    not_as_asked: Tally


class Reconciliation(Struct, frozen=True):
    """What a channel's statement of a time came to when it was read last."""

    channel_id: int
    currency: int
    begins: Instant
    ends: Instant
    statement: str
    read_at: Instant
    counts: Counts


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


def count(
    statement: Statement,
    named: Mapping[int, ChannelRequest],
    booked: Iterable[ChannelRequest],
    found: Sequence[Difference],
) -> Counts:
    """Both sides of what was compared, and the differences that were found, added up."""
    told = [named[line.number] for line in statement.lines if line.number in named]
    done = {one.id: one for one in (*told, *booked) if one.state is RequestState.DONE}
    ours = [moved(one) for one in done.values()]
    kinds: dict[DifferenceKind, list[int]] = {kind: [] for kind in DifferenceKind}
    odd = 0
    for one in found:
        kinds[one.kind].append(one.said - one.ours)
        odd += one.ours if one.kind is DifferenceKind.AMOUNT else 0
    twice = [one.said for one in found if one.kind is DifferenceKind.TWICE]
    here = _tally(kinds[DifferenceKind.EXTRA] + twice)
    missing = _tally(-one for one in kinds[DifferenceKind.MISSING])
    differing = _tally(kinds[DifferenceKind.AMOUNT])
    left = len(ours) - missing.count - differing.count
    return Counts(
        ours=_tally(ours),
        theirs=_tally(line.amount for line in statement.lines),
        matched=Tally(left, sum(ours) - missing.amount - odd),
        missing_here=here,
        missing_there=missing,
        differing=differing,
        not_as_asked=_tally(one.said for one in found if one.kind is DifferenceKind.NOT_AS_ASKED),
    )


def read(channel_id: int, statement: Statement, counts: Counts, now: Instant) -> Reconciliation:
    """What is kept of a statement that was read."""
    return Reconciliation(
        channel_id,
        statement.currency.number,
        statement.begins,
        statement.ends,
        statement.id,
        now,
        counts,
    )


def _tally(amounts: Iterable[int]) -> Tally:
    every = list(amounts)
    return Tally(len(every), sum(every))


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
