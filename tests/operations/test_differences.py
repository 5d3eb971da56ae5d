"""What statements differ in: a case each, booked once when two people agreed, audited."""

from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart, statements
from changliao.core.channels import ChannelRequest, RequestKind
from changliao.core.clock import Instant
from changliao.core.differences import (
    TRANSITIONS,
    Case,
    CaseEvent,
    CaseState,
    Compared,
    DecideResolution,
    ProposeResolution,
    Resolution,
    cases,
)
from changliao.core.ids import show
from changliao.core.money import CNY
from changliao.core.outcome import Reason
from changliao.core.statements import Counts, Statement, StatementLine, Tally, compare, count, moved
from changliao.operations import differences
from tests.operations.test_channels import AMOUNT, BANK, carry, prepared, stored
from tests.world import World, refused

FIRST, SECOND = "key_a", "key_b"


def read(
    world: World, lines: list[StatementLine], requests: list[ChannelRequest]
) -> tuple[Case, ...]:
    """A statement with these lines about these requests, compared and kept."""
    total = sum(one.amount for one in lines)
    said = Statement("S1", "bank", CNY, Instant(0), Instant(1 << 60), 0, total, tuple(lines))
    named: dict[int, ChannelRequest] = {one.id: one for one in requests}
    found = compare(said, named, requests)
    asked = tuple(cases(BANK.id, said, found, named, world.now))
    counts = count(said, named, requests, found)
    assert counts == recounted(lines, requests)
    kept = world.do(
        differences.KEEP, Compared(statements.read(BANK.id, said, counts, world.now), asked)
    )
    assert isinstance(kept, tuple), kept
    return kept


def recounted(lines: list[StatementLine], requests: list[ChannelRequest]) -> Counts:
    """The same from lines and requests alone, each looked at for itself."""
    ours = {show("chr", one.id): moved(one) for one in requests if moved(one)}
    said: dict[str, list[int]] = {}
    for one in lines:
        said.setdefault(one.name, []).append(one.amount)
    first = {name: amounts[0] for name, amounts in said.items() if name in ours}
    again = [one for name, amounts in said.items() for one in amounts[name in ours :]]
    same = [amount for name, amount in first.items() if amount == ours[name]]
    differ = [amount - ours[name] for name, amount in first.items() if amount != ours[name]]
    gone = [amount for name, amount in ours.items() if name not in said]
    asked = {show("chr", one.id): one.amount for one in requests}
    odd = [
        amount for name, amount in first.items()
        if amount == ours[name] and abs(amount) != asked[name]
    ]  # fmt: skip
    tallies = ([*ours.values()], [one.amount for one in lines], same, again, gone, differ, odd)
    return Counts(*(Tally(len(one), sum(one)) for one in tallies))


def line(request: ChannelRequest | None, amount: int, reference: str = "X") -> StatementLine:
    name = show("chr", request.id) if request else ""
    return StatementLine(name, reference, amount, Instant(1))


def resolve(world: World, case: Case, resolution: Resolution) -> Any:
    command = ProposeResolution(case.id, resolution, "called the bank", FIRST)
    proposed = world.do(differences.PROPOSE, command)
    if not isinstance(proposed, Case):
        return proposed
    world.audit()
    return world.do(differences.DECIDE, DecideResolution(case.id, True, SECOND))


def clearing(world: World) -> int:
    return world.balance(chart.clearing(BANK.id, CNY))


def suspense(world: World) -> int:
    return world.balance(chart.suspense(CNY))


# What the statement says of a payout of 1,000, what is owed, and what is suggested for it.
PAYOUTS = {
    "missing": ([], AMOUNT, Resolution.NONE),
    "amount": ([-900], 100, Resolution.OWNER),
    "twice": ([-AMOUNT, -AMOUNT], 0, Resolution.SUSPENSE),
    "extra": ([-AMOUNT, 77], 0, Resolution.SUSPENSE),
}


@pytest.mark.parametrize("kind", PAYOUTS)
@pytest.mark.parametrize("resolution", Resolution, ids=lambda one: one.name)
def test_a_case_is_booked_as_two_people_agreed(
    world: World, kind: str, resolution: Resolution
) -> None:
    amounts, owed, suggested = PAYOUTS[kind]
    done = carry(world, prepared(world, RequestKind.PAYOUT))
    stranger = kind == "extra"
    lines = [
        line(None if stranger and place else done, amount) for place, amount in enumerate(amounts)
    ]
    [case] = read(world, lines, [done])
    assert case.difference.kind.value == kind
    assert (case.owed, case.suggested) == (owed, suggested)
    assert read(world, lines, [done]) == (case,), "read again it is the same case"
    holds, held, had = clearing(world), suspense(world), world.balance(done.home)

    outcome = resolve(world, case, resolution)

    if resolution is Resolution.OWNER and not owed:
        assert refused(outcome, Reason.DIFFERENCE_INVALID)
        return
    assert outcome.state is CaseState.RESOLVED
    off = 0 if resolution is Resolution.NONE else case.off
    paid = owed if resolution is Resolution.OWNER else 0
    assert clearing(world) == holds - off
    assert suspense(world) == held + off - paid
    assert world.balance(done.home) == had + paid
    if off:
        assert off == sum(amounts) + AMOUNT, "clearing is what the statement says"
    again = world.do(differences.DECIDE, DecideResolution(case.id, True, SECOND))
    assert refused(again, Reason.DIFFERENCE_STATE)
    assert read(world, lines, [done]) == (outcome,)


def test_nobody_decides_alone_and_a_no_opens_it_again(world: World) -> None:
    done = carry(world, prepared(world, RequestKind.PAYOUT))
    [case] = read(world, [], [done])
    approve = DecideResolution(case.id, True, SECOND)
    assert refused(world.do(differences.DECIDE, approve), Reason.DIFFERENCE_STATE)
    proposal = ProposeResolution(case.id, Resolution.OWNER, "it never left", FIRST)
    world.do(differences.PROPOSE, proposal)
    alone = world.do(differences.DECIDE, DecideResolution(case.id, True, FIRST))
    assert refused(alone, Reason.DIFFERENCE_SELF_APPROVAL)
    opened = world.do(differences.DECIDE, DecideResolution(case.id, False, SECOND))
    assert opened.state is CaseState.OPEN
    empty = ProposeResolution(case.id, Resolution.OWNER, " ", FIRST)
    assert refused(world.do(differences.PROPOSE, empty), Reason.DIFFERENCE_INVALID)
    world.do(differences.PROPOSE, proposal)
    told = world.batch([(differences.DECIDE, approve)] * 3)
    assert [isinstance(one, Case) for one in told] == [True, False, False]
    assert world.balance(done.home) == 5_000


def test_who_was_charged_twice_gets_it_back(world: World) -> None:
    refund = prepared(world, RequestKind.REFUND)
    home = refund.home
    known = stored(world, replace(refund, id=refund.pay_id))
    [case] = read(world, [line(known, 5_000), line(known, 5_000)], [known])
    assert (case.owed, case.suggested) == (5_000, Resolution.OWNER)
    resolve(world, case, Resolution.OWNER)
    assert world.balance(home) == 10_000
    assert suspense(world) == 0


def test_every_state_answers_every_event() -> None:
    assert set(TRANSITIONS) == {(state, event) for state in CaseState for event in CaseEvent}
