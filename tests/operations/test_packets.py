"""Red packets: set aside once, claimed once by each, returned once."""

import threading
from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.ids import PacketClaimId, PacketId, UserId
from changliao.core.money import CNY, CURRENCIES, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.packets import (
    ClaimPacket,
    ExpirePacket,
    GivePacket,
    Packet,
    PacketClaim,
    PacketKind,
    PacketState,
    all_shares,
)
from changliao.operations import packets
from changliao.store.deadlines import DeadlineKind
from changliao.store.views import deadlines
from changliao.store.views import packets as view
from tests.world import World, refused


def a_packet(world: World, giver: UserId, amount: int = 1000, **changes: Any) -> Packet:
    fields: dict[str, Any] = {
        "id": PacketId(world.ids.new()),
        "giver_id": giver,
        "kind": PacketKind.LUCKY,
        "amount": Money(amount, CNY),
        "shares": 5,
        "greeting": "恭喜发财",
        "seed": bytes(range(32)),
        "ends_at": Instant(world.now + DAY),
    }
    return Packet(**(fields | changes))


def give(world: World, giver: UserId, amount: int = 1000, **changes: Any) -> Any:
    return world.do(packets.GIVE, GivePacket(a_packet(world, giver, amount, **changes)))


def a_claim(world: World, packet: Packet, claimer: UserId) -> ClaimPacket:
    return ClaimPacket(PacketClaimId(world.ids.new()), packet.giver_id, packet.id, claimer)


def claim(world: World, packet: Packet, claimer: UserId) -> Any:
    return world.heard(packets.CLAIM, a_claim(world, packet, claimer))


def expire(world: World, packet: Packet) -> Any:
    return world.heard(packets.EXPIRE, ExpirePacket(packet.giver_id, packet.id))


def waits(world: World, giver: UserId) -> int:
    return world.balance(chart.packets(giver, CNY))


def has(world: World, user: UserId) -> int:
    return world.balance(chart.wallet(user, CNY))


def test_the_money_waits_and_each_has_one_share(world: World) -> None:
    giver = world.user(5_000)
    packet = give(world, giver)
    assert (has(world, giver), waits(world, giver)) == (4_000, 1_000)
    people = [world.user() for _ in range(5)]
    first = claim(world, packet, people[0])
    assert isinstance(first, PacketClaim)
    assert claim(world, packet, people[0]) == first
    assert waits(world, giver) == 1_000 - first.amount
    others = [claim(world, packet, one) for one in people[1:]]
    assert [first.amount, *(one.amount for one in others)] == all_shares(packet)
    assert [has(world, one) for one in people] == all_shares(packet)
    assert waits(world, giver) == 0
    assert refused(claim(world, packet, world.user()), Reason.PACKET_EMPTY)
    assert claim(world, packet, people[0]) == first
    with world.engine.reader() as reader:
        assert deadlines.due(reader, Instant(world.now + 9 * DAY), 10) == []
    world.now = Instant(world.now + DAY)
    assert expire(world, packet).state is PacketState.EMPTY
    assert has(world, giver) == 4_000


def test_a_giver_may_claim_too(world: World) -> None:
    giver = world.user(1_000)
    packet = give(world, giver, shares=1)
    assert claim(world, packet, giver).amount == 1_000
    assert has(world, giver) == 1_000


def test_giving_again_sets_nothing_more_aside(world: World) -> None:
    giver = world.user(5_000)
    asked = a_packet(world, giver)
    first = world.do(packets.GIVE, GivePacket(asked))
    again = replace(asked, seed=bytes(32), ends_at=Instant(asked.ends_at + 5))
    assert world.batch([(packets.GIVE, GivePacket(again))] * 2) == [first] * 2
    for changed in (
        replace(asked, amount=Money(999, CNY)),
        replace(asked, shares=4),
        replace(asked, kind=PacketKind.EQUAL),
        replace(asked, greeting="别的"),
    ):
        assert refused(world.do(packets.GIVE, GivePacket(changed)), Reason.PAYMENT_ID_REUSED)
    assert (has(world, giver), waits(world, giver)) == (4_000, 1_000)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": Money(0, CNY)}, Reason.AMOUNT_NOT_POSITIVE),
        ({"amount": Money(-5, CNY)}, Reason.AMOUNT_NOT_POSITIVE),
        ({"shares": 0}, Reason.PACKET_SHARES_INVALID),
        ({"shares": 101, "amount": Money(101, CNY)}, Reason.PACKET_SHARES_INVALID),
        ({"amount": Money(4, CNY)}, Reason.PACKET_SHARES_INVALID),
        ({"amount": Money(100_001, CNY)}, Reason.AMOUNT_TOO_LARGE),
        ({"amount": Money(6_000, CNY)}, Reason.INSUFFICIENT_FUNDS),
        ({"amount": Money(5, CURRENCIES["USD"])}, Reason.INSUFFICIENT_FUNDS),
        ({"ends_at": NEVER}, Reason.EXPIRY_PASSED),
        ({"giver_id": UserId(2)}, Reason.USER_NOT_FOUND),
    ],
    ids=str,
)
def test_what_cannot_be_given_changes_nothing(world: World, changes: Any, reason: Reason) -> None:
    giver = world.user(5_000)
    before = world.rows()
    asked = replace(a_packet(world, giver), **changes)
    assert refused(world.do(packets.GIVE, GivePacket(asked)), reason)
    assert world.rows() == before


def test_a_wrong_pin_gives_nothing_and_is_counted(world: World) -> None:
    giver = world.user(5_000)
    asked = GivePacket(a_packet(world, giver), world.proof(right=False))
    assert refused(world.do(packets.GIVE, asked), Reason.CREDENTIAL_WRONG)
    assert has(world, giver) == 5_000
    right = GivePacket(asked.packet, world.proof())
    assert isinstance(world.do(packets.GIVE, right), Packet)


def test_nobody_and_nothing_are_not_found(world: World) -> None:
    giver = world.user(5_000)
    packet = give(world, giver)
    before = world.rows()
    assert refused(claim(world, packet, UserId(2)), Reason.USER_NOT_FOUND)
    stranger = replace(packet, id=PacketId(2))
    assert refused(claim(world, stranger, giver), Reason.PACKET_NOT_FOUND)
    assert refused(expire(world, stranger), Reason.PACKET_NOT_FOUND)
    assert refused(expire(world, packet), Reason.PACKET_NOT_EXPIRED)
    assert world.rows() == before


def test_the_rest_goes_back_once_when_the_day_is_over(world: World) -> None:
    giver, other = world.user(5_000), world.user()
    packet = give(world, giver)
    got = claim(world, packet, other).amount
    world.now = Instant(packet.ends_at - 1)
    assert refused(expire(world, packet), Reason.PACKET_NOT_EXPIRED)
    world.now = packet.ends_at
    with world.engine.reader() as reader:
        (due,) = deadlines.due(reader, world.now, 10)
    assert (due.kind, due.subject_id, due.owner_id) == (DeadlineKind.PACKET, packet.id, giver)
    assert refused(claim(world, packet, world.user()), Reason.PACKET_EXPIRED)
    for _ in range(3):
        returned = expire(world, packet)
        assert (returned.state, returned.left) == (PacketState.RETURNED, 0)
        assert (has(world, giver), waits(world, giver)) == (5_000 - got, 0)
    assert refused(claim(world, packet, world.user()), Reason.PACKET_EXPIRED)
    assert claim(world, packet, other).amount == got
    with world.engine.reader() as reader:
        assert deadlines.due(reader, Instant(world.now + 9 * DAY), 10) == []


def test_claims_and_two_expiries_in_one_batch_send_the_rest_back_once(world: World) -> None:
    giver, people = world.user(5_000), [world.user() for _ in range(3)]
    packet = give(world, giver)
    got = claim(world, packet, people[0]).amount
    world.now = packet.ends_at
    ending = (packets.EXPIRE, ExpirePacket(giver, packet.id))
    late = [(packets.CLAIM, a_claim(world, packet, one)) for one in people[1:]]
    outcomes = world.batch([late[0], ending, late[1], ending])
    assert [refused(one, Reason.PACKET_EXPIRED) for one in (outcomes[0], outcomes[2])] == [True] * 2
    assert has(world, giver) == 5_000 - got


def test_a_thousand_people_race_for_a_hundred_shares(world: World) -> None:
    """Four processes' worth of committers, each with everybody knocking in its own order."""
    giver = world.user(1_000_000)
    packet = give(world, giver, 88_888, shares=100)
    people = [world.user() for _ in range(1_000)]
    doors = [World(world.address, world.now, node) for node in (1, 2, 3)]
    won: list[list[Any]] = []

    def knock(door: World, turn: int) -> None:
        order = people[turn * 300 :] + people[: turn * 300]
        got: list[Any] = []
        for start in range(0, len(order), 50):
            batch = [(packets.CLAIM, a_claim(door, packet, one)) for one in order[start:][:50]]
            while (outcomes := door.batch(batch))[0] == Refused(Reason.BUSY):
                pass
            got += outcomes
        won.append(got)

    threads = [threading.Thread(target=knock, args=(one, n)) for n, one in enumerate(doors)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for door in doors:
        door.close()

    assert [len(got) for got in won] == [1_000] * 3
    with world.engine.reader() as reader:
        kept = view.claims(reader, giver, packet.id)
        known = view.packet(reader, giver, packet.id)
    assert known is not None
    assert (len(kept), known.claims, known.state) == (100, 100, PacketState.EMPTY)
    assert sum(one.amount for one in kept) == known.claimed == 88_888
    assert len({one.claimer_id for one in kept}) == 100
    assert [one.amount for one in kept] == all_shares(packet)
    told = {one for got in won for one in got if isinstance(one, PacketClaim)}
    assert told == set(kept)
    assert all(
        isinstance(one, PacketClaim) or refused(one, Reason.PACKET_EMPTY)
        for got in won
        for one in got
    )
    assert (waits(world, giver), has(world, giver)) == (0, 1_000_000 - 88_888)


def test_claimers_and_two_schedulers_race_at_the_end_of_the_day(world: World) -> None:
    """One door still shows the minute before, two look for what is over."""
    giver = world.user(10_000)
    packet = give(world, giver, 10_000, shares=100)
    people = [world.user() for _ in range(60)]
    world.now = Instant(packet.ends_at - 1)
    doors = [World(world.address, world.now, node) for node in (1, 2, 3)]
    doors[1].now = doors[2].now = packet.ends_at
    answers: dict[int, list[Any]] = {}

    def claims(door: World) -> None:
        answers[0] = [claim(door, packet, one) for one in people]

    def ends(door: World, turn: int) -> None:
        answers[turn] = [expire(door, packet) for _ in range(5)]

    threads = [
        threading.Thread(target=claims, args=(doors[0],)),
        threading.Thread(target=ends, args=(doors[1], 1)),
        threading.Thread(target=ends, args=(doors[2], 2)),
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for door in doors:
        door.close()

    got = [one.amount for one in answers[0] if isinstance(one, PacketClaim)]
    assert all(one.state is PacketState.RETURNED for turn in (1, 2) for one in answers[turn])
    assert sum(has(world, one) for one in people) == sum(got)
    assert (has(world, giver), waits(world, giver)) == (10_000 - sum(got), 0)


def test_an_id_that_names_somebody_elses_packet_is_refused(world: World) -> None:
    first = give(world, world.user(5_000))
    other = world.user(5_000)
    before = world.rows()
    assert refused(give(world, other, id=first.id), Reason.PAYMENT_ID_REUSED)
    assert world.rows() == before
