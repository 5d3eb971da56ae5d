"""Draws: every share at least one unit, the sum exact, the same seed the same shares."""

from hypothesis import given, settings
from hypothesis import strategies as st

from changliao.core.clock import DAY, Instant
from changliao.core.ids import PacketClaimId, PacketId, UserId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Refused
from changliao.core.packets import (
    MOST_EACH,
    MOST_SHARES,
    ClaimPacket,
    Packet,
    PacketKind,
    PacketState,
    all_shares,
    decide_claim,
    luckiest,
)

NOW = Instant(1_795_500_000_000_000)


def a_packet(amount=1000, shares=10, kind=PacketKind.LUCKY, seed=b"\x07" * 32):
    return Packet(
        PacketId(3), UserId(1), kind, Money(amount, CNY), shares, "", seed, Instant(NOW + DAY)
    )


packets = st.integers(1, MOST_SHARES).flatmap(
    lambda shares: st.builds(
        a_packet,
        amount=st.integers(shares, MOST_EACH * 100 * shares),
        shares=st.just(shares),
        kind=st.sampled_from(PacketKind),
        seed=st.binary(min_size=32, max_size=32),
    )
)


def claim_all(packet):
    claims = []
    for person in range(packet.shares):
        command = ClaimPacket(PacketClaimId(person), packet.giver_id, packet.id, UserId(person))
        claimed = decide_claim(command, packet, NOW)
        assert not isinstance(claimed, Refused)
        packet = claimed.packet
        claims.append(claimed.claim)
    return packet, claims


@settings(max_examples=1_000, deadline=None)
@given(packets)
def test_a_draw_loses_nothing_and_leaves_nobody_out(packet):
    shares = all_shares(packet)
    assert sum(shares) == packet.amount.amount
    assert len(shares) == packet.shares
    assert min(shares) >= 1
    assert all_shares(packet) == shares
    if packet.kind is PacketKind.EQUAL:
        assert max(shares) - min(shares) <= 1
        assert shares == sorted(shares, reverse=True)


@settings(max_examples=300, deadline=None)
@given(packets)
def test_who_claims_has_what_the_seed_held_at_that_place(packet):
    after, claims = claim_all(packet)
    assert [one.amount for one in claims] == all_shares(packet)
    assert (after.state, after.left, after.claimed) == (PacketState.EMPTY, 0, packet.amount.amount)
    best = luckiest(after, claims)
    if packet.kind is PacketKind.EQUAL:
        assert best is None
    else:
        assert best is not None
        assert best.amount == max(all_shares(packet))
        assert all(one.amount < best.amount for one in claims[: best.place])


def test_another_seed_draws_other_shares_and_a_place_is_worth_the_same():
    sums = [0] * 10
    draws = [all_shares(a_packet(seed=bytes([n % 256, n // 256]) * 16)) for n in range(4_000)]
    assert len({tuple(one) for one in draws}) == len(draws)
    for shares in draws:
        sums = [before + one for before, one in zip(sums, shares, strict=True)]
    means = [one / len(draws) for one in sums]
    assert all(95 <= mean <= 105 for mean in means), means


def test_one_unit_each_is_one_unit_each():
    assert all_shares(a_packet(10, 10)) == [1] * 10
    assert all_shares(a_packet(11, 3, PacketKind.EQUAL)) == [4, 4, 3]
    assert all_shares(a_packet(5, 1)) == [5]


def test_the_rule_and_the_seed_are_all_that_a_draw_needs():
    """As docs/packets.md says it, written again from the words."""
    import hashlib

    seed, left, drawn = b"\x07" * 32, 1000, []
    for place in range(9):
        number = int.from_bytes(hashlib.sha256(seed + place.to_bytes(4, "big")).digest(), "big")
        drawn.append(1 + number % (2 * left // (10 - place) - 1))
        left -= drawn[-1]
    assert all_shares(a_packet()) == [*drawn, left]
