"""Routing under faults: the healthy and cheap are asked, and nothing is ever asked of two."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.core import chart
from changliao.core.bank import BankFault, FaultRule
from changliao.core.channels import (
    Channel,
    ChannelRequest,
    RequestKind,
    RequestState,
    new_refund,
    new_request,
)
from changliao.core.clock import SECOND, Instant
from changliao.core.money import CNY
from changliao.core.routing import decide_route
from changliao.operations import bank, channels
from changliao.store.views import channels as views
from tests.operations.test_channels import ask, look_until_known, record
from tests.world import World, Worlds

CHEAP = 16
MONEY = 1_000_000
FAULTS = [None, *BankFault]


def banks(world: World) -> None:
    """Two banks: one is free of cost, the other is asked when the first is ailing."""
    made = world.do(
        channels.OPEN, Channel(0, "dear_bank", "贵银行", "Dear bank", "sandbox_bank", cost_bps=10)
    )
    assert made.id > CHEAP


def rows(world: World) -> list[Channel]:
    with world.engine.reader() as reader:
        return views.channels(reader)


def routed(world: World, number: int) -> Channel:
    chosen = decide_route(rows(world), 0, number)
    assert isinstance(chosen, Channel)
    return chosen


def entries(world: World, request: ChannelRequest) -> dict[int, int]:
    """What each channel has booked under this request's number."""
    found = {}
    for one in rows(world):
        with world.engine.reader() as reader:
            entry = views.bank_entry(reader, one.id, request.id)
        if entry is not None:
            found[one.id] = entry.amount
    return found


def stored(world: World, request: ChannelRequest) -> ChannelRequest:
    with world.engine.reader() as reader:
        found = views.request(reader, request.home.owner, request.id)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", [RequestKind.PAY, RequestKind.PAYOUT], ids=lambda one: one.name)
def test_a_channel_that_falls_silent_is_left_and_taken_again(
    world: World, kind: RequestKind
) -> None:
    banks(world)
    home = chart.wallet(world.user(MONEY), CNY)
    asked = []
    world.do(bank.SET_FAULT, FaultRule(CHEAP, kind, BankFault.UNANSWERED, 3))
    for _ in range(5):
        number = world.ids.new()
        chosen = routed(world, number)
        request = new_request(chosen, kind, home, 100, number=number, now=world.now)
        asked.append(request)
        assert ask(world, request).fresh
        record(world, request, world.do(bank.INSTRUCT, request))
    assert [one.channel_id == CHEAP for one in asked] == [True, True, True, False, False]
    look_until_known(world)
    for one in asked:
        assert entries(world, one) == {one.channel_id: 100}, "what was silent is asked of no other"
    assert routed(world, world.ids.new()).id == CHEAP, "it has answered"


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(RequestKind), st.sampled_from(FAULTS), st.sampled_from(["", "a", "b"])
        ),
        max_size=15,
    )
)
def test_whatever_fails_nothing_is_moved_by_two_channels(
    worlds: Worlds, steps: list[tuple[RequestKind, BankFault | None, str]]
) -> None:
    """`a`: killed before asking, `b`: before recording. Each request is in one bank's books."""
    with worlds() as world:
        banks(world)
        home = chart.wallet(world.user(MONEY), CNY)
        asked: list[ChannelRequest] = []
        pays: list[ChannelRequest] = []
        for kind, fault, killed in steps:
            number = world.ids.new()
            request = _next(world, kind, home, number, pays)
            for place in rows(world):
                left = 0 if fault is None else 1
                rule = FaultRule(place.id, kind, fault or BankFault.LOST, left, -30)
                world.do(bank.SET_FAULT, rule)
            written: Any = ask(world, request)
            if not getattr(written, "fresh", False):
                continue
            asked.append(request)
            if killed != "a":
                answer = world.do(bank.INSTRUCT, request)
                if not killed:
                    record(world, request, answer)
            if kind is RequestKind.PAY and stored(world, request).state is RequestState.DONE:
                pays.append(stored(world, request))
            world.now = Instant(world.now + SECOND)
        look_until_known(world)
        for one in asked:
            done, found = stored(world, one), entries(world, one)
            moved = {channel_id: amount for channel_id, amount in found.items() if amount}
            assert moved == ({one.channel_id: done.settled} if done.settled else {}), done


def _next(
    world: World, kind: RequestKind, home: chart.AccountId, number: int, pays: list[ChannelRequest]
) -> ChannelRequest:
    if kind is RequestKind.REFUND and pays:
        return new_refund(pays[-1], 10, number, world.now)
    if kind is RequestKind.REFUND:
        kind = RequestKind.PAY
    return new_request(routed(world, number), kind, home, 500, number=number, now=world.now)
