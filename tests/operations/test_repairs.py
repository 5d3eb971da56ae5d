"""A refund that its bank declines waits for the merchant's word, and its money arrives once."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.bank import BankFault
from changliao.core.channels import ChannelRequest, RequestKind
from changliao.core.events import EventKind
from changliao.core.ids import ChannelRequestId, MerchantId, RefundId, UserId
from changliao.core.orders import Order
from changliao.core.outcome import Reason
from changliao.core.refunds import Refund, RefundState
from changliao.core.repairs import Goal, Repair, RepairRefund
from changliao.operations.repairs import REPAIR
from changliao.store.views import orders as order_views
from tests.operations.test_audit import audit_of, execute
from tests.operations.test_channels import set_fault
from tests.operations.test_tenders import (
    AMOUNT,
    NETBANK,
    accept,
    begin,
    earned,
    instruct,
    kept_by_bank,
    settle,
)
from tests.world import World, Worlds, dump, refused

URL = "http://127.0.0.1:9/told"
DECLINED = BankFault.REFUSED


def sold(world: World) -> tuple[ChannelRequest, Order]:
    """An order that a bank paid, and its request."""
    accept(world, NETBANK)
    payer, order = world.user(), world.place(AMOUNT, fee_bps=0)
    request = begin(world, order, payer)
    instruct(world, request)
    return request, order


def stood(world: World, refund: Refund) -> Refund:
    with world.engine.reader() as reader:
        found = order_views.refund(reader, refund.merchant_id, refund.id)
    assert found is not None
    return found


def repair(world: World, refund: Refund, goal: Goal = Goal.CARD, **changes: Any) -> RepairRefund:
    account = "ICBC 6222 0200 张三" if goal is Goal.CARD else ""
    number = ChannelRequestId(world.ids.new())
    asked = Repair(number, refund.merchant_id, refund.id, goal, bytes([goal]) * 16)
    return RepairRefund(replace(asked, **changes), account)


def told(world: World, refund: Refund) -> list[EventKind]:
    """What was to be told of it, in order."""
    return [EventKind(row[2]) for row in dump(world.engine, "events") if row[3] == refund.id]


def declined(world: World) -> tuple[ChannelRequest, Order, Refund]:
    """A refund of the whole that the bank would not take."""
    request, order = sold(world)
    set_fault(world, RequestKind.REFUND, DECLINED)
    refund = world.refund(order, AMOUNT, notify_url=URL)
    assert refund.state is RefundState.PROCESSING
    settle(world)
    return request, order, refund


def test_a_refund_through_a_channel_is_done_when_the_channel_has_it(world: World) -> None:
    request, order = sold(world)
    refund = world.refund(order, 400, notify_url=URL)
    assert (refund.state, refund.finished_at) == (RefundState.PROCESSING, 0)
    assert earned(world) == AMOUNT - 400
    assert told(world, refund) == []
    settle(world)
    done = stood(world, refund)
    assert told(world, refund) == [EventKind.REFUND_FINISHED]
    assert done.state is RefundState.SUCCEEDED
    assert done.finished_at > 0
    assert kept_by_bank(world, UserId(request.home.owner)) == AMOUNT - 400


def test_what_a_bank_declines_goes_to_a_card(world: World) -> None:
    request, order, refund = declined(world)
    payer = UserId(request.home.owner)
    assert stood(world, refund).state is RefundState.ABNORMAL
    assert (world.balance(request.home), world.balance(chart.leaving(request.home))) == (0, AMOUNT)
    assert refused(world.refund(order, 1), Reason.REFUND_EXCEEDS_PAYMENT)
    first = repair(world, refund)
    again = repair(world, refund)
    outcomes = world.batch([(REPAIR, first), (REPAIR, again)])
    assert [one.state for one in outcomes] == [RefundState.PROCESSING] * 2
    assert outcomes[0] == outcomes[1]
    other = repair(world, refund, Goal.MERCHANT)
    assert refused(world.do(REPAIR, other), Reason.REFUND_FINAL)
    world.audit()
    settle(world)
    assert stood(world, refund).state is RefundState.SUCCEEDED
    assert world.do(REPAIR, repair(world, refund)) == stood(world, refund)
    assert refused(world.do(REPAIR, other), Reason.REFUND_FINAL)
    assert kept_by_bank(world, payer) == 0
    assert (world.balance(request.home), world.balance(chart.leaving(request.home))) == (0, 0)
    assert earned(world) == 0


def test_what_the_card_declines_too_goes_back_to_the_merchant(world: World) -> None:
    request, _, refund = declined(world)
    set_fault(world, RequestKind.PAYOUT, DECLINED)
    world.do(REPAIR, repair(world, refund))
    settle(world)
    assert stood(world, refund).state is RefundState.ABNORMAL
    assert told(world, refund) == [EventKind.REFUND_ABNORMAL] * 2
    before = world.rows()
    strange = repair(world, refund, merchant_id=MerchantId(9))
    unknown = repair(world, refund, refund_id=RefundId(9))
    for command in (strange, unknown):
        assert refused(world.do(REPAIR, command), Reason.REFUND_NOT_FOUND)
    assert world.rows() == before
    kept = world.do(REPAIR, repair(world, refund, Goal.MERCHANT))
    assert kept.state is RefundState.SUCCEEDED
    assert sorted(told(world, refund))[:1] == [EventKind.REFUND_FINISHED]
    assert world.do(REPAIR, repair(world, refund, Goal.MERCHANT)) == kept
    settle(world)
    assert earned(world) == AMOUNT
    assert kept_by_bank(world, UserId(request.home.owner)) == AMOUNT
    assert (world.balance(request.home), world.balance(chart.leaving(request.home))) == (0, 0)


def test_only_an_abnormal_refund_is_repaired(world: World) -> None:
    _, order = sold(world)
    through, wallet = world.refund(order, 400), world.place(AMOUNT)
    world.pay(wallet, world.user(AMOUNT))
    at_once = world.refund(wallet, 100)
    before = world.rows()
    for refund in (through, at_once):
        for goal in Goal:
            assert refused(world.do(REPAIR, repair(world, refund, goal)), Reason.REFUND_FINAL)
    assert world.rows() == before
    settle(world)


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("refund"), st.integers(1, 500)),
            st.tuples(st.just("fault"), st.sampled_from([RequestKind.REFUND, RequestKind.PAYOUT])),
            st.tuples(st.just("repair"), st.integers(0, 9)),
            st.tuples(st.just("keep"), st.integers(0, 9)),
            st.tuples(st.just("settle"), st.just(0)),
        ),
        max_size=15,
    )
)
def test_every_part_of_a_payment_is_somewhere(worlds: Worlds, steps: list[tuple[str, Any]]) -> None:
    """What was paid is at the bank for the merchant, given back, or waits; and nothing twice."""
    with worlds() as world:
        before = earned(world)
        request, order = sold(world)
        made: list[Refund] = []
        for what, value in steps:
            if what == "refund":
                outcome = world.refund(order, value)
                made += [outcome] if isinstance(outcome, Refund) else []
            elif what == "fault":
                set_fault(world, value, DECLINED)
            elif what == "settle":
                settle(world)
            elif made:
                goal = Goal.CARD if what == "repair" else Goal.MERCHANT
                world.do(REPAIR, repair(world, made[value % len(made)], goal))
            world.audit()
        settle(world)
        states = [stood(world, one) for one in made]
        assert RefundState.PROCESSING not in {one.state for one in states}
        waits = sum(one.amount for one in states if one.state is RefundState.ABNORMAL)
        assert world.balance(chart.leaving(request.home)) == waits
        assert kept_by_bank(world, UserId(request.home.owner)) == earned(world) - before + waits
        assert world.balance(request.home) == 0


ONE = "refunds SET {} WHERE refund_id = :refund"
ASKED = "channel_requests SET {} WHERE request_id = :refund"
TAMPERING = {
    "a refund is called done": (ONE, "state = 2", "state = 4"),
    "what is held is called refused": (ASKED, "state = 4", "state = 6"),
    "a refund waits for another request": (ONE, "request_id = 7", "request_id = 0"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_the_audit_compares_a_refund_with_its_request(sqlite_world: World, what: str) -> None:
    table, *values = TAMPERING[what]
    change, undone = ("UPDATE " + table.format(value) for value in values)
    world = sqlite_world
    _, _, refund = declined(world)
    execute(world, change, {"refund": refund.id})
    fault = audit_of(world).fault
    assert fault is not None
    assert fault.check in ("repair", "channel")
    execute(world, undone, {"refund": refund.id})
