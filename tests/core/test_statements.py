"""What a statement and the ledger say, compared."""

from msgspec.structs import replace

from changliao.core import chart, ids
from changliao.core.channels import Channel, ChannelRequest, RequestKind, RequestState, new_request
from changliao.core.clock import Instant
from changliao.core.ids import ChannelRequestId, UserId
from changliao.core.money import CNY, CURRENCIES
from changliao.core.statements import (
    DifferenceKind,
    Statement,
    StatementLine,
    compare,
    settles,
)

NOW = Instant(1_795_500_000_000_000)
BANK = Channel(16, "bank", "银行", "Bank", "sandbox_bank")
HOME = chart.wallet(UserId(1 << 20), CNY)


def a_request(
    number: int, kind: RequestKind = RequestKind.PAY, settled: int = 100
) -> ChannelRequest:
    made = new_request(BANK, kind, HOME, 100, number=number, now=NOW)
    return replace(made, state=RequestState.DONE, settled=settled, reference=f"SB{number}")


def line(number: int, amount: int) -> StatementLine:
    return StatementLine(ids.show("chr", number), f"SB{number}", amount, NOW)


def told(lines: list[StatementLine], requests: list[ChannelRequest]) -> list[tuple[str, int, int]]:
    statement = Statement("1", "bank", CNY, NOW, NOW, 0, 0, tuple(lines))
    named: dict[int, ChannelRequest] = {
        one.id: one for one in requests if one.id in {it.number for it in lines}
    }
    booked = [one for one in requests if one.state is RequestState.DONE]
    found = compare(statement, named, booked)
    return [(one.kind.value, one.said, one.ours) for one in found]


def test_what_agrees_is_not_told() -> None:
    out = a_request(2, RequestKind.PAYOUT)
    assert told([line(1, 100), line(2, -100)], [a_request(1), out]) == []


def test_every_difference_is_told() -> None:
    done, refused = a_request(1), replace(a_request(2), state=RequestState.REFUSED, settled=0)
    assert told([], [done]) == [("missing", 0, 100)]
    assert told([line(9, 70)], []) == [("extra", 70, 0)]
    stranger = StatementLine("rent", "X1", -70, NOW)
    assert told([stranger], []) == [("extra", -70, 0)]
    assert told([line(2, 100)], [refused]) == [("extra", 100, 0)]
    assert told([line(1, 100), line(1, 100)], [done]) == [("twice", 100, 100)]
    assert told([line(1, 99)], [done]) == [("amount", 99, 100)]
    assert told([line(1, -100)], [done]) == [("amount", -100, 100)]
    wrong = a_request(3, settled=99)
    assert told([line(3, 99)], [wrong]) == [("not_as_asked", 99, 99)]
    assert {kind.value for kind in DifferenceKind} == {
        "missing", "extra", "twice", "amount", "not_as_asked",
    }  # fmt: skip


def test_a_line_settles_only_what_was_asked_in_that_direction() -> None:
    waiting = replace(a_request(1, RequestKind.PAYOUT), state=RequestState.UNKNOWN)
    assert settles(line(1, -100), waiting, CNY)
    assert not settles(line(1, 100), waiting, CNY)
    assert not settles(line(1, -100), waiting, CURRENCIES["JPY"])
    assert not settles(line(1, -100), a_request(1, RequestKind.PAYOUT), CNY)
    assert ChannelRequestId(line(5, 1).number) == 5
