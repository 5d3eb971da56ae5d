"""Acts: of two who edit one thing at once the second is told, and what an act changed is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acts import Act, Changed, version
from changliao.core.bills import day_of
from changliao.core.channel_terms import ChangeChannel
from changliao.core.channels import ChannelState
from changliao.core.clock import HOUR, Instant
from changliao.core.fees import MethodFee
from changliao.core.ids import NEWEST, ActId, MemberId
from changliao.core.limits import Limit, SetLevel, SetLimit
from changliao.core.members import ChangeMember, MemberState, Right, Role
from changliao.core.money import CNY
from changliao.core.outcome import Reason
from changliao.core.risk_rules import ClearPayer
from changliao.core.settlements import Cycle
from changliao.core.thresholds import SetThreshold, Terms
from changliao.operations import (
    channels,
    fees,
    limits,
    members,
    risk_rules,
    settlements,
    thresholds,
)
from changliao.operations.acts import By, acting
from changliao.operations.operation import Operation
from changliao.store.views import members as views
from tests.operations.test_acceptance import known
from tests.operations.test_members import a_member
from tests.world import START, World, refused

NETBANK = 3
Edit = tuple[Operation[Any, Any], Any, Any]


def edits(world: World) -> dict[str, Edit]:
    """Everything that is edited by a form: the operation, and what two members want."""
    shop, person = known(world, world.merchant), world.user()
    admin = a_member(world, "owner")
    viewer = a_member(world, "changed", Role.VIEWER)
    cycle = Cycle(shop, CNY, 1, "sandbox_bank", "6222 0000 0000 0001", day_of(START))
    return {
        "channel": (
            channels.CHANGE,
            ChangeChannel(chart.SANDBOX_BANK, weight=3),
            ChangeChannel(chart.SANDBOX_BANK, weight=7),
        ),
        "limit": (limits.SET_LIMIT, SetLimit(156, Limit(1, 100)), SetLimit(156, Limit(1, 200))),
        "level": (limits.SET_LEVEL, SetLevel(person, 2), SetLevel(person, 3)),
        "fee": (fees.SET, MethodFee(shop, NETBANK, 10), MethodFee(shop, NETBANK, 20)),
        "member": (
            members.CHANGE,
            ChangeMember(viewer.id, Role.OPERATOR, MemberState.ACTIVE, admin.id),
            ChangeMember(viewer.id, Role.SUPERVISOR, MemberState.ACTIVE, admin.id),
        ),
        "cycle": (settlements.SET_CYCLE, cycle, replace(cycle, account="6222 0000 0000 0002")),
        "threshold": (
            thresholds.SET,
            SetThreshold(156, Terms(800), "mbr_1"),
            SetThreshold(156, Terms(900), "mbr_1"),
        ),
        "clearance": (
            risk_rules.CLEAR,
            ClearPayer(person, Instant(world.now + HOUR), "a", "mbr_1"),
            ClearPayer(person, Instant(world.now + HOUR), "b", "mbr_1"),
        ),
    }


def by(world: World, member_id: MemberId, operation: Operation[Any, Any], command: Any) -> By[Any]:
    act = Act(ActId(world.ids.new()), member_id, operation.name, "it", {}, "127.0.0.1")
    return By(act, Right.LOOK, command)


def read(world: World, view: Callable[..., Any], *asked: Any) -> Any:
    with world.engine.snapshot() as reader:
        return view(reader, *asked)


def facts(world: World, operation: Operation[Any, Any], command: Any) -> dict[str, str]:
    """What a page would show."""
    saying = operation.facts
    assert saying is not None
    reading = Operation("read", saying, operation.keys)
    return dict(world.do(reading, command))


@pytest.mark.parametrize(
    "what", ["channel", "limit", "level", "fee", "member", "cycle", "threshold", "clearance"]
)
def test_of_two_who_edit_at_once_the_second_is_told_and_saves_only_knowingly(
    world: World, what: str
) -> None:
    operation, mine, theirs = edits(world)[what]
    one, two = (a_member(world, name).id for name in ("one", "two"))
    seen = facts(world, operation, mine)
    first = replace(by(world, one, operation, theirs), seen=version(seen))
    second = replace(by(world, two, operation, mine), seen=version(seen))
    # In one batch as in two: what is compared is what is about to be overwritten.
    saved, told = world.batch([(acting(operation), first), (acting(operation), second)])
    now = facts(world, operation, mine)
    assert not isinstance(saved, Changed)
    assert now != seen
    assert told == Changed(now)
    # The very form that changed it may be sent again; another old one may not.
    rows = world.rows()
    assert world.do(acting(operation), first) == saved
    assert world.do(acting(operation), second) == Changed(now)
    assert world.rows() == rows
    # Having seen how it is, the second saves on top.
    again = replace(by(world, two, operation, mine), seen=version(now))
    assert not isinstance(world.do(acting(operation), again), Changed)
    acts = {one.id: one for one in read(world, views.acts_of, "it", 10)}
    last = acts[again.act.id]
    assert (last.before, last.after) == (now, facts(world, operation, mine))
    assert last.before != last.after
    assert acts[first.act.id].before == seen
    assert len(acts) == 2


def test_an_edit_that_asks_for_no_version_is_made_and_one_without_its_right_is_not(
    world: World,
) -> None:
    operation, mine, theirs = edits(world)["channel"]
    viewer = a_member(world, "viewer", Role.VIEWER).id
    world.do(acting(operation), by(world, viewer, operation, mine))
    after = world.do(acting(operation), by(world, viewer, operation, theirs))
    assert (after.weight, after.state) == (7, ChannelState.HEALTHY)
    # Whoever may not do it is not told how it is either.
    no = replace(by(world, viewer, operation, mine), right=Right.MANAGE_CHANNELS, seen="x")
    assert refused(world.do(acting(operation), no), Reason.MEMBER_NOT_PERMITTED)


def test_a_key_that_is_no_members_is_kept_with_its_act(world: World) -> None:
    operation, mine, _ = edits(world)["limit"]
    asked = replace(by(world, MemberId(0), operation, mine), right=None)
    world.do(acting(operation), asked)
    [act] = read(world, views.acts_of, "it", 10)
    assert (act.member_id, act.address, act.at) == (0, "127.0.0.1", world.now)


def test_acts_are_in_the_order_of_their_commits_whenever_their_forms_were_made(
    world: World,
) -> None:
    operation, mine, theirs = edits(world)["limit"]
    member = a_member(world, "one").id
    early = by(world, member, operation, mine)
    world.now = Instant(world.now + HOUR)
    late = by(world, member, operation, theirs)
    world.do(acting(operation), late)
    world.now = Instant(world.now + HOUR)
    world.do(acting(operation), early)
    found = read(world, views.acts, 0, NEWEST, 10)
    assert [one.id for one in found] == [early.act.id, late.act.id]
    assert [one.id for one in read(world, views.acts, member, late.act.id, 10)] == [late.act.id]
    assert found[0].at == world.now


def test_what_nobody_says_how_it_stands_nobody_does() -> None:
    with pytest.raises(TypeError, match=r"channels\.open"):
        acting(channels.OPEN)
