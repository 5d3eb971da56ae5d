"""Group bills: each gives one part, the parts are the whole, and nothing else moves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.groupbills import (
    CloseGroupBill,
    GroupBill,
    GroupBillState,
    GroupShare,
    PayShare,
    next_share,
)
from changliao.core.ids import GroupBillId, GroupShareId, UserId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason
from changliao.operations import groupbills
from tests.world import World, refused


def ask(world: World, payee: UserId, amount: int = 1_000, shares: int = 3, **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "id": GroupBillId(world.ids.new()),
        "payee_id": payee,
        "title": "火锅",
        "amount": Money(amount, CNY),
        "shares": shares,
        "ends_at": Instant(world.now + 7 * DAY),
    }
    return world.do(groupbills.OPEN, GroupBill(**fields | changes))


def a_share(world: World, bill: GroupBill, payer: UserId, amount: int) -> PayShare:
    return PayShare(GroupShareId(world.ids.new()), bill.payee_id, bill.id, payer, amount)


def pay(world: World, bill: GroupBill, payer: UserId, amount: int) -> Any:
    return world.do(groupbills.PAY, a_share(world, bill, payer, amount))


def has(world: World, *users: UserId) -> list[int]:
    return [world.balance(chart.wallet(user, CNY)) for user in users]


def test_everybody_gives_one_part_and_the_parts_are_the_whole(world: World) -> None:
    payee, people = world.user(), [world.user(500) for _ in range(4)]
    bill = ask(world, payee)
    first = pay(world, bill, people[0], 334)
    assert isinstance(first, GroupShare)
    assert pay(world, bill, people[0], 334) == first
    assert refused(pay(world, bill, people[1], 334), Reason.AMOUNT_CHANGED)
    assert [pay(world, bill, one, 333).place for one in people[1:3]] == [1, 2]
    assert refused(pay(world, bill, people[3], 333), Reason.GROUP_BILL_FULL)
    assert has(world, payee, *people) == [1_000, 166, 167, 167, 500]
    world.audit()


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("own", Reason.TRANSFER_TO_SELF),
        ("poor", Reason.INSUFFICIENT_FUNDS),
        ("late", Reason.GROUP_BILL_CLOSED),
        ("closed", Reason.GROUP_BILL_CLOSED),
        ("unknown", Reason.GROUP_BILL_NOT_FOUND),
        ("nobody", Reason.USER_NOT_FOUND),
    ],
)
def test_what_cannot_be_paid_moves_nothing(world: World, what: str, reason: Reason) -> None:
    payee, payer = world.user(500), world.user(0 if what == "poor" else 500)
    bill = ask(world, payee)
    if what == "closed":
        command = CloseGroupBill(payee, bill.id)
        closed = world.do(groupbills.CLOSE, command)
        assert closed.state is GroupBillState.CLOSED
        assert world.do(groupbills.CLOSE, command) == closed
    if what == "late":
        world.now = bill.ends_at
    if what == "unknown":
        bill = replace(bill, id=GroupBillId(7))
    who = {"own": payee, "nobody": UserId(7)}.get(what, payer)
    before = world.rows()
    assert refused(pay(world, bill, who, 334), reason)
    assert world.rows() == before


def test_a_bill_that_makes_no_sense_is_refused_and_the_same_again_is_found(world: World) -> None:
    payee = world.user()
    for amount, shares in ((2, 3), (1_000, 0), (1_000, 101)):
        assert refused(ask(world, payee, amount, shares), Reason.GROUP_BILL_INVALID)
    bill = ask(world, payee)
    assert world.do(groupbills.OPEN, bill) == bill
    other = replace(bill, shares=4)
    assert refused(world.do(groupbills.OPEN, other), Reason.PAYMENT_ID_REUSED)
    assert refused(ask(world, UserId(7)), Reason.USER_NOT_FOUND)


def test_a_crowd_in_one_batch_fills_it_once(world: World) -> None:
    payee, people = world.user(), [world.user(100) for _ in range(30)]
    bill = ask(world, payee, 200, 20)
    found = world.batch([(groupbills.PAY, a_share(world, bill, one, 10)) for one in people])
    assert sum(isinstance(one, GroupShare) for one in found) == 20
    assert has(world, payee) == [200]
    world.audit()


@given(amount=st.integers(1, 10**6), shares=st.integers(1, 100))
def test_parts_differ_by_one_unit_at_most(amount: int, shares: int) -> None:
    bill = GroupBill(
        GroupBillId(1), UserId(2), "", Money(amount + shares, CNY), shares, Instant(DAY)
    )
    parts = [next_share(replace(bill, paid=turn)) for turn in range(shares)]
    assert sum(parts) == amount + shares
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)
